//! Media in: messages → tracks and frames.

use std::collections::VecDeque;

use rtmpd_core::{Error, Event, Instant, Output};

use super::super::Settings;
use super::super::chunk::Message;
use super::super::message;
use super::super::unwrap::Unwrap;
use super::RtmpServer;
use super::state::{State, Step};
use crate::container::flv::{self, TagType, Unpackager, Unpacked};

/// What a publisher's connection needs beyond the others.
#[derive(Debug)]
pub(super) struct Publishing {
    unpackager: Unpackager,
    unwrap: Unwrap,
}

impl Publishing {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            unpackager: Unpackager::new(flv::Settings { h265_id: settings.h265_id }),
            unwrap: Unwrap::default(),
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
        let payload = message::amf0_part(&message);
        if message::is_server_talk(tag, &payload) {
            return Ok(());
        }
        let result = self.unpackager.push(now, tag, time, payload);
        self.drain(out);
        result
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
        // Media behind a closed stream, or from a player, concerns nobody.
        let (State::Publishing(_), Some(publishing)) = (self.state, &mut self.publishing) else {
            return Ok(());
        };
        self.active_at = now;
        publishing.push(now, tag, message, &mut self.out)
    }

    /// The shard said yes.
    pub(super) fn start_publishing(&mut self, now: Instant, stream: u32) -> Result<(), Error> {
        self.step(Step::Granted)?;
        self.link.allow(self.settings.max_message);
        self.active_at = now;
        self.give_up_at = now + self.settings.max_idle;
        self.status(stream, "status", "NetStream.Publish.Start", "publishing");
        Ok(())
    }
}
