//! A client in the test's hands, and what it hears.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::world::{HostId, Scene, Seen, WireId, World};
use crate::rtsp::Settings;
use crate::rtsp::wire::{Message, Method, Request, Response};

/// A server, a camera on it that publishes `live/cam`, and a client.
pub(super) struct Caller {
    pub(super) world: World,
    pub(super) server: HostId,
    pub(super) wire: WireId,
    pub(super) from: SocketAddr,
    number: u32,
    /// What was interleaved since this was last looked at.
    pub(super) packets: Vec<(u8, Bytes)>,
}

/// What is announced: a picture track and a sound track.
pub(super) const SDP: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n\
    a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLD9+Pg=\r\n\
    m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=control:trackID=1\r\n\
    a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190\r\n";

impl Caller {
    pub(super) fn new() -> Self {
        Self::with(&Settings::default())
    }

    pub(super) fn with(settings: &Settings) -> Self {
        let mut world = World::new(1);
        let server = world.host(2, settings);
        let from = SocketAddr::from(([192, 0, 2, 7], 50_000));
        let wire = world.call(server, 0, from);
        Self { world, server, wire, from, number: 0, packets: Vec::new() }
    }

    /// With a camera that shows half a minute from now on.
    pub(super) fn with_camera() -> Self {
        Self::new().filmed()
    }

    pub(super) fn filmed(mut self) -> Self {
        self.world.camera(self.server, "cam", &Scene::new(30));
        self.pass_ms(100);
        self
    }

    /// Hangs up and comes again.
    pub(super) fn call_again(&mut self) {
        self.world.network.hang_up(self.wire);
        self.world.run();
        self.wire = self.world.call(self.server, 0, self.from);
    }

    pub(super) fn pass_ms(&mut self, millis: u64) {
        self.world.pass(Duration::from_millis(millis));
    }

    pub(super) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(Method::of(method), &format!("rtsp://10.0.0.1/live/{path}"))
    }

    /// Asks, and gives the answer.
    pub(super) fn ask(&mut self, request: Request) -> Response {
        let mut answers = self.ask_all([request]);
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    /// Asks all of it at once.
    pub(super) fn ask_all(&mut self, requests: impl IntoIterator<Item = Request>) -> Vec<Response> {
        let mut bytes = Vec::new();
        for request in requests {
            self.number += 1;
            bytes.extend_from_slice(&request.with("CSeq", &self.number.to_string()).write());
        }
        self.world.say(self.wire, &bytes);
        self.heard()
    }

    /// Answers that have come.
    pub(super) fn heard(&mut self) -> Vec<Response> {
        let mut answers = Vec::new();
        for message in self.world.network.messages(self.wire) {
            match message {
                Message::Response(response) => answers.push(response),
                Message::Data { channel, payload } => self.packets.push((channel, payload)),
                Message::Request(request) => panic!("{request:?}"),
            }
        }
        answers
    }

    /// The status of the answer to a request without headers.
    pub(super) fn status(&mut self, method: &str, path: &str) -> u16 {
        self.ask(self.request(method, path)).status
    }

    pub(super) fn announce(&mut self, path: &str) -> Response {
        let body = Bytes::from_static(SDP.as_bytes());
        self.ask(self.request("ANNOUNCE", path).with_body("application/sdp", body))
    }

    pub(super) fn set_up(&mut self, path: &str, transport: &str) -> Response {
        self.ask(self.request("SETUP", path).with("Transport", transport))
    }

    /// An interleaved packet goes to the server.
    pub(super) fn interleave(&mut self, channel: u8, packet: &[u8]) {
        let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
        self.world.say(self.wire, &[&[b'$', channel, length[0], length[1]], packet].concat());
    }

    /// Looks at what the machine at the other end said; the calls of a test are counted from zero.
    pub(super) fn seen<T>(&self, call: usize, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.world.served(self.server, call).lock().unwrap())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.world.network.is_closed(self.wire)
    }
}

/// The session's id in an answer.
pub(super) fn session(response: &Response) -> String {
    response.header("Session").unwrap().split(';').next().unwrap().to_owned()
}
