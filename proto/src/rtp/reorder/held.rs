//! The packets that wait behind a hole, in order.

use std::collections::VecDeque;

use rtmpd_core::Instant;

use crate::rtp::{Header, Packet};

/// Larger buffers are not kept for reuse.
const REUSED_BYTES: usize = 2048;
/// More buffers than this are not kept for reuse.
const REUSED: usize = 64;

/// A packet of our own.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) sequence: u64,
    at: Instant,
    header: Header,
    payload: Vec<u8>,
}

impl Held {
    pub(super) fn packet(&self) -> Packet<'_> {
        Packet { header: self.header, payload: &self.payload }
    }

    /// Whether `next` is the packet right behind this one.
    pub(super) fn is_followed_by(&self, next: &Packet<'_>) -> bool {
        next.header.ssrc == self.header.ssrc && next.header.sequence == self.header.sequence.wrapping_add(1)
    }
}

/// Sorted by sequence number, with the buffers of those that have gone.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    packets: VecDeque<Held>,
    bytes: usize,
    /// When the first of those came that are here.
    oldest: Option<Instant>,
    /// Some have gone since that was found.
    gone: bool,
    spare: Vec<Vec<u8>>,
}

impl Shelf {
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn contains(&self, sequence: u64) -> bool {
        !self.packets.is_empty() && self.find(sequence).is_ok()
    }

    /// Since when the first hole is waited for: all that is held came after it.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.oldest
    }

    /// Finds anew which one came first, after some have gone.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.gone) {
            self.oldest = self.packets.iter().map(|held| held.at).min();
        }
    }

    pub(super) fn insert(&mut self, now: Instant, sequence: u64, packet: &Packet<'_>) {
        let held = self.copy(now, sequence, packet);
        if let Err(index) = self.find(sequence) {
            self.bytes += held.payload.len();
            self.oldest.get_or_insert(now);
            self.packets.insert(index, held);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Held> {
        let held = self.packets.pop_front()?;
        self.bytes -= held.payload.len();
        self.gone = true;
        Some(held)
    }

    pub(super) fn pop_if(&mut self, sequence: u64) -> Option<Held> {
        if self.packets.front()?.sequence == sequence { self.pop() } else { None }
    }

    pub(super) fn copy(&mut self, now: Instant, sequence: u64, packet: &Packet<'_>) -> Held {
        let mut payload = self.spare.pop().unwrap_or_default();
        payload.clear();
        payload.extend_from_slice(packet.payload);
        Held { sequence, at: now, header: packet.header, payload }
    }

    pub(super) fn recycle(&mut self, held: Held) {
        if held.payload.capacity() <= REUSED_BYTES && self.spare.len() < REUSED {
            self.spare.push(held.payload);
        }
    }

    fn find(&self, sequence: u64) -> Result<usize, usize> {
        self.packets.binary_search_by_key(&sequence, |held| held.sequence)
    }
}
