//! Tables of bytes, limits, and round trips in any cutting.
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use rtmpd_core::Error;

use super::*;

const LIMITS: Limits = Limits { message: 1 << 20 };

fn reader() -> ChunkReader {
    ChunkReader::new(LIMITS)
}

fn message(kind: u8, stream: u32, timestamp: u32, payload: impl AsRef<[u8]>) -> Message {
    Message { kind, stream, timestamp, payload: Bytes::copy_from_slice(payload.as_ref()) }
}

/// What comes of `pieces`.
fn read_with<'a>(
    reader: &mut ChunkReader,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::new();
    for mut piece in pieces {
        while let Some(message) = reader.read(&mut piece)? {
            messages.push(message);
        }
        assert!(piece.is_empty());
    }
    Ok(messages)
}

/// What comes of these bytes, in whichever pieces.
fn read(data: &[u8]) -> Vec<Message> {
    let whole = read_with(&mut reader(), [data]).unwrap();
    for step in [1, 2, 3, 7, 130] {
        assert_eq!(read_with(&mut reader(), data.chunks(step)).unwrap(), whole, "in pieces of {step}");
    }
    whole
}

fn fault(data: &[u8]) -> String {
    read_with(&mut reader(), [data]).unwrap_err().to_string()
}

#[test]
fn the_four_formats() {
    let data = [
        &b"\x04\x00\x03\xE8\x00\x00\x02\x08\x01\x00\x00\x00ab"[..], // 0: 1000 ms, 2 bytes, sound, stream 1
        b"\x44\x00\x00\x14\x00\x00\x03\x09cde",                     // 1: +20, 3 bytes, pictures
        b"\x84\x00\x00\x15fgh",                                     // 2: +21
        b"\xC4ijk",                                                 // 3: +21 again
        b"\xC4lmn",
    ];
    let expected = [
        message(8, 1, 1000, b"ab"),
        message(9, 1, 1020, b"cde"),
        message(9, 1, 1041, b"fgh"),
        message(9, 1, 1062, b"ijk"),
        message(9, 1, 1083, b"lmn"),
    ];
    assert_eq!(read(&data.concat()), expected);
}

#[test]
fn format_3_behind_format_0_adds_its_time() {
    let data = b"\x04\x00\x00\x28\x00\x00\x01\x08\x01\x00\x00\x00a\xC4b";
    assert_eq!(read(data), [message(8, 1, 40, b"a"), message(8, 1, 80, b"b")]);
}

#[test]
fn ids_of_two_and_three_bytes() {
    let body = b"\x00\x00\x00\x00\x00\x01\x08\x00\x00\x00\x00a";
    for (id, first, again) in [
        (2, &b"\x02"[..], &b"\xC2"[..]),
        (63, b"\x3F", b"\xFF"),
        (64, b"\x00\x00", b"\xC0\x00"),
        (319, b"\x00\xFF", b"\xC0\xFF"),
        (320, b"\x01\x00\x01", b"\xC1\x00\x01"),
        (65_599, b"\x01\xFF\xFF", b"\xC1\xFF\xFF"),
    ] {
        let data = [first, body, again, b"b"].concat();
        assert_eq!(read(&data), [message(8, 0, 0, b"a"), message(8, 0, 0, b"b")], "chunk stream {id}");
    }
    // The long forms may say the short ids, too.
    let data = [b"\x01\x00\x00".as_slice(), body, b"\xC0\x00", b"b"].concat();
    assert_eq!(read(&data).len(), 2);
}

#[test]
fn format_1_may_come_first() {
    let data = b"\x42\x00\x00\x05\x00\x00\x01\x08a";
    assert_eq!(read(data), [message(8, 0, 5, b"a")]);
    assert!(fault(b"\x82\x00\x00\x05a").contains("chunk stream 2 begins with format 2, expected 0 or 1"));
    assert!(fault(b"\xC7a").contains("chunk stream 7 begins with format 3"));
}

#[test]
fn interleaved_messages() {
    let (long, other) = ([b'x'; 200], [b'y'; 130]);
    let data = [
        b"\x06\x00\x00\x01\x00\x00\xC8\x09\x01\x00\x00\x00".as_slice(),
        &long[..128],
        b"\x04\x00\x00\x02\x00\x00\x82\x08\x01\x00\x00\x00",
        &other[..128],
        b"\xC6",
        &long[128..],
        b"\xC4",
        &other[128..],
    ];
    assert_eq!(read(&data.concat()), [message(9, 1, 1, long), message(8, 1, 2, other)]);
}

#[test]
fn empty_messages() {
    let data = b"\x04\x00\x00\x01\x00\x00\x00\x08\x01\x00\x00\x00\xC4\xC4";
    assert_eq!(read(data), [1, 2, 3].map(|time| message(8, 1, time, b"")));
}

#[test]
fn extended_times_repeated_or_not() {
    let payload: Vec<u8> = (0..=255).cycle().take(300).collect();
    for time in [0x00FF_FFFF, 0x0100_0000, u32::MAX] {
        let extended = time.to_be_bytes();
        for repeated in [&extended[..], b""] {
            let head = b"\x06\xFF\xFF\xFF\x00\x01\x2C\x09\x01\x00\x00\x00".as_slice();
            let first = [head, &extended, &payload[..128]].concat();
            let rest = [b"\xC6", repeated, &payload[128..256], b"\xC6", repeated, &payload[256..]].concat();
            // A message with a short time in between ends the quirk, one with a long difference begins it anew.
            let short = b"\x46\x00\x00\x01\x00\x00\x01\x08a\xC6b".as_slice();
            let again = [b"\x46\xFF\xFF\xFF\x00\x00\x82\x08", extended.as_slice(), &payload[..128]].concat();
            let end = [b"\xC6", repeated, &payload[128..130]].concat();
            let messages = read(&[first, rest, short.to_vec(), again, end].concat());
            let last = time.wrapping_add(2).wrapping_add(time);
            let expected = [
                message(9, 1, time, &payload),
                message(8, 1, time.wrapping_add(1), b"a"),
                message(8, 1, time.wrapping_add(2), b"b"),
                message(8, 1, last, &payload[..130]),
            ];
            assert_eq!(messages, expected, "time {time:#x}, repeated: {}", !repeated.is_empty());
        }
    }
}

#[test]
fn a_payload_that_begins_like_the_extended_time() {
    let head = b"\x06\xFF\xFF\xFF\x00\x01\x04\x09\x01\x00\x00\x00\x01\x02\x03\x04".as_slice();
    for begins in [&b"\x01"[..], b"\x01\x02", b"\x01\x02\x03"] {
        let payload = [&[7; 128], begins, &[9; 132]].concat()[..260].to_vec();
        let data = [head, &payload[..128], b"\xC6", &payload[128..256], b"\xC6", &payload[256..]].concat();
        assert_eq!(read(&data), [message(9, 1, 0x0102_0304, &payload)]);
    }
}

#[test]
fn a_short_rest_behind_an_extended_time_is_not_held_up() {
    let mut reader = reader();
    let head = b"\x06\xFF\xFF\xFF\x00\x00\x81\x09\x01\x00\x00\x00\x01\x00\x00\x00".as_slice();
    let data = [head, &[7; 128], b"\xC6\x09"].concat();
    assert_eq!(read_with(&mut reader, [data.as_slice()]).unwrap().len(), 1);
}

#[test]
fn an_aborted_message_is_forgotten() {
    let head = b"\x06\x00\x00\x01\x00\x00\xC8\x09\x01\x00\x00\x00".as_slice();
    let mut reader = reader();
    assert_eq!(read_with(&mut reader, [head, &[1; 128]]).unwrap(), []);
    reader.abort(6);
    reader.abort(99);
    let data = [b"\xC6".as_slice(), &[2; 128], b"\xC6", &[2; 72]].concat();
    assert_eq!(read_with(&mut reader, [data.as_slice()]).unwrap(), [message(9, 1, 2, [2; 200])]);
}

#[test]
fn a_new_header_in_the_middle_gives_the_old_message_up() {
    let head = b"\x06\x00\x00\x01\x00\x00\xC8\x09\x01\x00\x00\x00".as_slice();
    let data = [head, &[1; 128], b"\x06\x00\x00\x05\x00\x00\x01\x08\x01\x00\x00\x00z"].concat();
    assert_eq!(read(&data), [message(8, 1, 5, b"z")]);
}

#[test]
fn chunk_sizes_change_between_messages() {
    let mut reader = reader();
    let head = b"\x06\x00\x00\x01\x00\x00\xC8\x09\x01\x00\x00\x00".as_slice();
    reader.set_chunk_size(1).unwrap();
    assert_eq!(
        read_with(&mut reader, [b"\x04\0\0\0\0\0\x02\x08\0\0\0\0a\xC4b".as_slice()]).unwrap().len(),
        1
    );
    reader.set_chunk_size(0x7FFF_FFFF).unwrap();
    assert_eq!(read_with(&mut reader, [head, &[3; 200]]).unwrap(), [message(9, 1, 1, [3; 200])]);
    for wrong in [0, 0x8000_0000] {
        let error = reader.set_chunk_size(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("chunk size {wrong}, expected 1 to 2147483647")), "{error}");
    }
}

#[test]
fn limits() {
    let text = fault(b"\x06\x00\x00\x01\x10\x00\x01\x09\x01\x00\x00\x00");
    assert!(text.contains("message of type 9 is 1048577 bytes long, at most 1048576"), "{text}");
    let one = |id: u8| [&[id][..], b"\0\0\0\0\0\0\x08\0\0\0\0"].concat();
    let many: Vec<u8> = (0..65_u8).flat_map(|id| [&[0, id][..], &one(id)[1..]].concat()).collect();
    assert!(fault(&many).contains("more than 64 chunk streams"));
    let begun = |id: u8| [&[id][..], b"\0\0\0\x0F\0\0\x08\0\0\0\0", &[0; 128]].concat();
    let sum = [begun(4), begun(5), begun(6)].concat();
    let text = fault(&sum);
    assert!(
        text.contains("messages under way are 2949120 bytes long") && text.contains("byte 280"),
        "{text}"
    );
}

#[test]
fn a_claimed_length_is_not_believed() {
    let mut reader = ChunkReader::new(Limits { message: 16 << 20 });
    let data = b"\x06\x00\x00\x01\xFF\xFF\xFF\x09\x01\x00\x00\x00abc".as_slice();
    assert_eq!(read_with(&mut reader, [data]).unwrap(), []);
    assert!(reader.reserved() <= 1 << 20);
}

#[test]
fn what_is_written() {
    let mut out = BytesMut::new();
    let envelope = Envelope { chunk_stream: 6, kind: 9, stream: 1, timestamp: 0x0102_0304 };
    put_message(&mut out, envelope, [b"ab", b"cdefg"], 3);
    let expected = b"\x06\xFF\xFF\xFF\0\0\x07\x09\x01\0\0\0\x01\x02\x03\x04abc\xC6\x01\x02\x03\x04def\xC6\x01\x02\x03\x04g";
    assert_eq!(&out[..], expected);
    let mut out = BytesMut::new();
    put_message(&mut out, Envelope { timestamp: 0x00FF_FFFE, ..envelope }, [b"abc", b""], 3);
    assert_eq!(&out[..], b"\x06\xFF\xFF\xFE\0\0\x03\x09\x01\0\0\0abc");
}

#[test]
fn readdressed_messages_differ_in_their_stream_only() {
    for timestamp in [7, 0x0102_0304] {
        let build = |stream| {
            let mut out = BytesMut::new();
            for (kind, length) in [(18, 300), (9, 0), (9, 128), (8, 129)] {
                let envelope = Envelope { chunk_stream: 6, kind, stream, timestamp };
                put_message(&mut out, envelope, [&[1; 3], &vec![2; length]], 128);
            }
            out
        };
        assert_eq!(readdress(&build(1), 0x0506, 128), build(0x0506));
    }
    assert_eq!(readdress(b"\x06\0", 2, 128), b"\x06\0"[..]);
}

/// Messages on three chunk streams, cut into chunks and mixed.
fn mixed() -> impl Strategy<Value = (Vec<Message>, Vec<u8>, usize)> {
    let one = (any::<u32>(), proptest::collection::vec(any::<u8>(), 0..700), 4_u8..7);
    (proptest::collection::vec(one, 0..12), 1_usize..300).prop_map(|(parts, chunk_size)| {
        let mut data = BytesMut::new();
        let mut messages = Vec::new();
        for (timestamp, payload, chunk_stream) in parts {
            let envelope = Envelope { chunk_stream, kind: 9, stream: 1, timestamp };
            put_message(&mut data, envelope, [&payload, &[]], chunk_size);
            messages.push(message(9, 1, timestamp, payload));
        }
        (messages, data.to_vec(), chunk_size)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read((messages, data, chunk_size) in mixed(), step in 1_usize..400) {
        let mut reader = reader();
        reader.set_chunk_size(chunk_size as u32).unwrap();
        prop_assert_eq!(read_with(&mut reader, data.chunks(step)).unwrap(), messages);
    }

    #[test]
    fn any_bytes_end_alike_in_any_cutting(
        data in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(0xFF), Just(0xC4)], 0..400),
        step in 1_usize..40,
    ) {
        let whole = read_with(&mut reader(), [data.as_slice()]);
        prop_assert_eq!(read_with(&mut reader(), data.chunks(step)), whole);
    }
}
