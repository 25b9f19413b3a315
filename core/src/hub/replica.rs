//! One shard's copy of a lane: a ring of shared packets and this shard's viewers on it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ShardId;
use super::mail::Start;
use crate::media::{Packaging, Packet, Ring, RingLimits, Shelf};
use crate::request::StreamKey;
use crate::shard::ConnId;
use crate::time::Instant;

pub(crate) struct Replica {
    pub(crate) key: StreamKey,
    pub(crate) packaging: Packaging,
    /// The shard the stream's publisher is on, once known.
    pub(crate) home: Option<ShardId>,
    pub(crate) ring: Ring,
    /// Starts of the revisions that packets in the ring may have, oldest first.
    starts: VecDeque<Start>,
    /// Whether joiners can be served: there is a publisher and its tracks are known.
    pub(crate) live: bool,
    /// Viewers that are being served.
    pub(crate) viewers: Vec<ConnId>,
    /// Viewers that wait for a publisher, and until when.
    pub(crate) waiting: Vec<(Instant, ConnId)>,
    /// What players fetch by name.
    pub(crate) shelf: Shelf,
    /// Those who wait for an object.
    pub(crate) parked: Vec<Parked>,
    /// Something was fetched here: it is kept for longer than a mere ring.
    pub(crate) is_fetched: bool,
    /// New packets came in since the viewers were last fed.
    pub(crate) dirty: bool,
    pub(crate) empty_since: Option<Instant>,
    /// A viewer left while the list of viewers was lent out.
    departed: bool,
}

/// A player that waits for an object.
pub(crate) struct Parked {
    pub(crate) conn: ConnId,
    pub(crate) until: Instant,
    pub(crate) name: Arc<str>,
    pub(crate) at_least: u64,
    pub(crate) from: usize,
}

impl Replica {
    pub(crate) fn new(key: StreamKey, packaging: Packaging, limits: RingLimits) -> Self {
        Self {
            key,
            packaging,
            home: None,
            ring: Ring::new(limits),
            starts: VecDeque::new(),
            live: false,
            viewers: Vec::new(),
            waiting: Vec::new(),
            shelf: Shelf::default(),
            parked: Vec::new(),
            is_fetched: false,
            dirty: false,
            empty_since: None,
            departed: false,
        }
    }

    /// The start that belongs to packets of `revision`.
    pub(crate) fn start_of(&self, revision: u32) -> Option<&Start> {
        self.starts.iter().rev().find(|start| start.description.revision == revision)
    }

    /// The newest start.
    pub(crate) fn start(&self) -> Option<&Start> {
        self.starts.back()
    }

    /// Takes a start in: joiners can be served from now on.
    pub(crate) fn begin(&mut self, start: Start) {
        self.live = true;
        let revision = start.description.revision;
        self.starts.retain(|known| known.description.revision != revision);
        self.starts.push_back(start);
        // Starts of packets that are gone will not be asked for again.
        let oldest = self.ring.oldest_revision().unwrap_or(revision);
        while self.starts.len() > 1
            && self
                .starts
                .front()
                .is_some_and(|s| s.description.revision != oldest && s.description.revision != revision)
        {
            self.starts.pop_front();
        }
    }

    /// Appends packets; `gap` says that some before them are missing. True when its viewers had been fed everything.
    pub(crate) fn append(&mut self, packets: &Arc<[Packet]>, gap: bool) -> bool {
        if gap {
            self.ring.gap();
        }
        for packet in packets.iter() {
            self.ring.push(packet.clone());
        }
        !std::mem::replace(&mut self.dirty, true)
    }

    /// The publisher has left: joiners wait, viewers keep what they have not yet been given.
    pub(crate) fn lull(&mut self) {
        self.live = false;
        self.ring.seal();
    }

    /// Forgets a viewer, wherever it stands.
    pub(crate) fn remove(&mut self, now: Instant, conn: ConnId) {
        match self.viewers.iter().position(|&viewer| viewer == conn) {
            Some(index) => {
                self.viewers.swap_remove(index);
            }
            None => self.departed = true,
        }
        self.waiting.retain(|&(_, waiter)| waiter != conn);
        if self.is_unused() {
            self.empty_since.get_or_insert(now);
        }
    }

    /// Takes the list of viewers back that was lent out to feed them; `watches` tells who is still there.
    pub(crate) fn return_viewers(&mut self, mut lent: Vec<ConnId>, watches: impl Fn(ConnId) -> bool) {
        if std::mem::take(&mut self.departed) {
            lent.retain(|&conn| watches(conn));
        }
        lent.append(&mut self.viewers);
        self.viewers = lent;
        if !self.is_unused() {
            self.empty_since = None;
        }
    }

    /// Whether nobody watches or waits.
    pub(crate) fn is_unused(&self) -> bool {
        self.viewers.is_empty() && self.waiting.is_empty() && self.parked.is_empty()
    }
}
