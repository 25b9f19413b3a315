//! Plays another server's stream and publishes it here.

use std::collections::VecDeque;

use rtmpd_core::{Close, Dice, Error, Event, Input, Instant, Machine, Output, Refusal, Reply, Request};

use super::super::Settings;
use super::super::chunk::Message;
use super::super::command::Command;
use super::super::intake::Intake;
use super::super::message;
use super::dial::{Dial, Dialled, Target, Way};
use crate::amf::Value;

/// See the module's text. It publishes `request` here once the other server plays.
#[derive(Debug)]
pub struct RtmpPlayer {
    dial: Dial,
    request: Request,
    intake: Intake,
    stage: Stage,
    /// The message stream that is played on.
    stream: u32,
    /// By when the other server must play, or send the next media.
    deadline: Instant,
    max_idle: std::time::Duration,
    /// What came while our shard was being asked, and how much of it may.
    rest: Vec<u8>,
    max_rest: usize,
    out: VecDeque<Output>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Dialling,
    /// `play` was sent.
    Asking,
    /// Our shard was asked whether the stream may be published here.
    Offering,
    Playing,
    Over,
}

impl RtmpPlayer {
    /// A machine for a connection to `target`'s server that was just made; drain it once to begin.
    pub fn new(now: Instant, target: Target, request: Request, settings: &Settings, dice: Dice) -> Self {
        let mut out = VecDeque::new();
        let dial = Dial::new(target, Way::In, settings, dice, &mut out);
        Self {
            dial,
            request,
            intake: Intake::new(settings.h265_id),
            stage: Stage::Dialling,
            stream: 0,
            deadline: now + settings.greeting + settings.patience,
            max_idle: settings.max_idle,
            rest: Vec::new(),
            max_rest: settings.max_message,
            out,
        }
    }

    fn receive(&mut self, now: Instant, mut data: &[u8]) -> Result<(), Error> {
        loop {
            if self.stage == Stage::Offering {
                return self.keep(data);
            }
            let Some(dialled) = self.dial.read(&mut data, &mut self.out)? else { break };
            match dialled {
                Dialled::Ready(stream) => {
                    self.stage = Stage::Asking;
                    self.stream = stream;
                    let values = [Value::Null, Value::text(self.dial.name()), Value::Number(-2.0)];
                    self.dial.send(stream, &Command::new("play", 0.0, values), &mut self.out);
                }
                Dialled::Status(command) => self.handle_status(&command)?,
                Dialled::Message(message) => self.handle_media(now, &message),
            }
            if self.stage == Stage::Over {
                break;
            }
        }
        Ok(())
    }

    fn keep(&mut self, data: &[u8]) -> Result<(), Error> {
        let length = self.rest.len() + data.len();
        if length > self.max_rest {
            let text =
                format!("{length} bytes sent before our shard has answered, at most {}", self.max_rest);
            return Err(Error::limit(text, "RTMP 1.0 §7.2.2.1"));
        }
        self.rest.extend_from_slice(data);
        Ok(())
    }

    fn handle_status(&mut self, command: &Command) -> Result<(), Error> {
        let code = command.code().unwrap_or_default();
        match code {
            "NetStream.Play.Start" if self.stage == Stage::Asking => {
                self.stage = Stage::Offering;
                self.out.push_back(Output::Event(Event::Publish(Box::new(self.request.clone()))));
            }
            "NetStream.Play.UnpublishNotify" | "NetStream.Play.Stop" => self.finish(Close::StreamEnded),
            code if command.is_bad_news() => {
                let text = command.description().unwrap_or_default();
                let text = format!("the server answered {code}: {text:?}");
                return Err(Error::violation(text, "RTMP 1.0 §7.2.2.1"));
            }
            _ => {}
        }
        Ok(())
    }

    fn handle_media(&mut self, now: Instant, message: &Message) {
        let Some(tag) = message::tag_type(message.kind) else { return };
        self.deadline = now + self.max_idle;
        self.intake.push(now, tag, message);
        self.drain();
    }

    /// Passes on what has come, once our shard lets us publish.
    fn drain(&mut self) {
        while self.stage == Stage::Playing {
            let Some(event) = self.intake.poll() else { break };
            self.out.push_back(Output::Event(event));
        }
    }

    fn finish(&mut self, why: Close) {
        self.intake.finish();
        self.drain();
        if matches!(self.stage, Stage::Asking | Stage::Offering | Stage::Playing) {
            let delete = Command::new("deleteStream", 0.0, [Value::Null, Value::Number(self.stream.into())]);
            self.dial.send(0, &delete, &mut self.out);
        }
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }
}

impl Machine for RtmpPlayer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match (input, self.stage) {
            (_, Stage::Over) => {}
            (Input::Bytes(data), _) => self.receive(now, data)?,
            (Input::Eof, _) => self.finish(Close::PeerGone),
            (Input::Timeout, _) => {
                self.intake.handle_timeout(now);
                self.drain();
                if now >= self.deadline {
                    return Err(Error::TimedOut("media from the other server"));
                }
            }
            (Input::Reply(Reply::Publish(Ok(()))), Stage::Offering) => {
                self.stage = Stage::Playing;
                self.drain();
                let rest = std::mem::take(&mut self.rest);
                self.receive(now, &rest)?;
            }
            (Input::Reply(Reply::Publish(Err(refusal))), _) => {
                self.finish(Close::Error(Error::Refused(refusal)));
            }
            (Input::Shutdown, _) => self.finish(Close::Error(Error::Refused(Refusal::ShuttingDown))),
            (Input::Reply(_) | Input::Media(_) | Input::Datagram { .. } | Input::Handed(_), _) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let media_at = self.intake.poll_timeout();
        (self.stage != Stage::Over).then(|| media_at.map_or(self.deadline, |at| at.min(self.deadline)))
    }
}
