//! RTSP: messages, descriptions and headers.

use rtmpd_core::{Error, Instant};
use rtmpd_proto::rtp::sdp::Session;
use rtmpd_proto::rtp::{Ingest, ReceiverSettings, ReorderSettings};
use rtmpd_proto::rtsp::auth::{Account, Asked, Proof, prove};
use rtmpd_proto::rtsp::range::Range;
use rtmpd_proto::rtsp::transport::Transport;
use rtmpd_proto::rtsp::url::Url;
use rtmpd_proto::rtsp::wire::{Decoder, Headers, Message, Method, Request, Response};

use super::source::{Source, pieces};

/// Most bytes that may wait: a head or a packet, and the body of a message.
const MOST_WAITING: usize = 256 << 10;

/// Messages and packets, whole and in pieces: the same ones, the same error.
pub fn rtsp_messages(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let bytes = source.rest();
    let whole = messages([bytes].into_iter());
    assert_eq!(whole, messages(pieces(bytes, seed)));
    whole.0.iter().for_each(again);
}

fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<Error>) {
    let (mut decoder, mut messages) = (Decoder::default(), Vec::new());
    for piece in pieces {
        let mut rest = piece;
        while !rest.is_empty() {
            if let Some((channel, payload)) = decoder.feed(&mut rest) {
                messages.push(Message::Data { channel, payload: payload.to_vec().into() });
            }
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(error) => {
                        assert!(decoder.farewell().status >= 400);
                        return (messages, Some(error));
                    }
                }
            }
            assert!(decoder.waiting() <= MOST_WAITING);
        }
    }
    (messages, None)
}

/// What was read can be written, and says the same; but for what would end a line.
fn again(message: &Message) {
    let (written, uri) = match message {
        Message::Request(request) => {
            let uri: String = request.uri.chars().filter(|c| !c.is_control()).collect();
            let rewritten = Request { headers: without_length(&request.headers), ..request.clone() };
            (rewritten.write(), uri.trim().to_owned())
        }
        Message::Response(response) => {
            let rewritten = Response { headers: without_length(&response.headers), ..response.clone() };
            (rewritten.write("RTSP/1.0"), "*".to_owned())
        }
        Message::Data { .. } => return,
    };
    let mut decoder = Decoder::default();
    decoder.push(&written);
    match (message, decoder.next_message()) {
        (Message::Request(before), Ok(Some(Message::Request(after)))) => {
            assert_eq!((&before.method, &uri, &before.body), (&after.method, &after.uri, &after.body));
            assert_eq!(before.header("CSeq"), after.header("CSeq"));
        }
        (Message::Response(before), Ok(Some(Message::Response(after)))) => {
            assert_eq!((before.status, &before.body), (after.status, &after.body));
        }
        // What is longer in our words, or a URL of nothing but controls.
        (_, Err(Error::Limit { .. })) => {}
        (_, Err(_)) if uri.is_empty() => {}
        (before, after) => panic!("{before:?} reads back as {after:?}"),
    }
}

/// The length is told anew.
fn without_length(headers: &Headers) -> Headers {
    let mut kept = Headers::default();
    let others = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Content-Length"));
    others.for_each(|(name, value)| kept.push(name, value));
    kept
}

/// A description: its tracks are known or refused.
pub fn sdp(data: &[u8]) {
    let Ok(session) = Session::parse(Source::new(data).rest()) else { return };
    assert_eq!(session.media.len(), session.formats().len());
    let settings = ReceiverSettings::new(ReorderSettings::default(), 1, "x");
    let (mut ingest, errors) = Ingest::new(&session.formats(), &settings);
    assert!(errors.iter().all(|(place, _)| *place < session.media.len()));
    let mut out = std::collections::VecDeque::new();
    for place in 0..session.media.len() - errors.len() {
        let packet = [0x80, 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 16, 0, 16, 1, 2];
        let _ = ingest.push_rtp(Instant::ZERO, place, &packet, &mut out);
    }
    ingest.finish(Instant::ZERO, &mut out);
}

/// A header's value, or a URL.
pub fn rtsp_transport(data: &[u8]) {
    let mut source = Source::new(data);
    let kind = source.byte();
    let text = String::from_utf8_lossy(source.rest());
    match kind % 4 {
        0 => transports(&text),
        1 => ranges(&text),
        2 => urls(&text),
        _ => proofs(&text),
    }
}

fn transports(text: &str) {
    let Ok(all) = Transport::parse_all(text) else { return };
    for transport in all {
        let written = transport.write();
        let again = Transport::parse_all(&written).map(|again| again.into_iter().next());
        assert!(!transport.is_plain() || again == Ok(Some(transport)), "{written} reads back as {again:?}");
    }
}

fn ranges(text: &str) {
    if let Ok(Some(range)) = Range::parse(text) {
        let written = range.to_string();
        assert_eq!(Range::parse(&written), Ok(Some(range)), "{written}");
    }
}

fn urls(text: &str) {
    let Ok(url) = Url::parse(text) else { return };
    let (host, vhost) = (url.host(), url.vhost());
    assert!(vhost.len() <= text.len() + 1 && host.len() <= text.len());
    if let Ok(key) = url.key() {
        let control = format!("{}/trackID=7", url.base());
        let again = Url::parse(&control).and_then(|url| Ok((url.key()?, url.track)));
        assert_eq!(again, Ok((key, Some(7))), "{control}");
    }
}

fn proofs(text: &str) {
    let account = Account { user: "user", password: "a password that is not guessed", realm: "realm" };
    assert_ne!(prove(text, "DESCRIBE", &account, "0123456789abcdef"), Proof::Right);
    if let Some(asked) = Asked::best([text].into_iter()) {
        let header = asked.header("user", "pass", "DESCRIBE", "rtsp://host/live/name", 1);
        let request = Request::new(Method::Describe, "rtsp://host/").with("Authorization", &header).write();
        assert_eq!(request.iter().filter(|byte| **byte == b'\n').count(), 3, "{header:?}");
    }
}
