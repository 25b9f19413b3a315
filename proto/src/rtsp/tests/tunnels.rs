//! RTSP through HTTP: two connections, on one shard or on two.

use std::net::SocketAddr;
use std::time::Duration;

use super::world::{Cut, HostId, Scene, WireId, World};
use crate::rtsp::Settings;
use crate::rtsp::wire::{Decoder, Message, Method, Request, Response};

const DOWN: &str =
    "GET /live/cam HTTP/1.0\r\nx-sessioncookie: abcdef\r\nAccept: application/x-rtsp-tunnelled\r\n\r\n";
const UP: &str = "POST /live/cam HTTP/1.0\r\nx-sessioncookie: abcdef\r\nContent-Type: application/x-rtsp-tunnelled\r\n\
    Content-Length: 32767\r\nExpires: Sun, 9 Jan 1972 00:00:00 GMT\r\n\r\n";

struct Pipe {
    world: World,
    server: HostId,
    down: WireId,
    up: WireId,
    /// What came down that was no message yet.
    decoder: Decoder,
    is_open: bool,
    packets: usize,
}

impl Pipe {
    fn new(shards: [usize; 2]) -> Self {
        let mut world = World::new(4);
        let server = world.host(2, &Settings::default());
        world.camera(server, "cam", &Scene::new(30));
        world.pass(Duration::from_millis(100));
        let from = |port| SocketAddr::from(([192, 0, 2, 7], port));
        let down = world.call(server, shards[0], from(1000));
        let up = world.call(server, shards[1], from(1001));
        Self { world, server, down, up, decoder: Decoder::default(), is_open: false, packets: 0 }
    }

    fn open(&mut self) {
        self.world.say(self.down, DOWN.as_bytes());
        self.world.say(self.up, UP.as_bytes());
    }

    /// Sends requests in base64, each with an end of its own or all together, and gives the answers' status codes.
    fn ask(&mut self, requests: &[Request], together: bool) -> Vec<u16> {
        let plain: Vec<Vec<u8>> = requests.iter().map(|request| request.write().to_vec()).collect();
        let text: String =
            if together { base64(&plain.concat()) } else { plain.iter().map(|one| base64(one)).collect() };
        self.world.say(self.up, text.as_bytes());
        self.heard().iter().map(|response| response.status).collect()
    }

    fn heard(&mut self) -> Vec<Response> {
        let mut heard = &self.world.network.heard(self.down)[..];
        if !self.is_open {
            let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") else { return Vec::new() };
            assert!(heard.starts_with(b"HTTP/1.0 200 OK\r\n"));
            heard = &heard[end + 4..];
            self.is_open = true;
        }
        self.decoder.push(heard);
        let mut answers = Vec::new();
        while let Some(message) = self.decoder.next_message().unwrap() {
            match message {
                Message::Response(response) => answers.push(response),
                Message::Data { .. } => self.packets += 1,
                Message::Request(request) => panic!("{request:?}"),
            }
        }
        answers
    }
}

fn request(method: &str, path: &str) -> Request {
    Request::new(Method::of(method), &format!("rtsp://10.0.0.1/live/{path}")).with("CSeq", "1")
}

fn playing() -> Vec<Request> {
    vec![
        request("OPTIONS", "cam"),
        request("DESCRIBE", "cam"),
        request("SETUP", "cam/trackID=0").with("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"),
        request("PLAY", "cam"),
    ]
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in data.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}

#[test]
fn playing_through_http() {
    for shards in [[0, 0], [0, 1], [1, 0]] {
        for (cut, together) in [
            (Cut::Every(1), true),
            (Cut::Every(1), false),
            (Cut::Anywhere(9), false),
            (Cut::Every(9999), true),
        ] {
            let mut pipe = Pipe::new(shards);
            pipe.world.network.cut = cut;
            pipe.open();
            assert_eq!(pipe.ask(&playing(), together), [200; 4], "{shards:?} {cut:?}");
            pipe.world.pass(Duration::from_secs(2));
            pipe.heard();
            assert!(pipe.packets > 50);
            assert_eq!(pipe.ask(&[request("TEARDOWN", "cam")], true), [200]);
        }
    }
}

#[test]
fn the_way_up_may_come_first() {
    let mut pipe = Pipe::new([0, 1]);
    pipe.world.say(pipe.up, UP.as_bytes());
    pipe.world.pass(Duration::from_millis(50));
    pipe.world.say(pipe.down, DOWN.as_bytes());
    assert_eq!(pipe.ask(&playing(), false), [200; 4]);
}

#[test]
fn datagrams_are_not_offered_through_http() {
    let mut pipe = Pipe::new([0, 0]);
    pipe.open();
    let setup = |transport| request("SETUP", "cam/trackID=0").with("Transport", transport);
    assert_eq!(pipe.ask(&[setup("RTP/AVP;unicast;client_port=5000-5001")], true), [461]);
    assert_eq!(
        pipe.ask(&[setup("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1")], true),
        [200]
    );
}

#[test]
fn either_end_may_go() {
    let mut pipe = Pipe::new([0, 1]);
    pipe.open();
    pipe.ask(&playing(), true);
    // Some clients use a new connection for each request.
    pipe.world.network.hang_up(pipe.up);
    pipe.world.pass(Duration::from_secs(1));
    assert!(!pipe.world.network.is_closed(pipe.down));
    pipe.up = pipe.world.call(pipe.server, 1, ([192, 0, 2, 7], 1002).into());
    pipe.world.say(pipe.up, UP.as_bytes());
    pipe.heard();
    assert_eq!(pipe.ask(&[request("GET_PARAMETER", "cam")], true), [200]);
    pipe.world.network.hang_up(pipe.down);
    pipe.world.pass(Duration::from_secs(1));
    pipe.world.say(pipe.up, base64(&request("PLAY", "cam").write()).as_bytes());
    pipe.world.network.hang_up(pipe.up);
    pipe.world.pass(Duration::from_secs(3));
    assert_eq!(pipe.world.connections(pipe.server), 1, "the camera's");
}

#[test]
fn a_way_up_that_nothing_comes_by() {
    let mut pipe = Pipe::new([0, 0]);
    pipe.open();
    pipe.world.network.hang_up(pipe.down);
    pipe.world.pass(Duration::from_secs(590));
    assert!(!pipe.world.network.is_closed(pipe.up));
    pipe.world.pass(Duration::from_secs(20));
    assert!(pipe.world.network.is_closed(pipe.up));
}

#[test]
fn what_is_no_tunnel() {
    for text in [
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nx-sessioncookie: {}\r\n\r\n", "x".repeat(129)),
        "POST / HTTP/1.1\r\nx-sessioncookie:\r\n\r\n".to_owned(),
    ] {
        let mut pipe = Pipe::new([0, 0]);
        pipe.world.say(pipe.down, text.as_bytes());
        assert!(pipe.world.network.heard(pipe.down).starts_with(b"HTTP/1.0 400 Bad Request\r\n"));
        assert!(pipe.world.network.is_closed(pipe.down));
    }
}

#[test]
fn what_is_no_base64() {
    let mut pipe = Pipe::new([0, 1]);
    pipe.open();
    pipe.world.say(pipe.up, b"OPTIONS * RTSP/1.0\r\n\r\n");
    assert!(pipe.world.network.is_closed(pipe.up));
    assert!(!pipe.world.network.is_closed(pipe.down), "the other end is not to blame");
}
