//! What a shard is to a machine of RTSP, with everything that a machine must not do.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Packager, Packet, Track, TrackId};
use rtmpd_core::{Close, Dice, Error, Event, Input, Instant, Leg, Machine, Media, Output, Reply};
use rtmpd_proto::rtp::RtpPackager;

/// Bytes that a machine may say in answer to one that it hears, but for media.
const MOST_ANSWER: usize = 64;
/// What it may say regardless.
const FREE_ANSWER: usize = 64 << 10;
/// So often a timer may ring without time passing.
const MOST_RINGS: usize = 100;
/// H.264, 176×144.
const AVCC: &[u8] = &[
    0x01, 0x64, 0x00, 0x0A, 0xFF, 0xE1, 0x00, 0x18, 0x67, 0x64, 0x00, 0x0A, 0xAC, 0xD9, 0x42, 0xC4, 0xEC,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x05, 0x03, 0xC4, 0x89, 0x65, 0x80, 0x01, 0x00,
    0x05, 0x68, 0xEF, 0x83, 0x9C, 0xB0, 0xFD, 0xF8, 0xF8, 0x00,
];

/// What a machine has in the hub.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Role {
    Idle,
    Asking,
    Publisher,
    Viewer { paused: bool },
}

/// See the module's text.
pub(super) struct Floor {
    machine: Box<dyn Machine>,
    pub(super) now: Instant,
    role: Role,
    asked: VecDeque<Reply>,
    bound: BTreeSet<u8>,
    tracks: Option<Arc<Description>>,
    stream: Stream,
    started: bool,
    /// Bytes that the machine has heard and said; media does not count.
    heard: usize,
    said: usize,
    /// What it has told, as text.
    pub(super) story: Vec<String>,
    /// What it handed to others.
    handed: Vec<u8>,
    pub(super) over: bool,
}

impl Floor {
    pub(super) fn new(now: Instant, machine: Box<dyn Machine>) -> Self {
        let mut floor = Self {
            machine,
            now,
            role: Role::Idle,
            asked: VecDeque::new(),
            bound: BTreeSet::new(),
            tracks: None,
            stream: Stream::new(),
            started: false,
            heard: 0,
            said: 0,
            story: Vec::new(),
            handed: Vec::new(),
            over: false,
        };
        floor.drain();
        floor.settle();
        floor
    }

    pub(super) fn bytes(&mut self, data: &[u8]) {
        self.heard += data.len();
        self.tell(Input::Bytes(data));
        self.settle();
    }

    /// A datagram, if the machine has a socket for it.
    pub(super) fn datagram(&mut self, leg: u8, from: SocketAddr, data: &[u8]) {
        if self.bound.contains(&leg) {
            self.heard += data.len() + 100;
            self.tell(Input::Datagram { leg: Leg(leg), from, data });
            self.settle();
        }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..10_000 {
            match self.machine.poll_timeout().filter(|at| *at <= end && !self.over) {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    /// The next packet of the stream that is played, if one is.
    pub(super) fn media(&mut self, key: bool) {
        if self.role != (Role::Viewer { paused: false }) || !self.machine.has_room() {
            return;
        }
        if !std::mem::replace(&mut self.started, true) {
            let (description, preamble) = (self.stream.description.clone(), self.stream.preamble.clone());
            self.tell(Input::Media(Media::Start { description: &description, preamble: &preamble }));
        }
        for packet in self.stream.next(self.now, key) {
            // It may be sent, in interleaving, with a report.
            self.heard += packet.data.len() * 2 + 1000;
            self.tell(Input::Media(Media::Packet(&packet)));
        }
        self.settle();
    }

    pub(super) fn end(&mut self) {
        self.tell(Input::Eof);
        assert!(self.over, "the peer has gone, and the machine stays");
        self.story.push(format!("{:?}", Bytes::from(std::mem::take(&mut self.handed))));
    }

    fn tell(&mut self, input: Input<'_>) {
        if self.over {
            return;
        }
        let outcome = self.machine.handle_input(self.now, input);
        self.drain();
        if let Err(error) = outcome {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &Error) {
        self.story.push(error.to_string());
        // How much was handed on before depends on how it was cut.
        self.handed.clear();
        self.over = true;
    }

    /// Answers questions and rings timers until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..MOST_RINGS {
            while let Some(reply) = self.asked.pop_front() {
                if matches!(reply, Reply::Publish(_)) {
                    self.role = Role::Publisher;
                } else if matches!(reply, Reply::Play(_)) {
                    self.role = Role::Viewer { paused: false };
                }
                self.tell(Input::Reply(reply));
            }
            match self.machine.poll_timeout() {
                Some(at) if at <= self.now && !self.over => self.tell(Input::Timeout),
                Some(_) | None => return,
            }
        }
        panic!("a timer does not come to rest: {:?} at {:?}", self.machine.poll_timeout(), self.now);
    }

    fn drain(&mut self) {
        let mut closed = false;
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Transmit(data) => self.say(data.len()),
                Output::Datagram(leg, datagram) => {
                    assert!(self.bound.contains(&leg.0), "{leg:?} is not bound");
                    self.say(datagram.size());
                }
                Output::Event(event) => self.obey(&event),
                Output::Close(why) => closed = self.close(&why),
            }
        }
        self.over |= closed;
        assert!(self.story.len() < 200_000);
    }

    fn close(&mut self, why: &Close) -> bool {
        self.story.push(why.to_string());
        true
    }

    fn say(&mut self, bytes: usize) {
        self.said += bytes;
        let most = FREE_ANSWER + MOST_ANSWER * self.heard;
        assert!(self.said <= most, "{} bytes in answer to {}", self.said, self.heard);
    }

    fn obey(&mut self, event: &Event) {
        match event {
            Event::Publish(request) => {
                self.ask(Reply::Publish(Ok(())));
                self.story.push(format!("publish {}", request.key));
            }
            Event::Play(request, packaging) => {
                self.ask(Reply::Play(Ok(self.stream.description.clone())));
                self.story.push(format!("play {} as {packaging}", request.key));
                self.started = false;
            }
            Event::Stop => {
                assert_ne!(self.role, Role::Idle, "there is nothing to stop");
                (self.role, self.tracks) = (Role::Idle, None);
            }
            Event::Pause(paused) => {
                assert!(matches!(self.role, Role::Viewer { .. }), "{:?} pauses", self.role);
                self.role = Role::Viewer { paused: *paused };
            }
            Event::Tracks(tracks) => {
                assert_eq!(self.role, Role::Publisher);
                assert!(!tracks.tracks.is_empty());
                self.tracks = Some(tracks.clone());
            }
            Event::Frame(frame) => self.frame(frame),
            Event::Bind(bind) => {
                for leg in [bind.first, bind.first.companion()] {
                    assert!(self.bound.insert(leg.0), "{leg:?} is bound already");
                }
                self.asked.push_back(Reply::Bound(Ok(40_000)));
            }
            Event::Unbind(leg) => {
                let were = [self.bound.remove(&leg.0), self.bound.remove(&leg.companion().0)];
                assert_eq!(were, [true; 2], "{leg:?} is not bound");
            }
            Event::Note(_) | Event::Count(..) | Event::Alias(..) | Event::Meet(_) => {}
            Event::Hand(_, data) => return self.handed.extend_from_slice(data),
            Event::Call(_)
            | Event::Fetch(_)
            | Event::Dial(_)
            | Event::HangUp
            | Event::Ask(_)
            | Event::Answer(_)
            | Event::Watched(_) => panic!("{event:?}"),
        }
        if !matches!(event, Event::Publish(_) | Event::Play(..)) {
            self.story.push(format!("{event:?}"));
        }
    }

    fn ask(&mut self, reply: Reply) {
        assert_eq!(self.role, Role::Idle, "asks for another stream");
        self.role = Role::Asking;
        self.asked.push_back(reply);
    }

    fn frame(&self, frame: &Frame) {
        assert_eq!(self.role, Role::Publisher);
        let track = self.tracks.as_ref().and_then(|tracks| tracks.track(frame.track));
        assert!(track.is_some(), "a frame of {:?}, which was not told", frame.track);
        assert!(frame.cts >= 0, "{} is shown before it is decoded", frame.dts);
    }
}

/// A stream to play.
struct Stream {
    description: Arc<Description>,
    packager: RtpPackager,
    preamble: Bytes,
    dts: i64,
}

impl Stream {
    fn new() -> Self {
        let mut video = Track::new(TrackId(0), 0, Codec::H264, 90_000);
        video.config = Bytes::from_static(AVCC);
        let mut audio = Track::new(TrackId(1), 0, Codec::Aac, 48_000);
        (audio.config, audio.sample_rate, audio.channels) = (Bytes::from_static(&[0x11, 0x90]), 48_000, 2);
        let description = Description { revision: 1, tracks: vec![video, audio], metadata: None };
        let mut packager = RtpPackager::new(Dice::new(9));
        let preamble = packager.start(&description);
        Self { description: Arc::new(description), packager, preamble, dts: 0 }
    }

    /// Packets of a picture and a sound.
    fn next(&mut self, now: Instant, key: bool) -> Vec<Packet> {
        self.dts += 3600;
        let picture = [&[0, 0, 8, 2, if key { 0x65 } else { 0x41 }, 0x88][..], &[7; 2048]].concat();
        let frames = [(0, self.dts, key, picture), (1, self.dts * 48 / 90, true, vec![0x21; 100])];
        let mut packets = Vec::new();
        for (track, dts, key, data) in frames {
            let track = TrackId(track);
            let frame = Frame { track, dts, cts: 0, offset_ns: 0, key, data: data.into() };
            let mut packed = Vec::new();
            self.packager.push(&frame, &mut packed);
            packets.extend(packed.into_iter().map(|packed| Packet {
                at: now,
                revision: 1,
                kind: packed.kind,
                key: packed.key,
                stamp: frame.stamp(),
                data: packed.data,
            }));
        }
        packets
    }
}
