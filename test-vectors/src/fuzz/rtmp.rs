//! RTMP: handshakes, chunks, and the machines of both sides.

use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::{Dice, Error, Instant, Machine, Request, StreamKey};
use rtmpd_proto::rtmp::chunk::{ChunkReader, Limits, Message};
use rtmpd_proto::rtmp::handshake::Answerer;
use rtmpd_proto::rtmp::{RtmpPlayer, RtmpPublisher, RtmpServer, Settings, Target};

use super::machine::{Answers, drive};
use super::source::{Source, pieces};

/// Version byte and two packets: what a peer sends before its first chunk.
const HANDSHAKE: usize = 1 + 1536 + 1536;

/// A client's handshake, whole and in pieces: the same answers.
pub fn rtmp_handshake(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let hello = source.rest();
    assert_eq!(greet([hello].into_iter()), greet(pieces(hello, seed)));
}

fn greet<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, bool, Option<Error>) {
    let mut answerer = Answerer::new(Dice::new(1));
    let mut said = Vec::new();
    for mut piece in pieces {
        loop {
            match answerer.read(Instant::ZERO, &mut piece) {
                Ok(Some(answer)) => said.extend_from_slice(&answer),
                Ok(None) => break,
                Err(error) => return (said, false, Some(error)),
            }
        }
    }
    (said, answerer.is_done(), None)
}

/// Chunks, whole and in pieces: the same messages, the same error.
pub fn rtmp_chunks(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let chunk_size = 1 + u32::from(source.byte()) * 16;
    let chunks = source.rest();
    assert_eq!(messages(chunk_size, [chunks].into_iter()), messages(chunk_size, pieces(chunks, seed)));
}

fn messages<'a>(chunk_size: u32, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<Error>) {
    let mut reader = ChunkReader::new(Limits { message: 32 << 10 });
    reader.set_chunk_size(chunk_size).expect("a valid chunk size");
    let mut messages = Vec::new();
    for mut piece in pieces {
        loop {
            match reader.read(&mut piece) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

/// A client after its handshake, whole and in pieces.
pub fn rtmp_server(data: &[u8]) {
    let settings = Arc::new(Settings::default());
    either_way(data, || Box::new(RtmpServer::new(Instant::ZERO, settings.clone(), Dice::new(1))));
}

/// A server's answers to our player.
pub fn rtmp_player(data: &[u8]) {
    either_way(data, || {
        let settings = Settings::default();
        Box::new(RtmpPlayer::new(Instant::ZERO, target(), request(), &settings, Dice::new(1)))
    });
}

/// A server's answers to our publisher.
pub fn rtmp_publisher(data: &[u8]) {
    either_way(data, || {
        let settings = Settings::default();
        Box::new(RtmpPublisher::new(Instant::ZERO, target(), request(), &settings, Dice::new(1)))
    });
}

/// Drives fresh machines with a plain handshake and the input, whole and in pieces: the same events.
fn either_way(data: &[u8], make: impl Fn() -> Box<dyn Machine>) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let mut bytes = vec![0; HANDSHAKE];
    bytes[0] = 3;
    bytes.extend_from_slice(source.rest());
    for answers in [Answers::AtOnce, Answers::Late] {
        let whole = drive(&mut *make(), answers, [&bytes[..]].into_iter());
        let cut = drive(&mut *make(), answers, pieces(&bytes, seed));
        assert_eq!(whole, cut, "answers {answers:?}");
    }
}

fn target() -> Target {
    Target { tc_url: "rtmp://host/live".into(), app: "live".into(), name: "name".into(), via: String::new() }
}

fn request() -> Request {
    Request {
        vhost: "host".into(),
        key: StreamKey::new("live", "name").expect("a good name"),
        params: "".into(),
        protocol: "rtmp",
        agent: "".into(),
        patience: Duration::ZERO,
    }
}
