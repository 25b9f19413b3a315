//! Files of real encoders; provenance in `proto/tests/data/README.md`.

use rtmpd_core::media::{Packager, TrackId};

use super::*;

fn pack(form: Form, unpacking: &Unpacking) -> Vec<u8> {
    let mut packager = FlvPackager::new(form);
    let mut packed = Vec::new();
    let mut out = packager.start(&unpacking.descriptions[0]).to_vec();
    unpacking.frames.iter().for_each(|frame| packager.push(frame, &mut packed));
    packed.iter().for_each(|packet| out.extend_from_slice(&packet.data));
    out
}

const ALL: Form = Form { hevc: Hevc::Enhanced, tracks: TrackChoice::All };

/// Unpacks a file, packs it again, unpacks that: tracks and frames are the same.
fn round_trip(file: &[u8], expected: &str) -> Unpacking {
    let first = Unpacking::of(demux([file]));
    assert_eq!(first.descriptions.len(), 1, "{:?}", first.descriptions);
    assert_eq!(first.descriptions[0].to_string(), expected);
    let again = Unpacking::of(demux([&pack(ALL, &first)[..]]));
    assert_eq!(again.descriptions[0].tracks, first.descriptions[0].tracks);
    assert_eq!(again.frames, first.frames);
    first
}

#[test]
fn h264_and_aac() {
    let file = include_bytes!("../../../../tests/data/h264-aac.flv");
    let unpacked = round_trip(file, "h264 176x144 + aac 48000 Hz 2 ch");
    let metadata = unpacked.descriptions[0].metadata.as_ref().unwrap();
    assert_eq!(metadata.number("framerate"), Some(10.0));
    assert!(unpacked.frames.iter().any(|frame| frame.cts > 100), "B-frames");
    assert!(unpacked.frames[0].key);
    assert_eq!(unpacked.frames.iter().filter(|frame| frame.key && frame.track == TrackId(1)).count(), 2);
    assert!(unpacked.notes.is_empty(), "{:?}", unpacked.notes);
}
