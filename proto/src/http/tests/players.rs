//! HTTP-FLV.

use std::time::Duration;

use rtmpd_core::{Answer, Close, Input, Media, Refusal, Reply};

use super::super::{HttpServer, Settings};
use super::client::{Client, PREAMBLE, field, get};

fn body(text: &str) -> &str {
    text.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn a_stream_is_played() {
    let mut client = Client::new();
    client.send(get("/live/a.flv?token=x%20y", "User-Agent: VLC/3.0\r\n"));
    let (request, packaging) = &client.plays[0];
    assert_eq!((request.key.as_str(), packaging.0, request.protocol), ("live/a", "flv", "http-flv"));
    assert_eq!((&*request.params, &*request.vhost, &*request.agent), ("token=x%20y", "h", "VLC/3.0"));
    assert_eq!(request.patience, Duration::ZERO);
    let text = client.packet(b"[2]").take();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let expected = [
        ("Content-Type", Some("video/x-flv")),
        ("Connection", Some("close")),
        ("Cache-Control", Some("no-cache, no-store")),
        ("Accept-Ranges", Some("none")),
        ("Access-Control-Allow-Origin", Some("*")),
        ("Content-Length", None),
        ("Transfer-Encoding", None),
    ];
    for (name, value) in expected {
        assert_eq!(field(&text, name), value, "{text}");
    }
    assert_eq!(body(&text).as_bytes(), [PREAMBLE, b"[1][2]"].concat());
}

#[test]
fn new_tracks_come_without_a_second_file_header() {
    let mut client = Client::new();
    client.send(get("/live/a", "")).take();
    client.start(b"FLV\x01\x01\0\0\0\x09\0\0\0\0<more>").packet(b"[2]").give(Input::Media(Media::Gap));
    client.packet(b"[3]");
    assert_eq!(client.take(), "<more>[2][3]");
    client.start(b"FLV\x01\x01\0\0\0\x09\0\0\0\0");
    assert_eq!(client.take(), "");
}

#[test]
fn packets_are_shared_not_copied() {
    use rtmpd_core::{Machine, Output};
    let mut client = Client::new();
    client.send(get("/live/a", ""));
    let data = bytes::Bytes::from_static(b"[2]");
    let packet = rtmpd_core::media::Packet {
        at: client.now,
        revision: 1,
        kind: rtmpd_core::media::Kind::Audio,
        key: true,
        stamp: rtmpd_core::media::Stamp::default(),
        data: data.clone(),
    };
    client.machine.handle_input(client.now, Input::Media(Media::Packet(&packet))).unwrap();
    let Some(Output::Transmit(sent)) = client.machine.poll_output() else { panic!("nothing sent") };
    assert_eq!(sent.as_ptr(), data.as_ptr());
}

#[test]
fn a_player_costs_little() {
    let mut client = Client::new();
    client.send(get("/live/a", &format!("A: {}\r\n", "a".repeat(10_000)))).packet(b"[2]");
    let bytes = client.machine.held();
    assert!(bytes <= 640, "{bytes} bytes, {} of them the machine", size_of::<HttpServer>());
}

#[test]
fn ranges_are_passed_over() {
    for range in ["bytes=0-", "bytes=1000-", "bytes=-5", "lines=1-2"] {
        let mut client = Client::new();
        client.send(get("/live/a.flv", &format!("Range: {range}\r\n")));
        let text = client.take();
        assert!(text.starts_with("HTTP/1.1 200 ") && field(&text, "Content-Range").is_none(), "{text}");
    }
}

#[test]
fn head_makes_nobody_a_player() {
    let mut client = Client::new();
    client.send("HEAD /live/nobody.flv HTTP/1.1\r\nHost: h\r\n\r\n");
    let text = client.take();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n"), "{text}");
    assert_eq!((client.plays.len(), client.closed), (0, Some(Close::Done)));
}

#[test]
fn refusals_are_worded_and_the_connection_kept() {
    let cases = [
        (Refusal::NotFound("live/x".into()), 404, "stream 'live/x' has no publisher"),
        (Refusal::UnknownApp("abc".into()), 404, "expected 'live' or 'rec'"),
        (Refusal::Unsupported("only video".into()), 415, "only video"),
        (Refusal::BadName("is odd".into()), 404, "stream name is odd"),
        (Refusal::Busy("live/x".into()), 409, "already has a publisher"),
        (Refusal::ShuttingDown, 503, "shutting down"),
    ];
    for (refusal, status, words) in cases {
        let mut client = Client::new();
        client.hold = true;
        client.send(get("/live/x.flv", "")).give(Input::Reply(Reply::Play(Err(refusal))));
        let text = client.take();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && body(&text).contains(words), "{text}");
        client.hold = false;
        client.send(get("/", ""));
        assert_eq!((client.statuses(), client.closed), (vec![200], None));
    }
    let mut client = Client::new();
    client.send("GET /live/x.flv HTTP/1.0\r\n\r\n");
    assert_eq!((client.statuses(), client.closed), (vec![404], Some(Close::Done)));
}

#[test]
fn players_may_be_made_to_wait() {
    let patience = Duration::from_secs(5);
    let mut client = Client::with(Settings { patience, ..Settings::default() });
    client.hold = true;
    client.send(get("/live/x.flv", "")).wait(Duration::from_secs(100));
    assert_eq!((client.plays[0].0.patience, client.received.len(), client.closed), (patience, 0, None));
}

#[test]
fn the_end_of_a_stream_ends_the_response() {
    let mut client = Client::new();
    client.send(get("/live/a", "")).give(Input::Media(Media::Ended));
    assert_eq!(client.closed, Some(Close::StreamEnded));
    let mut client = Client::new();
    client.send(get("/live/a", "")).give(Input::Shutdown);
    assert_eq!((client.statuses(), client.closed), (vec![200], Some(Close::Shutdown)));
    let mut client = Client::new();
    client.hold = true;
    client.send(get("/live/a", "")).give(Input::Shutdown);
    assert_eq!((client.statuses(), client.closed), (vec![503], Some(Close::Shutdown)));
}

#[test]
fn a_player_that_leaves_is_gone() {
    for hold in [true, false] {
        let mut client = Client::new();
        client.hold = hold;
        client.send(get("/live/a", "")).eof();
        assert_eq!(client.closed, Some(Close::PeerGone));
    }
}

#[test]
fn a_player_has_nothing_to_say() {
    let mut client = Client::new();
    client.send(get("/live/a", "") + &get("/", "")).send(vec![0; 100_000]).packet(b"[2]");
    assert_eq!((client.calls.len(), client.statuses(), client.closed), (0, vec![200], None));
    assert!(client.machine.held() <= 640, "nothing of it is kept");
}

#[test]
fn answers_to_other_questions_are_not_taken() {
    let mut client = Client::new();
    client.hold = true;
    client.send(get("/live/a", ""));
    client.give(Input::Reply(Reply::Call(Answer::NotFound))).give(Input::Media(Media::Gap)).packet(b"[1]");
    assert_eq!((client.received.len(), client.closed), (0, None));
}
