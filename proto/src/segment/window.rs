//! The segments there are, oldest first, and the one that is being made.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{HZ, version};

/// How objects are called.
#[derive(Clone, Debug)]
pub struct Names {
    /// What all names begin with, such as `v0-`.
    pub prefix: String,
    /// What they end with, without the dot.
    pub ending: &'static str,
}

impl Names {
    /// A segment.
    pub fn segment(&self, msn: u64) -> Arc<str> {
        format!("{}{msn}.{}", self.prefix, self.ending).into()
    }

    /// A part of it.
    pub fn part(&self, msn: u64, index: usize) -> Arc<str> {
        format!("{}{msn}.{index}.{}", self.prefix, self.ending).into()
    }
}

/// One segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// Where it begins, in ticks of its track's own scale: what `tfdt` says of its first sample.
    pub base: u64,
    /// Its length in the same ticks.
    pub length: u64,
    /// Its length in ticks of 90 kHz; of an open one, so far.
    pub duration: i64,
    /// Its beginning by the wall clock, in µs since 1970.
    pub date: i64,
    /// The stream was interrupted or changed in front of it.
    pub discontinuity: bool,
    /// Which initialisation it needs.
    pub init: u32,
    /// Bytes.
    pub size: usize,
    /// Its parts; forgotten when no player wants them any more.
    pub parts: Vec<Part>,
}

/// One part of a segment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its length in ticks of 90 kHz.
    pub duration: i64,
    /// A player can begin with it.
    pub independent: bool,
}

/// The segments of one track, or of one multiplex.
#[derive(Debug)]
pub struct Window {
    whole: VecDeque<Segment>,
    open: Option<Segment>,
    next_msn: u64,
    /// Discontinuities in front of segments that are gone.
    passed_discontinuities: u64,
    /// Segments that are kept.
    keep: usize,
    /// Longest segment ever, rounded to seconds: RFC 8216bis §4.4.3.1.
    target: u64,
    /// Longest part ever.
    part_target: i64,
    ended: bool,
}

impl Window {
    /// A window that keeps `keep` segments of about `target` seconds, in parts of `part_target` ticks; the first one gets
    /// the number `msn`.
    pub fn new(msn: u64, keep: usize, target: u64, part_target: i64) -> Self {
        Self {
            whole: VecDeque::new(),
            open: None,
            next_msn: msn,
            passed_discontinuities: 0,
            keep: keep.max(1),
            target: target.max(1),
            part_target,
            ended: false,
        }
    }

    /// The same window of a track that joins when the stream's other tracks have had this many discontinuities: tracks
    /// count them alike, RFC 8216bis §6.2.4.
    #[must_use]
    pub fn after(self, discontinuities: u64) -> Self {
        Self { passed_discontinuities: discontinuities, ..self }
    }

    /// Begins a segment; gives its number.
    pub fn open(&mut self, date: i64, base: u64, init: u32, discontinuity: bool) -> u64 {
        debug_assert!(self.open.is_none(), "one segment at a time");
        let msn = self.next_msn;
        self.next_msn += 1;
        let discontinuity = discontinuity && !self.is_new();
        self.open = Some(Segment {
            msn,
            base,
            length: 0,
            duration: 0,
            date,
            discontinuity,
            init,
            size: 0,
            parts: Vec::new(),
        });
        msn
    }

    /// Adds a part to the open segment; gives its place.
    pub fn add(&mut self, part: Part, length: u64, size: usize) -> Option<(u64, usize)> {
        let open = self.open.as_mut()?;
        open.duration += part.duration;
        open.length += length;
        open.size += size;
        self.part_target = self.part_target.max(part.duration);
        open.parts.push(part);
        Some((open.msn, open.parts.len() - 1))
    }

    /// The open segment is whole. Gives it, and those that are no longer kept.
    pub fn close(&mut self) -> Option<(u64, Vec<Segment>)> {
        let segment = self.open.take()?;
        let msn = segment.msn;
        let rounded = u64::try_from((segment.duration + i64::from(HZ) / 2) / i64::from(HZ)).unwrap_or(0);
        self.target = self.target.max(rounded);
        self.whole.push_back(segment);
        let mut gone = Vec::new();
        while self.whole.len() > self.keep {
            gone.extend(self.whole.pop_front());
        }
        self.passed_discontinuities += gone.iter().filter(|segment| segment.discontinuity).count() as u64;
        Some((msn, gone))
    }

    /// Forgets the parts of segments that end more than three target durations before the newest: RFC 8216bis §4.4.4.9.
    /// Gives the numbers of these segments and how many parts each had.
    pub fn forget_parts(&mut self) -> Vec<(u64, usize)> {
        let reach = i64::try_from(self.target).unwrap_or(i64::MAX / 8).saturating_mul(3 * i64::from(HZ));
        let mut behind = self.open.as_ref().map_or(0, |open| open.duration);
        let mut forgotten = Vec::new();
        for segment in self.whole.iter_mut().rev() {
            if behind > reach && !segment.parts.is_empty() {
                forgotten.push((segment.msn, std::mem::take(&mut segment.parts).len()));
            }
            behind += segment.duration;
        }
        forgotten
    }

    /// Nothing will follow.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing will follow.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether there was no segment yet.
    pub fn is_new(&self) -> bool {
        self.whole.is_empty() && self.open.is_none()
    }

    /// Whole segments, oldest first.
    pub fn whole(&self) -> impl DoubleEndedIterator<Item = &Segment> + ExactSizeIterator {
        self.whole.iter()
    }

    /// The segment that is being made.
    pub fn unfinished(&self) -> Option<&Segment> {
        self.open.as_ref()
    }

    /// Names of all objects there are of whole segments, and of those that are promised behind them.
    pub fn objects(&self, names: &Names) -> Vec<Arc<str>> {
        let mut out = Vec::new();
        for segment in &self.whole {
            out.push(names.segment(segment.msn));
            out.extend((0..segment.parts.len()).map(|index| names.part(segment.msn, index)));
        }
        // With each segment the next one is promised.
        out.extend((!self.whole.is_empty()).then(|| names.segment(self.next_msn)));
        out.push(names.part(self.next_msn, 0));
        out
    }

    /// The number of the part that comes next, with its segment's.
    pub fn next_part(&self) -> (u64, usize) {
        self.open.as_ref().map_or((self.next_msn, 0), |open| (open.msn, open.parts.len()))
    }

    /// Discontinuities in front of the whole segment number `index`: RFC 8216bis §4.4.3.3.
    pub fn discontinuities_before(&self, index: usize) -> u64 {
        let kept = self.whole.iter().take(index).filter(|segment| segment.discontinuity).count();
        self.passed_discontinuities + kept as u64
    }

    /// All discontinuities so far.
    pub fn discontinuities(&self) -> u64 {
        let open = self.open.as_ref().is_some_and(|segment| segment.discontinuity);
        self.discontinuities_before(self.whole.len()) + u64::from(open)
    }

    /// Which state this is, as players ask for it.
    pub fn version(&self) -> u64 {
        if self.ended {
            return u64::MAX;
        }
        let (msn, part) = self.next_part();
        version(msn, part as u64)
    }

    /// Seconds that no segment's length rounds beyond.
    pub fn target(&self) -> u64 {
        self.target
    }

    /// Ticks that no part is longer than.
    pub fn part_target(&self) -> i64 {
        self.part_target
    }
}
