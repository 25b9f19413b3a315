//! The only clock of the server: turns the system's time into the [`Instant`]s that everybody else is handed.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use rtmpd_core::{Instant, WallClock};

/// A monotonic clock with one origin for the whole process, so that instants may travel between workers.
#[derive(Copy, Clone, Debug)]
pub struct Clock {
    origin: std::time::Instant,
    wall: WallClock,
}

impl Clock {
    /// The clock of this process; its [`Instant::ZERO`] is the first call.
    pub fn process() -> Self {
        static CLOCK: OnceLock<Clock> = OnceLock::new();
        *CLOCK.get_or_init(Self::start)
    }

    /// The time.
    pub fn now(self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    /// Calendar time of this clock's instants, as the system knew it at the origin.
    pub fn wall(self) -> WallClock {
        self.wall
    }

    fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = WallClock::new(u64::try_from(unix.as_micros()).unwrap_or(u64::MAX));
        Self { origin: std::time::Instant::now(), wall }
    }
}
