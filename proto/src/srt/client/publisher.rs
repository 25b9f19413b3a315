//! Sends one of our streams to a listener: a viewer here, a publisher there.

use rtmpd_core::{Close, Error, Event, Input, Instant, Machine, Media, Output, Refusal, Reply, Request};

use super::end_of;
use crate::container::ts::TS;
use crate::srt::carrier::Carrier;
use crate::srt::crypto::Secret;
use crate::srt::{Call, Connection, Event as Happened, Settings};

/// See the module's text. It plays `request` here once the listener has let it in.
pub struct SrtPublisher {
    carrier: Carrier,
    request: Request,
    stage: Stage,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Calling,
    /// Our shard was asked for the stream, which flows as soon as it is there.
    Publishing,
    Over,
}

impl SrtPublisher {
    /// A machine that calls the listener; drain it once to begin. `secret` is for this connection alone. With a passphrase
    /// this takes a millisecond.
    pub fn new(now: Instant, call: Call, request: Request, settings: Settings, secret: Secret) -> Self {
        let remote = call.to;
        let carrier = Carrier::new(Connection::call(now, call, settings, secret), remote);
        let mut this = Self { carrier, request, stage: Stage::Calling };
        this.drain();
        this
    }

    fn drain(&mut self) {
        while let Some(happened) = self.carrier.poll() {
            if let Some(why) = end_of(&happened) {
                self.end(why);
            } else if let Happened::Opened(opened) = happened {
                self.carrier.note_opened(&opened);
                self.stage = Stage::Publishing;
                self.carrier.event(Event::Play(Box::new(self.request.clone()), TS));
            }
        }
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { preamble, .. } => self.carrier.send(now, preamble),
            Media::Packet(packet) => self.carrier.send(now, &packet.data),
            Media::Gap => {}
            Media::Ended => self.leave(now, Close::StreamEnded),
        }
    }

    /// Says goodbye.
    fn leave(&mut self, now: Instant, why: Close) {
        self.carrier.connection.close(now);
        self.end(why);
        self.drain();
    }

    fn end(&mut self, why: Close) {
        if self.stage != Stage::Over {
            self.carrier.note_stats();
            self.stage = Stage::Over;
            self.carrier.out.push_back(Output::Close(why));
        }
    }
}

impl Machine for SrtPublisher {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.stage == Stage::Over => return Ok(()),
            Input::Datagram { from, data, .. } => self.carrier.receive(now, from, data),
            Input::Timeout => self.carrier.connection.handle_timeout(now),
            Input::Reply(Reply::Play(Err(refusal))) => {
                self.leave(now, Close::Error(Error::Refused(refusal)));
            }
            Input::Media(media) => self.handle_media(now, &media),
            Input::Shutdown => self.leave(now, Close::Error(Error::Refused(Refusal::ShuttingDown))),
            Input::Reply(_) | Input::Bytes(_) | Input::Handed(_) | Input::Eof => {}
        }
        self.drain();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.carrier.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.stage == Stage::Over { None } else { self.carrier.connection.poll_timeout() }
    }

    fn has_room(&self) -> bool {
        self.carrier.connection.has_room()
    }
}
