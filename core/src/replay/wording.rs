//! Events, replies and media in words: everything of them that two runs must agree on, on one line each.

use std::fmt::Write;

use bytes::Bytes;

use super::digest::Digest;
use crate::admission::Ask;
use crate::datagram::Bind;
use crate::machine::{Answer, Call, Event, Fetch, Input, Media, Reply};
use crate::media::{Description, Frame, Kind, Metadata, Packet, Track, TrackId, Value};
use crate::request::Request;

/// The event, and what is to be said about each track of [`Event::Tracks`]; notes have an empty text.
pub(super) fn event(event: &Event, tracks: &Description) -> Vec<String> {
    let line = match event {
        Event::Publish(request) => format!("Publish {}", asked(request)),
        Event::Play(request, packaging) => format!("Play {} as {packaging}", asked(request)),
        Event::Ask(ask) => {
            let Ask { role, protocol, path, params, vhost, .. } = &**ask;
            format!("Ask {role} {path:?} by {protocol} vhost={vhost:?} params={params:?}")
        }
        Event::Answer(answer) => format!("Answer {answer:?}"),
        Event::Fetch(fetch) => {
            let Fetch { request, packaging, name, at_least, from, .. } = &**fetch;
            let asked = asked(request);
            format!("Fetch {name:?} of {asked} as {packaging}, version {at_least}, piece {from}")
        }
        Event::Stop => "Stop".to_owned(),
        Event::Pause(paused) => format!("Pause {paused}"),
        Event::Tracks(description) => return described(description),
        Event::Frame(frame) => frame_line(frame, tracks),
        Event::Call(Call::Page { path, if_none_match, .. }) => match if_none_match {
            Some(etag) => format!("Call page {path:?} unless {etag}"),
            None => format!("Call page {path:?}"),
        },
        Event::Call(Call::File(call)) => format!("Call file {}", one_line(&format!("{call:?}"))),
        Event::Call(Call::Streams) => "Call streams".to_owned(),
        Event::Bind(bind) => {
            let Bind { first, way, remotes: [rtp, rtcp] } = &**bind;
            format!("Bind leg {} {way:?} for {rtp} and {rtcp}", first.0)
        }
        Event::Dial(dial) => format!("Dial {dial} {:?}", dial.transport),
        Event::Watched(key) => format!("Watched {key}"),
        Event::HangUp => "HangUp".to_owned(),
        Event::Unbind(leg) => format!("Unbind leg {}", leg.0),
        Event::Meet(name) => format!("Meet {name:?}"),
        Event::Hand(name, data) => format!("Hand {name:?} {}", sized(data)),
        Event::Alias(leg, alias) => format!("Alias leg {} {alias:?}", leg.0),
        Event::Count(counted, n) => format!("Count {counted:?} {n}"),
        Event::Note(note) => format!("Note {:?} {}", note.level, one_line(&note.text)),
    };
    vec![line]
}

/// What a machine is told by the shard; `None` for bytes and time, whose cut and count are not the machine's doing.
pub(super) fn input(input: &Input<'_>) -> Option<String> {
    match input {
        Input::Bytes(_) | Input::Datagram { .. } | Input::Handed(_) | Input::Timeout => None,
        Input::Eof => Some("Eof".to_owned()),
        Input::Shutdown => Some("Shutdown".to_owned()),
        Input::Reply(reply) => Some(answered(reply)),
        Input::Media(Media::Start { description, preamble }) => {
            let revision = description.revision;
            Some(format!("Start revision={revision} {description}, preamble {}", sized(preamble)))
        }
        Input::Media(Media::Packet(packet)) => Some(packet_line(packet)),
        Input::Media(Media::Gap) => Some("Gap".to_owned()),
        Input::Media(Media::Ended) => Some("Ended".to_owned()),
    }
}

/// Text of a peer must not look like a line of its own.
pub(super) fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn asked(request: &Request) -> String {
    let Request { vhost, key, params, protocol, agent, patience } = request;
    let mut line = format!("{key} by {protocol} vhost={vhost:?} params={params:?} agent={agent:?}");
    if !patience.is_zero() {
        // Writing to a string cannot fail.
        let _ = write!(line, " patience={}ms", patience.as_millis());
    }
    line
}

fn answered(reply: &Reply) -> String {
    match reply {
        Reply::Publish(Ok(())) => "Publish ok".to_owned(),
        Reply::Publish(Err(refusal)) => format!("Publish refused: {}", one_line(&refusal.to_string())),
        Reply::Play(Ok(description)) => format!("Play ok: {description}"),
        Reply::Asked(Ok(())) => "Asked ok".to_owned(),
        Reply::Asked(Err(refusal)) => format!("Asked, refused: {}", one_line(&refusal.to_string())),
        Reply::Fetch(Ok(fetched)) => {
            let more = if fetched.whole { "" } else { " and more" };
            format!("Fetch version {} {} bytes{more}", fetched.version, fetched.len())
        }
        Reply::Fetch(Err(refusal)) => format!("Fetch refused: {}", one_line(&refusal.to_string())),
        Reply::Play(Err(refusal)) => format!("Play refused: {}", one_line(&refusal.to_string())),
        Reply::Call(Answer::Page { content_type, body, not_modified, .. }) => {
            let what = if *not_modified { "not modified" } else { "page" };
            format!("Call {what} {content_type} {}", sized(body))
        }
        Reply::Call(Answer::Data(data)) => format!("Call data {}", sized(data)),
        Reply::Call(
            answer @ (Answer::File(_)
            | Answer::Listing { .. }
            | Answer::Streams(_)
            | Answer::Done
            | Answer::Exists
            | Answer::Unfit(_)
            | Answer::Full(_)),
        ) => format!("Call {}", one_line(&format!("{answer:?}"))),
        Reply::Dialled(Ok(peer)) => format!("Dialled {}", peer.remote),
        Reply::Watched(watched) => format!("Watched {watched}"),
        Reply::Dialled(Err(why)) => format!("Dial failed: {}", one_line(why)),
        Reply::Bound(Ok(port)) => format!("Bound {port}"),
        Reply::Bound(Err(refusal)) => format!("Bind refused: {}", one_line(&refusal.to_string())),
        Reply::Call(Answer::Folder) => "Call folder".to_owned(),
        Reply::Call(Answer::NotFound) => "Call not found".to_owned(),
        Reply::Call(Answer::Failed(why)) => format!("Call failed: {}", one_line(why)),
    }
}

/// `Tracks` with all tracks on one line, then a `Metadata` line if the publisher said something in words.
fn described(description: &Description) -> Vec<String> {
    let mut line = "Tracks".to_owned();
    for (n, track) in description.tracks.iter().enumerate() {
        let plus = if n == 0 { "" } else { " +" };
        let (name, config) = (label(track.kind(), track.index), &track.config);
        let _ = write!(line, "{plus} {name} {track} {} Hz config {}", track.clock_rate, sized(config));
    }
    let mut lines = vec![line];
    if let Some(metadata) = &description.metadata {
        lines.push(format!("Metadata {}", object(metadata)));
    }
    lines
}

fn object(metadata: &Metadata) -> String {
    let pairs: Vec<String> = metadata.0.iter().map(|(key, value)| format!("{key}={}", word(value))).collect();
    pairs.iter().map(|pair| one_line(pair)).collect::<Vec<_>>().join(" ")
}

fn word(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Object(metadata) => format!("{{{}}}", object(metadata)),
        Value::Array(values) => format!("[{}]", values.iter().map(word).collect::<Vec<_>>().join(" ")),
        Value::Date(ms) => format!("date:{ms}"),
        Value::Null => "null".to_owned(),
    }
}

fn frame_line(frame: &Frame, tracks: &Description) -> String {
    let Frame { track, dts, cts, offset_ns, key, data } = frame;
    let mut line = format!("Frame {} dts={dts} cts={cts}", named(*track, tracks));
    if *offset_ns != 0 {
        let _ = write!(line, " ns={offset_ns}");
    }
    let _ = write!(line, "{} {}", if *key { " key" } else { "" }, sized(data));
    line
}

fn packet_line(packet: &Packet) -> String {
    let kind = match packet.kind {
        Kind::Video => "video",
        Kind::Audio => "audio",
        Kind::Data => "data",
    };
    format!("Packet {kind}{} {}", if packet.key { " key" } else { "" }, sized(&packet.data))
}

fn named(id: TrackId, tracks: &Description) -> String {
    tracks.track(id).map_or_else(|| format!("?{}", id.0), |track: &Track| label(track.kind(), track.index))
}

fn label(kind: Kind, index: u8) -> String {
    let letter = match kind {
        Kind::Video => 'v',
        Kind::Audio => 'a',
        Kind::Data => 'd',
    };
    format!("{letter}{index}")
}

fn sized(data: &Bytes) -> String {
    if data.is_empty() { "len=0".to_owned() } else { format!("len={} {}", data.len(), Digest::of(data)) }
}
