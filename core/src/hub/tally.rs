//! How many there are of what is limited, in all shards; nothing is counted that has no limit.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::policy::Limits;
use crate::request::StreamKey;
use crate::time::Instant;

/// How long bytes are counted for one rate.
const SAMPLE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Tally {
    limits: Limits,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    addresses: BTreeMap<IpAddr, u32>,
    viewers: BTreeMap<StreamKey, u32>,
    sampled_at: Instant,
    bytes: u64,
    /// Bits per second between the last two samples.
    rate: u64,
}

impl Tally {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::default() }
    }

    /// One more connection of this address; false when there are as many as there may be.
    pub(crate) fn connect(&self, address: IpAddr) -> bool {
        self.limits.per_address == 0
            || add(&mut self.lock().addresses, address.to_canonical(), self.limits.per_address)
    }

    pub(crate) fn disconnect(&self, address: IpAddr) {
        if self.limits.per_address > 0 {
            remove(&mut self.lock().addresses, &address.to_canonical());
        }
    }

    /// One more player of this stream; false when there are as many as there may be.
    pub(crate) fn watch(&self, key: &StreamKey) -> bool {
        self.limits.viewers == 0 || add(&mut self.lock().viewers, key.clone(), self.limits.viewers)
    }

    pub(crate) fn unwatch(&self, key: &StreamKey) {
        if self.limits.viewers > 0 {
            remove(&mut self.lock().viewers, key);
        }
    }

    /// So many bytes have gone out until now.
    pub(crate) fn sample(&self, now: Instant, bytes: impl FnOnce() -> u64) {
        if self.limits.bits_out == 0 {
            return;
        }
        let mut counts = self.lock();
        let passed = now.since(counts.sampled_at);
        if passed >= SAMPLE {
            let bytes = bytes();
            let bits = bytes.saturating_sub(counts.bytes).saturating_mul(8);
            let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
            counts.rate = bits.saturating_mul(1000) / millis.max(1);
            (counts.sampled_at, counts.bytes) = (now, bytes);
        }
    }

    /// Whether as much goes out as may.
    pub(crate) fn is_saturated(&self) -> bool {
        self.limits.bits_out > 0 && self.lock().rate >= self.limits.bits_out
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        let counts = self.lock();
        counts.addresses.is_empty() && counts.viewers.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K, most: u32) -> bool {
    let count = counts.entry(key).or_default();
    let has_room = *count < most;
    *count += u32::from(has_room);
    has_room
}

fn remove<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}
