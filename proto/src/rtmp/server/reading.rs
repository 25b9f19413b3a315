//! Bytes in: the handshake, then messages one by one.
//!
//! What a client sends behind a question to the shard waits for the answer, which decides what it means. So events do
//! not depend on how the bytes were cut. A publisher's question is answered soon; a player's may stay open until its
//! publisher comes, and what the player says then is heard meanwhile.

use rtmpd_core::{Error, Instant, Output};

use bytes::BytesMut;

use super::super::chunk::Message;
use super::super::command::Command;
use super::super::message;
use super::RtmpServer;
use super::state::{State, Step};

impl RtmpServer {
    pub(super) fn receive(&mut self, now: Instant, mut data: &[u8]) -> Result<(), Error> {
        while let Some(answerer) = &mut self.answerer {
            if let Some(answer) = answerer.read(now, &mut data)? {
                self.out.push_back(Output::Transmit(answer));
            }
            if answerer.is_done() {
                self.answerer = None;
                self.step(Step::Greeted)?;
            } else if data.is_empty() {
                return Ok(());
            }
        }
        if self.waits && matches!(self.state, State::AskingPublish(_)) {
            return self.keep(data);
        }
        self.waits = false;
        if self.rest.is_empty() {
            return self.read_messages(now, data);
        }
        self.keep(data)?;
        self.resume(now)
    }

    /// Reads what was kept: the shard has answered, or takes its time with a player.
    pub(super) fn resume(&mut self, now: Instant) -> Result<(), Error> {
        self.waits = false;
        let rest = std::mem::take(&mut self.rest);
        self.read_messages(now, &rest)
    }

    /// Whether a player's question was not answered at once and there is more to read.
    pub(super) fn wants_to_resume(&self) -> bool {
        let kept = !self.rest.is_empty() || self.link.has_parts();
        self.waits && kept && matches!(self.state, State::AskingPlay(_))
    }

    fn read_messages(&mut self, now: Instant, mut data: &[u8]) -> Result<(), Error> {
        while self.state != State::Over {
            if self.waits {
                return self.keep(data);
            }
            let mut answers = BytesMut::new();
            let message = self.link.read(&mut data, &mut answers);
            self.transmit(answers.freeze());
            let Some(message) = message? else { break };
            self.handle_message(now, message)?;
        }
        Ok(())
    }

    fn keep(&mut self, data: &[u8]) -> Result<(), Error> {
        let length = self.rest.len() + data.len();
        let limit = self.settings.max_message;
        if length > limit {
            let text =
                format!("{length} bytes sent behind a question that is not answered yet, at most {limit}");
            return Err(Error::limit(text, "RTMP 1.0 §7.2.2"));
        }
        self.rest.extend_from_slice(data);
        Ok(())
    }

    fn handle_message(&mut self, now: Instant, message: Message) -> Result<(), Error> {
        match message.kind {
            message::COMMAND | message::COMMAND_AMF3 => {
                let command = Command::parse(&message::amf0_part(&message))?;
                self.handle_command(now, message.stream, &command)
            }
            kind => match message::tag_type(kind) {
                Some(tag) => {
                    self.handle_media(now, tag, &message);
                    Ok(())
                }
                // Shared objects and what else there may be: nobody here has use for it.
                None => Ok(()),
            },
        }
    }
}
