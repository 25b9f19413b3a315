//! Our clients, with a server in the test's hands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtmpd_core::{Dice, Machine, WallClock};

use super::caller::SDP;
use super::world::{Flight, HostId, Scene, Seen, WireId, World, wish};
use crate::rtp::Header;
use crate::rtsp::Settings;
use crate::rtsp::client::{RtspPlayer, RtspPublisher, Target, Transport};
use crate::rtsp::wire::{Message, Request, Response};

struct Server {
    world: World,
    host: HostId,
    wire: WireId,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    fn of(make: impl FnOnce(&World, Target) -> Box<dyn Machine>, transport: Transport) -> Self {
        let mut world = World::new(1);
        let host = world.host(1, &Settings::default());
        world.camera(host, "cam", &Scene::new(60));
        world.pass(Duration::from_millis(100));
        let server = "192.0.2.9:554".parse().unwrap();
        let target = Target { transport, ..Target::new("rtsp://there/live/cam", server) };
        let machine = make(&world, target);
        let (wire, seen) = world.connect_out(host, server, machine);
        Self { world, host, wire, seen }
    }

    fn of_player(transport: Transport) -> Self {
        let make = |world: &World, target| -> Box<dyn Machine> {
            Box::new(RtspPlayer::new(world.now, target, wish("pulled"), Settings::default(), Dice::new(1)))
        };
        Self::of(make, transport)
    }

    fn of_publisher(transport: Transport) -> Self {
        let make = |world: &World, target| -> Box<dyn Machine> {
            Box::new(RtspPublisher::new(world.now, target, wish("cam"), WallClock::default()))
        };
        Self::of(make, transport)
    }

    /// Requests that have come.
    fn requests(&mut self) -> Vec<Request> {
        let messages = self.world.network.messages(self.wire).into_iter();
        messages
            .filter_map(|message| match message {
                Message::Request(request) => Some(request),
                Message::Data { .. } => None,
                Message::Response(response) => panic!("{response:?}"),
            })
            .collect()
    }

    /// The one request that has come.
    fn request(&mut self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    fn said(&mut self) -> String {
        let request = self.request();
        format!("{} {}", request.method.name(), request.uri)
    }

    fn answer(&mut self, response: &Response) {
        self.world.say(self.wire, &response.write("RTSP/1.0"));
    }

    fn ok(&mut self) {
        self.answer(&Response::new(200));
    }

    fn set_up(&mut self, transport: &str) {
        self.answer(&Response::new(200).with("Session", "77;timeout=20").with("Transport", transport));
    }

    fn describe(&mut self, base: Option<&str>, sdp: &str) {
        let response = Response::new(200).with_body("application/sdp", sdp.to_owned().into());
        self.answer(&base.iter().fold(response, |response, base| response.with("Content-Base", base)));
    }

    fn pass_ms(&mut self, millis: u64) {
        self.world.pass(Duration::from_millis(millis));
    }

    fn end(&self) -> String {
        self.seen.lock().unwrap().end.clone().unwrap_or_default()
    }

    /// Plays both tracks inside the connection.
    fn playing(transport: Transport) -> Self {
        let mut server = Self::of_player(transport);
        assert_eq!(server.said(), "OPTIONS rtsp://there/live/cam");
        server.answer(&Response::new(200).with("Public", "OPTIONS, GET_PARAMETER"));
        assert_eq!(server.said(), "DESCRIBE rtsp://there/live/cam");
        server.describe(None, SDP);
        for track in 0..2 {
            assert_eq!(server.said(), format!("SETUP rtsp://there/live/cam/trackID={track}"));
            server.set_up(&match transport {
                Transport::Tcp => format!("RTP/AVP/TCP;interleaved={}-{}", track * 2, track * 2 + 1),
                Transport::Udp => format!("RTP/AVP;server_port={}-{}", 7000 + track * 2, 7001 + track * 2),
            });
        }
        assert_eq!(server.said(), "PLAY rtsp://there/live/cam");
        server.ok();
        server
    }

    fn interleave(&mut self, channel: u8, packet: &[u8]) {
        let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
        self.world.say(self.wire, &[&[b'$', channel, length[0], length[1]], packet].concat());
    }
}

fn sound(sequence: u16) -> Vec<u8> {
    let timestamp = u32::from(sequence) * 1024;
    let header = Header { marker: true, payload_type: 97, sequence, timestamp, ssrc: 1 };
    [&header.write()[..], &[0, 16, 0, 32, 0x21, 0x10, 1, 2]].concat()
}

#[test]
fn a_server_that_does_not_answer() {
    for mut server in [Server::of_player(Transport::Tcp), Server::of_publisher(Transport::Tcp)] {
        server.pass_ms(9_900);
        assert_eq!(server.end(), "");
        server.pass_ms(200);
        assert!(server.end().contains("an answer of the RTSP server"), "{}", server.end());
        assert_eq!(server.world.connections(server.host), 1, "the camera");
    }
}

#[test]
fn a_server_that_answers_half() {
    let mut server = Server::of_player(Transport::Tcp);
    for byte in b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS" {
        server.world.say(server.wire, &[*byte]);
        server.pass_ms(300);
    }
    assert!(server.end().contains("an answer of the RTSP server"), "{}", server.end());
}

#[test]
fn servers_that_say_no() {
    for (status, word) in [(404, "404 to DESCRIBE"), (503, "503 to DESCRIBE"), (302, "302 to DESCRIBE")] {
        let mut server = Server::of_player(Transport::Tcp);
        server.ok();
        server.answer(&Response::new(status).with("Location", "rtsp://elsewhere/"));
        assert!(server.end().contains(word), "{}", server.end());
    }
    let mut server = Server::of_publisher(Transport::Tcp);
    server.answer(&Response::new(406));
    assert!(server.end().contains("406 to ANNOUNCE"), "{}", server.end());
}

#[test]
fn a_server_that_knows_no_options() {
    let mut server = Server::of_player(Transport::Tcp);
    server.requests();
    server.answer(&Response::new(501));
    assert_eq!(server.said(), "DESCRIBE rtsp://there/live/cam");
}

#[test]
fn what_is_no_answer() {
    for noise in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x15\x03\x01\0\x02\x02\x46\n", b"220 mail\r\n\r\n"]
    {
        let mut server = Server::of_player(Transport::Tcp);
        server.world.say(server.wire, noise);
        server.pass_ms(11_000);
        assert_ne!(server.end(), "");
        assert!(server.world.network.is_closed(server.wire));
    }
}

#[test]
fn signs_of_life_are_given() {
    let mut server = Server::playing(Transport::Tcp);
    for n in 0..100 {
        server.pass_ms(500);
        server.interleave(2, &sound(n));
        for request in server.requests() {
            assert_eq!((request.method.name(), request.header("Session")), ("GET_PARAMETER", Some("77")));
            assert_eq!(n % 20, 19, "every ten seconds");
            server.ok();
        }
    }
    assert_eq!(server.end(), "");
    assert_eq!(server.seen.lock().unwrap().frames.len(), 100);
}

#[test]
fn signs_of_life_that_are_refused_are_signs_of_life() {
    let mut server = Server::playing(Transport::Tcp);
    for n in 0..60 {
        server.pass_ms(500);
        server.interleave(2, &sound(n));
        for _ in server.requests() {
            server.answer(&Response::new(405));
        }
    }
    assert_eq!(server.end(), "");
}

#[test]
fn a_server_that_sends_nothing() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut server = Server::playing(transport);
        server.pass_ms(9_900);
        assert_eq!(server.end(), "");
        server.pass_ms(200);
        assert!(server.end().contains("media from the RTSP server"), "{}", server.end());
        assert_eq!(server.world.pairs(server.host), 0);
    }
}

#[test]
fn a_server_that_ends_it() {
    let mut server = Server::playing(Transport::Tcp);
    server.world.say(server.wire, b"TEARDOWN rtsp://there/live/cam RTSP/1.0\r\nCSeq: 900\r\n\r\n");
    let messages = server.world.network.messages(server.wire);
    assert!(matches!(&messages[0], Message::Response(answer) if answer.header("CSeq") == Some("900")));
    assert!(server.world.network.is_closed(server.wire));
}

#[test]
fn a_way_is_opened_for_datagrams() {
    let mut server = Server::playing(Transport::Udp);
    server.pass_ms(100);
    let knocks: Vec<u16> = server.world.network.astray.iter().map(|flight| flight.to.port()).collect();
    assert_eq!(knocks, [7000, 7001, 7002, 7003]);
    let to = server.world.network.astray[2].from;
    for (n, from) in ["192.0.2.9:7002", "192.0.2.10:7002", "192.0.2.9:9999"].into_iter().enumerate() {
        let data = sound(u16::try_from(n).unwrap());
        server.world.network.launch(server.world.now, Flight { from: from.parse().unwrap(), to, data });
        server.pass_ms(2_500);
    }
    assert_eq!(server.seen.lock().unwrap().frames.len(), 2, "from the server's address, whatever the port");
}

#[test]
fn control_urls_as_servers_write_them() {
    for (base, control, whole) in [
        (Some("rtsp://there/live/cam/"), "trackID=1", "rtsp://there/live/cam/trackID=1"),
        (Some("rtsp://there/live/cam"), "trackID=1", "rtsp://there/live/cam/trackID=1"),
        (None, "rtsp://other:8554/x/1", "rtsp://other:8554/x/1"),
        (Some("rtsp://cam:554/h264"), "/track1", "rtsp://cam:554/h264/track1"),
        (None, "?ctype=audio", "rtsp://there/live/cam/?ctype=audio"),
    ] {
        let mut server = Server::of_player(Transport::Tcp);
        server.ok();
        server.requests();
        let sdp = format!("v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:{control}\r\n");
        server.describe(base, &sdp);
        assert_eq!(server.said(), format!("SETUP {whole}"));
    }
}

#[test]
fn channels_that_the_server_chose() {
    let mut server = Server::of_player(Transport::Tcp);
    server.ok();
    server.describe(None, SDP);
    server.set_up("RTP/AVP/TCP;unicast;interleaved=8-9");
    server.set_up("RTP/AVP/TCP;unicast;interleaved=6-7");
    server.ok();
    for n in 0..10 {
        server.interleave(2, &sound(n + 1000));
        server.interleave(6, &sound(n));
    }
    server.pass_ms(3_000);
    assert_eq!(server.seen.lock().unwrap().frames.len(), 10);
}

#[test]
fn descriptions_that_are_of_no_use() {
    for (sdp, word) in [
        ("", "no tracks"),
        ("v=0\r\n", "no tracks"),
        ("v=0\r\nm=audio 0 RTP/AVP 96\r\na=rtpmap:96 nonsense/8000\r\n", "nonsense"),
    ] {
        let mut server = Server::of_player(Transport::Tcp);
        server.ok();
        server.describe(None, sdp);
        assert!(server.end().to_lowercase().contains(&word.to_lowercase()), "{sdp:?}: {}", server.end());
    }
}

#[test]
fn media_flows_when_recording_was_granted_and_not_before() {
    let mut server = Server::of_publisher(Transport::Tcp);
    let announce = server.request();
    assert_eq!(
        (announce.method.name(), announce.header("Content-Type")),
        ("ANNOUNCE", Some("application/sdp"))
    );
    server.ok();
    server.set_up("RTP/AVP/TCP;interleaved=0-1");
    server.pass_ms(500);
    server.set_up("RTP/AVP/TCP;interleaved=2-3");
    server.pass_ms(500);
    let messages = server.world.network.messages(server.wire);
    assert!(!messages.iter().any(|message| matches!(message, Message::Data { .. })));
    server.ok();
    server.pass_ms(500);
    let messages = server.world.network.messages(server.wire);
    assert!(messages.iter().filter(|message| matches!(message, Message::Data { .. })).count() > 20);
}
