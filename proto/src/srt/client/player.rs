//! Asks a listener for a stream and publishes it here.

use bytes::Bytes;
use rtmpd_core::{Close, Error, Event, Input, Instant, Machine, Output, Refusal, Reply, Request};

use super::end_of;
use crate::container::ts::Demuxer;
use crate::srt::carrier::Carrier;
use crate::srt::crypto::Secret;
use crate::srt::{Call, Connection, Event as Happened, Settings};

/// Most bytes that wait while our shard is asked.
const MAX_WAITING: usize = 4 << 20;

/// See the module's text. It publishes `request` here once the listener has let it in.
pub struct SrtPlayer {
    carrier: Carrier,
    request: Request,
    stage: Stage,
    demuxer: Demuxer,
    /// What came while our shard was being asked.
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Calling,
    /// Our shard was asked whether the stream may be published here.
    Offering,
    Playing,
    Over,
}

impl SrtPlayer {
    /// A machine that calls the listener; drain it once to begin. `secret` is for this connection alone. With a passphrase
    /// this takes a millisecond.
    pub fn new(now: Instant, call: Call, request: Request, settings: Settings, secret: Secret) -> Self {
        let remote = call.to;
        let carrier = Carrier::new(Connection::call(now, call, settings, secret), remote);
        let mut this = Self {
            carrier,
            request,
            stage: Stage::Calling,
            demuxer: Demuxer::default(),
            waiting: Vec::new(),
            waiting_bytes: 0,
        };
        this.drain(now);
        this
    }

    fn drain(&mut self, now: Instant) {
        while let Some(happened) = self.carrier.poll() {
            if let Some(why) = end_of(&happened) {
                self.end(why);
                continue;
            }
            match happened {
                Happened::Opened(opened) => {
                    self.carrier.note_opened(&opened);
                    self.stage = Stage::Offering;
                    self.carrier.event(Event::Publish(Box::new(self.request.clone())));
                }
                Happened::Data(payload) => self.receive(now, payload),
                Happened::Asked(_)
                | Happened::Rejected(_)
                | Happened::Failed(_)
                | Happened::PeerGone
                | Happened::Closed => {}
            }
        }
    }

    fn receive(&mut self, now: Instant, payload: Bytes) {
        match self.stage {
            Stage::Playing => {
                self.demuxer.push(&payload);
                self.carrier.publish(&mut self.demuxer);
            }
            Stage::Offering if self.waiting_bytes + payload.len() <= MAX_WAITING => {
                self.waiting_bytes += payload.len();
                self.waiting.push(payload);
            }
            Stage::Offering => {
                let what = format!("more than {MAX_WAITING} bytes came before our shard has answered");
                self.leave(now, Close::Error(Error::limit(what, "draft-sharabayko-srt §3.1")));
            }
            Stage::Calling | Stage::Over => {}
        }
    }

    fn replied(&mut self, now: Instant, result: Result<(), Refusal>) {
        match (result, self.stage) {
            (Ok(()), Stage::Offering) => {
                self.stage = Stage::Playing;
                for payload in std::mem::take(&mut self.waiting) {
                    self.receive(now, payload);
                }
            }
            (Err(refusal), _) => self.leave(now, Close::Error(Error::Refused(refusal))),
            (Ok(()), Stage::Calling | Stage::Playing | Stage::Over) => {}
        }
    }

    /// Says goodbye.
    fn leave(&mut self, now: Instant, why: Close) {
        self.carrier.connection.close(now);
        self.end(why);
    }

    fn end(&mut self, why: Close) {
        if self.stage == Stage::Playing {
            self.demuxer.finish();
            self.carrier.publish(&mut self.demuxer);
        }
        if self.stage != Stage::Over {
            self.carrier.note_stats();
            self.stage = Stage::Over;
            self.carrier.out.push_back(Output::Close(why));
        }
    }
}

impl Machine for SrtPlayer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.stage == Stage::Over => return Ok(()),
            Input::Datagram { from, data, .. } => self.carrier.receive(now, from, data),
            Input::Timeout => self.carrier.connection.handle_timeout(now),
            Input::Reply(Reply::Publish(result)) => self.replied(now, result),
            Input::Shutdown => self.leave(now, Close::Error(Error::Refused(Refusal::ShuttingDown))),
            Input::Reply(_) | Input::Media(_) | Input::Bytes(_) | Input::Handed(_) | Input::Eof => {}
        }
        self.drain(now);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.carrier.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.stage == Stage::Over { None } else { self.carrier.connection.poll_timeout() }
    }
}
