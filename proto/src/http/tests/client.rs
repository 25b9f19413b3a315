//! A client that records what the machine says, in a world with one page and one stream.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Description, Kind, Packaging, Packet};
use rtmpd_core::{
    Answer, Call, Close, Error, Event, Input, Instant, Machine, Media, Output, Peer, Refusal, Reply, Request,
    StreamKey,
};

use super::super::ws::{Opcode, message};
use super::super::{HttpServer, Passes, Settings};

const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

pub(super) const INDEX: &[u8] = b"<h1>index</h1>";
/// What the stream `live/a` begins with: a file header, then one tag's worth of anything.
pub(super) const PREAMBLE: &[u8] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0<headers>";

/// One connection, seen from the client.
pub(super) struct Client {
    pub(super) machine: HttpServer,
    pub(super) now: Instant,
    pub(super) received: Vec<u8>,
    pub(super) plays: Vec<(Request, Packaging)>,
    pub(super) calls: Vec<Call>,
    pub(super) fetches: Vec<rtmpd_core::Fetch>,
    /// What was asked of the gate: tests answer it.
    pub(super) asks: Vec<rtmpd_core::Ask>,
    pub(super) notes: Vec<String>,
    pub(super) closed: Option<Close>,
    /// Questions are left open instead of being answered at once.
    pub(super) hold: bool,
    /// The stream is there, but nothing flows.
    pub(super) dry: bool,
}

impl Client {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        Self::from(HERE, settings)
    }

    pub(super) fn from(remote: SocketAddr, settings: Settings) -> Self {
        let now = Instant::from_millis(1000);
        Self {
            machine: HttpServer::new(now, Arc::new(settings), Peer { local: HERE, remote }),
            now,
            received: Vec::new(),
            plays: Vec::new(),
            calls: Vec::new(),
            fetches: Vec::new(),
            asks: Vec::new(),
            notes: Vec::new(),
            closed: None,
            hold: false,
            dry: false,
        }
    }

    /// One that a gate stands before.
    pub(super) fn guarded() -> Self {
        let mut client = Self::new();
        client.machine.passes = Some(Arc::new(Passes::new([7; 32])));
        client
    }

    /// The gate has decided.
    pub(super) fn admit(&mut self, yes: bool) -> &mut Self {
        let result = if yes { Ok(()) } else { Err(Refusal::Denied) };
        self.give(Input::Reply(Reply::Asked(result)))
    }

    /// Sends all of it at once.
    pub(super) fn send(&mut self, data: impl AsRef<[u8]>) -> &mut Self {
        self.give(Input::Bytes(data.as_ref()))
    }

    pub(super) fn give(&mut self, input: Input<'_>) -> &mut Self {
        if self.closed.is_some() {
            return self;
        }
        let result = self.machine.handle_input(self.now, input);
        let mut replies = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Transmit(data) => self.received.extend_from_slice(&data),
                Output::Close(why) => self.closed = self.closed.take().or(Some(why)),
                Output::Event(event) => replies.extend(self.hear(event)),
                Output::Datagram(..) => panic!("{output:?} is not HTTP's"),
            }
        }
        if let Err(error) = result {
            self.closed = Some(Close::Error(error));
        }
        for reply in replies {
            let starts = matches!(reply, Reply::Play(Ok(_))) && !self.dry;
            self.give(Input::Reply(reply));
            if starts {
                self.start(PREAMBLE).packet(b"[1]");
            }
        }
        self
    }

    fn hear(&mut self, event: Event) -> Option<Reply> {
        let reply = match event.clone() {
            Event::Call(call) => {
                self.calls.push(call.clone());
                Reply::Call(answer(&call))
            }
            Event::Play(request, packaging) => {
                let is_there = request.key.as_str() == "live/a";
                let refusal = Refusal::NotFound(request.key.to_string());
                self.plays.push((*request, packaging));
                Reply::Play(is_there.then(Arc::default).ok_or(refusal))
            }
            Event::Fetch(fetch) => {
                self.fetches.push(*fetch);
                return None;
            }
            Event::Ask(ask) => {
                self.asks.push(*ask);
                return None;
            }
            Event::Note(note) => {
                self.notes.push(note.text);
                return None;
            }
            Event::Publish(_)
            | Event::Answer(_)
            | Event::Stop
            | Event::Pause(_)
            | Event::Tracks(_)
            | Event::Frame(_)
            | Event::Bind(_)
            | Event::Unbind(_)
            | Event::Dial(_)
            | Event::HangUp
            | Event::Watched(_)
            | Event::Alias(..)
            | Event::Meet(_)
            | Event::Hand(..)
            | Event::Count(..) => {
                panic!("{event:?} is not HTTP's")
            }
        };
        (!self.hold).then_some(reply)
    }

    /// The stream's tracks are (again) known.
    pub(super) fn start(&mut self, preamble: &'static [u8]) -> &mut Self {
        let description = Arc::<Description>::default();
        let preamble = Bytes::from_static(preamble);
        let preamble = if self.is_socket() { message(Opcode::Binary, &preamble) } else { preamble };
        self.give(Input::Media(Media::Start { description: &description, preamble: &preamble }))
    }

    pub(super) fn packet(&mut self, data: &'static [u8]) -> &mut Self {
        let data = Bytes::from_static(data);
        let data = if self.is_socket() { message(Opcode::Binary, &data) } else { data };
        let packet = Packet {
            at: self.now,
            revision: 1,
            kind: Kind::Video,
            key: true,
            stamp: rtmpd_core::media::Stamp::default(),
            data,
        };
        self.give(Input::Media(Media::Packet(&packet)))
    }

    fn is_socket(&self) -> bool {
        self.plays.last().is_some_and(|(request, _)| request.protocol == "ws-flv")
    }

    pub(super) fn eof(&mut self) -> &mut Self {
        self.give(Input::Eof)
    }

    /// Lets time go by, and rings when the machine asked for it.
    pub(super) fn wait(&mut self, time: Duration) -> &mut Self {
        let until = self.now + time;
        while let Some(at) = self.machine.poll_timeout().filter(|&at| at <= until && self.closed.is_none()) {
            self.now = at.max(self.now);
            self.give(Input::Timeout);
        }
        self.now = until;
        self
    }

    /// What came in since the last look.
    pub(super) fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned()
    }

    /// The statuses of what came in since the last look; bodies must not look like status lines.
    pub(super) fn statuses(&mut self) -> Vec<u16> {
        let text = self.take();
        let starts = text.split("HTTP/1.1 ").skip(1);
        starts.map(|rest| rest[..3].parse().unwrap()).collect()
    }

    pub(super) fn error(&self) -> Option<&Error> {
        match &self.closed {
            Some(Close::Error(error)) => Some(error),
            _ => None,
        }
    }
}

fn answer(call: &Call) -> Answer {
    if *call == Call::Streams {
        return Answer::Streams(vec![StreamKey::new("live", "a").unwrap()]);
    }
    let Call::Page { path, if_none_match, gzip } = call else { return Answer::NotFound };
    match &**path {
        "/" | "/index.html" => {
            let not_modified = if_none_match.as_deref() == Some("\"e\"");
            let body = if not_modified { Bytes::new() } else { Bytes::from_static(INDEX) };
            Answer::Page {
                content_type: "text/html; charset=utf-8",
                etag: "\"e\"".into(),
                body,
                not_modified,
                gzip: *gzip,
            }
        }
        "/sub" | "/a b" => Answer::Folder,
        "/broken" => Answer::Failed("disk on fire".into()),
        _ => Answer::NotFound,
    }
}

/// `GET path`, with these lines more.
pub(super) fn get(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{lines}\r\n")
}

/// A field of a response.
pub(super) fn field<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let head = response.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
