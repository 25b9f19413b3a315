//! The bytes that all players share.

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Packager, Packaging, Packed, Track, TrackId};

use crate::rtmp::chunk::{ChunkReader, Limits, Message};
use crate::rtmp::{PACKAGING, PACKAGING_ALL, PACKAGING_LEGACY, RtmpPackager, Settings};

fn description(codecs: &[(Codec, u8)]) -> Description {
    let tracks = codecs.iter().enumerate().map(|(id, (codec, index))| Track {
        config: Bytes::from_static(b"CFG"),
        ..Track::new(TrackId(id as u8), *index, *codec, 1000)
    });
    Description { revision: 1, tracks: tracks.collect(), metadata: None }
}

fn frame(track: u8, dts: i64, key: bool, data: &[u8]) -> Frame {
    Frame { track: TrackId(track), dts, cts: 0, offset_ns: 0, key, data: Bytes::copy_from_slice(data) }
}

fn packager(packaging: Packaging, chunk_size: u32) -> RtmpPackager {
    RtmpPackager::of(packaging, &Settings { chunk_size, ..Settings::default() }).unwrap()
}

fn push(packager: &mut RtmpPackager, frame: &Frame) -> Vec<Packed> {
    let mut out = Vec::new();
    packager.push(frame, &mut out);
    out
}

fn messages(mut data: &[u8], chunk_size: u32) -> Vec<Message> {
    let mut reader = ChunkReader::new(Limits { message: 1 << 20 });
    reader.set_chunk_size(chunk_size).unwrap();
    std::iter::from_fn(|| reader.read(&mut data).unwrap()).collect()
}

#[test]
fn the_bytes_of_a_frame() {
    let mut packager = packager(PACKAGING, 8);
    packager.start(&description(&[(Codec::H264, 0), (Codec::Aac, 0)]));
    let packed = push(&mut packager, &frame(0, 40, true, b"0123456789"));
    let expected = b"\x06\0\0\x28\0\0\x0F\x09\x01\0\0\0\x17\x01\0\0\x00012\xC63456789";
    assert_eq!((packed.len(), &packed[0].data[..], packed[0].key), (1, &expected[..], true));
    let packed = push(&mut packager, &frame(1, 41, true, b"ab"));
    assert_eq!(&packed[0].data[..], b"\x04\0\0\x29\0\0\x04\x08\x01\0\0\0\xAF\x01ab");
    assert!(!packed[0].key, "sound is no entry where there are pictures");
    // Times are modulo 2^32, before the start too.
    let packed = push(&mut packager, &frame(1, (1 << 32) + 5, true, b"ab"));
    assert_eq!(packed[0].data[1..4], [0, 0, 5]);
    let packed = push(&mut packager, &frame(1, -2, true, b"ab"));
    assert_eq!(
        (&packed[0].data[1..4], &packed[0].data[12..16]),
        (&[0xFF; 3][..], &[0xFF, 0xFF, 0xFF, 0xFE][..])
    );
}

#[test]
fn what_a_joiner_gets_first() {
    let mut packager = packager(PACKAGING, 128);
    let description = description(&[(Codec::H264, 0), (Codec::Aac, 0)]);
    let at = |preamble: Bytes| -> Vec<(u8, u32, u32)> {
        messages(&preamble, 128)
            .iter()
            .map(|message| (message.kind, message.stream, message.timestamp))
            .collect()
    };
    assert_eq!(at(packager.start(&description)), [(18, 1, 0), (9, 1, 0), (8, 1, 0)]);
    push(&mut packager, &frame(0, 500, true, b"x"));
    assert_eq!(
        at(packager.start(&description)),
        [(18, 1, 500), (9, 1, 500), (8, 1, 500)],
        "in the stream's middle"
    );
}

#[test]
fn where_players_begin() {
    let mut sound = packager(PACKAGING, 128);
    sound.start(&description(&[(Codec::Aac, 0)]));
    assert!(push(&mut sound, &frame(0, 0, true, b"x"))[0].key);
    let mut all = packager(PACKAGING_ALL, 128);
    all.start(&description(&[(Codec::H264, 0), (Codec::H264, 1)]));
    let keys: Vec<bool> = [(0, true), (0, false), (1, true)]
        .map(|(track, key)| push(&mut all, &frame(track, 0, key, b"x"))[0].key)
        .into();
    assert_eq!(keys, [true, false, false]);
    let mut first = packager(PACKAGING, 128);
    first.start(&description(&[(Codec::H264, 0), (Codec::H264, 1)]));
    assert_eq!(push(&mut first, &frame(1, 0, true, b"x")), [], "a further track");
    assert_eq!(push(&mut first, &frame(9, 0, true, b"x")), [], "no track");
}

#[test]
fn h265_in_both_ways() {
    for (packaging, head) in [(PACKAGING, &b"\x93hvc1"[..]), (PACKAGING_LEGACY, b"\x1C\x01\0\0\0")] {
        let mut packager = packager(packaging, 128);
        packager.start(&description(&[(Codec::H265, 0)]));
        let packed = push(&mut packager, &frame(0, 0, true, b"x"));
        assert!(messages(&packed[0].data, 128)[0].payload.starts_with(head));
    }
    assert!(RtmpPackager::of(Packaging("flv"), &Settings::default()).is_none());
    assert!(RtmpPackager::of(Packaging("rtmp+x"), &Settings::default()).is_none());
}
