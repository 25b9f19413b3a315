//! RTSP: the machines of both sides, whose peers say whatever they like, by whatever way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::{Dice, Instant, Machine, Peer, Request, StreamKey, WallClock};
use rtmpd_proto::rtp::Header;
use rtmpd_proto::rtsp::client::{RtspPlayer, RtspPublisher, Target, Transport};
use rtmpd_proto::rtsp::{Account, RtspServer, Settings};

use super::floor::Floor;
use super::source::{Source, pieces};

/// When everything begins.
const BEGIN: Instant = Instant::from_millis(1000);
/// Longest packet that is made up, in bytes.
const PACKET: usize = 255;

/// A client.
pub fn rtsp_server(data: &[u8]) {
    either_way(data, &REQUESTS, |choice| {
        let account = Account { user: "user".into(), password: "pass".into(), realm: "realm".into() };
        let settings = Settings {
            account: Some(account).filter(|_| choice & 1 == 1),
            follow: choice & 2 == 2,
            max_idle: Duration::from_secs(u64::from(choice >> 4)),
            ..Settings::default()
        };
        let peer = Peer { local: address(1, 554), remote: address(2, 1000) };
        Box::new(RtspServer::new(BEGIN, Arc::new(settings), peer, Dice::new(1)))
    });
}

/// A server's answers to our player.
pub fn rtsp_player(data: &[u8]) {
    either_way(data, &ANSWERS, |choice| {
        Box::new(RtspPlayer::new(BEGIN, target(choice), request(), Settings::default(), Dice::new(1)))
    });
}

/// A server's answers to our publisher.
pub fn rtsp_publisher(data: &[u8]) {
    either_way(data, &ANSWERS, |choice| {
        Box::new(RtspPublisher::new(BEGIN, target(choice), request(), WallClock::default()))
    });
}

/// What peers usually say; the input chooses among it.
const REQUESTS: [&str; 16] = [
    "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "DESCRIBE rtsp://h/live/a RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n",
    "DESCRIBE rtsp://h/live/b RTSP/1.0\r\nCSeq: 2\r\n\r\n",
    "SETUP rtsp://h/live/a/trackID=0 RTSP/1.0\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n",
    "SETUP rtsp://h/live/a/trackID=1 RTSP/1.0\r\nTransport: RTP/AVP;unicast;client_port=5002-5003\r\n\r\n",
    "SETUP rtsp://h/live/a/trackID=0 RTSP/1.0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
    "SETUP rtsp://h/live/a/trackID=1 RTSP/1.0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5\r\n\r\n",
    "PLAY rtsp://h/live/a RTSP/1.0\r\nCSeq: 4\r\nRange: npt=0.000-\r\n\r\n",
    "PAUSE rtsp://h/live/a RTSP/1.0\r\n\r\n",
    "RECORD rtsp://h/live/a RTSP/1.0\r\n\r\n",
    "TEARDOWN rtsp://h/live/a RTSP/1.0\r\n\r\n",
    "GET_PARAMETER rtsp://h/live/a RTSP/1.0\r\n\r\n",
    "ANNOUNCE rtsp://h/live/a RTSP/1.0\r\nContent-Length: 311\r\n\r\nv=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
     a=fmtp:96 sprop-parameter-sets=Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLD9+Pg=\r\na=control:trackID=0\r\n\
     m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=control:trackID=1\r\n\
     a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190\r\n",
    "DESCRIBE rtsp://h/live/a RTSP/1.0\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n",
    "GET /live/a HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n",
    "POST /live/a HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n",
];

/// What servers say; they need not say the number of what they answer.
const ANSWERS: [&str; 16] = [
    "RTSP/1.0 200 OK\r\nPublic: OPTIONS, GET_PARAMETER\r\n\r\n",
    "RTSP/1.0 200 OK\r\nContent-Base: rtsp://h/live/a/\r\nContent-Length: 311\r\n\r\nv=0\r\nm=video 0 RTP/AVP 96\r\n\
     a=rtpmap:96 H264/90000\r\n\
     a=fmtp:96 sprop-parameter-sets=Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLD9+Pg=\r\na=control:trackID=0\r\n\
     m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=control:trackID=1\r\n\
     a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190\r\n",
    "RTSP/1.0 200 OK\r\nSession: 1;timeout=10\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
    "RTSP/1.0 200 OK\r\nSession: 1;timeout=10\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n",
    "RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;client_port=40000-40001;server_port=6000-6001\r\n\r\n",
    "RTSP/1.0 200 OK\r\nSession: 1\r\nRTP-Info: url=rtsp://h/live/a/trackID=0;seq=1;rtptime=7,url=trackID=1;rtptime=9\r\n\r\n",
    "RTSP/1.0 200 OK\r\n\r\n",
    "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n\r\n",
    "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"m\", stale=true, algorithm=SHA-256\r\n\r\n",
    "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n",
    "RTSP/1.0 404 Not Found\r\n\r\n",
    "RTSP/1.0 100 Continue\r\n\r\n",
    "RTSP/1.0 454 Session Not Found\r\nCSeq: 5\r\n\r\n",
    "OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n",
    "TEARDOWN * RTSP/1.0\r\nCSeq: 9\r\n\r\n",
    "RTSP/1.0 200 OK\r\nSession: ;timeout=0\r\nTransport: RTP/AVP;unicast\r\n\r\n",
];

/// The same story, whichever way bytes are cut.
fn either_way(data: &[u8], words: &[&str; 16], make: impl Fn(u8) -> Box<dyn Machine>) {
    let mut source = Source::new(data);
    let (choice, seed) = (source.byte(), source.byte());
    let steps = source.rest();
    let whole = live(Floor::new(BEGIN, make(choice)), steps, words, None);
    let cut = live(Floor::new(BEGIN, make(choice)), steps, words, Some(seed));
    assert_eq!(whole, cut);
}

fn live(mut floor: Floor, steps: &[u8], words: &[&str; 16], cut: Option<u8>) -> Vec<String> {
    let mut source = Source::new(steps);
    while !source.is_empty() && !floor.over {
        step(&mut floor, &mut source, words, cut);
    }
    floor.end();
    floor.story
}

fn step(floor: &mut Floor, source: &mut Source<'_>, words: &[&str; 16], cut: Option<u8>) {
    let choice = source.byte();
    let detail = choice >> 3;
    match choice % 8 {
        0 => floor.pass(Duration::from_millis(u64::from(detail) * u64::from(detail) * 20)),
        1 => say(floor, words[usize::from(detail % 16)].as_bytes(), cut),
        2 => {
            let packet = packet(source, detail);
            floor.datagram(detail >> 1 & 3, address(2, 5000), &packet);
        }
        3 => {
            let packet = packet(source, detail);
            let length = packet.len() as u16;
            let head = [b'$', detail >> 1 & 7, (length >> 8) as u8, length as u8];
            say(floor, &[&head[..], &packet].concat(), cut);
        }
        4 => floor.media(detail & 1 == 1),
        5 => {
            let length = usize::from(source.byte());
            floor.datagram(detail & 7, address(2 + (detail >> 3), 5001), source.take(length));
        }
        _ => {
            let length = usize::from(source.byte()) * usize::from(1 + detail);
            say(floor, source.take(length), cut);
        }
    }
}

fn say(floor: &mut Floor, bytes: &[u8], cut: Option<u8>) {
    match cut {
        None => floor.bytes(bytes),
        Some(seed) => pieces(bytes, seed).for_each(|piece| floor.bytes(piece)),
    }
}

/// An RTP packet of pictures or of sound.
fn packet(source: &mut Source<'_>, detail: u8) -> Vec<u8> {
    let (sequence, marks, length) = (source.byte(), source.byte(), source.byte());
    let header = Header {
        marker: marks & 1 == 1,
        payload_type: if detail & 4 == 0 { 96 } else { 97 },
        sequence: u16::from(sequence),
        timestamp: u32::from(sequence >> 2) * 3600,
        ssrc: u32::from(marks >> 6),
    };
    let body = source.take(usize::from(length).min(PACKET));
    [&header.write()[..], body].concat()
}

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], port))
}

fn target(choice: u8) -> Target {
    let target = Target::new("rtsp://user:pass@h/live/a", address(2, 554));
    let transport = if choice & 1 == 1 { Transport::Udp } else { Transport::Tcp };
    let account = target.account.filter(|_| choice & 2 == 2);
    Target { transport, account, ..target }
}

fn request() -> Request {
    Request {
        vhost: "h".into(),
        key: StreamKey::new("live", "name").expect("a good name"),
        params: "".into(),
        protocol: "rtsp",
        agent: "".into(),
        patience: Duration::ZERO,
    }
}
