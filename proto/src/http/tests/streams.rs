//! Streams: FLV as a body, and in WebSocket messages.

use std::time::Duration;

use bytes::BytesMut;
use rtmpd_core::media::Packaging;
use rtmpd_core::{Close, Input, Media};

use super::super::ws::{Opcode, put_close, put_frame};
use super::{Talk, split};

const FLV: &str = "GET /live/a.flv?token=1 HTTP/1.1\r\nHost: example.com:8080\r\nRange: bytes=0-\r\n\r\n";
const WS: &str = "GET /live/a.flv HTTP/1.1\r\nHost: [::1]:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn an_endless_file() {
    let mut talk = Talk::new();
    let response = talk.say(FLV);
    assert_eq!(split(&response), ("HTTP/1.1 200 OK", ""));
    assert!(response.contains("Content-Type: video/x-flv") && response.contains("Connection: close"));
    assert!(!response.contains("\r\nContent-Length"));
    assert_eq!(talk.played, [("live/a example.com token=1".to_owned(), Packaging("flv"))]);
    talk.input(Input::Media(Media::Gap));
    talk.start(b"FLV0123456789headers");
    talk.packet(b"tag");
    // New tracks in the middle: the file's header is not sent again.
    talk.start(b"FLV0123456789new");
    assert_eq!(talk.take(), "FLV0123456789headerstagnew");
    assert_eq!(talk.say("whatever"), "");
    talk.input(Input::Media(Media::Ended));
    assert_eq!(talk.closed, Some(Close::StreamEnded));
}

#[test]
fn a_missing_stream_is_a_404_and_the_connection_goes_on() {
    let mut talk = Talk::new();
    let response =
        talk.say("GET /live/none.flv HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 404") && response.contains("stream 'live/none' has no publisher"));
    assert!(response.ends_with("page:/a"));
}

#[test]
fn head_of_a_stream_is_no_viewer() {
    let mut talk = Talk::new();
    let response = talk.say("HEAD /live/a.flv HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.contains("video/x-flv") && talk.played.is_empty());
    assert_eq!(talk.closed, Some(Close::Done));
}

#[test]
fn websocket_messages() {
    let mut talk = Talk::new();
    let response = talk.say(WS);
    assert!(
        response.starts_with("HTTP/1.1 101") && response.contains("Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
    assert_eq!(talk.played, [("live/a ::1 ".to_owned(), Packaging("ws-flv"))]);
    talk.start(b"\x82\x10FLV0123456789abc");
    talk.packet(b"\x82\x03tag");
    talk.start(b"\x82\x10FLV0123456789new");
    assert_eq!(talk.sent, b"\x82\x10FLV0123456789abc\x82\x03tag\x82\x03new");
    talk.sent.clear();
    let mut frames = BytesMut::new();
    put_frame(&mut frames, Opcode::Text, b"ignored", Some([1, 2, 3, 4]));
    put_frame(&mut frames, Opcode::Ping, b"hi", Some([1, 2, 3, 4]));
    for byte in frames {
        talk.input(Input::Bytes(&[byte]));
    }
    assert_eq!(talk.sent, b"\x8A\x02hi");
    talk.sent.clear();
    let mut close = BytesMut::new();
    put_close(&mut close, 1000, "", Some([1, 2, 3, 4]));
    talk.input(Input::Bytes(&close));
    assert_eq!(talk.sent, b"\x88\x02\x03\xE8");
    assert_eq!(talk.closed, Some(Close::Done), "the answer is to be sent before the end");
}

#[test]
fn websocket_viewers_are_pinged_and_told_the_end() {
    let mut talk = Talk::new();
    talk.say(WS);
    talk.pass(Duration::from_secs(30));
    assert_eq!(talk.sent, b"\x89\0");
    talk.pass(Duration::from_secs(30));
    assert!(talk.error.is_some(), "it never answered");
    let mut talk = Talk::new();
    talk.say(WS);
    talk.input(Input::Media(Media::Ended));
    assert!(talk.sent.starts_with(b"\x88\x12\x03\xE8the stream ended"));
    let mut talk = Talk::new();
    talk.say(WS);
    talk.input(Input::Shutdown);
    assert!(talk.sent.starts_with(b"\x88\x1D\x03\xE9"));
}

#[test]
fn broken_websockets_are_told_why() {
    let mut talk = Talk::new();
    talk.say(WS);
    talk.input(Input::Bytes(b"\x81\x01a"));
    assert_eq!(talk.sent[2..4], 1002_u16.to_be_bytes(), "clients must mask");
    assert!(talk.take().contains("not masked"));
    assert!(talk.error.is_some());
    let response = Talk::new().say(&WS.replace("13", "8"));
    assert!(response.starts_with("HTTP/1.1 426") && response.contains("Sec-WebSocket-Version: 13"));
    let twice = WS.replace("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade");
    assert!(Talk::new().say(&twice).starts_with("HTTP/1.1 101"));
    let response = Talk::new().say(&WS.replace("/live/a.flv", "/x"));
    assert!(response.starts_with("HTTP/1.1 404"));
}
