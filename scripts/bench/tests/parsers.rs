//! What the tools read from the wire: any cutting gives the same, nonsense gives a clear fault.

use rtmpd_bench::amf::{self, Value};
use rtmpd_bench::dist::Dist;
use rtmpd_bench::feed::Feed;
use rtmpd_bench::flv::FlvReader;
use rtmpd_bench::latency::FrameMaker;
use rtmpd_bench::rtmp::{AckBook, ChunkReader, RawMessage, write_message};
use rtmpd_bench::target::Target;

fn messages() -> Vec<RawMessage> {
    let body = |length: usize| (0..length).map(|i| (i % 251) as u8).collect::<Vec<u8>>();
    vec![
        RawMessage { kind: 1, stream: 0, timestamp: 0, payload: vec![0, 0, 2, 0] },
        RawMessage { kind: 9, stream: 1, timestamp: 40, payload: body(5000) },
        RawMessage { kind: 8, stream: 1, timestamp: 0x0100_0000, payload: body(700) },
    ]
}

#[test]
fn chunks_come_back_whole_in_any_cutting() {
    let mut wire = Vec::new();
    for (message, size) in messages().iter().zip([128, 512, 512]) {
        write_message(&mut wire, 4, message, size);
    }
    for step in [1, 7, 128, wire.len()] {
        let mut reader = ChunkReader::default();
        let mut found = Vec::new();
        for piece in wire.chunks(step) {
            reader.push(piece);
            while let Some(message) = reader.next_message().unwrap() {
                found.push(message);
            }
        }
        assert_eq!(found, messages(), "in steps of {step}");
    }
}

#[test]
fn a_continuation_without_beginning_is_a_fault() {
    let mut reader = ChunkReader::default();
    reader.push(&[0xc4, 1, 2, 3]);
    assert!(reader.next_message().is_err());
}

#[test]
fn amf_comes_back() {
    let values = vec![
        Value::Text("connect".to_owned()),
        Value::Number(1.0),
        Value::Null,
        Value::Object(vec![("code".to_owned(), Value::Text("NetStream.Play.Start".to_owned()))]),
    ];
    let read = amf::read(&amf::write(&values));
    assert_eq!(read, values);
    assert_eq!(read[3].property("code"), Some("NetStream.Play.Start"));
}

#[test]
fn acknowledgements_come_once_per_window() {
    let mut book = AckBook::default();
    assert_eq!(book.count(1_000_000), None, "no window, no acknowledgement");
    book.set_window(2_000_000);
    assert_eq!(book.count(999_999), None);
    let message = book.count(1).unwrap();
    assert_eq!(message[12..], 2_000_000_u32.to_be_bytes());
    assert_eq!(book.count(1), None);
}

#[test]
fn a_chunked_flv_answer_is_read_in_any_cutting() {
    let frame = FrameMaker::header();
    let mut tag = vec![9, 0, 0, frame.payload.len() as u8, 0, 0, 40, 0, 0, 0, 0];
    tag.extend_from_slice(&frame.payload);
    tag.extend_from_slice(&[0, 0, 0, 0]);
    let mut wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n".to_vec();
    wire.extend_from_slice(b"FLV\x01\x01\0\0\0\x09\0\0\0\0\r\n");
    wire.extend_from_slice(format!("{:x}\r\n", tag.len()).as_bytes());
    wire.extend_from_slice(&tag);
    wire.extend_from_slice(b"\r\n");
    let target = Target::parse("http://127.0.0.1:8080/live/stream.flv").unwrap();
    for step in [1, 5, wire.len()] {
        let mut feed = Feed::new(&target);
        assert!(feed.take_output().starts_with(b"GET /live/stream.flv HTTP/1.1\r\n"));
        wire.chunks(step).for_each(|piece| feed.push(piece).unwrap());
        let message = feed.next_media().unwrap().unwrap();
        assert_eq!((message.timestamp, &message.payload), (40, &frame.payload));
    }
}

#[test]
fn refusals_are_told() {
    let mut feed = Feed::new(&Target::parse("http://127.0.0.1/live/none.flv").unwrap());
    let fault = feed.push(b"HTTP/1.1 404 Not Found\r\n\r\n").unwrap_err();
    assert_eq!(fault.to_string(), "http status: \"404\", expected 200");
    let mut reader = FlvReader::default();
    reader.push(b"<html>not a stream</html>");
    assert!(reader.next_tag().is_err());
    assert!(Target::parse("srt://127.0.0.1:9000").is_err());
    assert!(Target::parse("rtmp://127.0.0.1/live").is_err());
}

#[test]
fn frames_carry_their_send_time() {
    let mut maker = FrameMaker::new(25, 25, 2000);
    let (first, second) = (maker.next_frame(123_456_789), maker.next_frame(u64::MAX));
    assert!(first.is_keyframe() && !second.is_keyframe() && !FrameMaker::header().is_keyframe());
    assert_eq!(FrameMaker::sent_ns(&first), Some(123_456_789));
    assert_eq!(FrameMaker::sent_ns(&second), Some(u64::MAX));
    assert_eq!(FrameMaker::sent_ns(&FrameMaker::header()), None);
    assert_eq!(second.timestamp, 40);
}

#[test]
fn ranks_are_nearest_ranks() {
    let dist: Dist = (1..=100).collect();
    assert_eq!((dist.min(), dist.at(500), dist.at(990), dist.max()), (1, 50, 99, 100));
    assert_eq!(Dist::default().at(500), 0);
}
