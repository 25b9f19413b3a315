//! Where a segment or a part ends. One track leads: the first pictures, or the first sound where there are none.
//!
//! Specs: RFC 8216bis §4.4.3.1 (no segment longer than the target), §4.4.3.7 (nor part).

use std::time::Duration;

use super::HZ;

/// While a playlist has fewer segments than players want before they begin, they are cut as short as this.
const FIRST: i64 = HZ as i64;
/// How many segments those are.
const FIRST_COUNT: u32 = 3;
/// A segment without a keyframe is cut when it is this many times as long as it should be: it must not grow for ever.
const MAX_STRETCH: i64 = 4;
/// Yet not below this many seconds: encoders with rare keyframes are common.
const MIN_FORCED: i64 = 30 * HZ as i64;
/// Nor may it grow beyond this many bytes.
const MAX_BYTES: usize = 64 << 20;
/// How far the other tracks may run ahead of a leader that has fallen silent, in parts.
const MAX_LEAD: i64 = 4;

/// What ends in front of a frame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Nothing.
    None,
    /// A part.
    Part,
    /// A part and its segment.
    Segment,
}

/// Decides where to cut.
#[derive(Debug)]
pub struct Cutter {
    segment_target: i64,
    part_target: i64,
    /// Where the open segment, the open part and the last GOP begin; `None` before the first frame.
    open: Option<Open>,
    /// How long the last whole GOP was.
    gop: i64,
    segments: u32,
    bytes: usize,
}

#[derive(Debug)]
struct Open {
    segment: i64,
    part: i64,
    gop: i64,
    last: i64,
    /// How long the leader's last frame was.
    step: i64,
}

impl Cutter {
    /// Cuts segments and parts of these lengths, as far as the frames allow.
    pub fn new(segment: Duration, part: Duration) -> Self {
        Self {
            segment_target: ticks(segment),
            part_target: ticks(part),
            open: None,
            gop: 0,
            segments: 0,
            bytes: 0,
        }
    }

    /// Cuts all segments alike, the first ones too: nobody waits for them.
    #[must_use]
    pub fn evenly(self) -> Self {
        Self { segments: FIRST_COUNT, ..self }
    }

    /// What ends in front of the leader's next frame, which has this decoding time and size. `key`: a segment can begin
    /// with it. `None` as long as nothing can begin.
    pub fn lead(&mut self, dts: i64, key: bool, size: usize) -> Option<Cut> {
        let Some(open) = &mut self.open else {
            if key {
                self.open = Some(Open { segment: dts, part: dts, gop: dts, last: dts, step: 0 });
                self.bytes = size;
            }
            return key.then_some(Cut::None);
        };
        open.step = dts - open.last;
        open.last = dts;
        if key {
            self.gop = dts - open.gop;
            open.gop = dts;
        }
        let length = dts - open.segment;
        let forced = length >= (self.segment_target * MAX_STRETCH).max(MIN_FORCED) || self.bytes > MAX_BYTES;
        // Where every frame is a place to begin, none comes too early. Elsewhere frame times that were rounded to ms must
        // not make a segment a GOP longer than it should be.
        let slack = if self.gop == open.step { 0 } else { i64::from(HZ) / 50 };
        let target =
            if self.segments < FIRST_COUNT { self.segment_target.min(FIRST) } else { self.segment_target };
        let full = length + slack >= target || length + self.gop > target + slack.max(open.step);
        let cut = if forced || (key && full) {
            open.segment = dts;
            open.part = dts;
            self.segments = self.segments.saturating_add(1);
            self.bytes = 0;
            Cut::Segment
        } else if dts - open.part + open.step > self.part_target {
            open.part = dts;
            Cut::Part
        } else {
            Cut::None
        };
        self.bytes += size;
        Some(cut)
    }

    /// What ends in front of a frame of another track: usually nothing, but the leader may have fallen silent. `None`
    /// as long as nothing has begun.
    pub fn follow(&mut self, dts: i64, size: usize) -> Option<Cut> {
        let open = self.open.as_mut()?;
        self.bytes += size;
        let lead = dts - open.part.max(open.last);
        if lead <= self.part_target * MAX_LEAD {
            return Some(Cut::None);
        }
        open.part = dts;
        open.last = dts;
        if dts - open.segment < self.segment_target * 2 {
            return Some(Cut::Part);
        }
        open.segment = dts;
        self.bytes = size;
        Some(Cut::Segment)
    }

    /// The stream is interrupted: the next segment begins with the next keyframe.
    pub fn reset(&mut self) {
        self.open = None;
        self.gop = 0;
        self.bytes = 0;
    }
}

fn ticks(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros() * u128::from(HZ) / 1_000_000).unwrap_or(i64::MAX / 8)
}
