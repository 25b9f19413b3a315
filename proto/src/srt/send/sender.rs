//! What waits to be sent, and what has been sent and not yet arrived.
//!
//! Spec: draft-sharabayko-srt §4.5.2, §4.6, §4.8.1.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::Instant;

use super::pace::Pace;
use super::repeat::Repeats;
use crate::srt::crypto::Sealer;
use crate::srt::rtt::Rtt;
use crate::srt::seq::Seq;
use crate::srt::stats::Stats;
use crate::srt::wire::{Ack, DataHead, HEADER, KeySlot, Losses, Outgoing};

/// The most that a peer can make us keep, packets.
const LARGEST_WINDOW: u32 = 32768;
/// Packets wait, and are kept for being sent again, for a second at least: too late for one is not too late for all.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);

/// Where packets go and when they are too late.
#[derive(Copy, Clone, Debug)]
pub(in crate::srt) struct Route {
    /// The peer's socket id.
    pub(in crate::srt) peer: u32,
    /// When our timestamps were 0.
    pub(in crate::srt) start: Instant,
    /// The number of the first packet.
    pub(in crate::srt) first: Seq,
    /// How many packets may be on their way.
    pub(in crate::srt) window: u32,
    /// How long the peer holds packets.
    pub(in crate::srt) latency: Duration,
    /// The peer repeats its reports of losses.
    pub(in crate::srt) peer_repeats: bool,
}

/// A packet that has been sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) head: [u8; HEADER],
    pub(super) body: Bytes,
    /// When its payload was handed over.
    born: Instant,
    /// When it was last sent.
    pub(super) last: Instant,
    /// How often it was sent again.
    pub(super) repeats: u8,
    /// It is to be sent again.
    pub(super) wanted: bool,
}

/// See the module's text.
#[derive(Debug)]
pub(in crate::srt) struct Sender {
    route: Route,
    waiting: VecDeque<(Bytes, Instant)>,
    waiting_bytes: usize,
    pub(super) window: VecDeque<Sent>,
    /// The number of the first packet of the window.
    pub(super) first: Seq,
    /// The first number that the peer has no room for.
    limit: Seq,
    message: u32,
    pace: Pace,
    repeats: Repeats,
}

impl Sender {
    pub(in crate::srt) fn new(now: Instant, route: Route, floor: u64) -> Self {
        let route = Route { window: route.window.clamp(2, LARGEST_WINDOW), ..route };
        Self {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            window: VecDeque::new(),
            first: route.first,
            limit: route.first.plus(route.window),
            message: 0,
            pace: Pace::new(now, floor, route.latency / 4),
            repeats: Repeats::new(route.latency, route.peer_repeats),
            route,
        }
    }

    /// Takes a payload. It is born now: that is the time by which the peer delivers it.
    pub(in crate::srt) fn push(&mut self, now: Instant, payload: Bytes) {
        self.waiting_bytes += payload.len();
        self.pace.take(now, payload.len(), self.waiting_bytes);
        self.waiting.push_back((payload, now));
    }

    /// Whether more should be pushed now. Live input always finds room, unless the peer takes nothing; what comes all at
    /// once, such as a joiner's first pictures, is held up.
    pub(in crate::srt) fn has_room(&self) -> bool {
        self.pace.may_take() && self.window.len() + self.waiting.len() < self.route.window as usize
    }

    /// Nothing waits, and all that was sent has arrived.
    pub(in crate::srt) fn is_idle(&self) -> bool {
        self.window.is_empty() && self.waiting.is_empty()
    }

    /// The number that the next new packet will have.
    pub(in crate::srt) fn next(&self) -> Seq {
        self.first.plus(u32::try_from(self.window.len()).unwrap_or_default())
    }

    /// The next packet that may go now.
    pub(in crate::srt) fn poll(
        &mut self,
        now: Instant,
        sealer: &mut Option<Sealer>,
        stats: &mut Stats,
    ) -> Option<Outgoing> {
        if self.is_idle() || !self.pace.may_send() {
            return None;
        }
        let again = self.repeats.next(now, self.first, &mut self.window);
        if let Some(packet) = again {
            stats.retransmitted += 1;
            self.pace.spend(HEADER + packet.body.len());
            return Some(packet);
        }
        let may = self.limit.since(self.next()) > 0 && self.window.len() < self.route.window as usize;
        let (payload, born) = if may { self.waiting.pop_front()? } else { return None };
        self.waiting_bytes -= payload.len();
        if self.waiting.is_empty() {
            self.pace.relax();
        }
        stats.sent += 1;
        stats.sent_bytes += payload.len() as u64;
        let packet = self.send(now, payload, born, sealer);
        self.pace.spend(HEADER + packet.body.len());
        Some(packet)
    }

    fn send(&mut self, now: Instant, payload: Bytes, born: Instant, sealer: &mut Option<Sealer>) -> Outgoing {
        // Message numbers have 26 bits and begin at 1.
        self.message = if self.message >= (1 << 26) - 1 { 1 } else { self.message + 1 };
        let mut head = DataHead {
            seq: self.next(),
            message: self.message,
            solo: true,
            in_order: true,
            key: KeySlot::Clear,
            retransmitted: false,
            timestamp: timestamp(self.route.start, born),
            destination: self.route.peer,
        };
        let body = match sealer {
            Some(sealer) => sealer.seal(&mut head, &payload),
            None => payload,
        };
        let head = head.write();
        self.window.push_back(Sent { head, body: body.clone(), born, last: now, repeats: 0, wanted: false });
        Outgoing { head, body }
    }

    /// Packets have arrived, or are no longer wanted.
    pub(in crate::srt) fn handle_ack(&mut self, now: Instant, ack: &Ack) {
        // One that is behind the window is old, one that is ahead of it is wrong.
        let Some(count) = ack.next.offset_from(self.first).filter(|count| *count <= self.window.len()) else {
            return;
        };
        if count > 0 {
            self.window.drain(..count);
            self.first = ack.next;
            self.repeats.progress(now);
        }
        if let Some(report) = &ack.report {
            self.limit = ack.next.plus(report.room.clamp(2, self.route.window));
        }
    }

    /// Packets are missing: they are sent again. Returns those that can't be, as they have been given up.
    pub(in crate::srt) fn handle_nak(
        &mut self,
        now: Instant,
        losses: &Losses<'_>,
        rtt: &Rtt,
        stats: &mut Stats,
    ) -> Vec<(Seq, Seq)> {
        self.repeats.handle_nak((now, rtt, self.first), &mut self.window, losses, stats)
    }

    /// Gives up what is too old, and asks for a sign of life when nothing arrives any more.
    pub(in crate::srt) fn handle_tick(&mut self, now: Instant, rtt: &Rtt, stats: &mut Stats) {
        let life = self.route.latency.max(SHORTEST_LIFE) + Duration::from_millis(20);
        while self.window.front().is_some_and(|sent| now.since(sent.born) > life) {
            self.window.pop_front();
            self.first = self.first.next();
            stats.send_dropped += 1;
        }
        while let Some((payload, _)) = self.waiting.pop_front_if(|(_, born)| now.since(*born) > life) {
            self.waiting_bytes -= payload.len();
            stats.send_dropped += 1;
        }
        self.repeats.probe(now, rtt, self.first, &mut self.window);
    }

    /// When [`Self::handle_tick`] would ask for a sign of life, if nothing happens until then.
    pub(in crate::srt) fn probe_at(&self, rtt: &Rtt) -> Option<Instant> {
        self.repeats.probe_at(rtt, self.window.back()?)
    }

    /// Time has passed.
    pub(in crate::srt) fn refill(&mut self, now: Instant) {
        self.pace.fill(now);
    }

    /// When [`Self::poll`] or [`Self::has_room`] may say more than now.
    pub(in crate::srt) fn poll_timeout(&self) -> Option<Instant> {
        let held = !self.pace.may_send() && (!self.waiting.is_empty() || self.repeats.is_wanted());
        if held {
            return Some(self.pace.sends_at());
        }
        (!self.pace.may_take()).then(|| self.pace.takes_at())
    }
}

/// µs since `start`, wrapping.
pub(in crate::srt) fn timestamp(start: Instant, at: Instant) -> u32 {
    // The low 32 bits are what is meant.
    at.as_micros().wrapping_sub(start.as_micros()) as u32
}
