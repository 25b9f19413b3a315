//! Decoding times for pictures that come in decoding order with presentation times only.
//!
//! Specs: ITU-T H.264 §C.4.5.3 and H.265 §C.5.2 (output order: "bumping"), which this is the inverse of.
//!
//! A decoder that reorders by N pictures shows, when it has decoded picture k, the earliest of what it holds. So the
//! decoding time of picture k is the presentation time that N other pictures so far exceed: times go out sorted, none is
//! after the picture's own, and no picture waits. N comes from the SPS, or is learned where a time steps back further
//! than that allows.

#[cfg(test)]
mod tests;

/// More than any level allows: MaxDpbFrames, H.264 §A.3.1.
const MAX_DEPTH: usize = 16;
/// What is learned at most; no encoder is known that needs more. Further back is a new time base.
const MAX_LEARNED: usize = 8;
/// Times that are kept: as many as may exceed another, and that one.
const KEPT: usize = MAX_DEPTH + 1;
/// A step back of more seconds, or of more pictures than are kept, is a new time base.
const MAX_BACK_S: i64 = 2;
/// A step ahead of more seconds is one too.
const MAX_AHEAD_S: i64 = 10;
/// What is taken for the pictures in a second before there are enough of them.
const USUAL_RATE: i64 = 25;

/// Gives each picture of one track its decoding time.
#[derive(Clone, Debug)]
pub struct DtsMaker {
    clock_rate: i64,
    depth: usize,
    /// The highest presentation times since the last jump, rising; at most [`KEPT`].
    highest: Vec<i64>,
    /// From one picture to the next, in ticks.
    duration: i64,
    /// Pictures until that is measured again.
    unmeasured: usize,
    last: Option<i64>,
}

impl DtsMaker {
    /// For a track with `clock_rate` ticks per second whose SPS says this reorder depth.
    pub fn new(clock_rate: u32, depth: Option<u8>) -> Self {
        let clock_rate = i64::from(clock_rate).max(1);
        let mut made = Self {
            clock_rate,
            depth: 0,
            highest: Vec::with_capacity(KEPT),
            duration: (clock_rate / USUAL_RATE).max(1),
            unmeasured: KEPT,
            last: None,
        };
        made.set_depth(depth);
        made
    }

    /// A new SPS says this depth; where it says none, what was learned stays.
    pub fn set_depth(&mut self, depth: Option<u8>) {
        if let Some(depth) = depth {
            self.depth = usize::from(depth).min(MAX_DEPTH);
        }
    }

    /// How many pictures may precede another in decoding order and follow it in presentation.
    pub fn depth(&self) -> u8 {
        self.depth as u8
    }

    /// The decoding time of the next picture, in ticks like its presentation time `pts`: never after it. It never
    /// steps back either, except where `pts` jumps to a new time base, and where it steps back further than the depth
    /// so far allows: then that depth is learned, while decoding times follow presentation for a few pictures.
    pub fn push(&mut self, pts: i64) -> i64 {
        let after = self.highest.iter().filter(|&&time| time > pts).count();
        if self.is_jump(pts, after) {
            self.highest.clear();
            self.unmeasured = KEPT;
            self.last = self.last.filter(|_| after == 0);
        } else {
            self.depth = self.depth.max(after);
        }
        self.insert(pts);
        let due = self.due(pts);
        let dts = self.last.map_or(due, |last| due.max(last)).min(pts);
        self.last = Some(dts);
        dts
    }

    /// `after` is how many of the last pictures are presented after this one.
    fn is_jump(&self, pts: i64, after: usize) -> bool {
        let kept = self.duration.saturating_mul(KEPT as i64);
        let [back, ahead] = [MAX_BACK_S, MAX_AHEAD_S].map(|seconds| (seconds * self.clock_rate).max(kept));
        let step = self.highest.last().map_or(0, |highest| pts.saturating_sub(*highest));
        step > ahead || after > self.depth && (step < -back || after > MAX_LEARNED)
    }

    /// Puts `pts` in its place; the lowest one goes.
    fn insert(&mut self, pts: i64) {
        let index = self.highest.partition_point(|&time| time <= pts);
        self.highest.insert(index, pts);
        if self.highest.len() > KEPT {
            self.highest.remove(0);
        }
        self.unmeasured -= 1;
        if self.unmeasured == 0 {
            self.unmeasured = KEPT;
            self.measure();
        }
    }

    /// The time that as many others exceed as are reordered. Where there were not yet so many, it is as if pictures
    /// had come all along.
    fn due(&self, pts: i64) -> i64 {
        if let Some(&time) = self.highest.iter().rev().nth(self.depth) {
            return time;
        }
        let missing = (self.depth + 1).saturating_sub(self.highest.len()) as i64;
        let lowest = self.highest.first().copied().unwrap_or(pts);
        lowest.saturating_sub(missing.saturating_mul(self.duration))
    }

    /// The median of what lies between the newest times.
    fn measure(&mut self) {
        let mut steps = [self.duration; MAX_DEPTH];
        let pairs = self.highest.iter().zip(self.highest.iter().skip(1));
        steps.iter_mut().zip(pairs).for_each(|(step, (one, next))| *step = next.saturating_sub(*one));
        steps.sort_unstable();
        self.duration = steps.get(MAX_DEPTH / 2).copied().unwrap_or(self.duration).max(1);
    }
}
