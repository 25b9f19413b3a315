//! Round trip time, smoothed.
//!
//! Spec: draft-sharabayko-srt §4.10.

use std::time::Duration;

/// What is taken before anything was measured, µs.
const FIRST_RTT: u32 = 100_000;
const FIRST_VARIANCE: u32 = 50_000;
/// More than this is no measurement, µs.
const LONGEST: u32 = 10_000_000;

/// A smoothed round trip time and its variance.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Rtt {
    mean: u32,
    variance: u32,
    measured: bool,
}

impl Rtt {
    pub(super) fn new() -> Self {
        Self { mean: FIRST_RTT, variance: FIRST_VARIANCE, measured: false }
    }

    /// One round trip.
    pub(super) fn sample(&mut self, round: Duration) {
        let round = u32::try_from(round.as_micros()).unwrap_or(LONGEST).min(LONGEST);
        if self.measured {
            let off = round.abs_diff(self.mean);
            self.variance = (3 * self.variance + off) / 4;
            self.mean = (7 * self.mean + round) / 8;
        } else {
            (self.mean, self.variance, self.measured) = (round, round / 2, true);
        }
    }

    /// What the receiver of our packets has measured, which knows better than one who only sends.
    pub(super) fn adopt(&mut self, mean: u32, variance: u32) {
        if mean > 0 {
            (self.mean, self.variance) = (mean.min(LONGEST), variance.min(LONGEST));
            self.measured = true;
        }
    }

    /// Whether it is more than a guess.
    pub(super) fn is_measured(&self) -> bool {
        self.measured
    }

    /// µs.
    pub(super) fn micros(&self) -> u32 {
        self.mean
    }

    /// µs.
    pub(super) fn variance_micros(&self) -> u32 {
        self.variance
    }

    pub(super) fn mean(&self) -> Duration {
        Duration::from_micros(u64::from(self.mean))
    }

    /// What nearly every round trip is shorter than.
    pub(super) fn nearly_all(&self) -> Duration {
        Duration::from_micros(u64::from(self.mean) + 4 * u64::from(self.variance))
    }
}
