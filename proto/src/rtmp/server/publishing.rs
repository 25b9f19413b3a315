//! Media in: what a publisher's connection needs beyond the others.

use std::collections::VecDeque;

use rtmpd_core::{Error, Instant, Output};

use super::super::Settings;
use super::super::chunk::Message;
use super::super::intake::Intake;
use super::RtmpServer;
use super::state::{State, Step};
use crate::container::flv::TagType;

/// What a publisher sends, on its way to the shard.
#[derive(Debug)]
pub(super) struct Publishing {
    intake: Intake,
}

impl Publishing {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { intake: Intake::new(settings.h265_id) }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.intake.handle_timeout(now);
        self.drain(out);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.intake.poll_timeout()
    }

    /// The publisher is done: what was held back comes out.
    pub(super) fn finish(&mut self, out: &mut VecDeque<Output>) {
        self.intake.finish();
        self.drain(out);
    }

    fn drain(&mut self, out: &mut VecDeque<Output>) {
        while let Some(event) = self.intake.poll() {
            out.push_back(Output::Event(event));
        }
    }
}

impl RtmpServer {
    pub(super) fn handle_media(&mut self, now: Instant, tag: TagType, message: &Message) {
        // Media behind a closed stream, or from a player, concerns nobody.
        let (State::Publishing(_), Some(publishing)) = (self.state, &mut self.publishing) else { return };
        self.active_at = now;
        publishing.intake.push(now, tag, message);
        publishing.drain(&mut self.out);
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
