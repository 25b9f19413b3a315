//! Time that can be handed over but never read: only a driver owns a clock.
//!
//! All shards of one process share one origin, so instants may travel between them.

use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A point on the driver's monotonic clock, in µs since the driver's own start.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant(u64);

impl Instant {
    /// The driver's start.
    pub const ZERO: Self = Self(0);

    /// The instant `micros` µs after the driver's start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The instant `millis` ms after the driver's start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1000)
    }

    /// µs since the driver's start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// ms since the driver's start, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1000
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, rhs: Duration) {
        *self = *self + rhs;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// Maps the monotonic clock to calendar time: what the wall clock said at [`Instant::ZERO`].
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct WallClock {
    unix_micros_at_zero: u64,
}

impl WallClock {
    /// A mapping in which [`Instant::ZERO`] is `unix_micros` µs after 1970-01-01T00:00:00Z.
    pub const fn new(unix_micros: u64) -> Self {
        Self { unix_micros_at_zero: unix_micros }
    }

    /// µs after 1970-01-01T00:00:00Z at `at`.
    pub const fn unix_micros(self, at: Instant) -> u64 {
        self.unix_micros_at_zero.saturating_add(at.0)
    }
}
