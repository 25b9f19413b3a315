//! The ring of packets that have come, in order, with gaps; and what comes out of it.
//!
//! Spec: draft-sharabayko-srt §4.5.1, §4.6.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Instant;

use super::acks::{Acks, Owed};
use super::clock::{Clock, instant, micros};
use super::losses::Losses;
use super::rate::Rate;
use crate::srt::crypto::Opener;
use crate::srt::handshake::Link;
use crate::srt::rtt::Rtt;
use crate::srt::seq::Seq;
use crate::srt::stats::Stats;
use crate::srt::wire::{Ack, DataHead, KeySlot, Report};

/// Payloads are copied into pieces of this many bytes: one allocation for many packets.
const PIECE: usize = 32 << 10;
/// Payloads come out in rounds at least so far apart: one timer for several packets.
const ROUND: Duration = Duration::from_millis(4);

/// A packet that has come.
#[derive(Debug)]
struct Slot {
    body: Bytes,
    /// See [`Clock::base`].
    base: i64,
}

/// See the module's text.
#[derive(Debug)]
pub(in crate::srt) struct Receiver {
    /// From `next` on; the last one is there, or was given up by the sender.
    ring: VecDeque<Option<Slot>>,
    /// The next one to be delivered.
    next: Seq,
    capacity: usize,
    losses: Losses,
    clock: Clock,
    acks: Acks,
    rate: Rate,
    piece: BytesMut,
    /// When something came out last.
    round: Instant,
}

impl Receiver {
    pub(in crate::srt) fn new(now: Instant, link: &Link, window: u32) -> Self {
        Self {
            ring: VecDeque::new(),
            next: link.first_in,
            capacity: window.clamp(64, 1 << 20) as usize,
            losses: Losses::new(link.receive_latency),
            clock: Clock::new(link.peer_start, link.receive_latency),
            acks: Acks::new(),
            rate: Rate::new(now),
            piece: BytesMut::new(),
            round: Instant::ZERO,
        }
    }

    /// Takes a data packet.
    pub(in crate::srt) fn take(
        &mut self,
        now: Instant,
        head: &DataHead,
        body: &[u8],
        opener: Option<&Opener>,
        stats: &mut Stats,
    ) {
        stats.received += 1;
        stats.received_bytes += body.len() as u64;
        self.acks.count(now);
        let Some(mut offset) = head.seq.offset_from(self.next) else {
            stats.duplicates += 1;
            return;
        };
        if offset >= self.capacity {
            if !self.ring.is_empty() {
                stats.overflowed += 1;
                return;
            }
            // Nothing is left of what came before so long a silence.
            stats.lost += offset as u64;
            stats.dropped += offset as u64;
            self.next = head.seq;
            offset = 0;
        }
        if self.ring.get(offset).is_some_and(Option::is_some) {
            stats.duplicates += 1;
            return;
        }
        let Some(body) = self.open(head, body, opener) else {
            stats.undecryptable += 1;
            return;
        };
        self.rate.count(now, head.seq, body.len());
        let slot = Slot { body, base: self.clock.base(now, head.timestamp) };
        self.place(now, offset, head, slot, stats);
    }

    fn place(&mut self, now: Instant, offset: usize, head: &DataHead, slot: Slot, stats: &mut Stats) {
        if let Some(place) = self.ring.get_mut(offset) {
            *place = Some(slot);
            let late = !head.retransmitted;
            self.losses.fill(now, head.seq, late);
            if late {
                stats.reordered += 1;
                stats.lost = stats.lost.saturating_sub(1);
            }
            return;
        }
        let missing = offset - self.ring.len();
        if missing > 0 {
            let first = self.next.plus(self.ring.len() as u32);
            self.losses.push(now, first, head.seq.previous());
            stats.lost += missing as u64;
            self.ring.resize_with(offset, || None);
        }
        // Its first sending was lost, and everything behind it too.
        if head.retransmitted {
            stats.lost += 1;
        }
        self.ring.push_back(Some(slot));
    }

    /// The payload, copied out of the socket's buffer and decrypted.
    fn open(&mut self, head: &DataHead, body: &[u8], opener: Option<&Opener>) -> Option<Bytes> {
        if (head.key != KeySlot::Clear) != opener.is_some() {
            return None;
        }
        if self.piece.capacity() < body.len() {
            self.piece = BytesMut::with_capacity(PIECE.max(body.len()));
        }
        self.piece.extend_from_slice(body);
        if let Some(opener) = opener {
            match opener.open(head, &mut self.piece) {
                Some(length) => self.piece.truncate(length),
                None => {
                    self.piece.clear();
                    return None;
                }
            }
        }
        Some(self.piece.split().freeze())
    }

    /// The next payload that is due. What is missing before it is given up: it would come too late.
    pub(in crate::srt) fn pop(&mut self, now: Instant, stats: &mut Stats) -> Option<Bytes> {
        loop {
            let first = self.ring.front()?;
            if let Some(slot) = first {
                if self.clock.due(slot.base) > micros(now) {
                    return None;
                }
                self.round = now;
                self.next = self.next.next();
                stats.delivered += 1;
                return self.ring.pop_front().flatten().map(|slot| slot.body);
            }
            let (last, gone) = self.losses.at(self.next)?;
            let count = last.next().offset_from(self.next)?;
            if !gone && self.behind().is_none_or(|slot| self.clock.due(slot.base) > micros(now)) {
                return None;
            }
            if !gone {
                stats.dropped += count as u64;
            }
            self.losses.pop();
            self.ring.drain(..count.min(self.ring.len()));
            self.next = last.next();
        }
    }

    /// All payloads that have come, whether they are due or not.
    pub(in crate::srt) fn rest(&mut self, stats: &mut Stats) -> Vec<Bytes> {
        let rest: Vec<Bytes> = self.ring.drain(..).flatten().map(|slot| slot.body).collect();
        stats.delivered += rest.len() as u64;
        rest
    }

    /// The sender has given up packets.
    pub(in crate::srt) fn handle_drop(&mut self, now: Instant, first: Seq, last: Seq, stats: &mut Stats) {
        if last.since(first) < 0 {
            return;
        }
        // Those of them behind all that has come are missing too.
        let end = last.next().offset_from(self.next).unwrap_or(0);
        if end > self.capacity {
            return;
        }
        if end > self.ring.len() {
            let from = self.next.plus(self.ring.len() as u32);
            stats.lost += (end - self.ring.len()) as u64;
            self.losses.push(now, from, last);
            self.ring.resize_with(end, || None);
        }
        stats.dropped += self.losses.give_up(first, last);
    }

    /// The acknowledgement that is to be sent now.
    pub(in crate::srt) fn acknowledge(&mut self, now: Instant, rtt: &Rtt) -> Option<Ack> {
        let (number, full) = match self.acks.owed(now) {
            Owed::Nothing => return None,
            Owed::Light => (0, false),
            Owed::Full(number) => (number, true),
        };
        let end = self.next.plus(self.ring.len() as u32);
        let next = self.losses.first().unwrap_or(end);
        let (packet_rate, byte_rate) = self.rate.rates(now);
        let report = Report {
            rtt: rtt.micros(),
            rtt_variance: rtt.variance_micros(),
            room: u32::try_from(self.capacity - self.ring.len().min(self.capacity)).unwrap_or(2).max(2),
            packet_rate,
            capacity: self.rate.capacity(),
            byte_rate,
        };
        Some(Ack { number, next, report: full.then_some(report) })
    }

    /// An acknowledgement was answered: a round trip, and a look at the peer's clock.
    pub(in crate::srt) fn handle_answer(&mut self, now: Instant, number: u32, timestamp: u32, rtt: &mut Rtt) {
        let Some(round) = self.acks.answered(now, number) else { return };
        rtt.sample(round);
        self.clock.sample(now, timestamp, rtt.micros());
    }

    /// What is to be asked for now, as a list; empty when nothing is.
    pub(in crate::srt) fn ask(&mut self, now: Instant, rtt: &Rtt) -> BytesMut {
        self.losses.ask(now, rtt)
    }

    /// When something will be due.
    pub(in crate::srt) fn poll_timeout(&self) -> Option<Instant> {
        let due = self.due().map(|due| due.max(self.round + ROUND));
        [due, self.acks.poll_timeout(), self.losses.poll_timeout()].into_iter().flatten().min()
    }

    fn due(&self) -> Option<Instant> {
        let slot = match self.ring.front()? {
            Some(slot) => slot,
            None => self.behind()?,
        };
        Some(instant(self.clock.due(slot.base)))
    }

    /// The first packet behind those that are missing at the front.
    fn behind(&self) -> Option<&Slot> {
        let last = self.losses.run(self.next)?;
        self.ring.get(last.next().offset_from(self.next)?)?.as_ref()
    }
}
