//! Handshake, `connect` and `createStream`: what publisher and player do alike.

use std::collections::VecDeque;

use bytes::BytesMut;
use rtmpd_core::{Dice, Error, Output};

use super::super::chunk::{DEFAULT_CHUNK_SIZE, Message};
use super::super::command::Command;
use super::super::handshake::Caller;
use super::super::link::Link;
use super::super::message;
use crate::amf::Value;

/// Transaction ids of the two commands whose answers matter.
const CONNECT: f64 = 1.0;
const CREATE_STREAM: f64 = 4.0;

/// Where to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// `rtmp://host[:port]/app`.
    pub tc_url: String,
    /// The app.
    pub app: String,
    /// The stream's name, with its parameters behind `?`.
    pub name: String,
    /// The servers that the stream has passed, see [`rtmpd_core::policy::mark`]; empty when none.
    pub via: String,
}

/// Which way media goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Out,
    In,
}

/// What came of it.
#[derive(PartialEq, Debug)]
pub(super) enum Dialled {
    /// The message stream is there.
    Ready(u32),
    /// News of the stream.
    Status(Command),
    /// Any other message.
    Message(Message),
}

#[derive(Debug)]
pub(super) struct Dial {
    target: Target,
    way: Way,
    /// Our chunk size once we have told it.
    chunk_size: u32,
    caller: Option<Box<Caller>>,
    link: Link,
    connected: bool,
}

impl Dial {
    /// Begins; what is to be sent goes to `out`.
    pub(super) fn new(
        target: Target,
        way: Way,
        settings: &super::super::Settings,
        dice: Dice,
        out: &mut VecDeque<Output>,
    ) -> Self {
        let (caller, hello) = Caller::new(dice);
        out.push_back(Output::Transmit(hello));
        let mut link = Link::new();
        link.allow(settings.max_message);
        let chunk_size = settings.chunk_size;
        Self { target, way, chunk_size, caller: Some(Box::new(caller)), link, connected: false }
    }

    /// Takes bytes from the front of `data`.
    pub(super) fn read(
        &mut self,
        data: &mut &[u8],
        out: &mut VecDeque<Output>,
    ) -> Result<Option<Dialled>, Error> {
        if let Some(caller) = &mut self.caller {
            let Some(answer) = caller.read(data)? else { return Ok(None) };
            out.push_back(Output::Transmit(answer));
            self.caller = None;
            self.connect(out);
        }
        loop {
            let mut answers = BytesMut::new();
            let message = self.link.read(data, &mut answers);
            push(out, answers);
            let Some(message) = message? else { return Ok(None) };
            match message.kind {
                message::COMMAND | message::COMMAND_AMF3 => {
                    let command = Command::parse(&message::amf0_part(&message))?;
                    if let Some(dialled) = self.handle_command(command, out)? {
                        return Ok(Some(dialled));
                    }
                }
                _ => return Ok(Some(Dialled::Message(message))),
            }
        }
    }

    /// Sends a command on a message stream.
    pub(super) fn send(&self, stream: u32, command: &Command, out: &mut VecDeque<Output>) {
        let mut bytes = BytesMut::new();
        let chunk_size = if self.connected { self.chunk_size as usize } else { DEFAULT_CHUNK_SIZE };
        command.put(&mut bytes, stream, chunk_size);
        push(out, bytes);
    }

    /// The stream's name, with its parameters.
    pub(super) fn name(&self) -> &str {
        &self.target.name
    }

    fn connect(&mut self, out: &mut VecDeque<Output>) {
        // What Flash Player says it can play, in the bits of its own documentation: everything.
        let more = match self.way {
            Way::Out => vec![("type", Value::text("nonprivate"))],
            Way::In => vec![
                ("fpad", Value::Bool(false)),
                ("capabilities", Value::Number(15.0)),
                ("audioCodecs", Value::Number(f64::from(0x0FFF))),
                ("videoCodecs", Value::Number(f64::from(0x00FF))),
                ("videoFunction", Value::Number(1.0)),
            ],
        };
        let agent = match self.target.via.as_str() {
            "" => "FMLE/3.0 (compatible; smart_rtmpd)".to_owned(),
            via => format!("FMLE/3.0 (compatible; smart_rtmpd via {via})"),
        };
        let object = [
            ("app", Value::text(self.target.app.as_str())),
            ("flashVer", Value::text(agent)),
            ("tcUrl", Value::text(self.target.tc_url.as_str())),
            ("fourCcList", Value::StrictArray(vec![Value::text("*")])),
            ("capsEx", Value::Number(f64::from(0x0E))),
        ];
        let fields = object.into_iter().chain(more).map(|(name, value)| (name.into(), value)).collect();
        self.send(0, &Command::new("connect", CONNECT, [Value::Object(fields)]), out);
    }

    fn handle_command(
        &mut self,
        command: Command,
        out: &mut VecDeque<Output>,
    ) -> Result<Option<Dialled>, Error> {
        match &*command.name {
            "_result" if command.transaction == CONNECT && !self.connected => {
                self.connected = true;
                self.create_stream(out);
            }
            "_result" if command.transaction == CREATE_STREAM => {
                let number = command.number(0).unwrap_or(1.0);
                return Ok(Some(Dialled::Ready(number as u32)));
            }
            "_error" if command.transaction == CONNECT || command.transaction == CREATE_STREAM => {
                let code = command.code().unwrap_or("_error");
                let text = command.description().unwrap_or_default();
                let text = format!("the server answered {code}: {text:?}");
                return Err(Error::violation(text, "RTMP 1.0 §7.2.1"));
            }
            "onStatus" => return Ok(Some(Dialled::Status(command))),
            _ => {}
        }
        Ok(None)
    }

    fn create_stream(&self, out: &mut VecDeque<Output>) {
        if self.way == Way::Out {
            let mut bytes = BytesMut::new();
            message::put_number(&mut bytes, message::SET_CHUNK_SIZE, self.chunk_size);
            push(out, bytes);
            let name = Value::text(self.name());
            self.send(0, &Command::new("releaseStream", 2.0, [Value::Null, name.clone()]), out);
            self.send(0, &Command::new("FCPublish", 3.0, [Value::Null, name]), out);
        } else {
            let mut bytes = BytesMut::new();
            message::put_number(&mut bytes, message::SET_CHUNK_SIZE, self.chunk_size);
            message::put_number(&mut bytes, message::WINDOW_SIZE, 5_000_000);
            push(out, bytes);
        }
        self.send(0, &Command::new("createStream", CREATE_STREAM, [Value::Null]), out);
    }
}

pub(super) fn push(out: &mut VecDeque<Output>, bytes: BytesMut) {
    if !bytes.is_empty() {
        out.push_back(Output::Transmit(bytes.freeze()));
    }
}
