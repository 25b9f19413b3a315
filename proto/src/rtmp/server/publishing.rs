//! Media in: messages → tracks and frames.

use std::collections::VecDeque;

use rtmpd_core::{Error, Event, Instant, Output};

use super::super::Settings;
use super::super::chunk::Message;
use super::super::unwrap::Unwrap;
use super::RtmpServer;
use super::state::{State, Step};
use crate::container::flv::{self, TagType, Unpackager, Unpacked};

/// Most media kept while the shard has not yet said whether the client may publish, in bytes.
const MAX_EARLY: usize = 4 << 20;

/// What a publisher's connection needs beyond the others.
#[derive(Debug)]
pub(super) struct Publishing {
    unpackager: Unpackager,
    unwrap: Unwrap,
    /// Media that came before the shard's answer.
    early: Vec<(TagType, Message)>,
    early_bytes: usize,
}

impl Publishing {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            unpackager: Unpackager::new(flv::Settings { h265_id: settings.h265_id }),
            unwrap: Unwrap::default(),
            early: Vec::new(),
            early_bytes: 0,
        }
    }

    fn push(
        &mut self,
        now: Instant,
        tag: TagType,
        message: Message,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Error> {
        let time = self.unwrap.unwrap(message.timestamp);
        let result = self.unpackager.push(now, tag, time, message.payload);
        self.drain(out);
        result
    }

    fn keep(&mut self, tag: TagType, message: Message) {
        self.early_bytes += message.payload.len();
        if self.early_bytes <= MAX_EARLY {
            self.early.push((tag, message));
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.unpackager.handle_timeout(now);
        self.drain(out);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.unpackager.poll_timeout()
    }

    /// The publisher is done: what was held back comes out.
    pub(super) fn finish(&mut self, out: &mut VecDeque<Output>) {
        self.unpackager.finish();
        self.drain(out);
    }

    fn drain(&mut self, out: &mut VecDeque<Output>) {
        while let Some(unpacked) = self.unpackager.poll() {
            out.push_back(Output::Event(match unpacked {
                Unpacked::Tracks(description) => Event::Tracks(description),
                Unpacked::Frame(frame) => Event::Frame(frame),
                Unpacked::Note(note) => Event::Note(note),
            }));
        }
    }
}

impl RtmpServer {
    pub(super) fn handle_media(&mut self, now: Instant, tag: TagType, message: Message) -> Result<(), Error> {
        let Some(publishing) = &mut self.publishing else { return Ok(()) };
        self.active_at = now;
        match self.state {
            State::Publishing(_) => publishing.push(now, tag, strip(message), &mut self.out),
            State::AskingPublish(_) => {
                publishing.keep(tag, strip(message));
                Ok(())
            }
            State::Greeting
            | State::Connecting
            | State::Idle
            | State::AskingPlay(_)
            | State::Playing(_)
            | State::Over => Ok(()),
        }
    }

    /// The shard said yes.
    pub(super) fn start_publishing(&mut self, now: Instant, stream: u32) -> Result<(), Error> {
        self.step(Step::Granted)?;
        self.active_at = now;
        self.give_up_at = now + self.settings.max_idle;
        self.status(stream, "status", "NetStream.Publish.Start", "publishing");
        let Some(publishing) = &mut self.publishing else { return Ok(()) };
        for (tag, message) in std::mem::take(&mut publishing.early) {
            publishing.push(now, tag, message, &mut self.out)?;
        }
        Ok(())
    }
}

/// AMF3-wrapped data has one byte in front.
fn strip(message: Message) -> Message {
    let payload = super::super::message::amf0_part(&message);
    Message { payload, ..message }
}
