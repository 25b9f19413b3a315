//! The machine for those who call us: publishers and players of MPEG-TS.
//!
//! Specs: see [`super`]; the payloads are whole transport packets, as every sender of live streams by SRT has them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{
    Alias, Close, Counted, Datagram, Error, Event, Head, Input, Instant, Leg, Machine, Media, Note, Output,
    Peer, Refusal, Reply, Request,
};

use super::service::Passphrases;
use super::{Asked, Connection, Event as Happened, Mode, Opened, Reject, Wanted};
use crate::container::ts::{Demuxed, Demuxer, TS};

/// Payload of a packet: seven transport packets, what fits on every network.
const PAYLOAD: usize = 7 * 188;
/// A player waits so long for its publisher.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the connection stands.
enum Stage {
    /// The handshake is under way.
    Greeting,
    /// The shard was asked; the passphrase is known to be right.
    Asking(Box<Wanted>),
    Publishing(Box<Demuxer>),
    Playing,
    Over,
}

/// One caller's connection.
pub struct SrtServer {
    connection: Connection,
    peer: Peer,
    passphrases: Arc<Passphrases>,
    stage: Stage,
    /// What was counted before.
    told: super::Stats,
    out: VecDeque<Output>,
}

impl SrtServer {
    /// Somebody calls. The shard is told `aliases`.
    pub(super) fn new(
        connection: Connection,
        peer: Peer,
        aliases: [Alias; 2],
        passphrases: Arc<Passphrases>,
    ) -> Self {
        let out = aliases.map(|alias| Output::Event(Event::Alias(Leg::FIRST, alias)));
        Self {
            connection,
            peer,
            passphrases,
            stage: Stage::Greeting,
            told: super::Stats::default(),
            out: out.into(),
        }
    }

    /// Sends what is to be sent and hears what has happened.
    fn drain(&mut self, now: Instant) {
        loop {
            while let Some(outgoing) = self.connection.poll_transmit() {
                let head = Head::full(outgoing.head);
                let datagram = Datagram { to: self.peer.remote, head, body: outgoing.body };
                self.out.push_back(Output::Datagram(Leg::FIRST, datagram));
            }
            match self.connection.poll_event() {
                Some(event) => self.hear(now, event),
                None => break,
            }
        }
        self.count();
    }

    fn hear(&mut self, now: Instant, event: Happened) {
        match event {
            Happened::Asked(asked) => self.asked(now, &asked),
            Happened::Opened(opened) => self.opened(&opened),
            Happened::Data(payload) => self.receive(&payload),
            Happened::Rejected(reject) => {
                let refusal = Refusal::Unsupported(format!("SRT: {reject}"));
                self.end(Close::Error(Error::Refused(refusal)));
            }
            Happened::Failed(error) => self.end(Close::Error(error)),
            Happened::PeerGone => self.end(Close::PeerGone),
            Happened::Closed => self.end(Close::Done),
        }
    }

    /// Which stream, and whether the caller knows its passphrase: before anybody else hears of it.
    fn asked(&mut self, now: Instant, asked: &Asked) {
        let wanted = match Wanted::parse(&asked.stream_id) {
            Ok(wanted) => wanted,
            Err(refused) => {
                self.note(Note::warn(format!("refused: {}", refused.why)));
                return self.connection.reject(now, refused.code);
            }
        };
        if let Err(reject) = self.connection.prove(self.passphrases.of(wanted.key.as_str())) {
            self.note(Note::warn(format!("refused {}: {reject}", wanted.key)));
            return self.connection.reject(now, reject);
        }
        let [major, minor, patch] = [16, 8, 0].map(|shift| asked.version >> shift & 0xFF);
        let request = Box::new(Request {
            vhost: wanted.vhost.clone(),
            key: wanted.key.clone(),
            params: wanted.params.clone(),
            protocol: "srt",
            agent: format!("libsrt {major}.{minor}.{patch}").into(),
            patience: PATIENCE,
        });
        self.out.push_back(Output::Event(match wanted.mode {
            Mode::Publish => Event::Publish(request),
            Mode::Play => Event::Play(request, TS),
        }));
        self.stage = Stage::Asking(Box::new(wanted));
    }

    fn replied(&mut self, now: Instant, reply: Reply) {
        let Stage::Asking(wanted) = &self.stage else { return };
        let result = match reply {
            Reply::Publish(result) => result,
            Reply::Play(result) => result.map(drop),
            Reply::Fetch(_) | Reply::Call(_) | Reply::Bound(_) | Reply::Dialled(_) => return,
        };
        match result {
            Ok(()) => {
                let mode = wanted.mode;
                self.connection.grant(now);
                self.stage = match mode {
                    Mode::Publish => Stage::Publishing(Box::default()),
                    Mode::Play => Stage::Playing,
                };
            }
            Err(refusal) => self.connection.reject(now, Reject::from(&refusal)),
        }
    }

    fn opened(&mut self, opened: &Opened) {
        let latency = opened.receive_latency.max(opened.send_latency).as_millis();
        let key = opened.encrypted.map_or("not encrypted".to_owned(), |bytes| format!("AES-{}", bytes * 8));
        self.note(Note::debug(format!("SRT latency {latency} ms, {key}")));
    }

    /// A payload of a publisher.
    fn receive(&mut self, payload: &[u8]) {
        if let Stage::Publishing(demuxer) = &mut self.stage {
            demuxer.push(payload);
        }
        self.pull();
    }

    fn pull(&mut self) {
        let Stage::Publishing(demuxer) = &mut self.stage else { return };
        while let Some(demuxed) = demuxer.pull() {
            self.out.push_back(Output::Event(match demuxed {
                Demuxed::Tracks(description) => Event::Tracks(description),
                Demuxed::Frame(frame) => Event::Frame(frame),
                Demuxed::Note(note) => Event::Note(note),
            }));
        }
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { preamble, .. } => self.send(now, preamble),
            Media::Packet(packet) => self.send(now, &packet.data),
            Media::Gap => {}
            Media::Ended => {
                self.connection.finish(now);
                self.stage = Stage::Over;
                self.drain(now);
                self.out.push_back(Output::Close(Close::StreamEnded));
            }
        }
    }

    /// Sends transport packets, seven at a time.
    fn send(&mut self, now: Instant, packets: &Bytes) {
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
                self.out.push_back(Output::Event(Event::Count(counted, now - before)));
            }
        }
        self.told = now;
    }

    fn end(&mut self, why: Close) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        if let Stage::Publishing(demuxer) = &mut self.stage {
            demuxer.finish();
            self.pull();
        }
        let stats = self.connection.stats();
        if stats.received + stats.sent > 0 {
            let text = format!(
                "SRT: {} packets in, {} lost and {} of them never had, {} out and {} again, round trip {} ms",
                stats.received,
                stats.lost,
                stats.dropped,
                stats.sent,
                stats.retransmitted,
                stats.rtt.as_millis()
            );
            let note = if stats.dropped > 0 { Note::warn(text) } else { Note::info(text) };
            self.note(note);
        }
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }

    fn note(&mut self, note: Note) {
        self.out.push_back(Output::Event(Event::Note(note)));
    }
}

impl Machine for SrtServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if matches!(self.stage, Stage::Over) => return Ok(()),
            // Whoever else sends to this id is not the peer.
            Input::Datagram { from, data, .. } if from == self.peer.remote => {
                self.connection.handle_datagram(now, data)
            }
            Input::Timeout => self.connection.handle_timeout(now),
            Input::Reply(reply) => self.replied(now, reply),
            Input::Media(media) => self.handle_media(now, &media),
            Input::Shutdown => self.connection.close(now),
            Input::Datagram { .. } | Input::Bytes(_) | Input::Handed(_) | Input::Eof => {}
        }
        self.drain(now);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if matches!(self.stage, Stage::Over) { None } else { self.connection.poll_timeout() }
    }

    fn has_room(&self) -> bool {
        self.connection.has_room()
    }
}
