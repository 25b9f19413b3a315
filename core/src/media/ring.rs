//! Packets since the newest keyframe, and older whole GOPs that slow viewers may still be in.
//!
//! The ring is the GOP cache, the fan-out queue and the lag limit. A viewer is a [`Cursor`] on it and nothing else.

use std::collections::VecDeque;
use std::time::Duration;

use super::Packet;
use crate::time::Instant;

/// How much a ring keeps.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RingLimits {
    /// Whether a joiner starts at the newest keyframe (GOP cache) or waits for the next one.
    pub gop_cache: bool,
    /// A viewer this far behind is moved to the newest keyframe.
    pub max_lag: Duration,
    /// Payload bytes kept at most; guards streams that never or rarely send a keyframe.
    pub max_bytes: usize,
    /// Age of the oldest packet kept when a single GOP runs longer than that.
    pub max_age: Duration,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self {
            gop_cache: true,
            max_lag: Duration::from_secs(3),
            max_bytes: 32 << 20,
            max_age: Duration::from_secs(30),
        }
    }
}

/// A viewer's place in a [`Ring`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    next: u64,
    wait_key: bool,
}

/// What [`Ring::step`] found.
#[derive(PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// The next packet; the cursor has moved past it.
    Packet(&'a Packet),
    /// Packets were left out; step again for what follows the gap.
    Gap,
    /// Nothing more for now.
    Empty,
}

/// See the module's text.
#[derive(Debug)]
pub struct Ring {
    limits: RingLimits,
    packets: VecDeque<Packet>,
    /// Number of the oldest packet held; packets are numbered in the order they came.
    first: u64,
    /// Numbers of the keyframes held, oldest first.
    keys: VecDeque<u64>,
    bytes: usize,
    /// Joiners start at or behind this number: what is older belongs to a publisher that has left.
    join_from: u64,
    /// The limits went by without any keyframe: viewers are not made to wait for one.
    keyless: bool,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: RingLimits) -> Self {
        Self {
            limits,
            packets: VecDeque::new(),
            first: 0,
            keys: VecDeque::new(),
            bytes: 0,
            join_from: 0,
            keyless: false,
        }
    }

    /// Appends a packet and lets go of what nobody may need any more.
    pub fn push(&mut self, packet: Packet) {
        let now = packet.at;
        if packet.key {
            self.keys.push_back(self.end());
            self.keyless = false;
        }
        self.bytes += packet.data.len();
        self.packets.push_back(packet);
        self.evict_old_gops(now);
        self.evict_long_gop(now);
    }

    /// Marks that packets are missing here: everybody continues at the next keyframe.
    pub fn gap(&mut self) {
        self.first = self.end() + 1;
        self.packets.clear();
        self.keys.clear();
        self.bytes = 0;
    }

    /// Keeps what is held for those who are in it, but gives none of it to joiners: the publisher has left.
    pub fn seal(&mut self) {
        self.join_from = self.end();
    }

    /// The place where a new viewer starts.
    pub fn join(&self) -> Cursor {
        match self.join_key() {
            Some(next) if self.limits.gop_cache => Cursor { next, wait_key: false },
            Some(_) | None => Cursor { next: self.end(), wait_key: !self.keyless },
        }
    }

    /// The place where a viewer goes on that stopped at `cursor` a while ago: the newest keyframe if it is further on,
    /// and true; or where it stopped.
    pub fn rejoin(&self, cursor: Cursor) -> (Cursor, bool) {
        match self.newest_key().filter(|key| key.next > cursor.next) {
            Some(key) => (key, true),
            None => (cursor, false),
        }
    }

    /// The packets that [`Self::join`] would give, oldest first: what another shard's ring is filled with.
    pub fn backlog(&self) -> impl Iterator<Item = &Packet> {
        let from = self.join_key().unwrap_or(self.end()).saturating_sub(self.first);
        self.packets.iter().skip(usize::try_from(from).unwrap_or(usize::MAX))
    }

    /// The next packet for the viewer at `cursor`.
    pub fn step(&self, cursor: &mut Cursor) -> Step<'_> {
        if cursor.wait_key {
            return self.step_to_key(cursor);
        }
        if cursor.next >= self.end() {
            return Step::Empty;
        }
        let Some(packet) = self.at(cursor.next).filter(|packet| !self.is_stale(cursor.next, packet)) else {
            *cursor = self.newest_key().unwrap_or(Cursor { next: self.end(), wait_key: !self.keyless });
            return Step::Gap;
        };
        cursor.next += 1;
        Step::Packet(packet)
    }

    /// Whether [`Self::step`] would give the viewer at `cursor` anything.
    pub fn is_behind(&self, cursor: Cursor) -> bool {
        if !cursor.wait_key {
            return cursor.next < self.end();
        }
        self.key_from(cursor.next).is_some() || (self.keyless && !self.packets.is_empty())
    }

    /// How many packets are held.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Payload bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The revision of the oldest packet held.
    pub fn oldest_revision(&self) -> Option<u32> {
        self.packets.front().map(|packet| packet.revision)
    }

    fn end(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    fn at(&self, number: u64) -> Option<&Packet> {
        self.packets.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn key_from(&self, number: u64) -> Option<u64> {
        let index = self.keys.partition_point(|&key| key < number);
        self.keys.get(index).copied()
    }

    fn join_key(&self) -> Option<u64> {
        self.keys.back().copied().filter(|&key| key >= self.join_from)
    }

    fn newest_key(&self) -> Option<Cursor> {
        self.keys.back().map(|&next| Cursor { next, wait_key: false })
    }

    fn step_to_key(&self, cursor: &mut Cursor) -> Step<'_> {
        let number = match self.key_from(cursor.next) {
            Some(key) => key,
            None if self.keyless && !self.packets.is_empty() => self.end() - 1,
            None => return Step::Empty,
        };
        let Some(packet) = self.at(number) else { return Step::Empty };
        *cursor = Cursor { next: number + 1, wait_key: false };
        Step::Packet(packet)
    }

    /// Whether a viewer whose next packet is this one lags too far and can be moved on to a newer keyframe.
    fn is_stale(&self, number: u64, packet: &Packet) -> bool {
        let newest_at = self.packets.back().map_or(packet.at, |newest| newest.at);
        newest_at.since(packet.at) > self.limits.max_lag && self.keys.back().is_some_and(|&key| key > number)
    }

    /// Drops the oldest GOP while those behind it still cover the lag a viewer may have.
    fn evict_old_gops(&mut self, now: Instant) {
        while let Some(next_key) = self.keys.iter().copied().find(|&key| key > self.first) {
            let Some(packet) = self.at(next_key) else { break };
            if now.since(packet.at) < self.limits.max_lag && self.bytes <= self.limits.max_bytes {
                break;
            }
            self.evict_below(next_key);
        }
    }

    /// Drops the oldest packets of a single GOP that outgrew the limits.
    fn evict_long_gop(&mut self, now: Instant) {
        while let Some(front) = self.packets.front().filter(|_| self.packets.len() > 1) {
            if self.bytes <= self.limits.max_bytes && now.since(front.at) <= self.limits.max_age {
                break;
            }
            self.evict_below(self.first + 1);
            self.keyless |= self.keys.is_empty();
        }
    }

    fn evict_below(&mut self, number: u64) {
        while self.first < number {
            let Some(packet) = self.packets.pop_front() else { break };
            self.bytes -= packet.data.len();
            self.first += 1;
        }
        while self.keys.front().is_some_and(|&key| key < number) {
            self.keys.pop_front();
        }
    }
}
