//! Our callers against our listener, whole machines in memory: what one side plays, the other publishes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Frame, Kind, Packager, Packet, Stamp};
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Leg, Machine, Media, Output, Peer, Refusal, Reply, Request,
    Service, StreamKey,
};

use super::pair::secret;
use crate::container::flv;
use crate::container::ts::{Demuxed, Demuxer, TsPackager};
use crate::srt::crypto::Passphrase;
use crate::srt::wire::Cipher;
use crate::srt::{Call, CallerKey, Passphrases, Settings, SrtPlayer, SrtPublisher, SrtService, call_id};

const CALLER: &str = "192.0.2.7:40000";
const LISTENER: &str = "192.0.2.1:9000";

/// A machine, and what its shard sees of it.
struct End {
    machine: Box<dyn Machine>,
    reply: Result<(), Refusal>,
    events: Vec<Event>,
    sent: Vec<Vec<u8>>,
    close: Option<Close>,
}

impl End {
    fn new(machine: Box<dyn Machine>) -> Self {
        let mut this = Self { machine, reply: Ok(()), events: Vec::new(), sent: Vec::new(), close: None };
        this.drain(Instant::ZERO);
        this
    }

    fn tell(&mut self, now: Instant, input: Input<'_>) {
        self.machine.handle_input(now, input).expect("SRT forgives");
        self.drain(now);
    }

    fn drain(&mut self, now: Instant) {
        let mut replies = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Datagram(leg, datagram) => {
                    assert_eq!(leg, Leg::FIRST);
                    self.sent.push([datagram.head.as_slice(), &datagram.body].concat());
                }
                Output::Event(event) => {
                    if let Event::Publish(_) = &event {
                        replies.push(Reply::Publish(self.reply.clone()));
                    } else if let Event::Play(..) = &event {
                        replies.push(Reply::Play(self.reply.clone().map(|()| Arc::default())));
                    }
                    self.events.push(event);
                }
                Output::Close(why) => self.close = Some(why),
                Output::Transmit(_) => panic!("SRT has no stream"),
            }
        }
        for reply in replies {
            self.tell(now, Input::Reply(reply));
        }
    }

    fn asked(&self) -> Option<&Request> {
        self.events.iter().find_map(|event| {
            let (Event::Publish(request) | Event::Play(request, _)) = event else { return None };
            Some(&**request)
        })
    }

    fn frames(&self) -> Vec<Bytes> {
        let frame =
            |event: &Event| if let Event::Frame(frame) = event { Some(frame.data.clone()) } else { None };
        self.events.iter().filter_map(frame).collect()
    }
}

/// A caller and a listener.
struct Line {
    now: Instant,
    caller: End,
    service: SrtService,
    listener: Option<End>,
    refusal: Option<Refusal>,
}

impl Line {
    fn new(caller: impl Machine + 'static, passphrase: Option<&str>) -> Self {
        let all = passphrase.map(|text| Passphrase::new(text).unwrap());
        let passphrases = Arc::new(Passphrases { all, ..Passphrases::default() });
        let service = SrtService::new(Settings::default(), passphrases, secret(9), Dice::new(9));
        Self {
            now: Instant::ZERO,
            caller: End::new(Box::new(caller)),
            service,
            listener: None,
            refusal: None,
        }
    }

    /// Carries datagrams until nobody has any.
    fn carry(&mut self) {
        loop {
            let there = std::mem::take(&mut self.caller.sent);
            let back = self.listener.as_mut().map(|end| std::mem::take(&mut end.sent)).unwrap_or_default();
            if there.is_empty() && back.is_empty() {
                return;
            }
            let (caller, listener): (SocketAddr, SocketAddr) =
                (CALLER.parse().unwrap(), LISTENER.parse().unwrap());
            for data in there {
                self.arrive(Peer { local: listener, remote: caller }, &data);
            }
            for data in back {
                self.caller.tell(self.now, Input::Datagram { leg: Leg::FIRST, from: listener, data: &data });
            }
        }
    }

    fn arrive(&mut self, peer: Peer, data: &[u8]) {
        if self.listener.is_none() {
            let mut replies = Vec::new();
            let machine = self.service.stray(self.now, peer, data, &mut replies);
            for reply in replies {
                let from = peer.local;
                self.caller.tell(self.now, Input::Datagram { leg: Leg::FIRST, from, data: &reply });
            }
            self.listener = machine.map(End::new);
            if let (Some(end), Some(refusal)) = (&mut self.listener, &self.refusal) {
                end.reply = Err(refusal.clone());
            }
        }
        if let Some(end) = &mut self.listener {
            end.tell(self.now, Input::Datagram { leg: Leg::FIRST, from: peer.remote, data });
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.carry();
        loop {
            let ends = [Some(&self.caller), self.listener.as_ref()];
            let due = ends.into_iter().flatten().filter_map(|end| end.machine.poll_timeout()).min();
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.now = self.now.max(due);
            for end in [Some(&mut self.caller), self.listener.as_mut()].into_iter().flatten() {
                if end.machine.poll_timeout().is_some_and(|at| at <= self.now) {
                    end.tell(self.now, Input::Timeout);
                }
            }
            self.carry();
        }
        self.now = until;
    }

    fn listener(&mut self) -> &mut End {
        self.listener.as_mut().expect("somebody who was called")
    }
}

fn request() -> Request {
    Request {
        vhost: "".into(),
        key: StreamKey::new("live", "here").unwrap(),
        params: "".into(),
        protocol: "srt",
        agent: "".into(),
        patience: Duration::ZERO,
    }
}

fn call(mode: &str, passphrase: Option<&str>) -> Call {
    let key = passphrase.map(|text| CallerKey {
        passphrase: Passphrase::new(text).unwrap(),
        length: 16,
        cipher: Cipher::Ctr,
    });
    let stream_id = Some(format!("#!::r=live/there,m={mode}"));
    Call { id: call_id(&mut Dice::new(1)), to: LISTENER.parse().unwrap(), stream_id, key }
}

fn publisher(passphrase: Option<&str>) -> SrtPublisher {
    SrtPublisher::new(Instant::ZERO, call("publish", passphrase), request(), Settings::default(), secret(1))
}

fn player(passphrase: Option<&str>) -> SrtPlayer {
    SrtPlayer::new(Instant::ZERO, call("request", passphrase), request(), Settings::default(), secret(1))
}

/// Packets of a stream as MPEG-TS, with the preamble, and the frames that a demuxer makes of them.
fn stream() -> (Bytes, Vec<Packet>, Vec<Bytes>) {
    let (mut file, mut unpackager) = (flv::Demuxer::new(), flv::Unpackager::default());
    file.push(include_bytes!("../../../tests/data/h264-aac.flv"));
    while let Some(flv::Tag { tag, timestamp, body }) = file.poll().unwrap() {
        unpackager.push(Instant::ZERO, tag, i64::from(timestamp), body).unwrap();
    }
    unpackager.finish();
    let mut packager = TsPackager::new();
    let (mut preamble, mut packed) = (Bytes::new(), Vec::new());
    while let Some(unpacked) = unpackager.poll() {
        match unpacked {
            flv::Unpacked::Tracks(tracks) => preamble = packager.start(&tracks),
            flv::Unpacked::Frame(frame) => packager.push(&frame, &mut packed),
            flv::Unpacked::Note(_) => {}
        }
    }
    let packet = |data| Packet {
        at: Instant::ZERO,
        revision: 0,
        kind: Kind::Video,
        key: true,
        stamp: Stamp::default(),
        data,
    };
    let packets: Vec<Packet> = packed.into_iter().map(|packed| packet(packed.data)).collect();
    let mut demuxer = Demuxer::new();
    demuxer.push(&preamble);
    packets.iter().for_each(|packet| demuxer.push(&packet.data));
    demuxer.finish();
    let mut frames = Vec::new();
    while let Some(demuxed) = demuxer.pull() {
        if let Demuxed::Frame(Frame { data, .. }) = demuxed {
            frames.push(data);
        }
    }
    (preamble, packets, frames)
}

/// One side is fed the stream, at a pace.
fn feed(line: &mut Line, from_caller: bool, preamble: &Bytes, packets: &[Packet]) {
    let description = Arc::default();
    let start = Media::Start { description: &description, preamble };
    for media in std::iter::once(start).chain(packets.iter().map(Media::Packet)) {
        let now = line.now;
        let end = if from_caller { &mut line.caller } else { line.listener() };
        end.tell(now, Input::Media(media));
        line.pass(Duration::from_millis(10));
    }
}

#[test]
fn what_we_publish_arrives_there() {
    for passphrase in [None, Some("correct horse")] {
        let mut line = Line::new(publisher(passphrase), passphrase);
        line.pass(Duration::from_millis(100));
        assert_eq!(line.caller.asked(), Some(&request()));
        let asked = line.listener().asked().expect("a publisher").key.to_string();
        assert_eq!(asked, "live/there");
        let (preamble, packets, frames) = stream();
        feed(&mut line, true, &preamble, &packets);
        line.pass(Duration::from_secs(1));
        let now = line.now;
        line.caller.tell(now, Input::Media(Media::Ended));
        assert_eq!(line.caller.close, Some(Close::StreamEnded));
        line.pass(Duration::from_secs(1));
        assert_eq!(line.listener().close, Some(Close::PeerGone));
        assert!(line.listener().frames() == frames, "every frame, unchanged");
    }
}

#[test]
fn what_is_played_there_is_published_here() {
    let mut line = Line::new(player(Some("correct horse")), Some("correct horse"));
    line.pass(Duration::from_millis(100));
    assert!(line.listener().events.iter().any(|event| matches!(event, Event::Play(..))));
    assert_eq!(line.caller.asked(), Some(&request()));
    let (preamble, packets, frames) = stream();
    feed(&mut line, false, &preamble, &packets);
    line.pass(Duration::from_secs(1));
    let now = line.now;
    line.listener().tell(now, Input::Shutdown);
    line.carry();
    assert_eq!(line.caller.close, Some(Close::PeerGone));
    assert!(line.caller.frames() == frames, "every frame, unchanged");
}

#[test]
fn players_are_told_that_the_stream_has_ended() {
    let mut line = Line::new(player(None), None);
    line.pass(Duration::from_millis(100));
    let (preamble, packets, frames) = stream();
    feed(&mut line, false, &preamble, &packets);
    line.pass(Duration::from_secs(1));
    let now = line.now;
    line.listener().tell(now, Input::Media(Media::Ended));
    assert_eq!(line.listener().close, Some(Close::StreamEnded));
    line.carry();
    assert_eq!(line.caller.close, Some(Close::PeerGone));
    assert!(line.caller.frames() == frames, "every frame, unchanged");
}

#[test]
fn refusals_are_told() {
    let mut line = Line::new(publisher(Some("wrong horses")), Some("correct horse"));
    line.pass(Duration::from_millis(100));
    let why = line.caller.close.expect("an end").to_string();
    assert!(why.contains("the SRT listener refused"), "{why}");
    let mut line = Line::new(player(None), None);
    line.refusal = Some(Refusal::NotFound("live/there".into()));
    line.pass(Duration::from_millis(100));
    let why = line.caller.close.expect("an end").to_string();
    assert!(why.contains("the SRT listener refused"), "{why}");
}

#[test]
fn our_own_shard_may_refuse() {
    let mut line = Line::new(player(None), None);
    line.caller.reply = Err(Refusal::Busy("live/here".into()));
    line.pass(Duration::from_millis(100));
    assert_eq!(line.caller.close, Some(Close::Error(Error::Refused(Refusal::Busy("live/here".into())))));
    assert_eq!(line.listener().close, Some(Close::PeerGone), "it was told");
    let mut line = Line::new(publisher(None), None);
    line.caller.reply = Err(Refusal::NotFound("live/here".into()));
    line.pass(Duration::from_millis(100));
    assert_eq!(line.caller.close, Some(Close::Error(Error::Refused(Refusal::NotFound("live/here".into())))));
    assert_eq!(line.listener().close, Some(Close::PeerGone), "it was told");
}

#[test]
fn nobody_there() {
    let mut caller = End::new(Box::new(publisher(None)));
    let patience = Settings::default().patience;
    let mut now = Instant::ZERO;
    while let Some(at) = caller.machine.poll_timeout() {
        now = at;
        caller.tell(now, Input::Timeout);
    }
    assert_eq!(now, Instant::ZERO + patience);
    assert_eq!(caller.close, Some(Close::Error(Error::TimedOut("SRT handshake"))));
    assert_eq!(caller.sent.len() as u128, patience.as_millis() / 250, "it asks again and again");
}
