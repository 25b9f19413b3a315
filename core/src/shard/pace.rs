//! Adaptive coalescing: when viewers may be fed.
//!
//! Writes are nearly the whole cost of a viewer. A frame goes out at once while feeding all viewers is cheap; the
//! dearer a round of writes is, the longer the next one waits, so that several frames share a write.

use std::time::Duration;

use crate::time::Instant;

/// A round may take this part of the time until the next one: 1/16.
const SHARE: u32 = 16;
/// A wait shorter than this is not worth having: light load adds nothing.
const FREE: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(crate) struct Pace {
    /// Most time a frame may wait; zero: never wait.
    max: Duration,
    /// What a round has cost of late.
    cost: Duration,
    /// When the last round began.
    last: Instant,
    /// A round was made whose cost is not known yet.
    measuring: bool,
}

impl Pace {
    pub(crate) fn new(max: Duration) -> Self {
        Self { max, cost: Duration::ZERO, last: Instant::ZERO, measuring: false }
    }

    /// When the next round may begin.
    pub(crate) fn next(&self) -> Instant {
        self.last + self.wait()
    }

    /// A round begins.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.last = now;
        self.measuring = true;
    }

    /// How long the last round and its writes took.
    pub(crate) fn spent(&mut self, busy: Duration) {
        if self.measuring {
            self.measuring = false;
            // Smooth over a few rounds: a single one may have met a keyframe or a busy machine.
            self.cost = (self.cost * 3 + busy) / 4;
        }
    }

    fn wait(&self) -> Duration {
        (self.cost * SHARE).saturating_sub(FREE).min(self.max)
    }
}
