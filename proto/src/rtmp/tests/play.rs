//! Players.

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::Kind;
use rtmpd_core::{Close, Error, Input, Media, Refusal, Reply};

use super::desk::{Desk, call, connect, play};
use crate::amf::Value;
use crate::rtmp::chunk::{Envelope, put_message};
use crate::rtmp::message;

/// A message as a packager makes it.
fn packet(kind: u8, timestamp: u32, length: usize) -> Bytes {
    let mut out = BytesMut::new();
    let envelope = Envelope { chunk_stream: 6, kind, stream: 1, timestamp };
    put_message(&mut out, envelope, [&vec![0x27; length], &[]], 8192);
    out.freeze()
}

#[test]
fn playing_begins() {
    let mut desk = Desk::connected();
    desk.command(1, &play("s"));
    let expected = [
        "event 0 1",
        "onStatus@1 NetStream.Play.Reset",
        "onStatus@1 NetStream.Play.Start",
        "|RtmpSampleAccess",
    ];
    assert_eq!(desk.heard(), expected);
    assert_eq!(desk.said(), ["play live/s as rtmp"]);
    let mut desk = Desk::connected();
    let values = [Value::text("s"), Value::Number(-1.0), Value::Number(-1.0), Value::Bool(false)];
    desk.command(1, &call("play", 0.0, values));
    assert_eq!(desk.heard()[..2], ["event 0 1", "onStatus@1 NetStream.Play.Start"], "no reset was wanted");
}

#[test]
fn which_starts_are_live() {
    for start in [Value::Number(-2.0), Value::Number(-1000.0), Value::Number(0.0), Value::Null] {
        let mut desk = Desk::connected();
        desk.command(1, &call("play", 0.0, [Value::text("s"), start]));
        assert_eq!(desk.said(), ["play live/s as rtmp"]);
    }
    let mut desk = Desk::connected();
    desk.command(1, &call("play", 0.0, [Value::text("s"), Value::Number(5.0)]));
    assert_eq!(desk.heard(), ["onStatus@1 NetStream.Play.StreamNotFound"]);
    assert!(matches!(&desk.end, Some(Ok(Close::Error(Error::Refused(Refusal::NotFound(_)))))));
}

#[test]
fn how_streams_are_packaged() {
    for (caps, name, packaging) in [
        (0.0, "s", "rtmp"),
        (2.0, "s", "rtmp+all"),
        (13.0, "s", "rtmp"),
        (0.0, "s?hevc=legacy", "rtmp+legacy"),
        (14.0, "s?a=b&hevc=legacy", "rtmp+legacy"),
        (0.0, "s?hevc=enhanced", "rtmp"),
    ] {
        let mut desk = Desk::greeted();
        desk.command(0, &connect(&[("app", Value::text("live")), ("capsEx", Value::Number(caps))]));
        desk.command(1, &play(name));
        assert_eq!(desk.said(), [format!("play live/s as {packaging}")]);
    }
}

#[test]
fn media_is_passed_on_as_it_is() {
    let mut desk = Desk::playing();
    let (preamble, data) = (packet(9, 0, 40), packet(9, 20, 20_000));
    desk.start(&preamble);
    desk.packet(Kind::Video, true, &data);
    assert_eq!(desk.sent, [preamble.clone(), data.clone()]);
    let same_memory = |a: &Bytes, b: &Bytes| a.as_ptr() == b.as_ptr();
    assert!(same_memory(&desk.sent[0], &preamble) && same_memory(&desk.sent[1], &data));
    assert_eq!(desk.heard(), ["type 9 at 0: 40 bytes", "type 9 at 20: 20000 bytes"]);
}

#[test]
fn another_message_stream_gets_its_own_id() {
    let mut desk = Desk::connected();
    desk.command(5, &play("s"));
    desk.heard();
    desk.start(&Bytes::from([&packet(9, 0, 40)[..], &packet(8, 0, 4)].concat()));
    assert_eq!((desk.last(9).stream, desk.last(8).stream), (5, 5));
    desk.packet(Kind::Video, true, &packet(9, u32::MAX, 20_000));
    assert_eq!((desk.last(9).stream, desk.last(9).payload.len()), (5, 20_000));
}

#[test]
fn kinds_are_switched_off_and_on() {
    let mut desk = Desk::playing();
    let (sound, pictures, data) = (packet(8, 1, 1), packet(9, 2, 2), packet(18, 3, 3));
    let feed = |desk: &mut Desk, key| {
        desk.sent.clear();
        desk.packet(Kind::Audio, false, &sound);
        desk.packet(Kind::Video, key, &pictures);
        desk.packet(Kind::Data, false, &data);
        desk.sent.clone()
    };
    desk.command(1, &call("receiveAudio", 0.0, [Value::Bool(false)]));
    assert_eq!(feed(&mut desk, false), [pictures.clone(), data.clone()]);
    desk.command(1, &call("receiveAudio", 0.0, [Value::Bool(true)]));
    desk.command(1, &call("receiveVideo", 0.0, [Value::Bool(false)]));
    assert_eq!(feed(&mut desk, true), [sound.clone(), data.clone()]);
    desk.command(1, &call("receiveVideo", 0.0, [Value::Bool(true)]));
    assert_eq!(feed(&mut desk, false), [sound.clone(), data.clone()], "pictures begin with a keyframe");
    assert_eq!(feed(&mut desk, true), [sound.clone(), pictures.clone(), data.clone()]);
    assert_eq!(feed(&mut desk, false), [sound.clone(), pictures.clone(), data.clone()]);
}

#[test]
fn pauses() {
    for name in ["pause", "pauseRaw"] {
        let mut desk = Desk::playing();
        desk.command(1, &call(name, 0.0, [Value::Bool(true), Value::Number(0.0)]));
        desk.command(1, &call(name, 0.0, [Value::Bool(false), Value::Number(0.0)]));
        assert_eq!(desk.said(), ["pause true", "pause false"]);
        assert_eq!(
            desk.heard(),
            ["onStatus@1 NetStream.Pause.Notify", "onStatus@1 NetStream.Unpause.Notify"]
        );
    }
}

#[test]
fn the_end_is_said_at_the_end() {
    let over = ["onStatus@1 NetStream.Play.UnpublishNotify", "event 1 1", "onStatus@1 NetStream.Play.Stop"];
    let mut desk = Desk::playing();
    desk.tell(Input::Media(Media::Gap));
    assert_eq!(desk.heard(), [""; 0]);
    desk.tell(Input::Media(Media::Ended));
    assert_eq!(desk.heard(), over);
    assert_eq!(desk.end, Some(Ok(Close::StreamEnded)));
    let mut desk = Desk::playing();
    desk.tell(Input::Shutdown);
    assert_eq!(desk.heard()[..3], over);
    assert_eq!(desk.end, Some(Ok(Close::Shutdown)));
}

#[test]
fn a_refused_player_is_told_why() {
    for (refusal, code) in [
        (Refusal::NotFound("live/s".into()), "NetStream.Play.StreamNotFound"),
        (Refusal::Unsupported("no track that RTMP has".into()), "NetStream.Play.Failed"),
    ] {
        let mut desk = Desk::connected();
        desk.reply = Some(Err(refusal.clone()));
        desk.command(1, &play("s"));
        let answer = desk.last_command();
        assert_eq!((answer.code(), answer.is_bad_news()), (Some(code), true));
        assert_eq!(answer.description(), Some(refusal.to_string().as_str()));
        assert_eq!(desk.end, Some(Ok(Close::Error(Error::Refused(refusal)))));
    }
}

#[test]
fn a_player_that_waits_is_heard() {
    let mut desk = Desk::connected();
    desk.reply = None;
    desk.command(1, &play("not-yet"));
    desk.message(message::USER_CONTROL, 0, 0, b"\0\x06\0\0\0\x07");
    assert_eq!(desk.heard(), ["event 7 7"]);
    // It changes its mind, and has said so in the same breath.
    let play = super::desk::command_bytes(1, &play("other"));
    let ping = super::desk::message_bytes(message::USER_CONTROL, 0, 0, b"\0\x06\0\0\0\x08");
    desk.bytes(&[play, ping].concat());
    assert_eq!(desk.heard(), [""; 0], "an answer may come at once");
    assert!(desk.server_wants(desk.now));
    desk.pass(0);
    assert_eq!(desk.heard(), ["event 7 8"]);
    assert_eq!(desk.said(), ["play live/not-yet as rtmp", "play live/other as rtmp"]);
    desk.tell(Input::Reply(Reply::Play(Ok(Default::default()))));
    assert_eq!(desk.heard()[0], "event 0 1");
    let mut desk = Desk::connected();
    desk.reply = None;
    desk.command(1, &super::desk::play("not-yet"));
    desk.command(1, &call("closeStream", 0.0, []));
    desk.tell(Input::Reply(Reply::Play(Ok(Default::default()))));
    assert_eq!((desk.heard().len(), desk.said().last().unwrap().as_str()), (0, "stop"));
}

#[test]
fn players_are_pinged() {
    let mut desk = Desk::connected();
    desk.pass(50_000);
    desk.command(1, &play("s"));
    desk.heard();
    desk.pass(29_999);
    assert_eq!(desk.heard(), [""; 0]);
    desk.pass(60_001);
    let pings = desk.heard();
    assert_eq!(pings.len(), 3, "{pings:?}");
    assert!(pings.iter().all(|ping| ping.starts_with("event 6 ")));
    assert_eq!(desk.end, None);
}

#[test]
fn playing_another_stream_on_the_same_connection() {
    let mut desk = Desk::playing();
    desk.command(1, &play("other"));
    assert_eq!(desk.said(), ["play live/other as rtmp"]);
    assert_eq!(desk.heard()[0], "event 0 1");
    desk.packet(Kind::Video, true, &packet(9, 0, 10));
    assert_eq!(desk.heard(), ["type 9 at 0: 10 bytes"]);
}

#[test]
fn media_for_one_who_left_goes_nowhere() {
    let mut desk = Desk::playing();
    desk.command(1, &call("closeStream", 0.0, []));
    desk.packet(Kind::Video, true, &packet(9, 0, 10));
    assert_eq!(desk.heard(), [""; 0]);
}
