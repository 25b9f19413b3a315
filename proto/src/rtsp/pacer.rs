//! Datagrams at a pace that receivers can follow: nobody slows a sender of datagrams down but himself.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Datagram, Instant, Leg, Output};

use crate::rtp::{INTERLEAVED_LEN, interleaved};

/// So many may go out at once. Receivers have room for a hundred or more, even where nobody made their buffers larger.
const BURST: u32 = 48;
/// After each such time that many more may: together 190 Mb/s at most.
const STEP: Duration = Duration::from_millis(3);

/// See the module's text.
#[derive(Debug, Default)]
pub(in crate::rtsp) struct Pacer {
    /// Packed packets, each with what is left of it.
    waiting: VecDeque<(Leg, SocketAddr, Bytes)>,
    /// How many were sent in the step that began then.
    sent: u32,
    since: Instant,
}

impl Pacer {
    /// Takes packets, packed as for interleaving.
    pub(in crate::rtsp) fn push(&mut self, leg: Leg, to: SocketAddr, packed: Bytes) {
        self.waiting.push_back((leg, to, packed));
    }

    pub(in crate::rtsp) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what may be sent now.
    pub(in crate::rtsp) fn run(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        if now.since(self.since) >= STEP {
            self.since = now;
            self.sent = 0;
        }
        while self.sent < BURST
            && let Some((leg, to, packed)) = self.waiting.front_mut()
        {
            let Some(packet) = interleaved(packed).next() else {
                self.waiting.pop_front();
                continue;
            };
            let rest = packed.slice(packet.len()..);
            let body = packet.slice(INTERLEAVED_LEN..);
            out.push_back(Output::Datagram(*leg, Datagram::new(*to, body)));
            *packed = rest;
            self.sent += 1;
        }
        while self.waiting.front().is_some_and(|(_, _, packed)| packed.is_empty()) {
            self.waiting.pop_front();
        }
    }

    pub(in crate::rtsp) fn poll_timeout(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.since + STEP)
    }
}
