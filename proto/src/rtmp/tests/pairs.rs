//! Our clients against our server, with bytes cut in any way.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Description, Frame, Packager, Packed, Packet};
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Machine, Media, Output, Refusal, Reply, Request, StreamKey,
};

use super::publish::tags;
use crate::container::flv::{Unpackager, Unpacked};
use crate::rtmp::{PACKAGING, RtmpPackager, RtmpPlayer, RtmpPublisher, RtmpServer, Settings, Target};

const NOW: Instant = Instant::from_millis(50);
const FILES: [&[u8]; 4] = [
    include_bytes!("../../../tests/data/h264-aac.flv"),
    include_bytes!("../../../tests/data/hevc-aac.flv"),
    include_bytes!("../../../tests/data/av1-opus.flv"),
    include_bytes!("../../../tests/data/multitrack.flv"),
];

/// One side of a connection, and what its shard sees of it.
struct End {
    machine: Box<dyn Machine>,
    reply: Result<(), Refusal>,
    /// On its way to the other side.
    outgoing: Vec<u8>,
    events: Vec<Event>,
    end: Option<Result<Close, Error>>,
}

impl End {
    fn new(machine: impl Machine + 'static) -> Self {
        let mut this = Self {
            machine: Box::new(machine),
            reply: Ok(()),
            outgoing: Vec::new(),
            events: Vec::new(),
            end: None,
        };
        this.drain();
        this
    }

    fn tell(&mut self, input: Input<'_>) {
        if let Err(error) = self.machine.handle_input(NOW, input) {
            self.end = Some(Err(error));
        }
        self.drain();
    }

    fn drain(&mut self) {
        let mut replies = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Transmit(data) => self.outgoing.extend_from_slice(&data),
                Output::Event(event) => {
                    match &event {
                        Event::Publish(_) => replies.push(Reply::Publish(self.reply.clone())),
                        Event::Play(..) => {
                            replies.push(Reply::Play(self.reply.clone().map(|()| Default::default())))
                        }
                        _ => {}
                    }
                    self.events.push(event);
                }
                Output::Close(why) => self.end = Some(Ok(why)),
                Output::Datagram(..) => panic!("{output:?} is not RTMP's"),
            }
        }
        for reply in replies {
            self.tell(Input::Reply(reply));
        }
    }

    fn asked(&self, key: &str) -> bool {
        self.events.iter().any(|event| match event {
            Event::Publish(request) | Event::Play(request, _) => request.key.as_str() == key,
            _ => false,
        })
    }

    fn frames(&self) -> Vec<Frame> {
        let frame = |event: &Event| if let Event::Frame(frame) = event { Some(frame.clone()) } else { None };
        self.events.iter().filter_map(frame).collect()
    }

    fn tracks(&self) -> Arc<Description> {
        let tracks =
            |event: &Event| if let Event::Tracks(tracks) = event { Some(tracks.clone()) } else { None };
        self.events.iter().rev().find_map(tracks).expect("tracks")
    }

    fn error(&self) -> String {
        match self.end.as_ref().expect("an end") {
            Ok(why) => why.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

/// Carries bytes both ways, in pieces of `step`, until nobody has anything to say.
fn carry(a: &mut End, b: &mut End, step: usize) {
    while !a.outgoing.is_empty() || !b.outgoing.is_empty() {
        for piece in std::mem::take(&mut a.outgoing).chunks(step) {
            b.tell(Input::Bytes(piece));
        }
        for piece in std::mem::take(&mut b.outgoing).chunks(step) {
            a.tell(Input::Bytes(piece));
        }
    }
}

fn settings(chunk_size: u32) -> Settings {
    Settings { chunk_size, ..Settings::default() }
}

fn target(app: &str, name: &str) -> Target {
    Target {
        tc_url: format!("rtmp://there:1935/{app}"),
        app: app.into(),
        name: name.into(),
        via: String::new(),
    }
}

pub(super) fn request() -> Request {
    Request {
        vhost: "".into(),
        key: StreamKey::new("live", "here").unwrap(),
        params: "".into(),
        protocol: "rtmp",
        agent: "".into(),
        patience: std::time::Duration::ZERO,
    }
}

fn server(settings: &Settings) -> End {
    End::new(RtmpServer::new(NOW, Arc::new(*settings), Dice::new(1)))
}

fn publisher(target: Target, settings: &Settings) -> End {
    End::new(RtmpPublisher::new(NOW, target, request(), settings, Dice::new(2)))
}

fn player(target: Target, settings: &Settings) -> End {
    End::new(RtmpPlayer::new(NOW, target, request(), settings, Dice::new(3)))
}

fn load(file: &[u8]) -> (Arc<Description>, Vec<Frame>) {
    let mut unpackager = Unpackager::default();
    for tag in tags(file) {
        unpackager.push(NOW, tag.tag, i64::from(tag.timestamp), tag.body).unwrap();
    }
    unpackager.finish();
    let (mut description, mut frames) = (None, Vec::new());
    while let Some(unpacked) = unpackager.poll() {
        match unpacked {
            Unpacked::Tracks(tracks) => description = Some(tracks),
            Unpacked::Frame(frame) => frames.push(frame),
            Unpacked::Note(_) => {}
        }
    }
    (description.expect("tracks"), frames)
}

/// Feeds a viewer as a shard does.
fn feed(
    viewer: &mut End,
    settings: &Settings,
    packaging: rtmpd_core::media::Packaging,
    description: &Arc<Description>,
    frames: &[Frame],
) {
    let mut packager = RtmpPackager::of(packaging, settings).unwrap();
    let preamble: Bytes = packager.start(description);
    viewer.tell(Input::Media(Media::Start { description, preamble: &preamble }));
    let mut packed: Vec<Packed> = Vec::new();
    frames.iter().for_each(|frame| packager.push(frame, &mut packed));
    for Packed { kind, key, data } in packed {
        let packet =
            Packet { at: NOW, revision: 1, kind, key, stamp: rtmpd_core::media::Stamp::default(), data };
        viewer.tell(Input::Media(Media::Packet(&packet)));
    }
}

/// The frames that the first track of each kind has: what a packaging without multitrack carries.
fn firsts(description: &Description, frames: &[Frame]) -> Vec<Frame> {
    let is_first = |frame: &&Frame| description.track(frame.track).is_some_and(|track| track.index == 0);
    frames.iter().filter(is_first).cloned().collect()
}

#[test]
fn a_stream_goes_through_publisher_and_server() {
    for file in FILES {
        let (description, frames) = load(file);
        for (step, chunk_size) in [(1, 128), (1460, 8192), (usize::MAX, 65_536)] {
            let settings = settings(chunk_size);
            let (mut client, mut server) = (publisher(target("live", "s"), &settings), server(&settings));
            carry(&mut client, &mut server, step);
            assert!(server.asked("live/s") && client.asked("live/here"));
            feed(&mut client, &settings, PACKAGING, &description, &frames);
            client.tell(Input::Media(Media::Ended));
            assert_eq!(client.end, Some(Ok(Close::StreamEnded)));
            carry(&mut client, &mut server, step);
            assert_eq!(server.frames(), firsts(&description, &frames));
            assert!(matches!(server.events.last(), Some(Event::Stop)));
            assert_eq!(server.end, None);
        }
    }
}

#[test]
fn a_stream_goes_through_server_and_player() {
    for file in FILES {
        let (description, frames) = load(file);
        for (step, chunk_size) in [(1, 128), (1460, 8192), (usize::MAX, 65_536)] {
            let settings = settings(chunk_size);
            let (mut client, mut server) = (player(target("live", "s?k=v"), &settings), server(&settings));
            carry(&mut client, &mut server, step);
            let Some(Event::Play(request, packaging)) = server.events.last() else { panic!() };
            assert_eq!((request.key.as_str(), &*request.params, packaging.0), ("live/s", "k=v", "rtmp+all"));
            let packaging = *packaging;
            assert!(client.asked("live/here"));
            feed(&mut server, &settings, packaging, &description, &frames);
            server.tell(Input::Media(Media::Ended));
            carry(&mut client, &mut server, step);
            assert_eq!(client.frames(), frames);
            assert!(client.tracks().same_tracks(&description));
            assert_eq!(client.end, Some(Ok(Close::StreamEnded)));
            assert_eq!(server.end, Some(Ok(Close::StreamEnded)));
        }
    }
}

#[test]
fn refusals_reach_the_clients() {
    let settings = Settings::default();
    for make in [publisher, player] {
        let (mut client, mut server) = (make(target("abc", "s"), &settings), server(&settings));
        carry(&mut client, &mut server, 1000);
        let text = client.error();
        assert!(text.contains("NetConnection.Connect.Rejected: \"app 'abc' does not exist"), "{text}");
    }
    for (make, code) in [
        (publisher as fn(Target, &Settings) -> End, "NetStream.Publish.BadName"),
        (player, "NetStream.Play.Failed"),
    ] {
        let (mut client, mut server) = (make(target("live", "s"), &settings), server(&settings));
        server.reply = Err(Refusal::Busy("live/s".into()));
        carry(&mut client, &mut server, 1000);
        assert!(client.error().contains(code), "{}", client.error());
    }
}

#[test]
fn our_own_shard_refuses() {
    let settings = Settings::default();
    for make in [publisher, player] {
        let (mut client, mut server) = (make(target("live", "s"), &settings), server(&settings));
        client.reply = Err(Refusal::NotFound("live/here".into()));
        carry(&mut client, &mut server, 1000);
        let expected = Close::Error(Error::Refused(Refusal::NotFound("live/here".into())));
        assert_eq!(client.end, Some(Ok(expected)));
    }
}

#[test]
fn servers_that_do_not_answer_are_given_up() {
    let settings = Settings::default();
    for make in [publisher, player] {
        let mut client = make(target("live", "s"), &settings);
        let at = client.machine.poll_timeout().unwrap();
        assert!(at <= NOW + settings.greeting + settings.patience);
        assert!(client.machine.handle_input(at, Input::Timeout).is_err());
    }
}

#[test]
fn a_player_takes_leave() {
    let settings = Settings::default();
    let (mut client, mut server) = (player(target("live", "s"), &settings), server(&settings));
    carry(&mut client, &mut server, 1000);
    client.tell(Input::Shutdown);
    carry(&mut client, &mut server, 1000);
    assert!(matches!(server.events.last(), Some(Event::Stop)));
}

#[test]
fn a_recorded_session_is_the_same_in_any_cutting() {
    let (description, frames) = load(FILES[0]);
    let settings = settings(4096);
    let (mut client, mut server) = (player(target("live", "s"), &settings), server(&settings));
    let mut session = Vec::new();
    for _ in 0..8 {
        session.extend_from_slice(&server.outgoing);
        carry_once(&mut client, &mut server);
    }
    feed(&mut server, &settings, PACKAGING, &description, &frames);
    server.tell(Input::Media(Media::Ended));
    session.extend_from_slice(&server.outgoing);
    let run = |step: usize| {
        let mut client = player(target("live", "s"), &settings);
        session.chunks(step).for_each(|piece| client.tell(Input::Bytes(piece)));
        (format!("{:?}", client.events), client.end, client.outgoing)
    };
    let whole = run(session.len());
    assert_eq!(whole.1, Some(Ok(Close::StreamEnded)));
    assert!(whole.0.matches("Frame(").count() >= frames.len());
    for step in [1, 50, 1460] {
        assert_eq!(run(step), whole, "in pieces of {step}");
    }
}

/// Carries what both sides have said so far.
fn carry_once(a: &mut End, b: &mut End) {
    let (from_a, from_b) = (std::mem::take(&mut a.outgoing), std::mem::take(&mut b.outgoing));
    b.tell(Input::Bytes(&from_a));
    a.tell(Input::Bytes(&from_b));
}
