//! What our ends of connections have in common, called or calling: datagrams to the peer, MPEG-TS in payloads, counts.
//!
//! Specs: see [`super`]; the payloads are whole transport packets, as every sender of live streams by SRT has them.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use rtmpd_core::{Counted, Datagram, Event, Head, Instant, Leg, Note, Output};

use super::{Connection, Event as Happened, Opened, Stats};
use crate::container::ts::{Demuxed, Demuxer};

/// Payload of a packet: seven transport packets, what fits on every network.
const PAYLOAD: usize = 7 * 188;

/// A connection, and what its machine wants done.
pub(super) struct Carrier {
    pub(super) connection: Connection,
    remote: SocketAddr,
    /// What was counted before.
    told: Stats,
    pub(super) out: VecDeque<Output>,
}

impl Carrier {
    pub(super) fn new(connection: Connection, remote: SocketAddr) -> Self {
        Self { connection, remote, told: Stats::default(), out: VecDeque::new() }
    }

    /// Takes a datagram. Whoever else sends to this id is not the peer.
    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, data: &[u8]) {
        if from == self.remote {
            self.connection.handle_datagram(now, data);
        }
    }

    /// Sends what is to be sent and gives the next thing that has happened; `None` when that is all.
    pub(super) fn poll(&mut self) -> Option<Happened> {
        while let Some(outgoing) = self.connection.poll_transmit() {
            let head = Head::full(outgoing.head);
            let datagram = Datagram { to: self.remote, head, body: outgoing.body };
            self.out.push_back(Output::Datagram(Leg::FIRST, datagram));
        }
        let happened = self.connection.poll_event();
        if happened.is_none() {
            self.count();
        }
        happened
    }

    /// Sends transport packets, seven at a time.
    pub(super) fn send(&mut self, now: Instant, packets: &Bytes) {
        let size = PAYLOAD.min(self.connection.max_payload() / 188 * 188);
        if size == 0 {
            return;
        }
        let mut rest = packets.clone();
        while !rest.is_empty() {
            let payload = rest.split_to(size.min(rest.len()));
            // It is short enough.
            let _ = self.connection.send(now, payload);
        }
    }

    /// Publishes what the demuxer has put together.
    pub(super) fn publish(&mut self, demuxer: &mut Demuxer) {
        while let Some(demuxed) = demuxer.pull() {
            self.event(match demuxed {
                Demuxed::Tracks(description) => Event::Tracks(description),
                Demuxed::Frame(frame) => Event::Frame(frame),
                Demuxed::Note(note) => Event::Note(note),
            });
        }
    }

    /// Notes what was agreed on.
    pub(super) fn note_opened(&mut self, opened: &Opened) {
        let latency = opened.receive_latency.max(opened.send_latency).as_millis();
        let key = opened.encrypted.map_or("not encrypted".to_owned(), |bytes| format!("AES-{}", bytes * 8));
        self.note(Note::debug(format!("SRT latency {latency} ms, {key}")));
    }

    /// Notes how it went, at its end.
    pub(super) fn note_stats(&mut self) {
        let stats = self.connection.stats();
        if stats.received + stats.sent == 0 {
            return;
        }
        let text = format!(
            "SRT: {} packets in, {} lost and {} of them never had, {} out and {} again, round trip {} ms",
            stats.received,
            stats.lost,
            stats.dropped,
            stats.sent,
            stats.retransmitted,
            stats.rtt.as_millis()
        );
        self.note(if stats.dropped > 0 { Note::warn(text) } else { Note::info(text) });
    }

    /// Tells the counters what was lost and sent again.
    fn count(&mut self) {
        let now = self.connection.stats();
        let counts = [
            (Counted::PacketsLost, now.dropped, self.told.dropped),
            (Counted::PacketsDoubled, now.duplicates, self.told.duplicates),
            (Counted::PacketsResent, now.retransmitted, self.told.retransmitted),
        ];
        for (counted, now, before) in counts {
            if now > before {
                self.event(Event::Count(counted, now - before));
            }
        }
        self.told = now;
    }

    pub(super) fn note(&mut self, note: Note) {
        self.event(Event::Note(note));
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}
