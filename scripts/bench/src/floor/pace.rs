//! When frames go out, and how many in one write.

use crate::flv::Trace;

/// How frames are gathered into writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rhythm {
    /// Each frame by itself, when it is due.
    EveryFrame,
    /// All that is due, every so many milliseconds.
    EveryMs(u64),
    /// Gathered so that about this many writes per second result.
    PerSecond(f64),
}

/// Walks through the endless trace.
#[derive(Debug)]
pub struct Pace {
    rhythm: Rhythm,
    next: u64,
    flushes: u64,
}

impl Pace {
    /// Starts at the trace's first frame.
    pub fn new(rhythm: Rhythm) -> Self {
        Self { rhythm, next: 0, flushes: 0 }
    }

    /// The frames to write with one call now, as a range of the endless loop; call again until there is none.
    pub fn take(&mut self, trace: &Trace, now_ms: u64) -> Option<(u64, u64)> {
        if now_ms < self.wake_ms(trace) {
            return None;
        }
        let from = self.next;
        self.next += 1;
        while self.rhythm != Rhythm::EveryFrame && trace.due_ms(self.next) <= now_ms {
            self.next += 1;
        }
        self.flushes += 1;
        Some((from, self.next))
    }

    /// When [`Pace::take`] has something again, milliseconds after the begin.
    pub fn wake_ms(&self, trace: &Trace) -> u64 {
        let due = trace.due_ms(self.next);
        match self.rhythm {
            Rhythm::EveryFrame => due,
            Rhythm::EveryMs(step) => due.div_ceil(step.max(1)) * step.max(1),
            Rhythm::PerSecond(rate) => due.max((self.flushes as f64 * 1000.0 / rate.max(0.01)) as u64),
        }
    }
}
