//! The machine for those who call us: publishers and players of MPEG-TS.
//!
//! Specs: see [`super`].

use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::{
    Alias, Close, Error, Event, Input, Instant, Leg, Machine, Media, Note, Output, Peer, Refusal, Reply,
    Request,
};

use super::carrier::Carrier;
use super::service::Passphrases;
use super::{Asked, Connection, Event as Happened, Mode, Reject, Wanted};
use crate::container::ts::{Demuxer, TS};

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
    carrier: Carrier,
    passphrases: Arc<Passphrases>,
    stage: Stage,
}

impl SrtServer {
    /// Somebody calls. The shard is told `aliases`.
    pub(super) fn new(
        connection: Connection,
        peer: Peer,
        aliases: [Alias; 2],
        passphrases: Arc<Passphrases>,
    ) -> Self {
        let mut carrier = Carrier::new(connection, peer.remote);
        for alias in aliases {
            carrier.event(Event::Alias(Leg::FIRST, alias));
        }
        Self { carrier, passphrases, stage: Stage::Greeting }
    }

    /// Sends what is to be sent and hears what has happened.
    fn drain(&mut self, now: Instant) {
        while let Some(event) = self.carrier.poll() {
            self.hear(now, event);
        }
    }

    fn hear(&mut self, now: Instant, event: Happened) {
        match event {
            Happened::Asked(asked) => self.asked(now, &asked),
            Happened::Opened(opened) => self.carrier.note_opened(&opened),
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
                self.carrier.note(Note::warn(format!("refused: {}", refused.why)));
                return self.carrier.connection.reject(now, refused.code);
            }
        };
        if let Err(reject) = self.carrier.connection.prove(self.passphrases.of(wanted.key.as_str())) {
            self.carrier.note(Note::warn(format!("refused {}: {reject}", wanted.key)));
            return self.carrier.connection.reject(now, reject);
        }
        let [major, minor, patch] = [16, 8, 0].map(|shift| asked.version >> shift & 0xFF);
        let request = Box::new(Request {
            vhost: wanted.vhost.clone(),
            key: wanted.key.clone(),
            params: wanted.shown(),
            protocol: "srt",
            agent: format!("libsrt {major}.{minor}.{patch}").into(),
            patience: PATIENCE,
        });
        self.carrier.out.push_back(Output::Event(match wanted.mode {
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
            Reply::Asked(_)
            | Reply::Fetch(_)
            | Reply::Call(_)
            | Reply::Bound(_)
            | Reply::Dialled(_)
            | Reply::Watched(_) => {
                return;
            }
        };
        match result {
            Ok(()) => {
                let mode = wanted.mode;
                self.carrier.connection.grant(now);
                self.stage = match mode {
                    Mode::Publish => Stage::Publishing(Box::default()),
                    Mode::Play => Stage::Playing,
                };
            }
            Err(refusal) => self.carrier.connection.reject(now, Reject::from(&refusal)),
        }
    }

    /// A payload of a publisher.
    fn receive(&mut self, payload: &[u8]) {
        if let Stage::Publishing(demuxer) = &mut self.stage {
            demuxer.push(payload);
        }
        self.pull();
    }

    fn pull(&mut self) {
        if let Stage::Publishing(demuxer) = &mut self.stage {
            self.carrier.publish(demuxer);
        }
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { preamble, .. } => self.carrier.send(now, preamble),
            Media::Packet(packet) => self.carrier.send(now, &packet.data),
            Media::Gap => {}
            Media::Ended => {
                // Nobody came back for a while: what there was has long been delivered.
                self.carrier.connection.close(now);
                self.end(Close::StreamEnded);
            }
        }
    }

    fn end(&mut self, why: Close) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        if let Stage::Publishing(demuxer) = &mut self.stage {
            demuxer.finish();
            self.pull();
        }
        self.carrier.note_stats();
        self.stage = Stage::Over;
        self.carrier.out.push_back(Output::Close(why));
    }
}

impl Machine for SrtServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if matches!(self.stage, Stage::Over) => return Ok(()),
            Input::Datagram { from, data, .. } => self.carrier.receive(now, from, data),
            Input::Timeout => self.carrier.connection.handle_timeout(now),
            Input::Reply(reply) => self.replied(now, reply),
            Input::Media(media) => self.handle_media(now, &media),
            Input::Shutdown => self.carrier.connection.close(now),
            Input::Bytes(_) | Input::Handed(_) | Input::Eof => {}
        }
        self.drain(now);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.carrier.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if matches!(self.stage, Stage::Over) { None } else { self.carrier.connection.poll_timeout() }
    }

    fn has_room(&self) -> bool {
        self.carrier.connection.has_room()
    }
}
