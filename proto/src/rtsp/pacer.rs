//! Datagrams at a pace that receivers can follow: nobody slows a sender of datagrams down but himself.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Datagram, Instant, Leg, Output};

use crate::rtp::interleaved;

/// So many may go out at once. Receivers have room for a hundred or more, even where nobody made their buffers larger.
const BURST: u32 = 48;
/// After each such time that many more may: together 180 Mb/s at most.
const STEP: Duration = Duration::from_millis(3);

/// See the module's text.
#[derive(Debug, Default)]
pub(in crate::rtsp) struct Pacer {
    waiting: VecDeque<Waiting>,
    /// How many were sent in the step that began then.
    sent: u32,
    since: Instant,
}

/// What is left of a frame's packets.
#[derive(Debug)]
struct Waiting {
    leg: Leg,
    to: SocketAddr,
    /// Packed as for interleaving.
    packed: Bytes,
    at: usize,
}

impl Pacer {
    /// Sends packets, packed as for interleaving; what may not go out yet waits.
    pub(in crate::rtsp) fn push(
        &mut self,
        now: Instant,
        leg: Leg,
        to: SocketAddr,
        packed: &Bytes,
        out: &mut VecDeque<Output>,
    ) {
        self.step(now);
        let at = if self.waiting.is_empty() { self.send(leg, to, packed, 0, out) } else { 0 };
        if at < packed.len() {
            self.waiting.push_back(Waiting { leg, to, packed: packed.clone(), at });
        }
    }

    /// Nothing goes by this leg any more.
    pub(in crate::rtsp) fn forget(&mut self, leg: Leg) {
        self.waiting.retain(|waiting| waiting.leg != leg);
    }

    pub(in crate::rtsp) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what may be sent now.
    pub(in crate::rtsp) fn run(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.step(now);
        while self.sent < BURST
            && let Some(Waiting { leg, to, packed, at }) = self.waiting.pop_front()
        {
            let at = self.send(leg, to, &packed, at, out);
            if at < packed.len() {
                self.waiting.push_front(Waiting { leg, to, packed, at });
            }
        }
    }

    pub(in crate::rtsp) fn poll_timeout(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.since + STEP)
    }

    fn step(&mut self, now: Instant) {
        if now.since(self.since) >= STEP {
            self.since = now;
            self.sent = 0;
        }
    }

    /// Sends packets from `at` on, as long as that is allowed; gives where the rest begins.
    fn send(
        &mut self,
        leg: Leg,
        to: SocketAddr,
        packed: &Bytes,
        at: usize,
        out: &mut VecDeque<Output>,
    ) -> usize {
        for packet in interleaved(packed.get(at..).unwrap_or_default()) {
            let (begin, end) = (at + packet.start, at + packet.end);
            if self.sent >= BURST {
                return begin.saturating_sub(crate::rtp::INTERLEAVED_LEN);
            }
            out.push_back(Output::Datagram(leg, Datagram::new(to, packed.slice(begin..end))));
            self.sent += 1;
        }
        packed.len()
    }
}
