//! How all relays are, for those who ask: logs, API, metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rtmpd_core::{Instant, StreamKey};

/// How a relay is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// It connects, or asks.
    Connecting,
    /// Media flows.
    Running {
        /// Since when.
        since: Instant,
    },
    /// It did not work, and will be tried again.
    Waiting {
        /// Why.
        error: Arc<str>,
        /// When.
        until: Instant,
    },
}

/// A relay on the board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its stream.
    pub key: StreamKey,
    /// Where it goes, or comes from.
    pub target: Arc<str>,
    /// How it is.
    pub state: State,
    /// How often it began to run.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// Bytes that went to the other server.
    pub bytes: u64,
}

/// What one relay says of itself.
#[derive(Debug)]
pub(super) struct Status {
    key: StreamKey,
    target: Arc<str>,
    state: Mutex<State>,
    runs: AtomicU64,
    failures: AtomicU64,
    bytes: AtomicU64,
}

impl Status {
    pub(super) fn connecting(&self) {
        *lock(&self.state) = State::Connecting;
    }

    pub(super) fn running(&self, since: Instant) {
        *lock(&self.state) = State::Running { since };
        self.runs.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self, error: Arc<str>, until: Instant) {
        *lock(&self.state) = State::Waiting { error, until };
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// All relays of a server.
#[derive(Debug, Default)]
pub struct Board {
    all: Mutex<Vec<Weak<Status>>>,
}

impl Board {
    /// A relay begins; it is on the board as long as it keeps this.
    pub(super) fn enter(&self, key: StreamKey, target: Arc<str>) -> Arc<Status> {
        let status = Arc::new(Status {
            key,
            target,
            state: Mutex::new(State::Connecting),
            runs: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let mut all = lock(&self.all);
        all.retain(|status| status.strong_count() > 0);
        all.push(Arc::downgrade(&status));
        status
    }

    /// All relays, by stream and target.
    pub fn entries(&self) -> Vec<Entry> {
        let all: Vec<Arc<Status>> = lock(&self.all).iter().filter_map(Weak::upgrade).collect();
        let entry = |status: &Arc<Status>| Entry {
            key: status.key.clone(),
            target: status.target.clone(),
            state: lock(&status.state).clone(),
            runs: status.runs.load(Ordering::Relaxed),
            failures: status.failures.load(Ordering::Relaxed),
            bytes: status.bytes.load(Ordering::Relaxed),
        };
        let mut entries: Vec<Entry> = all.iter().map(entry).collect();
        entries.sort_by(|a, b| (&a.key, &a.target).cmp(&(&b.key, &b.target)));
        entries
    }
}

/// Every change is complete before a guard is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
