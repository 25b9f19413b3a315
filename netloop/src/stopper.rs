//! The end of the server: who asked for it, who is still running, and what went wrong.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::inbox::{Inboxes, Letter};

/// What a worker has beyond its grace before it counts as stuck.
const MERCY: Duration = Duration::from_millis(400);

/// Ends a running server from any thread; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stopper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    inboxes: Inboxes,
    grace: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    running: usize,
    /// When the stop was asked for.
    stopping: Option<Instant>,
    /// What the first worker to fail said.
    failure: Option<String>,
}

impl Stopper {
    pub(crate) fn new(inboxes: Inboxes, grace: Duration) -> Self {
        let state = State { running: inboxes.len(), stopping: None, failure: None };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { shared: Arc::new(Shared { inboxes, grace, state, changed }) }
    }

    /// Asks all workers to say goodbye to their connections and end. True for the first who asks.
    pub fn stop(&self) -> bool {
        let mut state = self.lock();
        if state.stopping.is_some() {
            return false;
        }
        state.stopping = Some(Instant::now());
        drop(state);
        self.shared.changed.notify_all();
        for inbox in self.shared.inboxes.iter() {
            inbox.post(Letter::Stop);
        }
        true
    }

    /// The letter boxes of all workers.
    pub(crate) fn inboxes(&self) -> Inboxes {
        Arc::clone(&self.shared.inboxes)
    }

    /// A worker has ended; one that failed takes the others along, for half a server helps nobody.
    pub(crate) fn ended(&self, outcome: Result<(), String>) {
        let mut state = self.lock();
        state.running -= 1;
        let failed = outcome.is_err();
        if let (None, Err(text)) = (&state.failure, outcome) {
            state.failure = Some(text);
        }
        drop(state);
        self.shared.changed.notify_all();
        if failed {
            self.stop();
        }
    }

    /// Waits until all workers have ended.
    ///
    /// # Errors
    /// The first worker's failure, or that some did not end in time.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let mut state = self.lock();
        while state.running > 0 {
            let changed = &self.shared.changed;
            let Some(since) = state.stopping else {
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = (self.shared.grace + MERCY).saturating_sub(since.elapsed());
            if left.is_zero() {
                let text = format!("{} of {} workers did not stop", state.running, self.shared.inboxes.len());
                return Err(io::Error::other(state.failure.take().unwrap_or(text)));
            }
            state = changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.failure.take().map_or(Ok(()), |text| Err(io::Error::other(text)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
