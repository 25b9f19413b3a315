//! Puts one source's packets back in order, and tells where some are missing.
//!
//! Spec: RFC 3550 §5.1 (sequence numbers), §A.1 (when a jump is a restart).
//!
//! A packet that comes in order passes through: it is neither stored nor copied. Behind a hole, packets are held until
//! the hole is filled, until enough have come after it, or until patience is over.

mod held;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rtmpd_core::Instant;

use super::Packet;
use held::{Held, Shelf};

/// A jump ahead of this many packets is a restart: MAX_DROPOUT of RFC 3550 §A.1.
const MAX_AHEAD: u16 = 3000;
/// A packet this far back is late; further back it is a restart. MAX_MISORDER of RFC 3550 §A.1, as bits of a word.
const MAX_BACK: u16 = u128::BITS as u16;

/// More packets than this are never held, so that none is taken for a restart while they are.
const MAX_DEPTH: usize = 2048;

/// How long a hole is waited for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ReorderSettings {
    /// Packets that may come after a hole before it is given up, at most 2048; 0 where the way keeps order, as TCP does.
    pub depth: usize,
    /// How long a hole is waited for at most.
    pub patience: Duration,
    /// Bytes held at most.
    pub max_bytes: usize,
}

impl ReorderSettings {
    /// For ways that keep order: nothing is held, each hole is real.
    pub const IN_ORDER: Self = Self { depth: 0, patience: Duration::ZERO, max_bytes: 0 };
}

impl Default for ReorderSettings {
    /// For UDP: a fifth of a second, or 256 packets.
    fn default() -> Self {
        Self { depth: 256, patience: Duration::from_millis(200), max_bytes: 2 << 20 }
    }
}

/// A packet in its place.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Ordered<'a> {
    /// Its sequence number without wraps: grows from packet to packet, over restarts too.
    pub sequence: u64,
    /// Packets are missing right before it, or its source has begun anew.
    pub lost: bool,
    /// Its source has begun anew: its timestamps have nothing to do with the earlier ones.
    pub restarted: bool,
    /// The packet.
    pub packet: Packet<'a>,
}

/// What became of a packet that was pushed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// New and in its turn, or held; `ahead` of all that came before it, or filling a hole.
    Taken {
        /// No later packet had come before it.
        ahead: bool,
    },
    /// It was there already.
    Duplicate,
    /// It had been given up.
    Late,
    /// It fits nowhere; a second one like it makes a restart.
    Stray,
    /// With the stray one before it, it begins a new sequence.
    Restarted,
}

/// See the module's text.
#[derive(Debug)]
pub struct Reorder {
    settings: ReorderSettings,
    /// The source and the number that comes next.
    place: Option<Place>,
    held: Shelf,
    /// The first packet of what may be a new sequence.
    stray: Option<Held>,
    /// Sequence numbers given up.
    lost: u64,
}

#[derive(Copy, Clone, Debug)]
struct Place {
    ssrc: u32,
    next: u64,
    /// Highest that came, held or not.
    highest: u64,
    /// Bit n: whether `next - 1 - n` came.
    came: u128,
}

/// Where a packet belongs.
enum Spot {
    /// Its sequence number without wraps.
    Ahead(u64),
    /// How many packets before the next one, less one.
    Behind(u16),
    Nowhere,
}

impl Reorder {
    /// An empty buffer. The first packet decides where the sequence begins.
    pub fn new(settings: &ReorderSettings) -> Self {
        let settings = ReorderSettings { depth: settings.depth.min(MAX_DEPTH), ..*settings };
        let held = Shelf::default();
        Self { settings, place: None, held, stray: None, lost: 0 }
    }

    /// Takes a packet that came in at `now`, and gives out those whose turn it is.
    pub fn push(&mut self, now: Instant, packet: &Packet<'_>, out: &mut dyn FnMut(Ordered<'_>)) -> Fate {
        let mut place = *self.place.get_or_insert_with(|| Place::beginning(packet));
        let fate = match place.spot(packet) {
            Spot::Nowhere => return self.push_stray(now, packet, out),
            Spot::Behind(back) if place.came >> back & 1 == 1 => Fate::Duplicate,
            Spot::Behind(_) => Fate::Late,
            Spot::Ahead(sequence) if self.held.contains(sequence) => Fate::Duplicate,
            Spot::Ahead(sequence) => {
                let ahead = sequence >= place.highest;
                place.highest = place.highest.max(sequence);
                self.place = Some(place);
                self.take(now, sequence, packet, out);
                Fate::Taken { ahead }
            }
        };
        // The old sequence goes on.
        self.stray = None;
        fate
    }

    /// Gives out what waits behind holes that were waited for long enough.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut dyn FnMut(Ordered<'_>)) {
        while self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.give_up_hole(out);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.held.oldest().map(|at| at + self.settings.patience)
    }

    /// Gives out all that is held: nothing more will come.
    pub fn finish(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        while !self.held.is_empty() {
            self.give_up_hole(out);
        }
    }

    /// The source whose packets these are; `None` before the first one.
    pub fn ssrc(&self) -> Option<u32> {
        self.place.map(|place| place.ssrc)
    }

    /// Packets that were missing where others were given out.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Packets and bytes held.
    pub fn held(&self) -> (usize, usize) {
        (self.held.len(), self.held.bytes())
    }

    fn take(&mut self, now: Instant, sequence: u64, packet: &Packet<'_>, out: &mut dyn FnMut(Ordered<'_>)) {
        let in_turn = self.place.is_some_and(|place| place.next == sequence);
        if in_turn || self.settings.depth == 0 {
            self.give(sequence, false, *packet, out);
            return self.give_run(out);
        }
        self.held.insert(now, sequence, packet);
        while self.held.len() >= self.settings.depth.max(1) || self.held.bytes() > self.settings.max_bytes {
            self.give_up_hole(out);
        }
    }

    /// A packet of another source or far from where this one is. One may be a leftover or a forgery; when the next one
    /// follows it, both are given out (RFC 3550 §A.1).
    fn push_stray(&mut self, now: Instant, packet: &Packet<'_>, out: &mut dyn FnMut(Ordered<'_>)) -> Fate {
        let first = self.stray.take().filter(|first| first.is_followed_by(packet));
        let Some(first) = first else {
            self.stray = Some(self.held.copy(now, 0, packet));
            return Fate::Stray;
        };
        self.finish(out);
        self.restart(&first.packet(), out);
        self.held.recycle(first);
        let next = self.place.map_or(0, |place| place.next);
        self.take(now, next, packet, out);
        Fate::Restarted
    }

    fn restart(&mut self, first: &Packet<'_>, out: &mut dyn FnMut(Ordered<'_>)) {
        let low = u64::from(first.header.sequence);
        // The next number that is higher and means this one.
        let next = self.place.map_or(low, |place| place.next + (low.wrapping_sub(place.next) & 0xFFFF));
        self.place = Some(Place { ssrc: first.header.ssrc, next, highest: next, came: 0 });
        self.give(next, true, *first, out);
    }

    /// Gives out the first held packet, whatever is missing before it, and those that follow it.
    fn give_up_hole(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        if let Some(held) = self.held.pop() {
            self.give(held.sequence, false, held.packet(), out);
            self.held.recycle(held);
        }
        self.give_run(out);
    }

    fn give_run(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        while let Some(held) = self.place.and_then(|place| self.held.pop_if(place.next)) {
            self.give(held.sequence, false, held.packet(), out);
            self.held.recycle(held);
        }
        self.held.settle();
    }

    fn give(&mut self, sequence: u64, restarted: bool, packet: Packet<'_>, out: &mut dyn FnMut(Ordered<'_>)) {
        let Some(place) = &mut self.place else { return };
        let missing = place.pass(sequence);
        self.lost += missing;
        out(Ordered { sequence, lost: missing > 0 || restarted, restarted, packet });
    }
}

impl Place {
    fn beginning(packet: &Packet<'_>) -> Self {
        let next = u64::from(packet.header.sequence);
        Self { ssrc: packet.header.ssrc, next, highest: next, came: 0 }
    }

    fn spot(&self, packet: &Packet<'_>) -> Spot {
        if packet.header.ssrc != self.ssrc {
            return Spot::Nowhere;
        }
        let ahead = packet.header.sequence.wrapping_sub(self.next as u16);
        let back = (self.next as u16).wrapping_sub(packet.header.sequence).wrapping_sub(1);
        if ahead < MAX_AHEAD {
            Spot::Ahead(self.next + u64::from(ahead))
        } else if back < MAX_BACK {
            Spot::Behind(back)
        } else {
            Spot::Nowhere
        }
    }

    /// Goes on behind `sequence`; returns how many were left out before it.
    fn pass(&mut self, sequence: u64) -> u64 {
        let missing = sequence.saturating_sub(self.next);
        let shift = u32::try_from(missing + 1).unwrap_or(u32::MAX);
        self.came = self.came.checked_shl(shift).unwrap_or(0) | 1;
        self.next = sequence + 1;
        self.highest = self.highest.max(sequence);
        missing
    }
}
