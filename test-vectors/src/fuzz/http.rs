//! HTTP requests, the server's machine, and WebSocket frames.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rtmpd_core::{Error, Instant, Peer};
use rtmpd_proto::http::form::{Multipart, PartHead, Piece, boundary};
use rtmpd_proto::http::route::route;
use rtmpd_proto::http::wire::{Failure, Head, HeadReader, Target};
use rtmpd_proto::http::ws::{Incoming, Reader, Role};
use rtmpd_proto::http::{HttpServer, Settings};

use super::machine::{Answers, drive};
use super::source::{Source, pieces};

/// Request heads, whole and in pieces: the same heads, the same failure; each is routed.
pub fn http_request(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let text = source.rest();
    let whole = heads([text].into_iter());
    assert_eq!(whole, heads(pieces(text, seed)));
    for head in &whole.0 {
        if let Ok(target) = Target::parse(&head.target) {
            assert!(target.path.starts_with('/') && !target.path.split('/').any(|part| part == ".."));
            route(&head.method, &target, seed & 1 == 1).ok();
        }
        head.body_len().ok();
    }
}

fn heads<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Head>, Option<Failure>) {
    let mut reader = HeadReader::default();
    let mut heads = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            match reader.read(&mut piece) {
                Ok(Some(head)) => {
                    heads.push(head);
                    reader = HeadReader::default();
                }
                Ok(None) => break,
                Err(failure) => return (heads, Some(failure)),
            }
        }
    }
    (heads, None)
}

/// A connection, whole and in pieces: the same events.
pub fn http_server(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let bytes = source.rest();
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let settings = Arc::new(Settings::default());
    let make = || HttpServer::new(Instant::ZERO, settings.clone(), Peer { local: here, remote: here });
    drive(&mut make(), Answers::AtOnce, pieces(bytes, seed));
    let whole = drive(&mut make(), Answers::Late, [bytes].into_iter());
    assert_eq!(whole, drive(&mut make(), Answers::Late, pieces(bytes, seed)));
}

/// A form, whole and in pieces: the same parts, the same failure.
pub fn multipart(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let form = source.rest();
    assert_eq!(parts([form].into_iter()), parts(pieces(form, seed)));
    if let Ok(text) = std::str::from_utf8(form) {
        boundary(Some(text)).ok();
    }
}

type Parts = (Vec<(PartHead, Vec<u8>, bool)>, Option<Failure>, bool);

fn parts<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Parts {
    let mut form = Multipart::new("b");
    let mut parts: Vec<(PartHead, Vec<u8>, bool)> = Vec::new();
    for mut data in pieces {
        loop {
            match form.poll(&mut data) {
                Ok(Some(Piece::Begin(head))) => parts.push((head, Vec::new(), false)),
                Ok(Some(Piece::Data(data))) => parts.last_mut().expect("a part").1.extend_from_slice(&data),
                Ok(Some(Piece::End)) => parts.last_mut().expect("a part").2 = true,
                Ok(None) => break,
                Err(failure) => return (parts, Some(failure), false),
            }
        }
    }
    (parts, None, form.is_finished())
}

/// WebSocket frames, whole and in pieces: the same messages, the same fault.
pub fn websocket(data: &[u8]) {
    let mut source = Source::new(data);
    let choice = source.byte();
    let role = if choice & 2 == 0 { Role::Server } else { Role::Client };
    let make = || if choice & 4 == 0 { Reader::new(role, 8192) } else { Reader::skipping(role) };
    let frames = source.rest();
    assert_eq!(messages(make(), [frames].into_iter()), messages(make(), pieces(frames, choice)));
}

fn messages<'a>(
    mut reader: Reader,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Incoming>, Option<(u16, Error)>) {
    let mut said = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            match reader.read(&mut piece) {
                Ok(Some(incoming)) => said.push(incoming),
                Ok(None) => break,
                Err(broken) => return (said, Some((broken.close, broken.error))),
            }
        }
    }
    (said, None)
}
