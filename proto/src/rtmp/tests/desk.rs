//! Our server with the test in the place of its client and of its shard.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Description, Kind, Packet};
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Machine, Media, Output, Refusal, Reply, Request,
};

use crate::amf::{self, Value};
use crate::rtmp::chunk::{ChunkReader, Envelope, Limits, Message, put_message};
use crate::rtmp::command::Command;
use crate::rtmp::handshake::LEN;
use crate::rtmp::message;
use crate::rtmp::{RtmpServer, Settings};

pub(super) const CHUNK: usize = 128;

/// See the module's text.
pub(super) struct Desk {
    pub(super) now: Instant,
    pub(super) server: RtmpServer,
    /// Answered to `Event::Publish` and `Event::Play`; `None` answers later.
    pub(super) reply: Option<Result<(), Refusal>>,
    pub(super) events: Vec<Event>,
    pub(super) end: Option<Result<Close, Error>>,
    /// What the server sent, without its part of the handshake.
    pub(super) sent: Vec<Bytes>,
    handshake: usize,
    reader: ChunkReader,
    heard: VecDeque<Message>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let now = Instant::from_millis(1000);
        Self {
            now,
            server: RtmpServer::new(now, Arc::new(settings), Dice::new(3)),
            reply: Some(Ok(())),
            events: Vec::new(),
            end: None,
            sent: Vec::new(),
            handshake: 1 + 2 * LEN,
            reader: ChunkReader::new(Limits { message: 1 << 20 }),
            heard: VecDeque::new(),
        }
    }

    /// Behind a plain handshake.
    pub(super) fn greeted() -> Self {
        let mut desk = Self::new();
        desk.bytes(&hello());
        desk
    }

    /// Behind `connect` to this app, with nothing heard yet.
    pub(super) fn connected_to(app: &str) -> Self {
        let mut desk = Self::greeted();
        desk.command(0, &connect(&[("app", Value::text(app)), ("tcUrl", Value::text("rtmp://host/live"))]));
        desk.heard();
        desk
    }

    pub(super) fn connected() -> Self {
        Self::connected_to("live")
    }

    /// Plays `live/s` on message stream 1, with nothing heard yet.
    pub(super) fn playing() -> Self {
        let mut desk = Self::connected();
        desk.command(1, &play("s"));
        desk.heard();
        desk.events.clear();
        desk.sent.clear();
        desk
    }

    /// Publishes `live/s` on message stream 1, with nothing heard yet.
    pub(super) fn publishing() -> Self {
        let mut desk = Self::connected();
        desk.command(1, &publish("s"));
        desk.heard();
        desk.events.clear();
        desk
    }

    /// One input, then the drain; questions are answered behind it.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        let outcome = self.server.handle_input(self.now, input);
        let mut asked = Vec::new();
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Transmit(data) => self.hear(data),
                Output::Event(event) => {
                    asked.extend(self.reply.clone().and_then(|reply| answer(&event, reply)));
                    self.events.push(event);
                }
                Output::Close(why) => self.end = Some(Ok(why)),
                Output::Datagram(..) => panic!("{output:?} is not RTMP's"),
            }
        }
        if let Err(error) = outcome {
            self.end = Some(Err(error));
        }
        for reply in asked {
            self.tell(Input::Reply(reply));
        }
    }

    fn hear(&mut self, mut data: Bytes) {
        let _ = data.split_to(self.handshake.min(data.len()));
        self.handshake = 0;
        let mut rest: &[u8] = &data;
        while let Some(message) = self.reader.read(&mut rest).unwrap() {
            if message.kind == message::SET_CHUNK_SIZE {
                self.reader
                    .set_chunk_size(u32::from_be_bytes(message.payload[..].try_into().unwrap()))
                    .unwrap();
            }
            self.heard.push_back(message);
        }
        self.sent.push(data);
    }

    pub(super) fn bytes(&mut self, data: &[u8]) {
        self.tell(Input::Bytes(data));
    }

    pub(super) fn command(&mut self, stream: u32, command: &Command) {
        self.bytes(&command_bytes(stream, command));
    }

    pub(super) fn message(&mut self, kind: u8, stream: u32, timestamp: u32, payload: &[u8]) {
        self.bytes(&message_bytes(kind, stream, timestamp, payload));
    }

    /// Time passes; the server is woken when it wants to be.
    pub(super) fn pass(&mut self, millis: u64) {
        let until = self.now + std::time::Duration::from_millis(millis);
        while let Some(at) = self.server.poll_timeout().filter(|at| *at <= until && self.end.is_none()) {
            self.now = self.now.max(at);
            self.tell(Input::Timeout);
        }
        self.now = until;
    }

    /// Whether the server wants to be woken by then.
    pub(super) fn server_wants(&self, by: Instant) -> bool {
        self.server.poll_timeout().is_some_and(|at| at <= by)
    }

    pub(super) fn start(&mut self, preamble: &Bytes) {
        let description = Arc::new(Description::default());
        self.tell(Input::Media(Media::Start { description: &description, preamble }));
    }

    pub(super) fn packet(&mut self, kind: Kind, key: bool, data: &Bytes) {
        let packet = Packet {
            at: self.now,
            revision: 1,
            kind,
            key,
            stamp: rtmpd_core::media::Stamp::default(),
            data: data.clone(),
        };
        self.tell(Input::Media(Media::Packet(&packet)));
    }

    /// What the server has said since the last time, in short.
    pub(super) fn heard(&mut self) -> Vec<String> {
        self.heard.drain(..).map(|message| brief(&message)).collect()
    }

    /// The last message with this type, whole.
    pub(super) fn last(&self, kind: u8) -> &Message {
        self.heard.iter().rev().find(|message| message.kind == kind).unwrap()
    }

    pub(super) fn last_command(&self) -> Command {
        Command::parse(&self.last(message::COMMAND).payload).unwrap()
    }

    /// The only request so far.
    pub(super) fn request(&self) -> &Request {
        let mut requests = self.events.iter().filter_map(|event| match event {
            Event::Publish(request) | Event::Play(request, _) => Some(request),
            _ => None,
        });
        let request = requests.next().unwrap();
        assert!(requests.next().is_none());
        request
    }

    /// The events' names, notes left out.
    pub(super) fn said(&self) -> Vec<String> {
        self.events.iter().filter(|event| !matches!(event, Event::Note(_))).map(name_of).collect()
    }

    pub(super) fn error(&self) -> String {
        match self.end.as_ref().unwrap() {
            Ok(why) => why.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

fn answer(event: &Event, reply: Result<(), Refusal>) -> Option<Reply> {
    match event {
        Event::Publish(_) => Some(Reply::Publish(reply)),
        Event::Play(..) => Some(Reply::Play(reply.map(|()| Arc::new(Description::default())))),
        _ => None,
    }
}

fn name_of(event: &Event) -> String {
    match event {
        Event::Publish(request) => format!("publish {}", request.key),
        Event::Play(request, packaging) => format!("play {} as {packaging}", request.key),
        Event::Stop => "stop".to_owned(),
        Event::Pause(paused) => format!("pause {paused}"),
        Event::Tracks(description) => {
            let codecs: Vec<&str> = description.tracks.iter().map(|track| track.codec.name()).collect();
            format!("tracks {}", codecs.join("+"))
        }
        Event::Frame(frame) => format!("frame {}", frame.dts),
        Event::Fetch(_)
        | Event::Call(_)
        | Event::Note(_)
        | Event::Bind(_)
        | Event::Unbind(_)
        | Event::Ask(_)
        | Event::Answer(_)
        | Event::Dial(_)
        | Event::HangUp
        | Event::Watched(_)
        | Event::Alias(..)
        | Event::Meet(_)
        | Event::Hand(..)
        | Event::Count(..) => format!("{event:?}"),
    }
}

/// `_result 1 CODE`, `onStatus@1 CODE`, `event 0 1`, `type 9 at 40: 5 bytes`.
fn brief(message: &Message) -> String {
    match message.kind {
        message::COMMAND => {
            let command = Command::parse(&message.payload).unwrap();
            let code = command.code().map(|code| format!(" {code}")).unwrap_or_default();
            match command.transaction {
                0.0 => format!("{}@{}{code}", command.name, message.stream),
                id => format!("{} {id}{code}", command.name),
            }
        }
        message::DATA => match &amf::read_all(&message.payload).unwrap()[..] {
            [Value::Text(name), ..] => name.to_string(),
            other => format!("{other:?}"),
        },
        message::USER_CONTROL => {
            let payload = &message.payload;
            let event = u16::from_be_bytes(payload[..2].try_into().unwrap());
            format!("event {event} {}", u32::from_be_bytes(payload[2..].try_into().unwrap()))
        }
        1..=6 => {
            format!(
                "control {} {}",
                message.kind,
                u32::from_be_bytes(message.payload[..4].try_into().unwrap())
            )
        }
        kind => format!("type {kind} at {}: {} bytes", message.timestamp, message.payload.len()),
    }
}

/// C0, C1 and C2 of a client that does no digests.
pub(super) fn hello() -> Vec<u8> {
    [&[3][..], &[0; LEN], &[0; LEN]].concat()
}

pub(super) fn connect(fields: &[(&str, Value)]) -> Command {
    let fields = fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    Command::new("connect", 1.0, [Value::Object(fields)])
}

pub(super) fn play(name: &str) -> Command {
    Command::new("play", 0.0, [Value::Null, Value::text(name), Value::Number(-2000.0)])
}

pub(super) fn publish(name: &str) -> Command {
    Command::new("publish", 5.0, [Value::Null, Value::text(name), Value::text("live")])
}

/// A command without arguments, or with these.
pub(super) fn call<const N: usize>(name: &str, transaction: f64, values: [Value; N]) -> Command {
    let values = [Value::Null].into_iter().chain(values).collect();
    Command { name: name.into(), transaction, values }
}

pub(super) fn command_bytes(stream: u32, command: &Command) -> Vec<u8> {
    message_bytes(message::COMMAND, stream, 0, &command.write())
}

pub(super) fn message_bytes(kind: u8, stream: u32, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    put_message(&mut out, Envelope { chunk_stream: 3, kind, stream, timestamp }, [payload, &[]], CHUNK);
    out.to_vec()
}
