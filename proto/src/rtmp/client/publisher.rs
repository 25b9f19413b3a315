//! Publishes one of our streams on another server: a viewer here, a publisher there.

use std::collections::VecDeque;

use bytes::Bytes;
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Machine, Media, Output, Refusal, Reply, Request,
};

use super::super::chunk::readdress;
use super::super::command::Command;
use super::super::packager::SHARED_STREAM;
use super::super::{PACKAGING, Settings};
use super::dial::{Dial, Dialled, Target, Way};
use crate::amf::Value;

/// See the module's text. It plays `request` here once the other server lets it publish.
#[derive(Debug)]
pub struct RtmpPublisher {
    dial: Dial,
    request: Request,
    chunk_size: usize,
    stage: Stage,
    deadline: Instant,
    out: VecDeque<Output>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Dialling,
    /// `publish` was sent on this message stream.
    Asking(u32),
    Publishing(u32),
    Over,
}

impl RtmpPublisher {
    /// A machine for a connection to `target`'s server that was just made; drain it once to begin. `settings` must be
    /// those of the packager.
    pub fn new(now: Instant, target: Target, request: Request, settings: &Settings, dice: Dice) -> Self {
        let mut out = VecDeque::new();
        let dial = Dial::new(target, Way::Out, settings, dice, &mut out);
        let chunk_size = settings.chunk_size as usize;
        Self { dial, request, chunk_size, stage: Stage::Dialling, deadline: now + settings.greeting, out }
    }

    fn receive(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while let Some(dialled) = self.dial.read(&mut data, &mut self.out)? {
            match dialled {
                Dialled::Ready(stream) => {
                    self.stage = Stage::Asking(stream);
                    let values = [Value::Null, Value::text(self.dial.name()), Value::text("live")];
                    self.dial.send(stream, &Command::new("publish", 5.0, values), &mut self.out);
                }
                Dialled::Status(command) => self.handle_status(&command)?,
                Dialled::Message(_) => {}
            }
        }
        Ok(())
    }

    fn handle_status(&mut self, command: &Command) -> Result<(), Error> {
        let code = command.code().unwrap_or_default();
        match (self.stage, code) {
            (Stage::Asking(stream), "NetStream.Publish.Start") => {
                self.stage = Stage::Publishing(stream);
                self.out.push_back(Output::Event(Event::Play(Box::new(self.request.clone()), PACKAGING)));
            }
            (_, code) if command.is_bad_news() => {
                let text = command.description().unwrap_or_default();
                let text = format!("the server answered {code}: {text:?}");
                return Err(Error::violation(text, "RTMP 1.0 §7.2.2.6"));
            }
            (Stage::Dialling | Stage::Asking(_) | Stage::Publishing(_) | Stage::Over, _) => {}
        }
        Ok(())
    }

    fn send_media(&mut self, stream: u32, data: &Bytes) {
        let data = match stream {
            SHARED_STREAM => data.clone(),
            other => readdress(data, other, self.chunk_size).freeze(),
        };
        self.out.push_back(Output::Transmit(data));
    }

    /// Takes leave of the other server.
    fn finish(&mut self, why: Close) {
        if let Stage::Publishing(stream) | Stage::Asking(stream) = self.stage {
            let name = Value::text(self.dial.name());
            self.dial.send(0, &Command::new("FCUnpublish", 6.0, [Value::Null, name]), &mut self.out);
            let delete = Command::new("deleteStream", 7.0, [Value::Null, Value::Number(stream.into())]);
            self.dial.send(0, &delete, &mut self.out);
        }
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }
}

impl Machine for RtmpPublisher {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        match (input, self.stage) {
            (_, Stage::Over) => {}
            (Input::Bytes(data), _) => self.receive(data)?,
            (Input::Eof, _) => self.finish(Close::PeerGone),
            (Input::Timeout, Stage::Dialling | Stage::Asking(_)) => {
                return Err(Error::TimedOut("the other server's leave to publish"));
            }
            (Input::Reply(Reply::Play(Err(refusal))), _) => {
                self.finish(Close::Error(Error::Refused(refusal)));
            }
            (Input::Media(Media::Start { preamble, .. }), Stage::Publishing(stream)) => {
                self.send_media(stream, preamble);
            }
            (Input::Media(Media::Packet(packet)), Stage::Publishing(stream)) => {
                self.send_media(stream, &packet.data);
            }
            (Input::Media(Media::Ended), _) => self.finish(Close::StreamEnded),
            (Input::Shutdown, _) => self.finish(Close::Error(Error::Refused(Refusal::ShuttingDown))),
            (
                Input::Timeout
                | Input::Reply(_)
                | Input::Media(_)
                | Input::Datagram { .. }
                | Input::Handed(_),
                _,
            ) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        matches!(self.stage, Stage::Dialling | Stage::Asking(_)).then_some(self.deadline)
    }
}
