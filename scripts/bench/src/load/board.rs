//! What the threads tell each other: how far set-up is, and which part of the run this is.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Players are being set up.
    Ramp,
    /// All are set up; bursts drain.
    Settle,
    /// Bytes count.
    Window,
    /// Bytes no longer count; connections stay for a last look at them.
    Tally,
    /// Over.
    Done,
}

/// Shared counters.
#[derive(Debug, Default)]
pub struct Board {
    phase: AtomicU8,
    live: AtomicUsize,
    failed: AtomicUsize,
}

impl Board {
    /// The current part of the run.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Ramp,
            1 => Phase::Settle,
            2 => Phase::Window,
            3 => Phase::Tally,
            _ => Phase::Done,
        }
    }

    /// Goes on to the next part.
    pub fn advance(&self) {
        self.phase.fetch_add(1, Ordering::AcqRel);
    }

    /// One more player plays.
    pub fn add_live(&self) {
        self.live.fetch_add(1, Ordering::Relaxed);
    }

    /// One more player could not be set up.
    pub fn add_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Players whose set-up is over, one way or the other.
    pub fn settled(&self) -> usize {
        self.live.load(Ordering::Relaxed) + self.failed.load(Ordering::Relaxed)
    }
}
