//! When a packet is due: the peer's clock, seen through the network.
//!
//! Spec: draft-sharabayko-srt §4.5.1.1, §4.7.

use std::time::Duration;

use rtmpd_core::Instant;

/// So many samples make a drift.
const SAMPLES: u32 = 1000;
/// More than this, in µs, moves the peer's start.
const MOST: i64 = 5000;
/// A packet that claims to be due later than this after its latency is due now: its sender's clock is not to be trusted.
const FUTURE: i64 = 10_000_000;

/// Maps the peer's timestamps to our clock. Times are µs of our clock, signed.
#[derive(Debug)]
pub(super) struct Clock {
    /// When the peer's timestamps were 0.
    start: i64,
    latency: i64,
    drift: i64,
    sum: i64,
    samples: u32,
    first_rtt: Option<i64>,
}

impl Clock {
    pub(super) fn new(start: i64, latency: Duration) -> Self {
        let latency = i64::try_from(latency.as_micros()).unwrap_or_default();
        Self { start, latency, drift: 0, sum: 0, samples: 0, first_rtt: None }
    }

    /// When a packet with this timestamp would have come if it had taken no time, before drift. Timestamps wrap; the
    /// nearest reading to now is taken.
    pub(super) fn base(&self, now: Instant, timestamp: u32) -> i64 {
        let expected = micros(now) - self.start;
        // The low 32 bits are what is meant.
        let off = i64::from(timestamp.wrapping_sub(expected as u32).cast_signed());
        let off = if off > FUTURE { 0 } else { off };
        self.start + expected + off
    }

    /// When a packet with this base is due.
    pub(super) fn due(&self, base: i64) -> i64 {
        base + self.latency + self.drift
    }

    /// An answer to an acknowledgement has come, with this timestamp, after this round trip.
    pub(super) fn sample(&mut self, now: Instant, timestamp: u32, rtt: u32) {
        let rtt = i64::from(rtt);
        let first = *self.first_rtt.get_or_insert(rtt);
        // A longer way is not a slower clock.
        self.sum += micros(now) - self.base(now, timestamp) - (rtt - first) / 2;
        self.samples += 1;
        if self.samples == SAMPLES {
            let mean = self.sum / i64::from(SAMPLES);
            let moved = if mean.abs() > MOST { mean.signum() * MOST } else { 0 };
            self.start += moved;
            self.drift = mean - moved;
            (self.sum, self.samples) = (0, 0);
        }
    }
}

/// As a signed number.
pub(super) fn micros(at: Instant) -> i64 {
    i64::try_from(at.as_micros()).unwrap_or(i64::MAX)
}

/// As an instant; what is before our clock's start is its start.
pub(super) fn instant(micros: i64) -> Instant {
    Instant::from_micros(u64::try_from(micros).unwrap_or_default())
}
