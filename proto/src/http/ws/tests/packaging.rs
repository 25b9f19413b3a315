//! Bytes that viewers share, in messages.

use rtmpd_core::media::{Codec, Description, Frame, Kind, Packager, Packed, Track, TrackId};

use super::*;
use crate::container::flv::{Demuxer, FLV, FlvPackager, HEADER_LEN};

/// Makes two pieces of each frame, none of an empty one.
struct Doubler {
    preamble: &'static [u8],
}

impl Packager for Doubler {
    fn start(&mut self, _: &Description) -> Bytes {
        Bytes::from_static(self.preamble)
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        if !frame.data.is_empty() {
            out.push(Packed { kind: Kind::Video, key: frame.key, data: frame.data.clone() });
            out.push(Packed { kind: Kind::Audio, key: false, data: frame.data.clone() });
        }
    }
}

fn frame(key: bool, data: &'static [u8]) -> Frame {
    Frame { track: TrackId(0), dts: 0, cts: 0, offset_ns: 0, key, data: Bytes::from_static(data) }
}

#[test]
fn each_piece_is_one_message() {
    let mut packager = WsPackager::new(Box::new(Doubler { preamble: b"HEAD" }));
    let preamble = packager.start(&Description::default());
    assert_eq!(as_client(&preamble), (vec![binary(b"HEAD")], None));
    let before = Packed { kind: Kind::Data, key: false, data: Bytes::from_static(b"mine") };
    let mut out = vec![before.clone()];
    packager.push(&frame(true, b"picture"), &mut out);
    packager.push(&frame(false, b""), &mut out);
    assert_eq!(out.len(), 3);
    assert_eq!(out[0], before);
    assert_eq!((out[1].kind, out[1].key, out[2].kind), (Kind::Video, true, Kind::Audio));
    for packed in &out[1..] {
        assert_eq!(as_client(&packed.data), (vec![binary(b"picture")], None));
    }
}

#[test]
fn no_preamble_is_no_message() {
    let mut packager = WsPackager::new(Box::new(Doubler { preamble: b"" }));
    let preamble = packager.start(&Description::default());
    assert!(preamble.is_empty());
    assert!(reframe(&preamble, 13).is_empty());
}

#[test]
fn reframed_at_every_length_of_header() {
    for len in [1, 13, 14, 125, 126, 138, 139, 300, 65535, 65536, 65549] {
        let payload: Vec<u8> = (0..len).map(|number| number as u8).collect();
        let preamble = message(Opcode::Binary, &payload);
        for skip in [0, 1, 13, len - 1] {
            let expected = payload.get(skip..).map(binary).filter(|_| skip < len);
            assert_eq!(as_client(&reframe(&preamble, skip)), (expected.into_iter().collect(), None));
        }
        assert!(reframe(&preamble, len).is_empty());
        assert!(reframe(&preamble, usize::MAX).is_empty());
    }
}

#[test]
fn a_viewer_of_flv_can_read_it() {
    let track = Track::new(TrackId(0), 0, Codec::Mp3, 44_100);
    let description = Description { revision: 1, tracks: vec![track], metadata: None };
    let flv = FlvPackager::of(FLV, 12).unwrap();
    let mut packager = WsPackager::new(Box::new(flv));
    let preamble = packager.start(&description);
    let mut out = Vec::new();
    packager.push(&frame(true, &[0xFF, 0xFB, 0x90, 0x00, 1, 2, 3]), &mut out);
    let again = reframe(&preamble, HEADER_LEN);
    let wire: Vec<u8> = [&preamble, &out[0].data, &again].into_iter().flatten().copied().collect();
    let (said, broken) = as_client(&wire);
    assert_eq!(broken, None);
    let mut demuxer = Demuxer::new();
    for incoming in said {
        let Incoming::Message { binary: true, data } = incoming else { panic!("{incoming:?}") };
        demuxer.push(&data);
    }
    let mut tags = 0;
    while let Some(tag) = demuxer.poll().unwrap() {
        tags += usize::from(tag.body.ends_with(&[1, 2, 3]));
    }
    assert_eq!(tags, 1);
}
