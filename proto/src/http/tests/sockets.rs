//! WS-FLV.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rtmpd_core::{Close, Error, Input, Media};

use super::super::ws::{Incoming, Opcode, Reader, Role, put_close, put_frame};
use super::client::{Client, PREAMBLE, field, get};

const ASK: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A client with an open WebSocket, and the response's head.
fn open() -> (Client, String) {
    let mut client = Client::new();
    client.send(get("/live/a.flv", ASK));
    let received = std::mem::take(&mut client.received);
    let end = received.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    client.received = received[end..].to_vec();
    (client, String::from_utf8_lossy(&received[..end]).into_owned())
}

const MASK: Option<[u8; 4]> = Some([1, 2, 3, 4]);

fn say(client: &mut Client, opcode: Opcode, payload: &[u8]) {
    let mut out = BytesMut::new();
    put_frame(&mut out, opcode, payload, MASK);
    client.send(out);
}

/// What the server said since the last look.
fn heard(client: &mut Client) -> Vec<Incoming> {
    let received = std::mem::take(&mut client.received);
    let (mut reader, mut data) = (Reader::new(Role::Client, 1 << 20), &received[..]);
    std::iter::from_fn(|| reader.read(&mut data).unwrap()).collect()
}

fn said(code: u16, reason: &str) -> Incoming {
    Incoming::Close { code, reason: reason.into() }
}

fn binary(data: &'static [u8]) -> Incoming {
    Incoming::Message { binary: true, data: Bytes::from_static(data) }
}

#[test]
fn a_stream_is_played() {
    let (mut client, head) = open();
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert_eq!(field(&head, "Upgrade"), Some("websocket"));
    assert_eq!(field(&head, "Connection"), Some("Upgrade"));
    assert_eq!(field(&head, "Sec-WebSocket-Accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(field(&head, "Sec-WebSocket-Protocol"), None);
    let (request, packaging) = &client.plays[0];
    assert_eq!((request.protocol, packaging.0), ("ws-flv", "ws-flv"));
    assert_eq!(heard(&mut client), [binary(PREAMBLE), binary(b"[1]")]);
}

#[test]
fn packagings_by_query() {
    for (query, packaging) in
        [("?hevc=legacy", "ws-flv+legacy"), ("?tracks=all&t=1", "ws-flv+all"), ("", "ws-flv")]
    {
        let mut client = Client::new();
        client.send(get(&format!("/live/a{query}"), ASK));
        assert_eq!(client.plays[0].1.0, packaging);
    }
}

#[test]
fn new_tracks_come_without_a_second_file_header() {
    let (mut client, _) = open();
    heard(&mut client);
    client.start(b"FLV\x01\x01\0\0\0\x09\0\0\0\0<more>").give(Input::Media(Media::Gap)).packet(b"[2]");
    assert_eq!(heard(&mut client), [binary(b"<more>"), binary(b"[2]")]);
    let long: &'static [u8] = Box::leak([PREAMBLE, &[b'x'; 70_000]].concat().into_boxed_slice());
    for cut in [300, long.len()] {
        client.start(&long[..cut]);
        assert_eq!(heard(&mut client), [binary(&long[13..cut])]);
    }
    client.start(&PREAMBLE[..13]);
    assert_eq!(heard(&mut client), []);
}

#[test]
fn handshakes_that_are_refused() {
    let cases = [
        (get("/live/a", &ASK.replace("13", "8")), 426, "Sec-WebSocket-Version is \"8\", expected 13"),
        (
            get("/live/a", &ASK.replace("Sec-WebSocket-Version: 13\r\n", "")),
            426,
            "Sec-WebSocket-Version is missing, expected 13",
        ),
        (get("/live/a", &ASK.replace("dGhl", "")), 400, "expected 16 bytes in base64"),
        (get("/live/a", &ASK.replace("dGhl", "dGh?")), 400, "expected 16 bytes in base64"),
        (get("/live/a", &ASK.replace("Key", "Kei")), 400, "Sec-WebSocket-Key is missing"),
        (
            get("/live/a", &ASK.replace(", Upgrade", "")),
            400,
            "Connection is \"keep-alive\", expected Upgrade",
        ),
        (get("/live/a", ASK).replace("1.1", "1.0"), 400, "HTTP/1.0, expected HTTP/1.1"),
        (get("/live/nobody.flv", ASK), 404, "stream 'live/nobody' has no publisher"),
        (get("/abc/a.flv", ASK), 404, "app 'abc' does not exist here, expected 'live' or 'rec'"),
        (get("/chat", ASK), 404, "there is nothing at '/chat'"),
    ];
    for (request, status, words) in cases {
        let mut client = Client::new();
        client.send(&request);
        let text = client.take();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && text.contains(words), "{request}{text}");
    }
    let mut client = Client::new();
    client.send(get("/live/a", &ASK.replace("13", "8")));
    assert_eq!(field(&client.take(), "Sec-WebSocket-Version"), Some("13"));
    // Another protocol than ours is passed over.
    client.send(get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"));
    assert_eq!((client.statuses(), client.closed), (vec![200], None));
}

#[test]
fn the_first_subprotocol_is_taken() {
    let mut client = Client::new();
    client.send(get("/live/a", &format!("{ASK}Sec-WebSocket-Protocol: flv, other\r\n")));
    assert_eq!(field(&client.take(), "Sec-WebSocket-Protocol"), Some("flv"));
}

#[test]
fn pings_are_answered_and_talk_is_not() {
    let (mut client, _) = open();
    heard(&mut client);
    say(&mut client, Opcode::Text, b"hello");
    say(&mut client, Opcode::Ping, b"are you there");
    say(&mut client, Opcode::Binary, &[0; 1000]);
    say(&mut client, Opcode::Pong, b"");
    assert_eq!((heard(&mut client), client.closed), (vec![Incoming::Pong("are you there".into())], None));
}

#[test]
fn what_is_sent_ahead_of_the_yes_counts() {
    let mut out = BytesMut::new();
    put_frame(&mut out, Opcode::Ping, b"early", MASK);
    let mut client = Client::new();
    client.send([get("/live/a", ASK).as_bytes(), &out].concat());
    assert!(client.take().contains("early"));
}

#[test]
fn quiet_clients_are_asked_then_given_up() {
    let (mut client, _) = open();
    heard(&mut client);
    client.wait(Duration::from_secs(29));
    assert_eq!(heard(&mut client), []);
    client.wait(Duration::from_secs(1));
    assert_eq!(heard(&mut client), [Incoming::Ping(Bytes::new())]);
    say(&mut client, Opcode::Pong, b"");
    client.wait(Duration::from_secs(30));
    assert_eq!((heard(&mut client), client.closed.take()), (vec![Incoming::Ping(Bytes::new())], None));
    client.wait(Duration::from_secs(30));
    assert_eq!(client.error(), Some(&Error::TimedOut("the answer to a WebSocket ping")));
}

#[test]
fn closing() {
    let (mut client, _) = open();
    heard(&mut client);
    let mut out = BytesMut::new();
    put_close(&mut out, 1001, "tab closed", MASK);
    client.send(out);
    assert_eq!((heard(&mut client), client.closed), (vec![said(1001, "")], Some(Close::Done)));
    let (mut client, _) = open();
    heard(&mut client);
    say(&mut client, Opcode::Close, b"");
    assert_eq!((heard(&mut client), client.closed), (vec![said(1000, "")], Some(Close::Done)));
    let (mut client, _) = open();
    client.eof();
    assert_eq!(client.closed, Some(Close::PeerGone));
    let (mut client, _) = open();
    heard(&mut client);
    client.give(Input::Media(Media::Ended));
    let words = heard(&mut client);
    assert_eq!((words, client.closed), (vec![said(1000, "the stream ended")], Some(Close::StreamEnded)));
}

#[test]
fn shutdown_says_going_away() {
    let (mut client, _) = open();
    heard(&mut client);
    client.give(Input::Shutdown);
    assert_eq!(heard(&mut client), [said(1001, "the server is shutting down")]);
    assert_eq!(client.closed, Some(Close::Shutdown));
}

#[test]
fn what_breaks_the_protocol_is_told() {
    for (data, code) in [(&b"\x81\x01a"[..], 1002), (b"\xC1\x81\0\0\0\0a", 1002), (b"\x89\xFE\0\x7E", 1002)] {
        let (mut client, _) = open();
        heard(&mut client);
        client.send(data).send(b"\0\0\0\0");
        let words = heard(&mut client);
        assert!(matches!(&words[..], [Incoming::Close { code: told, .. }] if *told == code), "{words:?}");
        assert!(client.error().is_some());
    }
}
