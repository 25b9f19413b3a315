//! Bad peers, slow peers and many peers cost a running stream nothing.

#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use rtmpd_interop::clients::Publisher;
use rtmpd_interop::compare::{Want, assert_played, assert_runs};
use rtmpd_interop::flv::Flv;
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw, until};
use socket2::{Domain, Socket, Type};

const EXACT: Want = Want { packets: 75, tail: Some(0), slack: 0 };

/// Runs `disturb` while a stream is played, and wants every packet of that stream to be there.
fn undisturbed(name: &str, disturb: impl FnOnce(&Server)) {
    let mut server = Server::start(name);
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    disturb(&server);
    publisher.finish();
    assert_played(&Media::H264Aac.flv(), &Flv::parse(&player.finish()), EXACT);
    server.stop();
}

/// Bytes that look like nothing, the same in every run.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}

/// Sends as much as the server takes; it may close at any time.
fn throw(port: u16, bytes: &[u8]) -> TcpStream {
    let mut socket = raw::connect(port);
    socket.write_all(bytes).ok();
    socket
}

#[test]
fn garbage() {
    undisturbed("garbage", |server| {
        for seed in 0..40 {
            throw(server.rtmp_port(), &noise(seed, 5000));
            throw(server.http_port(), &noise(seed, 5000));
        }
        for seed in 40..60 {
            // A right handshake, then garbage where chunks should be.
            let mut bytes = vec![3];
            bytes.extend(noise(seed, 1536 + 1536 + 20_000));
            throw(server.rtmp_port(), &bytes);
        }
    });
}

#[test]
fn half_handshakes_and_slow_requests() {
    undisturbed("half", |server| {
        let mut held = Vec::new();
        for count in [0, 1, 700, 1536, 1537, 2000] {
            let mut bytes = vec![3; count.min(1)];
            bytes.extend(noise(1, count.saturating_sub(1)));
            held.push(throw(server.rtmp_port(), &bytes));
            let request = b"GET /live/stream.flv HTTP/1.1\r\nHost: a";
            held.push(throw(server.http_port(), &request[..count.min(request.len())]));
        }
        let mut slow = raw::connect(server.http_port());
        for byte in raw::get("/", "X-Slow: yes\r\n").bytes() {
            slow.write_all(&[byte]).expect("a slow request is taken");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(raw::read_response(&mut slow).status, 200);
    });
}

#[test]
fn a_thousand_that_connect_and_leave() {
    undisturbed("connect-close", |server| {
        for _ in 0..500 {
            drop(raw::connect(server.rtmp_port()));
            drop(raw::connect(server.http_port()));
        }
    });
}

#[test]
fn an_endless_head_is_refused() {
    let server = Server::start("endless-head");
    let mut socket = raw::connect(server.http_port());
    socket.write_all(b"GET / HTTP/1.1\r\n").expect("a request line is taken");
    let line = [b'a'; 1000];
    let refused = (0..10_000).any(|_| socket.write_all(&line).is_err());
    assert!(refused || socket.read(&mut [0]).is_ok(), "the server puts an end to it");
    assert!(server.resident_kib() < 64 * 1024, "{} KiB", server.resident_kib());
}

/// A player with a receive buffer of a few KiB that has asked for the stream and reads nothing yet.
fn small_player(server: &Server, name: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a size can be set");
    socket
        .connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, server.http_port())).into())
        .expect("the server accepts");
    let mut socket = TcpStream::from(socket);
    socket.write_all(raw::get(&format!("/live/{name}.flv"), "").as_bytes()).expect("a request is taken");
    socket
}

#[test]
fn a_player_that_stops_reading_is_closed_and_costs_nobody_anything() {
    let server = Server::start_with("stalled", "<sock><sendbuffer>64</sendbuffer></sock>", "");
    let mut publisher = Publisher::ffmpeg_times(4, Media::Heavy, &server.rtmp("stream"));
    server.wait_live("stream");
    let good = raw::Player::http(server.http_port(), "stream");
    let before = server.resident_kib();
    let stalled: Vec<TcpStream> = (0..20).map(|_| small_player(&server, "stream")).collect();
    publisher.finish();
    // 20 stalled players of 1 MB/s for 30 s: what they were not given is not kept for them.
    let after = server.resident_kib();
    assert!(after < before + 32 * 1024, "{before} KiB before, {after} KiB after");
    until("the stalled players are closed", Duration::from_secs(60), || {
        server.log().matches("slow consumer").count() >= stalled.len()
    });
    assert_eq!(
        assert_runs(&Media::Heavy.flv(), &Flv::parse(&good.finish())).len(),
        1,
        "the good player misses nothing"
    );
}

#[test]
fn a_player_that_falls_behind_resumes_at_a_keyframe() {
    let server = Server::start_with("behind", "<sock><sendbuffer>64</sendbuffer></sock>", "");
    let mut publisher = Publisher::ffmpeg_times(2, Media::Heavy, &server.rtmp("stream"));
    server.wait_live("stream");
    let slow = small_player(&server, "stream");
    std::thread::sleep(Duration::from_secs(6));
    let player = raw::Player::resume(slow);
    publisher.finish();
    let runs = assert_runs(&Media::Heavy.flv(), &Flv::parse(&player.finish()));
    assert!(runs.len() >= 2, "it fell behind, left something out, and went on: {runs:?}");
}

/// Sends an RTSP request and gives what comes back until the server closes or has nothing more to say.
fn ask_rtsp(server: &Server, request: &[u8]) -> String {
    let mut socket = throw(server.rtsp_addr().port(), request);
    socket.set_read_timeout(Some(Duration::from_millis(700))).expect("a patience");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn rtsp_requests_without_measure() {
    undisturbed("rtsp-measure", |server| {
        let url = server.rtsp("stream");
        let long = format!("OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\nX: {}\r\n\r\n", "a".repeat(1 << 20));
        ask_rtsp(server, long.as_bytes());
        server.wait_log("limit exceeded: the start line and headers");
        for length in ["9223372036854775808", "99999999999999999999999999"] {
            let request = format!("ANNOUNCE {url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: {length}\r\n\r\n");
            assert!(ask_rtsp(server, request.as_bytes()).starts_with("RTSP/1.0 413 "));
            server.wait_log(&format!("Content-Length is \"{length}\", at most"));
        }
        for seed in 60..80 {
            ask_rtsp(server, &noise(seed, 5000));
        }
    });
}

#[test]
fn ten_thousand_setups() {
    undisturbed("rtsp-setups", |server| {
        let before = server.resident_kib();
        let setup = |number: usize| {
            let (url, port) = (server.rtsp("stream"), 20_000 + 2 * (number % 10_000));
            format!(
                "SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: {number}\r\nTransport: RTP/AVP;unicast;client_port={port}-{}\r\n\r\n",
                port + 1
            )
        };
        // All at once: they are answered, or it was too much at a time.
        let all: String = (1..10_000).map(setup).collect();
        let answers = ask_rtsp(server, all.as_bytes());
        let last = answers.ends_with("Server: smart_rtmpd\r\n\r\n");
        assert!(last || server.log().contains(" rtsp closed: limit exceeded: more than 262144 bytes came"));
        // One after the other in one connection: the last one counts. Then a thousand connections with one each.
        let mut socket = raw::connect(server.rtsp_addr().port());
        for number in 1..10_000 {
            socket.write_all(setup(number).as_bytes()).expect("a request is taken");
            let mut answer = [0; 1024];
            let length = socket.read(&mut answer).expect("an answer");
            assert!(answer[..length].starts_with(b"RTSP/1.0 200 OK"), "SETUP {number}");
        }
        let held: Vec<TcpStream> =
            (0..1000).map(|number| throw(server.rtsp_addr().port(), setup(number).as_bytes())).collect();
        std::thread::sleep(Duration::from_millis(500));
        let grown = server.resident_kib().saturating_sub(before);
        assert!(grown < 32 << 10, "{grown} KiB for {} sessions", held.len());
    });
}

#[test]
fn rtsp_publishers_that_stop_in_the_middle() {
    undisturbed("rtsp-stop", |server| {
        let sdp =
            "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n";
        let held: Vec<TcpStream> = (0..20)
            .map(|number| {
                let url = server.rtsp(&format!("half{number}"));
                let mut bytes = format!(
                    "ANNOUNCE {url} RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}\
                     SETUP {url}/streamid=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n\r\n\
                     RECORD {url} RTSP/1.0\r\nCSeq: 3\r\n\r\n",
                    sdp.len()
                )
                .into_bytes();
                // The first half of a picture in fragments, in an interleaved packet that is itself cut short.
                bytes.extend(b"$\0\0\x40\x80\x60\0\x01\0\0\0\0\0\0\0\x07\x7c\x85");
                bytes.extend(noise(number, 20));
                throw(server.rtsp_addr().port(), &bytes)
            })
            .collect();
        std::thread::sleep(Duration::from_secs(1));
        drop(held);
        (0..20).for_each(|number| {
            server.wait_log(&format!("stopped publishing live/half{number} by rtsp: nothing yet"))
        });
    });
}
