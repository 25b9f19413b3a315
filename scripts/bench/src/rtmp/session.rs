//! One RTMP connection from handshake to media: bytes in, bytes out, no sockets.
//! Follows RTMP 1.0 sections 5.2 (plain handshake) and 7.2 (NetConnection and NetStream commands).

use std::collections::VecDeque;

use crate::amf::{self, Value};
use crate::error::Fault;
use crate::media::Message;
use crate::rtmp::{AckBook, ChunkReader, RawMessage, write_message};
use crate::target::RtmpTarget;

/// Chunk size announced before publishing, so that every frame is one chunk.
const OUT_CHUNK_SIZE: usize = 1 << 20;
/// Size of C1, S1, C2 and S2.
const SHAKE: usize = 1536;

/// What the connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Receive the stream.
    Play,
    /// Send the stream.
    Publish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshake,
    Connect,
    CreateStream,
    Start,
    Live,
}

/// A connection's state. Feed it with [`Session::push`], send what [`Session::take_output`] gives.
#[derive(Debug)]
pub struct Session {
    target: RtmpTarget,
    role: Role,
    stage: Stage,
    shake: Vec<u8>,
    reader: ChunkReader,
    out: Vec<u8>,
    ack: AckBook,
    stream: u32,
    media: VecDeque<Message>,
}

impl Session {
    /// Begins with C0 and C1 in the output.
    pub fn new(target: RtmpTarget, role: Role) -> Self {
        let mut out = vec![0; 1 + SHAKE];
        out[0] = 3;
        for (index, byte) in out.iter_mut().enumerate().skip(9) {
            *byte = (index * 167 % 251) as u8;
        }
        Self {
            target,
            role,
            stage: Stage::Handshake,
            shake: Vec::new(),
            reader: ChunkReader::default(),
            out,
            ack: AckBook::default(),
            stream: 1,
            media: VecDeque::new(),
        }
    }

    /// Takes bytes from the server. Fails when the server refuses, with its words.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some(ack) = self.ack.count(bytes.len()) {
            self.out.extend_from_slice(&ack);
        }
        if self.stage == Stage::Handshake {
            self.shake.extend_from_slice(bytes);
            if self.shake.len() < 1 + 2 * SHAKE {
                return Ok(());
            }
            let shake = std::mem::take(&mut self.shake);
            self.finish_handshake(&shake)?;
            self.reader.push(&shake[1 + 2 * SHAKE..]);
        } else {
            self.reader.push(bytes);
        }
        while let Some(message) = self.reader.next_message()? {
            self.on_message(message)?;
        }
        Ok(())
    }

    /// What is to be sent now.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// True once the play or publish request is on its way.
    pub fn is_asked(&self) -> bool {
        matches!(self.stage, Stage::Start | Stage::Live)
    }

    /// True once the server has said that play or publish has started.
    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// The acknowledgement count, for a caller who goes on counting without parsing.
    pub fn ack(&self) -> AckBook {
        self.ack
    }

    /// The next media message of the stream.
    pub fn next_media(&mut self) -> Option<Message> {
        self.media.pop_front()
    }

    /// Queues one media message (role publish).
    pub fn send(&mut self, message: Message) {
        let Message { kind, timestamp, payload } = message;
        let raw = RawMessage { kind, stream: self.stream, timestamp, payload };
        write_message(&mut self.out, 6, &raw, OUT_CHUNK_SIZE);
    }

    fn finish_handshake(&mut self, shake: &[u8]) -> Result<(), Fault> {
        if shake.first() != Some(&3) {
            return Err(Fault::new(format!("rtmp handshake: version {:?}, expected 3", shake.first())));
        }
        self.out.extend_from_slice(&shake[1..1 + SHAKE]);
        let size = (OUT_CHUNK_SIZE as u32).to_be_bytes().to_vec();
        let set_size = RawMessage { kind: 1, stream: 0, timestamp: 0, payload: size };
        write_message(&mut self.out, 2, &set_size, OUT_CHUNK_SIZE);
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let number = |name: &str, value: f64| (name.to_owned(), Value::Number(value));
        let about = vec![
            text("app", &self.target.app),
            text("type", "nonprivate"),
            text("flashVer", "LNX 9,0,124,2"),
            text("tcUrl", &self.target.tc_url),
            ("fpad".to_owned(), Value::Flag(false)),
            number("capabilities", 15.0),
            number("audioCodecs", 4071.0),
            number("videoCodecs", 252.0),
            number("videoFunction", 1.0),
        ];
        self.command(0, "connect", 1.0, vec![Value::Object(about)]);
        self.stage = Stage::Connect;
        Ok(())
    }

    fn on_message(&mut self, message: RawMessage) -> Result<(), Fault> {
        match (message.kind, message.payload.as_slice()) {
            (5, [a, b, c, d, ..]) => self.ack.set_window(u32::from_be_bytes([*a, *b, *c, *d])),
            (20, body) | (17, [_, body @ ..]) => self.on_command(&amf::read(body))?,
            (8 | 9 | 18, _) if self.is_asked() && self.role == Role::Play => {
                let RawMessage { kind, timestamp, payload, .. } = message;
                self.media.push_back(Message { kind, timestamp, payload });
            }
            (_, _) => {}
        }
        Ok(())
    }

    fn on_command(&mut self, values: &[Value]) -> Result<(), Fault> {
        let name = values.first().and_then(Value::text).unwrap_or_default();
        let transaction = values.get(1).and_then(Value::number).unwrap_or_default();
        let info = values.iter().skip(2).rev().find(|value| value.property("code").is_some());
        let code = info.and_then(|info| info.property("code")).unwrap_or_default();
        let level = info.and_then(|info| info.property("level")).unwrap_or_default();
        if name == "_error" && self.matters(transaction) || name == "onStatus" && level == "error" {
            let words = info.and_then(|info| info.property("description")).unwrap_or_default();
            return Err(Fault::new(format!("server refused in stage {:?}: {code} {words}", self.stage)));
        }
        match (self.stage, name) {
            (Stage::Connect, "_result") => self.create_stream(),
            (Stage::CreateStream, "_result") if transaction == 4.0 => {
                self.stream = values.get(3).and_then(Value::number).unwrap_or(1.0) as u32;
                self.start();
            }
            (Stage::Start, "onStatus") if code.ends_with(".Start") => self.stage = Stage::Live,
            (_, _) => {}
        }
        Ok(())
    }

    /// Refusals of releaseStream and FCPublish are common and harmless.
    fn matters(&self, transaction: f64) -> bool {
        !matches!(transaction as u32, 2 | 3)
    }

    fn create_stream(&mut self) {
        if self.role == Role::Publish {
            let name = Value::Text(self.target.stream.clone());
            self.command(0, "releaseStream", 2.0, vec![Value::Null, name.clone()]);
            self.command(0, "FCPublish", 3.0, vec![Value::Null, name]);
        }
        self.command(0, "createStream", 4.0, vec![Value::Null]);
        self.stage = Stage::CreateStream;
    }

    fn start(&mut self) {
        let name = Value::Text(self.target.stream.clone());
        match self.role {
            Role::Play => {
                self.command(self.stream, "play", 5.0, vec![Value::Null, name, Value::Number(-2000.0)])
            }
            Role::Publish => {
                let live = Value::Text("live".to_owned());
                self.command(self.stream, "publish", 5.0, vec![Value::Null, name, live]);
            }
        }
        self.stage = Stage::Start;
    }

    fn command(&mut self, stream: u32, name: &str, transaction: f64, rest: Vec<Value>) {
        let mut values = vec![Value::Text(name.to_owned()), Value::Number(transaction)];
        values.extend(rest);
        let raw = RawMessage { kind: 20, stream, timestamp: 0, payload: amf::write(&values) };
        write_message(&mut self.out, 3, &raw, OUT_CHUNK_SIZE);
    }
}
