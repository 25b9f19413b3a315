//! One packaging of a stream on its home shard: muxed once, mailed to every shard that has viewers of it.

use std::sync::Arc;

use super::ShardId;
use super::gop::Gop;
use super::mail::Start;
use crate::media::{
    Description, Frame, Packager, Packaging, Packed, Packet, Ring, RingLimits, Shelf, Shelved,
};
use crate::time::Instant;

pub(crate) struct Lane {
    pub(crate) packaging: Packaging,
    packager: Box<dyn Packager>,
    ring: Ring,
    start: Option<Start>,
    pub(crate) subscribers: Vec<Subscriber>,
    /// Packets of this turn, not yet mailed.
    pending: Vec<Packet>,
    /// What players fetch by name.
    shelf: Shelf,
    /// This turn's changes of the shelf, not yet mailed.
    changes: Vec<Shelved>,
    /// Since when nobody has wanted it.
    pub(crate) unwanted_since: Option<Instant>,
    packed: Vec<Packed>,
}

/// A shard that has viewers of a lane.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) shard: ShardId,
    /// Its box was full: it gets nothing until the next keyframe.
    pub(crate) lost: bool,
}

impl Lane {
    pub(crate) fn new(packaging: Packaging, packager: Box<dyn Packager>, limits: RingLimits) -> Self {
        Self {
            packaging,
            packager,
            ring: Ring::new(limits),
            start: None,
            subscribers: Vec::new(),
            pending: Vec::new(),
            shelf: Shelf::default(),
            changes: Vec::new(),
            unwanted_since: None,
            packed: Vec::new(),
        }
    }

    /// What subscribers must be told before the next packets.
    pub(crate) fn start(&self) -> Option<&Start> {
        self.start.as_ref()
    }

    /// The tracks as they are from here on.
    pub(crate) fn describe(&mut self, now: Instant, description: &Arc<Description>) -> Start {
        self.packager.tick(now);
        let preamble = self.packager.start(description);
        self.restock();
        let start = Start { description: description.clone(), preamble };
        self.start = Some(start.clone());
        start
    }

    /// Fills the ring of a lane that is wanted only now.
    pub(crate) fn replay(&mut self, gop: &Gop, revision: u32) {
        for (at, frame) in gop.iter() {
            self.push(*at, frame, revision);
        }
        // Whoever subscribes is given the ring's backlog and the shelf's stock, not these.
        self.pending.clear();
        self.changes.clear();
    }

    pub(crate) fn push(&mut self, at: Instant, frame: &Frame, revision: u32) {
        self.packager.tick(at);
        self.packager.push(frame, &mut self.packed);
        self.restock();
        let stamp = frame.stamp();
        for Packed { kind, key, data } in self.packed.drain(..) {
            let packet = Packet { at, revision, kind, key, stamp, data };
            self.ring.push(packet.clone());
            self.pending.push(packet);
        }
    }

    /// The publisher has left: joiners wait for the next one.
    pub(crate) fn seal(&mut self) {
        self.ring.seal();
    }

    /// The publisher has left, or the stream is over.
    pub(crate) fn finish(&mut self, over: bool) {
        if over {
            self.packager.stream_ended();
        } else {
            self.packager.publisher_left();
        }
        self.restock();
    }

    /// This turn's changes of the shelf, once.
    pub(crate) fn take_changes(&mut self) -> Option<Arc<[Shelved]>> {
        if self.changes.is_empty() {
            return None;
        }
        Some(self.changes.drain(..).collect())
    }

    /// What a shard that subscribes now finds on the shelf.
    pub(crate) fn stock(&self) -> Arc<[Shelved]> {
        self.shelf.changes().into()
    }

    fn restock(&mut self) {
        let from = self.changes.len();
        self.packager.shelve(&mut self.changes);
        for change in self.changes.iter().skip(from) {
            self.shelf.apply(change.clone());
        }
    }

    /// This turn's packets, once.
    pub(crate) fn take_pending(&mut self) -> Option<Arc<[Packet]>> {
        if self.pending.is_empty() {
            return None;
        }
        Some(self.pending.drain(..).collect())
    }

    /// What a shard that subscribes now is given first.
    pub(crate) fn backlog(&self) -> Arc<[Packet]> {
        self.ring.backlog().cloned().collect()
    }

    /// Adds a shard; false when it is subscribed already and has everything.
    pub(crate) fn subscribe(&mut self, shard: ShardId) -> bool {
        self.unwanted_since = None;
        let new = !self.subscribers.iter().any(|subscriber| subscriber.shard == shard);
        if new {
            self.subscribers.push(Subscriber { shard, lost: false });
        }
        new
    }

    pub(crate) fn unsubscribe(&mut self, now: Instant, shard: ShardId) {
        self.subscribers.retain(|subscriber| subscriber.shard != shard);
        if self.subscribers.is_empty() {
            self.unwanted_since.get_or_insert(now);
        }
    }
}
