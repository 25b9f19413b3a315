//! One track of a session: where it stands on the common time, and what is known of its clock.

use std::time::Duration;

use rtmpd_core::Instant;
use rtmpd_core::media::timebase;

use super::Unwrap;
use super::relation::Relation;

const MICROS: u32 = 1_000_000;
/// A step ahead of more than this that arrival does not explain is a jump, in µs.
const MAX_AHEAD_US: i64 = 5_000_000;
/// A step back of more than this is one, in µs.
const MAX_BACK_US: i64 = 2_000_000;
/// How long the smallest delay is looked for.
const WINDOW: Duration = Duration::from_secs(2);

/// See the module's text.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) clock_rate: u32,
    /// Its time is never stretched: sound.
    pub(super) steady: bool,
    pub(super) state: Option<State>,
    /// Its clock against the sender's wall clock.
    pub(super) sender: Relation,
    /// Sender reports that must come before that is believed again.
    pub(super) distrust: u32,
    /// The last report, which some repeat.
    pub(super) last_report: Option<(u64, i64)>,
    /// Its clock against ours: the smallest delay of each [`WINDOW`].
    pub(super) arrival: Relation,
    /// Since when the smallest delay is looked for, and what it is, in µs.
    window: Option<(Instant, i64)>,
    /// The timestamp of the moment that RTP-Info names.
    pub(super) info: Option<u32>,
}

/// Where a track stands.
#[derive(Copy, Clone, Debug)]
pub(super) struct State {
    /// Common time minus the track's, in µs.
    pub(super) offset_us: i64,
    /// The highest time so far on the track's clock, in µs.
    pub(super) highest_us: i64,
    /// The last one.
    last_us: i64,
    pub(super) last_at: Instant,
    /// It is on its way to where it should be.
    pub(super) moving: bool,
    /// Where it stands was told by more than the arrival of its first frame.
    pub(super) told: bool,
}

impl State {
    pub(super) fn new(now: Instant, offset_us: i64, time_us: i64, told: bool) -> Self {
        Self { offset_us, highest_us: time_us, last_us: time_us, last_at: now, moving: false, told }
    }

    /// The highest common time so far, in µs.
    pub(super) fn end_us(&self) -> i64 {
        self.highest_us.saturating_add(self.offset_us)
    }

    /// The common time at `now`, as far as this track tells, in µs.
    pub(super) fn now_us(&self, now: Instant) -> i64 {
        self.end_us().saturating_add(micros(now.since(self.last_at)))
    }

    /// Whether `time_us` is on another time base than what came before it.
    pub(super) fn is_jump(&self, now: Instant, time_us: i64) -> bool {
        let step = time_us.saturating_sub(self.last_us);
        // After a pause, time may have gone on or not: neither is a jump.
        let unexplained = step.saturating_sub(micros(now.since(self.last_at)));
        step < -MAX_BACK_US || step.min(unexplained) > MAX_AHEAD_US
    }

    /// Goes on to `time_us`; returns by how much that is higher than all before.
    pub(super) fn advance(&mut self, now: Instant, time_us: i64) -> i64 {
        let progress = time_us.saturating_sub(self.highest_us).max(0);
        self.highest_us = self.highest_us.max(time_us);
        (self.last_us, self.last_at) = (time_us, now);
        progress
    }
}

impl Track {
    pub(super) fn new(clock_rate: u32, steady: bool) -> Self {
        Self {
            clock_rate,
            steady,
            state: None,
            sender: Relation::default(),
            distrust: 0,
            last_report: None,
            arrival: Relation::default(),
            window: None,
            info: None,
        }
    }

    /// Ticks of the track's clock in µs.
    pub(super) fn micros(&self, timestamp: i64) -> i64 {
        timebase::rescale(timestamp, self.clock_rate, MICROS)
    }

    /// µs in ticks of the track's clock.
    pub(super) fn ticks(&self, micros: i64) -> i64 {
        timebase::rescale(micros, MICROS, self.clock_rate)
    }

    /// The track's time at the moment that RTP-Info names, in µs: the one nearest to `timestamp`.
    pub(super) fn info_us(&self, time_us: i64) -> Option<i64> {
        let timestamp = Unwrap::near(self.ticks(time_us), self.info?);
        Some(self.micros(timestamp))
    }

    /// Everything known of the clock is of the past.
    pub(super) fn forget(&mut self) {
        self.sender = Relation::default();
        self.arrival = Relation::default();
        (self.last_report, self.window, self.info) = (None, None, None);
    }

    /// Watches how long frames are under way: the quickest one of each window shows how the clocks relate. Whether that
    /// is otherwise than it was.
    pub(super) fn watch(&mut self, now: Instant, time_us: i64) -> bool {
        let here = now.as_micros().cast_signed();
        let delay = here.saturating_sub(time_us);
        let (since, least) = *self.window.get_or_insert((now, delay));
        let least = least.min(delay);
        self.window = Some((since, least));
        if now.since(since) < WINDOW {
            return false;
        }
        self.window = None;
        self.arrival.observe(now, least, 0)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
