//! Packets since the newest keyframe, and older whole GOPs that slow viewers may still be in.
//!
//! The ring is the GOP cache, the fan-out queue and the lag limit. A viewer is a [`Cursor`] on it and nothing else.

use std::collections::VecDeque;
use std::time::Duration;

use super::Packet;

/// How much a ring keeps.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RingLimits {
    /// Whether a joiner starts at the newest keyframe (GOP cache) or waits for the next one.
    pub gop_cache: bool,
    /// A viewer this far behind is moved to the newest keyframe.
    pub max_lag: Duration,
    /// Bytes kept at most; guards streams that never or rarely send a keyframe.
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
    /// Packets were left out; step again for the keyframe behind the gap.
    Gap,
    /// Nothing more for now.
    Empty,
}

/// See the module's text.
#[derive(Debug)]
pub struct Ring {
    limits: RingLimits,
    packets: VecDeque<Packet>,
    /// Sequence numbers of the keyframes held, oldest first.
    keys: VecDeque<u64>,
    /// Sequence number the next packet will get.
    next: u64,
    bytes: usize,
    /// A whole [`RingLimits::max_age`] or [`RingLimits::max_bytes`] went by without any keyframe.
    keyless: bool,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: RingLimits) -> Self {
        Self { limits, packets: VecDeque::new(), keys: VecDeque::new(), next: 0, bytes: 0, keyless: false }
    }

    /// Appends a packet. Its sequence number must not be below any earlier one; a jump is a gap for everybody.
    pub fn push(&mut self, packet: Packet) {
        if packet.seq != self.next && !self.packets.is_empty() {
            self.clear();
        }
        debug_assert!(packet.seq >= self.next);
        self.next = packet.seq + 1;
        self.bytes += packet.data.len();
        if packet.key {
            self.keys.push_back(packet.seq);
            self.keyless = false;
        }
        let now = packet.at;
        self.packets.push_back(packet);
        self.evict_old_gops(now);
        self.evict_long_gop(now);
    }

    /// The place where a new viewer starts.
    pub fn join(&self) -> Cursor {
        if !self.limits.gop_cache {
            return Cursor { next: self.next, wait_key: !self.keyless };
        }
        match self.keys.back() {
            Some(&seq) => Cursor { next: seq, wait_key: false },
            None => Cursor { next: self.next, wait_key: !self.keyless },
        }
    }

    /// The next packet for the viewer at `cursor`.
    pub fn step(&self, cursor: &mut Cursor) -> Step<'_> {
        let Some(front) = self.packets.front() else { return Step::Empty };
        if cursor.wait_key {
            return self.step_to_key(cursor);
        }
        if cursor.next < front.seq {
            self.skip_to_newest_key(cursor);
            return Step::Gap;
        }
        let Some(packet) = self.at(cursor.next) else { return Step::Empty };
        if self.lags(packet) {
            self.skip_to_newest_key(cursor);
            return Step::Gap;
        }
        cursor.next += 1;
        Step::Packet(packet)
    }

    /// Whether the viewer at `cursor` has something to take.
    pub fn is_behind(&self, cursor: Cursor) -> bool {
        cursor.next < self.next && (!cursor.wait_key || self.keyless || self.key_from(cursor.next).is_some())
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

    /// The packets a joiner would be given, oldest first: what another shard's ring is filled with.
    pub fn backlog(&self) -> impl Iterator<Item = &Packet> {
        let from = self.keys.back().copied().unwrap_or(self.next);
        self.packets.iter().skip_while(move |packet| packet.seq < from)
    }

    /// Revision of the oldest packet held.
    pub fn oldest_revision(&self) -> Option<u32> {
        self.packets.front().map(|packet| packet.revision)
    }

    /// Sequence number the next packet will get.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    fn at(&self, seq: u64) -> Option<&Packet> {
        let front = self.packets.front()?.seq;
        self.packets.get(usize::try_from(seq.checked_sub(front)?).ok()?)
    }

    fn key_from(&self, seq: u64) -> Option<u64> {
        let index = self.keys.partition_point(|&key| key < seq);
        self.keys.get(index).copied()
    }

    fn step_to_key(&self, cursor: &mut Cursor) -> Step<'_> {
        let found = match self.key_from(cursor.next) {
            Some(seq) => self.at(seq),
            None if self.keyless => self.packets.back(),
            None => None,
        };
        let Some(packet) = found else { return Step::Empty };
        *cursor = Cursor { next: packet.seq + 1, wait_key: false };
        Step::Packet(packet)
    }

    fn lags(&self, packet: &Packet) -> bool {
        let Some(newest) = self.packets.back() else { return false };
        newest.at.since(packet.at) > self.limits.max_lag
            && self.keys.back().is_some_and(|&key| key > packet.seq)
    }

    fn skip_to_newest_key(&self, cursor: &mut Cursor) {
        *cursor = match self.keys.back() {
            Some(&seq) => Cursor { next: seq, wait_key: false },
            None => Cursor { next: self.next, wait_key: !self.keyless },
        };
    }

    /// Drops the oldest GOP while those behind it still cover the lag a viewer may have.
    fn evict_old_gops(&mut self, now: crate::Instant) {
        while let Some(&second) = self.keys.get(1) {
            let Some(packet) = self.at(second) else { break };
            let covered = now.since(packet.at) >= self.limits.max_lag;
            if !covered && self.bytes <= self.limits.max_bytes {
                break;
            }
            self.evict_below(second);
        }
        // What stands before the first keyframe held belongs to a GOP whose beginning is gone.
        if let Some(&first) = self.keys.front() {
            let orphaned = self.packets.front().is_some_and(|front| front.seq < first);
            if orphaned && self.at(first).is_some_and(|key| now.since(key.at) >= self.limits.max_lag) {
                self.evict_below(first);
            }
        }
    }

    /// Drops the oldest packets of a GOP that outgrew the limits.
    fn evict_long_gop(&mut self, now: crate::Instant) {
        while let Some(front) = self.packets.front() {
            let too_old = now.since(front.at) > self.limits.max_age;
            if (self.bytes <= self.limits.max_bytes && !too_old) || self.packets.len() == 1 {
                break;
            }
            let seq = front.seq;
            self.evict_below(seq + 1);
            self.keyless |= self.keys.is_empty();
        }
    }

    fn evict_below(&mut self, seq: u64) {
        while self.packets.front().is_some_and(|front| front.seq < seq) {
            if let Some(packet) = self.packets.pop_front() {
                self.bytes -= packet.data.len();
            }
        }
        while self.keys.front().is_some_and(|&key| key < seq) {
            self.keys.pop_front();
        }
    }

    fn clear(&mut self) {
        self.packets.clear();
        self.keys.clear();
        self.bytes = 0;
    }
}
