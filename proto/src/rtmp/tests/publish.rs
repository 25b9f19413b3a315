//! Publishers.

use bytes::Bytes;
use rtmpd_core::{Close, Error, Event, Input, Instant, Refusal, Reply};

use super::desk::{Desk, call, command_bytes, message_bytes, publish};
use crate::amf::{self, Value};
use crate::container::flv::{Demuxer, Tag, TagType, Unpackager, Unpacked};
use crate::rtmp::message;

const H264_AAC: &[u8] = include_bytes!("../../../tests/data/h264-aac.flv");
const MULTITRACK: &[u8] = include_bytes!("../../../tests/data/multitrack.flv");
const G711A: &[u8] = include_bytes!("../../../tests/data/g711a.flv");
const HEVC_AAC: &[u8] = include_bytes!("../../../tests/data/hevc-aac.flv");

/// A body of G.711: complete without a header of its own.
const SOUND: &[u8] = b"\x72\x01\x02\x03";

pub(super) fn tags(file: &[u8]) -> Vec<Tag> {
    let mut demuxer = Demuxer::new();
    demuxer.push(file);
    std::iter::from_fn(|| demuxer.poll().unwrap()).collect()
}

fn kind_of(tag: TagType) -> u8 {
    tag as u8
}

/// What the tags' bodies say to an unpackager.
fn unpacked(tags: &[Tag]) -> Vec<String> {
    let mut unpackager = Unpackager::default();
    for Tag { tag, timestamp, body } in tags {
        unpackager.push(Instant::ZERO, *tag, i64::from(*timestamp), body.clone()).unwrap();
    }
    unpackager.finish();
    let events = std::iter::from_fn(|| unpackager.poll()).filter_map(|unpacked| match unpacked {
        Unpacked::Tracks(description) => Some(Event::Tracks(description)),
        Unpacked::Frame(frame) => Some(Event::Frame(frame)),
        Unpacked::Note(_) => None,
    });
    events.map(|event| format!("{event:?}")).collect()
}

fn media_events(desk: &Desk) -> Vec<String> {
    let is_media = |event: &&Event| matches!(event, Event::Tracks(_) | Event::Frame(_));
    desk.events.iter().filter(is_media).map(|event| format!("{event:?}")).collect()
}

fn sound(desk: &mut Desk, timestamp: u32) {
    desk.message(message::AUDIO, 1, timestamp, SOUND);
}

#[test]
fn publishing_a_file() {
    for file in [H264_AAC, MULTITRACK, G711A, HEVC_AAC] {
        let tags = tags(file);
        let mut desk = Desk::publishing();
        for Tag { tag, timestamp, body } in &tags {
            desk.message(kind_of(*tag), 1, *timestamp, body);
        }
        desk.command(1, &call("FCUnpublish", 6.0, [Value::text("s")]));
        assert_eq!(media_events(&desk), unpacked(&tags));
        assert_eq!(desk.said().last().unwrap(), "stop");
    }
}

#[test]
fn any_cutting_of_a_session_gives_the_same_events() {
    let mut session = command_bytes(1, &publish("s"));
    for Tag { tag, timestamp, body } in tags(H264_AAC).iter().take(60) {
        session.extend(message_bytes(kind_of(*tag), 1, *timestamp, body));
    }
    session.extend(command_bytes(0, &call("deleteStream", 0.0, [Value::Number(1.0)])));
    session.extend(command_bytes(2, &publish("again")));
    let run = |step: usize| {
        let mut desk = Desk::connected();
        session.chunks(step).for_each(|piece| desk.bytes(piece));
        desk.tell(Input::Eof);
        (desk.heard(), format!("{:?}", desk.events), desk.end)
    };
    let whole = run(session.len());
    assert!(whole.1.contains("live/again"));
    for step in [1, 2, 127, 1460] {
        assert_eq!(run(step), whole, "in pieces of {step}");
    }
}

#[test]
fn media_waits_for_the_answer() {
    let mut desk = Desk::connected();
    desk.reply = None;
    desk.command(1, &publish("s?key=1"));
    sound(&mut desk, 40);
    sound(&mut desk, 60);
    assert_eq!((desk.heard().len(), desk.said()), (0, vec!["publish live/s".to_owned()]));
    desk.tell(Input::Reply(Reply::Publish(Ok(()))));
    assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.Start"]);
    assert_eq!(desk.said()[1..], ["tracks g711a+script", "frame 40", "frame 60"]);
}

#[test]
fn what_waits_is_bounded() {
    let settings = crate::rtmp::Settings { max_message: 100_000, ..Default::default() };
    let mut desk = Desk::with(settings);
    desk.bytes(&super::desk::hello());
    desk.command(0, &super::desk::connect(&[("app", Value::text("live"))]));
    desk.reply = None;
    desk.command(1, &publish("s"));
    for _ in 0..101 {
        desk.bytes(&[0; 1000]);
    }
    assert!(desk.error().contains("101000 bytes sent behind a question"), "{}", desk.error());
}

#[test]
fn a_refused_publisher_is_told_why() {
    for (reply, word) in [
        (Refusal::Busy("live/s".into()), "already has a publisher"),
        (Refusal::ShuttingDown, "shutting down"),
    ] {
        let mut desk = Desk::connected();
        desk.reply = Some(Err(reply.clone()));
        desk.command(1, &publish("s"));
        let answer = desk.last_command();
        assert_eq!(answer.code(), Some("NetStream.Publish.BadName"));
        assert!(answer.is_bad_news() && answer.description().unwrap().contains(word));
        assert_eq!(desk.end, Some(Ok(Close::Error(Error::Refused(reply)))));
    }
    for name in ["", "a//b", "..", "a\\b", &"x".repeat(201)] {
        let mut desk = Desk::connected();
        desk.command(1, &publish(name));
        assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.BadName"], "{name}");
        assert!(matches!(&desk.end, Some(Ok(Close::Error(Error::Refused(Refusal::BadName(_)))))));
    }
    let mut desk = Desk::connected();
    desk.command(1, &call("publish", 0.0, []));
    assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.BadName"]);
}

#[test]
fn all_publish_types_are_live() {
    for kind in ["live", "record", "append"] {
        let mut desk = Desk::connected();
        desk.command(1, &call("publish", 5.0, [Value::text("s"), Value::text(kind)]));
        assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.Start"]);
    }
}

#[test]
fn a_silent_publisher_is_closed() {
    let mut desk = Desk::publishing();
    desk.pass(9_000);
    sound(&mut desk, 0);
    desk.pass(9_999);
    assert_eq!(desk.end, None);
    // Talk is not media.
    desk.message(message::USER_CONTROL, 0, 0, b"\0\x06\0\0\0\0");
    desk.pass(1);
    assert_eq!(desk.end, Some(Err(Error::TimedOut("media from the publisher"))));
}

#[test]
fn metadata_is_kept_in_every_wrapping() {
    let metadata = Value::EcmaArray(vec![("title".into(), Value::text("hello"))]);
    let plain = amf::write_all(&[Value::text("onMetaData"), metadata.clone()]);
    let set = amf::write_all(&[Value::text("@setDataFrame"), Value::text("onMetaData"), metadata]);
    for (kind, payload) in [
        (message::DATA, plain.to_vec()),
        (message::DATA, set.to_vec()),
        (message::DATA_AMF3, [&[0][..], &set].concat()),
        (message::DATA_AMF3, set.to_vec()),
    ] {
        let mut desk = Desk::publishing();
        desk.message(kind, 1, 0, &payload);
        sound(&mut desk, 0);
        let Some(Event::Tracks(description)) = desk.events.first() else { panic!("{:?}", desk.events) };
        let title = description.metadata.as_ref().unwrap().find("title").cloned();
        assert_eq!(title, Some(rtmpd_core::media::Value::Text("hello".into())));
    }
}

#[test]
fn aggregates_are_taken_apart() {
    let part = |time: u32, length: usize| {
        let body = &SOUND[..length];
        let [high, a, b, c] = time.to_be_bytes();
        let back = (11 + body.len() as u32).to_be_bytes();
        [&[8, 0, 0, length as u8, a, b, c, high, 9, 9, 9][..], body, &back].concat()
    };
    let payload = [part(0x0100_0000, 4), part(0x0100_0014, 3), part(0x0100_0028, 2)].concat();
    let mut desk = Desk::publishing();
    desk.message(message::AGGREGATE, 1, 5000, &payload);
    desk.message(message::AGGREGATE, 1, 6000, &payload[..payload.len() - 4]); // without the last back pointer
    let frames = ["frame 5000", "frame 5020", "frame 5040", "frame 6000", "frame 6020", "frame 6040"];
    assert_eq!(desk.said()[1..], frames);
    desk.message(message::AGGREGATE, 1, 0, &payload[..payload.len() - 5]);
    assert!(desk.error().contains("aggregate message is cut off in its part at 37"), "{}", desk.error());
}

#[test]
fn times_go_on_behind_the_wrap() {
    let mut desk = Desk::publishing();
    for time in [0xFFFF_FFD8, 0xFFFF_FFEC, 0, 0x14, 0xFFFF_FFF0, 0x28] {
        sound(&mut desk, time);
    }
    let last = 1_i64 << 32;
    let times = [last - 40, last - 20, last, last + 20, last - 16, last + 40];
    assert_eq!(desk.said()[1..], times.map(|time| format!("frame {time}")));
}

#[test]
fn the_end_of_the_connection_lets_out_what_is_held() {
    for (input, end) in [(Input::Eof, Close::PeerGone), (Input::Shutdown, Close::Shutdown)] {
        let mut desk = Desk::publishing();
        let promise = Value::EcmaArray(vec![
            ("videocodecid".into(), Value::Number(7.0)),
            ("audiocodecid".into(), Value::Number(7.0)),
        ]);
        desk.message(message::DATA, 1, 0, &amf::write_all(&[Value::text("onMetaData"), promise]));
        sound(&mut desk, 0);
        assert_eq!(desk.said(), [""; 0], "pictures were promised");
        desk.tell(input);
        assert_eq!(desk.said(), ["tracks g711a+script", "frame 0"]);
        assert_eq!(desk.end, Some(Ok(end)));
    }
}

#[test]
fn the_server_goes_down_under_a_publisher() {
    let mut desk = Desk::publishing();
    desk.tell(Input::Shutdown);
    let heard = ["onStatus@1 NetStream.Unpublish.Success", "onStatus@0 NetConnection.Connect.AppShutdown"];
    assert_eq!(desk.heard(), heard);
}

#[test]
fn malformed_media_is_left_out_with_a_note_now_and_then() {
    let mut desk = Desk::publishing();
    for timestamp in 0..5 {
        desk.message(message::VIDEO, 1, timestamp, b"\x17\0");
    }
    let notes: Vec<String> = desk.events.iter().map(|event| format!("{event:?}")).collect();
    let said =
        |count: u32| notes.iter().filter(|note| note.contains(&format!("left out ({count} so far)"))).count();
    assert_eq!([1, 2, 3, 4, 5].map(said), [1, 1, 0, 1, 0], "{notes:?}");
    sound(&mut desk, 40);
    assert!(!media_events(&desk).is_empty(), "the stream goes on");
    assert_eq!(desk.end, None);
    // Media that concerns nobody does no harm.
    let mut desk = Desk::connected();
    desk.message(message::VIDEO, 1, 0, b"\x17\0");
    assert_eq!(desk.end, None);
}

#[test]
fn the_request_says_it_all() {
    let mut desk = Desk::greeted();
    let fields = [
        ("app", Value::text("live/a?token=1")),
        ("flashVer", Value::text("FMLE/3.0")),
        ("tcUrl", Value::text("rtmp://video.example:1935/live/a?token=1")),
    ];
    desk.command(0, &super::desk::connect(&fields));
    desk.command(1, &publish("mp4:b%20c?user=x"));
    let request = desk.request();
    assert_eq!(request.key.as_str(), "live/a/b c");
    assert_eq!((&*request.vhost, &*request.params), ("video.example", "token=1&user=x"));
    assert_eq!((request.protocol, &*request.agent), ("rtmp", "FMLE/3.0"));
    assert_eq!(request.patience.as_secs(), 10);
}

#[test]
fn frames_are_not_copied() {
    let mut desk = Desk::publishing();
    let body = Bytes::from([&SOUND[..1], &[5; 100]].concat());
    desk.message(message::AUDIO, 1, 0, &body);
    let Some(Event::Frame(frame)) = desk.events.last() else { panic!("{:?}", desk.events) };
    // A slice of the message that was read: it still shares its memory with it.
    assert_eq!(frame.data, body[1..]);
}

#[test]
fn what_servers_tell_their_players_is_no_part_of_a_stream() {
    let mut desk = Desk::publishing();
    let status = Value::object([("code", Value::text("NetStream.Data.Start"))]);
    for words in [
        [Value::text("|RtmpSampleAccess"), Value::Bool(true)],
        [Value::text("onStatus"), status],
        [Value::text("onTextData"), Value::Null],
    ] {
        desk.message(message::DATA, 1, 0, &amf::write_all(&words));
    }
    sound(&mut desk, 0);
    assert_eq!(desk.said().iter().filter(|said| said.starts_with("frame")).count(), 2, "{:?}", desk.said());
}
