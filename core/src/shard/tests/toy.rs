//! A protocol of lines, so that tests can say what a machine does.
//!
//! In: `publish NAME [PARAMS]` · `play NAME [PATIENCE_MS]` · `tracks CODEC…` · `frame TRACK DTS k|- [BYTES]` · `stop` ·
//! `ask NAME [PARAMS]` (may it play?) · `fetch NAME OBJECT VERSION [PATIENCE_MS]` · `pause` · `resume` · `read` · `write` · `leave` · `flood N` · `bad` · `fragile` (a refusal ends it) · `quit` · `bind
//! LEG own|shared ADDR` · `unbind LEG` · `datagram LEG ADDR TEXT` · `media LEG ADDR` (by datagrams from now on) · `room
//! N` (so many packets are taken, then no more) · `dial HOST`. `play NAME?PARAMS` has parameters. Out: what the shard said, a line each; a frame is `[TRACK:DTS]`. By
//! UDP, `ping` is answered without a connection, `hello` begins one, and datagrams are lines.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::files::{FileCall, FileChange, Place, Root};
use crate::machine::{Call, Event, Fetch, Input, Machine, Media, Output, Reply, Service};
use crate::media::{
    Codec, Description, Frame, Kind, MakePackager, Packager, Packaging, Packed, Shelved, Track, TrackId,
};
use crate::request::{Peer, Request, StreamKey};
use crate::{Alias, Ask, Bind, Close, Datagram, Dial, Error, Instant, Leg, Role, Way};

pub(super) const PACKAGING: Packaging = Packaging("toy");

pub(crate) struct ToyService;

impl Service for ToyService {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn accept(&mut self, _now: Instant, _peer: Peer) -> Box<dyn Machine> {
        Box::<ToyMachine>::default()
    }

    fn alias(&self, from: SocketAddr, data: &[u8]) -> Alias {
        match data.strip_prefix(b"#") {
            Some(&[id, ..]) => Alias::Id(id.into()),
            _ => Alias::From(from),
        }
    }

    fn stray(
        &mut self,
        _now: Instant,
        peer: Peer,
        data: &[u8],
        replies: &mut Vec<Bytes>,
    ) -> Option<Box<dyn Machine>> {
        match data {
            b"ping" => replies.push(Bytes::from_static(b"pong")),
            b"hello" => {
                return Some(Box::new(ToyMachine { remote: Some(peer.remote), ..ToyMachine::default() }));
            }
            _ => {}
        }
        None
    }
}

#[derive(Default)]
struct ToyMachine {
    line: Vec<u8>,
    leaves: Option<Call>,
    /// It closes when it may not publish.
    fragile: bool,
    /// It has no stream: what it says goes there.
    remote: Option<SocketAddr>,
    /// Media goes there.
    media: Option<(Leg, SocketAddr)>,
    /// So many packets are taken.
    room: Option<usize>,
    out: VecDeque<Output>,
}

impl Machine for ToyMachine {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Bytes(data) => {
                for &byte in data {
                    if byte == b'\n' {
                        let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
                        self.command(&line)?;
                    } else {
                        self.line.push(byte);
                    }
                }
            }
            Input::Datagram { leg, from, data } => {
                let text = String::from_utf8(data.to_vec()).unwrap();
                match text.split_once("> ") {
                    Some((_, command)) => self.command(command)?,
                    None => self.say(&format!("{} {from} {text}", leg.0)),
                }
            }
            Input::Handed(data) => self.say(&format!("handed {}", String::from_utf8_lossy(data))),
            Input::Eof => self.out.push_back(Output::Close(Close::PeerGone)),
            Input::Timeout => {}
            Input::Shutdown => {
                self.say("bye");
                self.out.push_back(Output::Close(Close::Shutdown));
            }
            Input::Reply(Reply::Publish(result)) => {
                let ends = self.fragile && result.is_err();
                self.say(&format!("publish {}", word(result)));
                self.out.extend(ends.then_some(Output::Close(Close::Done)));
            }
            Input::Reply(Reply::Play(result)) => self.say(&format!("play {}", word(result.map(|_| ())))),
            Input::Reply(Reply::Asked(result)) => self.say(&format!("asked {}", word(result))),
            Input::Reply(Reply::Fetch(Ok(fetched))) => {
                let text: Vec<_> =
                    fetched.news().iter().map(|piece| String::from_utf8_lossy(piece)).collect();
                self.say(&format!("fetched {}", text.concat()));
            }
            Input::Reply(Reply::Fetch(Err(refusal))) => self.say(&format!("not fetched: {refusal}")),
            Input::Reply(Reply::Call(answer)) => self.say(&format!("answer {answer:?}")),
            Input::Media(Media::Start { description, preamble }) => {
                self.say(&format!("start {} {}", description.revision, String::from_utf8_lossy(preamble)));
            }
            Input::Media(Media::Packet(packet)) => {
                self.room = self.room.map(|room| room - 1);
                let data = packet.data.clone();
                self.out.push_back(match self.media {
                    Some((leg, to)) => Output::Datagram(leg, Datagram::new(to, data)),
                    None => Output::Transmit(data),
                });
            }
            Input::Reply(Reply::Bound(result)) => match result {
                Ok(port) => self.say(&format!("bound {port}")),
                Err(refusal) => self.say(&format!("not bound: {refusal}")),
            },
            Input::Reply(Reply::Watched(watched)) => self.say(&format!("watched {watched}")),
            Input::Reply(Reply::Dialled(Ok(peer))) => self.say(&format!("dialled {}", peer.remote)),
            Input::Reply(Reply::Dialled(Err(why))) => self.say(&format!("not dialled: {why}")),
            Input::Media(Media::Gap) => self.say("gap"),
            Input::Media(Media::Ended) => self.say("ended"),
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn has_room(&self) -> bool {
        self.room != Some(0)
    }

    fn last_call(&mut self) -> Option<Call> {
        self.leaves.take()
    }
}

impl ToyMachine {
    fn say(&mut self, text: &str) {
        let data = Bytes::from(format!("{text}\n"));
        self.out.push_back(match self.remote {
            Some(to) => Output::Datagram(Leg::FIRST, Datagram::new(to, data)),
            None => Output::Transmit(data),
        });
    }

    fn command(&mut self, line: &str) -> Result<(), Error> {
        let mut words = line.split(' ');
        let verb = words.next().unwrap();
        let rest: Vec<&str> = words.collect();
        if self.transport(verb, &rest) {
            return Ok(());
        }
        let event = match verb {
            "publish" => Event::Publish(request(rest[0], rest.get(1).copied().unwrap_or(""), 0)),
            "play" => {
                let patience = rest.get(1).map_or(0, |ms| ms.parse().unwrap());
                let (name, params) = rest[0].split_once('?').unwrap_or((rest[0], ""));
                Event::Play(
                    request(name, params, patience),
                    Packaging(if rest.len() > 2 { "?" } else { "toy" }),
                )
            }
            "tracks" => Event::Tracks(Arc::new(describe(&rest))),
            "frame" => Event::Frame(Frame {
                track: TrackId(rest[0].parse().unwrap()),
                dts: rest[1].parse().unwrap(),
                cts: 0,
                offset_ns: 0,
                key: rest[2] == "k",
                data: Bytes::from(vec![b'.'; rest.get(3).map_or(0, |n| n.parse().unwrap())]),
            }),
            "ask" => {
                let request = request(rest[0], rest.get(1).copied().unwrap_or(""), 0);
                let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
                Event::Ask(Box::new(Ask::of(&request, Role::Player, nowhere)))
            }
            "fetch" => Event::Fetch(Box::new(Fetch {
                request: *request(rest[0], "", rest.get(3).map_or(0, |n| n.parse().unwrap())),
                packaging: PACKAGING,
                name: rest[1].into(),
                at_least: rest[2].parse().unwrap(),
                from: 0,
                wait: Duration::from_secs(5),
            })),
            "read" => {
                let etag = "".into();
                Event::Call(Call::File(FileCall::Read { place: film(), offset: 0, len: 1, etag }))
            }
            "write" => Event::Call(Call::File(FileCall::Write(vec![FileChange::Sync(film())]))),
            "leave" => {
                self.leaves = Some(Call::File(FileCall::Write(vec![FileChange::Discard(film())])));
                return Ok(());
            }
            "dial" => Event::Dial(Box::new(Dial::tcp(rest[0], 1935))),
            "watched" => Event::Watched(request(rest[0], "", 0).key),
            "stop" => Event::Stop,
            "pause" => Event::Pause(true),
            "resume" => Event::Pause(false),
            "flood" => {
                for _ in 0..rest[0].parse::<usize>().unwrap() {
                    self.say("pong");
                }
                return Ok(());
            }
            "fragile" => {
                self.fragile = true;
                return Ok(());
            }
            "quit" => {
                self.out.push_back(Output::Close(Close::Done));
                return Ok(());
            }
            _ => {
                self.say("error");
                return Err(Error::malformed(format!("command '{verb}'"), "toy"));
            }
        };
        self.out.push_back(Output::Event(event));
        Ok(())
    }
    /// What is about sockets and other connections; false when it is not.
    fn transport(&mut self, verb: &str, rest: &[&str]) -> bool {
        let event = match verb {
            "bind" => Event::Bind(Box::new(Bind {
                first: leg(rest[0]),
                way: if rest[1] == "own" { Way::Own } else { Way::Shared },
                remotes: [rest[2].parse().unwrap(); 2],
            })),
            "meet" => Event::Meet(rest[0].into()),
            "hand" => Event::Hand(rest[0].into(), Bytes::from(rest[1].to_owned())),
            "unbind" => Event::Unbind(leg(rest[0])),
            "alias" => Event::Alias(leg(rest[0]), Alias::Id(rest[1].as_bytes()[0].into())),
            "datagram" => {
                let datagram = Datagram::new(rest[1].parse().unwrap(), Bytes::from(rest[2].to_owned()));
                self.out.push_back(Output::Datagram(leg(rest[0]), datagram));
                return true;
            }
            "media" => {
                self.media = Some((leg(rest[0]), rest[1].parse().unwrap()));
                return true;
            }
            "room" => {
                self.room = rest[0].parse().ok();
                return true;
            }
            _ => return false,
        };
        self.out.push_back(Output::Event(event));
        true
    }
}

fn film() -> Place {
    Place::new(Root::Vod, "film")
}

fn word(result: Result<(), crate::Refusal>) -> String {
    result.map_or_else(|refusal| format!("refused: {refusal}"), |()| "ok".to_owned())
}

fn request(name: &str, params: &str, patience_ms: u64) -> Box<Request> {
    let (app, name) = name.split_once('/').unwrap();
    Box::new(Request {
        vhost: "test".into(),
        key: StreamKey::new(app, name).unwrap(),
        params: params.into(),
        protocol: "toy",
        agent: "".into(),
        patience: Duration::from_millis(patience_ms),
    })
}

fn describe(codecs: &[&str]) -> Description {
    let track = |(index, codec): (usize, &&str)| {
        let codec = match *codec {
            "h264" => Codec::H264,
            "h265" => Codec::H265,
            _ => Codec::Aac,
        };
        Track::new(TrackId(u8::try_from(index).unwrap()), 0, codec, 1000)
    };
    Description { revision: 0, tracks: codecs.iter().enumerate().map(track).collect(), metadata: None }
}

pub(crate) fn make_packager() -> MakePackager {
    Arc::new(|packaging, _| match packaging {
        PACKAGING => Some(Box::<ToyPackager>::default()),
        Packaging(_) => None,
    })
}

/// Besides packets it makes a `list` of the frames' times and an object for each frame.
#[derive(Default)]
struct ToyPackager {
    description: Description,
    list: String,
    listed: u64,
    changes: Vec<Shelved>,
}

impl Packager for ToyPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        self.description = description.clone();
        Bytes::from(description.to_string())
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let kind = self.description.track(frame.track).map_or(Kind::Data, Track::kind);
        let key = if self.description.has(Kind::Video) { kind == Kind::Video && frame.key } else { true };
        let pad = String::from_utf8_lossy(&frame.data);
        let data = Bytes::from(format!("[{}:{}]{pad}", frame.track.0, frame.dts));
        out.push(Packed { kind, key, data: data.clone() });
        self.list.push_str(&format!("{} ", frame.dts));
        self.listed += 1;
        let name: Arc<str> = format!("f{}", frame.dts).into();
        self.changes.push(Shelved::Grow { name: name.clone(), data });
        self.changes.push(Shelved::Seal { name });
        self.put_list();
    }

    fn publisher_left(&mut self) {
        self.list.push_str("left ");
        self.put_list();
    }

    fn stream_ended(&mut self) {
        self.list.push_str("ended");
        self.listed = u64::MAX;
        self.put_list();
    }

    fn shelve(&mut self, out: &mut Vec<Shelved>) {
        out.append(&mut self.changes);
    }
}

impl ToyPackager {
    fn put_list(&mut self) {
        let data = Bytes::from(self.list.trim_end().to_owned());
        self.changes.push(Shelved::Put { name: "list".into(), version: self.listed, data });
    }
}

fn leg(number: &str) -> Leg {
    Leg(number.parse().unwrap())
}
