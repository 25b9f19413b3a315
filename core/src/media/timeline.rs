//! Makes a publisher's time continuous: jumps are re-anchored, small steps back are levelled, a returning publisher
//! continues where the last one stopped. Nothing here is ever fatal.
//!
//! The offset between tracks is kept: when one track jumps, the others follow by the same amount when their own
//! jump arrives.

use std::time::Duration;

use super::{Frame, Track, TrackId, timebase};
use crate::time::Instant;

/// A step back of more than this is a new time base; up to it, DTS is held until time catches up.
const MAX_STEP_BACK_MS: i64 = 500;
/// A step forward of more than this beyond what the clock says is a new time base.
const MAX_STEP_AHEAD_MS: i64 = 5_000;
/// Where a new time base is put behind the last frame.
const RESUME_GAP_MS: i64 = 20;

/// Where a stream's time stood when its publisher left.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Resume {
    /// DTS of the last frame, in ms.
    pub end_ms: i64,
}

/// What [`Timeline::repair`] did to a frame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Repair {
    /// Nothing but adding the offset in force.
    None,
    /// DTS stepped back by this many ms and was held.
    Held(i64),
    /// The publisher's time jumped by this many ms; what follows is moved to where it left off.
    Moved(i64),
}

/// See the module's text.
#[derive(Debug, Default)]
pub struct Timeline {
    tracks: Vec<TrackTime>,
    /// The offset that was last put in force, in ms.
    offset_ms: i64,
    /// Latest DTS given out on any track, in ms.
    end_ms: Option<i64>,
    /// Set until the first frame of a publisher that continues another's time.
    resume: Option<Resume>,
    /// No frame is put before this time, in ms.
    floor_ms: Option<i64>,
}

#[derive(Debug)]
struct TrackTime {
    id: TrackId,
    offset_ms: i64,
    /// Last DTS given out, in ticks.
    last_out: i64,
    /// Last DTS taken in, in ms.
    last_in_ms: i64,
    last_at: Instant,
}

impl Timeline {
    /// A timeline that begins with the publisher's own time, or continues an earlier one.
    pub fn new(resume: Option<Resume>) -> Self {
        let end_ms = resume.map(|resume| resume.end_ms);
        Self { resume, end_ms, floor_ms: end_ms, ..Self::default() }
    }

    /// Where time stands: what a later publisher continues from. `None` before the first frame.
    pub fn resume_point(&self) -> Option<Resume> {
        self.end_ms.map(|end_ms| Resume { end_ms })
    }

    /// Puts `frame` of `track`, which came in at `now`, on the stream's continuous time.
    pub fn repair(&mut self, now: Instant, track: &Track, frame: &mut Frame) -> Repair {
        let in_ms = timebase::rescale(frame.dts, track.clock_rate, 1000);
        let mut repair = Repair::None;
        if let Some(resume) = self.resume.take() {
            self.offset_ms = resume.end_ms + RESUME_GAP_MS - in_ms;
        }
        let index = self.track_index(now, track, in_ms);
        let Some(state) = self.tracks.get(index) else { return repair };
        let jump = in_ms.saturating_sub(state.last_in_ms);
        let elapsed = ms(now.since(state.last_at));
        if jump < -MAX_STEP_BACK_MS || jump > MAX_STEP_AHEAD_MS.saturating_add(elapsed) {
            self.move_track(index, in_ms);
            repair = Repair::Moved(jump);
        }
        let held = self.place(now, index, in_ms, track.clock_rate, frame);
        if held > 0 && repair == Repair::None {
            repair = Repair::Held(timebase::rescale(held, track.clock_rate, 1000));
        }
        repair
    }

    fn track_index(&mut self, now: Instant, track: &Track, in_ms: i64) -> usize {
        if let Some(index) = self.tracks.iter().position(|state| state.id == track.id) {
            return index;
        }
        // A track that appears later may live on a time base of its own: it is judged against the stream's end.
        let reference = self.end_ms.map_or(in_ms, |end| end.saturating_sub(self.offset_ms));
        let strange = (in_ms.saturating_sub(reference)).abs() > MAX_STEP_AHEAD_MS;
        let last_in_ms = if strange && !self.tracks.is_empty() { reference } else { in_ms };
        let last_out =
            self.floor_ms.map_or(i64::MIN, |floor| timebase::rescale(floor, 1000, track.clock_rate));
        let (id, offset_ms) = (track.id, self.offset_ms);
        self.tracks.push(TrackTime { id, offset_ms, last_out, last_in_ms, last_at: now });
        self.tracks.len() - 1
    }

    /// Gives a track whose time jumped the offset another track already moved to, or a new one.
    fn move_track(&mut self, index: usize, in_ms: i64) {
        let end = self.end_ms.unwrap_or(in_ms);
        let Some(state) = self.tracks.get_mut(index) else { return };
        let with_newest = in_ms.saturating_add(self.offset_ms);
        let follows =
            self.offset_ms != state.offset_ms && with_newest.saturating_sub(end).abs() <= MAX_STEP_AHEAD_MS;
        if !follows {
            self.offset_ms = end.saturating_add(RESUME_GAP_MS).saturating_sub(in_ms);
        }
        state.offset_ms = self.offset_ms;
    }

    /// Writes the frame's new times; returns by how many ticks it had to be held back from going backwards.
    fn place(&mut self, now: Instant, index: usize, in_ms: i64, clock_rate: u32, frame: &mut Frame) -> i64 {
        let Some(state) = self.tracks.get_mut(index) else { return 0 };
        let wanted = frame.dts.saturating_add(timebase::rescale(state.offset_ms, 1000, clock_rate));
        let dts = wanted.max(state.last_out);
        let held = dts.saturating_sub(wanted);
        // PTS stays where it was, unless that would put it before DTS.
        let cts = i64::from(frame.cts).saturating_sub(held);
        frame.cts = i32::try_from(cts).unwrap_or(0).max(frame.cts.min(0));
        frame.dts = dts;
        state.last_out = dts;
        state.last_in_ms = in_ms;
        state.last_at = now;
        let out_ms = timebase::rescale(dts, clock_rate, 1000);
        self.end_ms = Some(self.end_ms.map_or(out_ms, |end| end.max(out_ms)));
        held
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
