//! Which shard a stream's publisher is on, and which shards have viewers for it.
//!
//! The only shared map: locked on publish, play and stop, where people act, never where frames move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ShardId;
use crate::request::StreamKey;
use crate::shard::ConnId;

#[derive(Debug, Default)]
pub(crate) struct Directory {
    entries: Mutex<BTreeMap<StreamKey, Entry>>,
    /// Connections that others hand bytes to.
    meetings: Mutex<BTreeMap<Arc<str>, (ShardId, ConnId)>>,
}

#[derive(Debug, Default)]
struct Entry {
    home: Option<ShardId>,
    interested: BTreeSet<ShardId>,
    /// Names and parts of those that go along with the stream.
    attendants: BTreeSet<(&'static str, Arc<str>)>,
}

impl Directory {
    /// Makes `shard` the home of `key` unless another shard is; returns the shard that is its home now.
    pub(crate) fn claim(&self, key: &StreamKey, shard: ShardId) -> ShardId {
        *self.lock().entry(key.clone()).or_default().home.get_or_insert(shard)
    }

    /// Moves the home of `key` to another shard.
    pub(crate) fn transfer(&self, key: &StreamKey, to: ShardId) {
        self.lock().entry(key.clone()).or_default().home = Some(to);
    }

    /// `shard` is no longer the home of `key`.
    pub(crate) fn release(&self, key: &StreamKey, shard: ShardId) {
        self.change(key, |entry| {
            if entry.home == Some(shard) {
                entry.home = None;
            }
        });
    }

    /// `shard` has viewers for `key` from now on and wants to hear of its home; returns the home if there is one.
    pub(crate) fn add_interest(&self, key: &StreamKey, shard: ShardId) -> Option<ShardId> {
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_default();
        entry.interested.insert(shard);
        entry.home
    }

    /// `shard` has no viewers for `key` any more.
    pub(crate) fn drop_interest(&self, key: &StreamKey, shard: ShardId) {
        self.change(key, |entry| {
            entry.interested.remove(&shard);
        });
    }

    /// This part of `name` goes along with `key` from now on; false when it does already.
    pub(crate) fn attend(&self, key: &StreamKey, name: &'static str, part: &Arc<str>) -> bool {
        self.lock().entry(key.clone()).or_default().attendants.insert((name, part.clone()))
    }

    /// This part of `name` no longer goes along with `key`.
    pub(crate) fn dismiss(&self, key: &StreamKey, name: &'static str, part: &Arc<str>) {
        self.change(key, |entry| {
            entry.attendants.remove(&(name, part.clone()));
        });
    }

    /// Whether `key` has a publisher or waits for one's return.
    pub(crate) fn has_home(&self, key: &StreamKey) -> bool {
        self.lock().get(key).is_some_and(|entry| entry.home.is_some())
    }

    /// The shards that have viewers for `key`.
    pub(crate) fn interested(&self, key: &StreamKey) -> Vec<ShardId> {
        self.lock().get(key).map(|entry| entry.interested.iter().copied().collect()).unwrap_or_default()
    }

    /// The streams that have a home.
    pub(crate) fn streams(&self) -> Vec<StreamKey> {
        self.lock().iter().filter(|(_, entry)| entry.home.is_some()).map(|(key, _)| key.clone()).collect()
    }

    /// A connection is to be met under this name; who was met there before no longer is.
    pub(crate) fn meet(&self, name: Arc<str>, at: (ShardId, ConnId)) {
        self.meetings().insert(name, at);
    }

    /// This connection is no longer to be met.
    pub(crate) fn part(&self, name: &str, at: (ShardId, ConnId)) {
        let mut meetings = self.meetings();
        if meetings.get(name) == Some(&at) {
            meetings.remove(name);
        }
    }

    /// Who is to be met under this name.
    pub(crate) fn met(&self, name: &str) -> Option<(ShardId, ConnId)> {
        self.meetings().get(name).copied()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty() && self.meetings().is_empty()
    }

    fn change(&self, key: &StreamKey, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(key) else { return };
        change(entry);
        if entry.home.is_none() && entry.interested.is_empty() && entry.attendants.is_empty() {
            entries.remove(key);
        }
    }

    fn meetings(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, (ShardId, ConnId)>> {
        self.meetings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamKey, Entry>> {
        // Every change is complete before the guard is dropped, so a poisoned map is still a whole one.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
