//! Files of real encoders; provenance in `proto/tests/data/README.md`.

use proptest::prelude::*;
use rtmpd_core::media::{Packager, TrackId};

use super::*;

const H264_AAC: &[u8] = include_bytes!("../../../../tests/data/h264-aac.flv");
const MULTITRACK: &[u8] = include_bytes!("../../../../tests/data/multitrack.flv");

const ALL: Form = Form { hevc: Hevc::Enhanced, tracks: TrackChoice::All };

fn pack(form: Form, unpacking: &Unpacking) -> Vec<u8> {
    let mut packager = FlvPackager::new(form);
    let mut packed = Vec::new();
    let mut out = packager.start(&unpacking.descriptions[0]).to_vec();
    unpacking.frames.iter().for_each(|frame| packager.push(frame, &mut packed));
    packed.iter().for_each(|packet| out.extend_from_slice(&packet.data));
    out
}

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
    let unpacked = round_trip(H264_AAC, "h264 176x144 + aac 48000 Hz 2 ch");
    let metadata = unpacked.descriptions[0].metadata.as_ref().unwrap();
    assert_eq!(metadata.number("framerate"), Some(10.0));
    assert!(unpacked.frames.iter().any(|frame| frame.cts > 100), "B-frames");
    assert!(unpacked.frames[0].key);
    assert_eq!(unpacked.frames.iter().filter(|frame| frame.key && frame.track == TrackId(1)).count(), 2);
    assert!(unpacked.notes.is_empty(), "{:?}", unpacked.notes);
}

#[test]
fn one_kind_only() {
    round_trip(include_bytes!("../../../../tests/data/video-only.flv"), "h264 176x144");
    round_trip(include_bytes!("../../../../tests/data/mp3.flv"), "mp3 44100 Hz 1 ch");
    round_trip(include_bytes!("../../../../tests/data/g711a.flv"), "g711a 8000 Hz 1 ch");
    round_trip(include_bytes!("../../../../tests/data/ac3.flv"), "ac3 48000 Hz 1 ch");
}

#[test]
fn sound_without_sequence_header_is_waited_for() {
    round_trip(include_bytes!("../../../../tests/data/h264-g711u.flv"), "h264 176x144 + g711u 8000 Hz 1 ch");
    round_trip(include_bytes!("../../../../tests/data/h264-eac3.flv"), "h264 176x144 + eac3 48000 Hz 1 ch");
}

#[test]
fn enhanced_codecs() {
    let hevc =
        round_trip(include_bytes!("../../../../tests/data/hevc-aac.flv"), "h265 176x144 + aac 48000 Hz 1 ch");
    assert_eq!(hevc.notes, ["colour information passed over"]);
    round_trip(include_bytes!("../../../../tests/data/av1-opus.flv"), "av1 176x144 + opus 48000 Hz 1 ch");
    round_trip(include_bytes!("../../../../tests/data/vp9-flac.flv"), "vp9 176x144 + flac 8000 Hz 1 ch");
}

#[test]
fn several_tracks_of_a_kind() {
    let unpacked =
        round_trip(MULTITRACK, "h264 176x144 + h265 176x144 + aac 48000 Hz 1 ch + opus 48000 Hz 1 ch");
    let indexes: Vec<_> = unpacked.descriptions[0].tracks.iter().map(|track| track.index).collect();
    assert_eq!(indexes, [0, 1, 0, 1, 0]);
    let first = Form { tracks: TrackChoice::First, ..ALL };
    let again = Unpacking::of(demux([&pack(first, &unpacked)[..]]));
    assert_eq!(again.descriptions[0].to_string(), "h264 176x144 + aac 48000 Hz 1 ch");
}

#[test]
fn legacy_h265_says_the_same() {
    let unpacked = Unpacking::of(demux([&include_bytes!("../../../../tests/data/hevc-aac.flv")[..]]));
    let legacy = Form { hevc: Hevc::Legacy(12), tracks: TrackChoice::First };
    let file = pack(legacy, &unpacked);
    let again = Unpacking::of(demux([&file[..]]));
    assert_eq!(again.frames, unpacked.frames);
    assert_eq!(again.descriptions[0].tracks, unpacked.descriptions[0].tracks);
    let metadata = again.descriptions[0].metadata.as_ref().unwrap();
    assert_eq!(metadata.number("videocodecid"), Some(12.0));
    assert_eq!(metadata.find("duration"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cutting_gives_the_same_tags(cuts in proptest::collection::vec(0..MULTITRACK.len(), 0..40)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&MULTITRACK[from..cut]);
            from = cut;
        }
        pieces.push(&MULTITRACK[from..]);
        prop_assert_eq!(demux(pieces), demux([MULTITRACK]));
    }

    #[test]
    fn changed_files_end(changes in proptest::collection::vec((0..MULTITRACK.len(), any::<u8>()), 1..60)) {
        let mut file = MULTITRACK.to_vec();
        for (at, byte) in changes {
            file[at] = byte;
        }
        let mut demuxer = Demuxer::new();
        let mut unpackager = Unpackager::default();
        demuxer.push(&file);
        while let Ok(Some(Tag { tag, timestamp, body })) = demuxer.poll() {
            let _ = unpackager.push(Instant::ZERO, tag, i64::from(timestamp), body);
            while unpackager.poll().is_some() {}
        }
    }
}

#[test]
fn byte_by_byte() {
    assert_eq!(demux(H264_AAC.chunks(1)), demux([H264_AAC]));
}
