//! When tracks are known, what changes them, and what is left out.

use proptest::prelude::*;
use rtmpd_core::media::{Codec, Kind, TrackId};

use super::*;

const AVCC: &[u8] =
    b"\x01\x64\x00\x0a\xff\xe1\x00\x18\x67\x64\x00\x0a\xac\xd9\x42\xc4\xec\x04\x40\x00\x00\x03\x00\x40\
    \x00\x00\x05\x03\xc4\x89\x65\x80\x01\x00\x05\x68\xef\x83\x9c\xb0\xfd\xf8\xf8\x00";
const AAC: &[u8] = b"\xAF\x00\x11\x90";
const NAL: &[u8] = b"\x17\x01\0\0\0\0\0\0\x02\x65\x88";
const RAW: &[u8] = b"\xAF\x01\x21\x10";
/// audiocodecid 10, videocodecid 7
const BOTH: &[u8] =
    b"\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x08\0\0\0\0\x00\x0caudiocodecid\x00\x40\x24\0\0\0\0\
    \0\0\x00\x0cvideocodecid\x00\x40\x1c\0\0\0\0\0\0\0\0\x09";

fn avc() -> Bytes {
    [b"\x17\0\0\0\0", AVCC].concat().into()
}

#[derive(Default)]
struct Bench {
    unpackager: Unpackager,
    got: Unpacking,
}

impl Bench {
    fn push(&mut self, tag: TagType, at_ms: i64, body: impl Into<Bytes>) {
        let now = Instant::from_millis(at_ms as u64);
        self.unpackager.push(now, tag, at_ms, body.into()).unwrap();
        self.got.drain(&mut self.unpackager);
    }

    fn names(&self) -> Vec<String> {
        self.got.descriptions.iter().map(|description| description.to_string()).collect()
    }
}

const VIDEO: TagType = TagType::Video;
const AUDIO: TagType = TagType::Audio;
const SCRIPT: TagType = TagType::Script;

#[test]
fn without_metadata_the_first_frame_decides() {
    let mut bench = Bench::default();
    bench.push(VIDEO, 0, avc());
    bench.push(AUDIO, 0, AAC);
    assert_eq!(bench.names(), [""; 0]);
    bench.push(VIDEO, 0, NAL);
    assert_eq!(bench.names(), ["h264 176x144 + aac 48000 Hz 2 ch"]);
    let frame = &bench.got.frames[0];
    assert_eq!((frame.dts, frame.key, &frame.data[..]), (0, true, &NAL[5..]));
    let tracks = &bench.got.descriptions[0].tracks;
    assert_eq!(tracks.last().unwrap().codec, Codec::Script, "from the beginning");
    bench.push(AUDIO, 5, RAW);
    bench.push(VIDEO, 40, avc());
    bench.push(AUDIO, 40, AAC);
    bench.push(VIDEO, 40, NAL);
    assert_eq!(bench.names().len(), 1, "repeated headers change nothing");
}

#[test]
fn metadata_promises_are_waited_for() {
    let mut bench = Bench::default();
    bench.push(SCRIPT, 0, BOTH);
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    bench.push(VIDEO, 500, NAL);
    assert_eq!(bench.unpackager.poll_timeout(), Some(Instant::from_millis(1000)));
    assert_eq!(bench.got.frames, []);
    bench.push(AUDIO, 600, AAC);
    assert_eq!(bench.names(), ["h264 176x144 + aac 48000 Hz 2 ch"]);
    assert_eq!(bench.got.frames.len(), 2);
    assert!(bench.got.descriptions[0].metadata.is_some());
    assert_eq!(bench.unpackager.poll_timeout(), None);
}

#[test]
fn waiting_ends() {
    // by the clock
    let mut bench = Bench::default();
    bench.push(SCRIPT, 0, BOTH);
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    bench.unpackager.handle_timeout(Instant::from_millis(999));
    bench.got.drain(&mut bench.unpackager);
    assert_eq!(bench.names(), [""; 0]);
    bench.unpackager.handle_timeout(Instant::from_millis(1000));
    bench.got.drain(&mut bench.unpackager);
    assert_eq!(bench.names(), ["h264 176x144"]);
    // what comes later makes a new description
    bench.push(AUDIO, 1000, AAC);
    bench.push(AUDIO, 1000, RAW);
    assert_eq!(bench.names().last().unwrap(), "h264 176x144 + aac 48000 Hz 2 ch");
    assert_eq!(bench.got.frames.len(), 2);
    // by media time, by frames
    for step in [1000, 0] {
        let mut bench = Bench::default();
        bench.push(SCRIPT, 0, BOTH);
        bench.push(VIDEO, 0, avc());
        for count in 0..513 {
            let time = count * step;
            bench.unpackager.push(Instant::ZERO, VIDEO, time, bytes(NAL)).unwrap();
        }
        bench.got.drain(&mut bench.unpackager);
        assert_eq!(bench.names(), ["h264 176x144"]);
    }
    // because the promise cannot be kept
    let mut bench = Bench::default();
    bench.push(SCRIPT, 0, BOTH);
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    bench.push(AUDIO, 0, &b"\xB2speex"[..]);
    bench.push(AUDIO, 0, &b"\xB2speex"[..]);
    assert_eq!(bench.names(), ["h264 176x144"]);
    assert_eq!(bench.got.notes, ["sound format 11 (Speex) is not carried: left out"]);
}

#[test]
fn changed_headers_make_new_tracks() {
    let mut bench = Bench::default();
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    let mut other = avc().to_vec();
    let last = other.len() - 5;
    other[last] ^= 1;
    bench.push(VIDEO, 40, other);
    assert_eq!(bench.got.descriptions.len(), 1, "the next frame tells");
    bench.push(VIDEO, 40, NAL);
    assert_eq!(bench.got.descriptions.len(), 2);
    assert!(!bench.got.descriptions[0].same_tracks(&bench.got.descriptions[1]));
    // metadata alone: the same tracks, and the handler's call for those who are there
    bench.push(SCRIPT, 80, BOTH);
    assert_eq!(bench.got.descriptions.len(), 3);
    assert!(bench.got.descriptions[1].same_tracks(&bench.got.descriptions[2]));
    let frame = bench.got.frames.last().unwrap();
    assert_eq!((frame.track, frame.dts), (TrackId(0), 80));
    assert_eq!(&frame.data[..16], b"\x02\x00\x0aonMetaData\x08\0\0");
    // while frames are held: they belong to the old header
    let mut bench = Bench::default();
    bench.push(SCRIPT, 0, BOTH);
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    bench.push(VIDEO, 40, [b"\x90hvc1\x01".as_slice(), &[0; 20], &[3, 0]].concat());
    bench.push(VIDEO, 40, &b"\x93hvc1\0\0\0\x03\x26\x01\xAF"[..]);
    assert_eq!(bench.names(), ["h264 176x144", "h265"]);
}

#[test]
fn script_data_becomes_frames() {
    let cue = &b"\x02\x00\x0aonTextData\x03\x00\x04text\x02\x00\x02hi\0\0\x09"[..];
    let mut bench = Bench::default();
    bench.push(VIDEO, 0, avc());
    bench.push(SCRIPT, 0, cue);
    assert_eq!(bench.got.frames, [], "nothing before the tracks");
    bench.push(VIDEO, 0, NAL);
    bench.push(SCRIPT, 7, [b"\x02\x00\x0d@setDataFrame", cue].concat());
    let kinds: Vec<_> = bench.got.frames.iter().map(|frame| frame.track.0).collect();
    assert_eq!(kinds, [0, 1, 0]);
    assert_eq!(&bench.got.frames[2].data[..], cue);
    bench.push(SCRIPT, 8, &b"\x02\x00\x0f@clearDataFrame\x02\x00\x0aonMetaData"[..]);
    bench.push(SCRIPT, 9, &b"\x03\x00"[..]);
    bench.push(SCRIPT, 9, &b""[..]);
    assert_eq!(bench.got.frames.len(), 3);
    assert_eq!(bench.got.notes.len(), 1, "{:?}", bench.got.notes);
}

#[test]
fn what_cannot_be_decoded_is_left_out_once_noted() {
    let mut bench = Bench::default();
    for _ in 0..3 {
        bench.push(VIDEO, 0, NAL);
        bench.push(AUDIO, 0, RAW);
        bench.push(VIDEO, 0, &b"\x17\0\0\0\0"[..]);
        bench.push(VIDEO, 0, &b"\x57\0"[..]);
        bench.push(VIDEO, 0, &b""[..]);
        bench.push(AUDIO, 0, &b""[..]);
        bench.push(VIDEO, 0, &b"\x96\x00avc1\xFFx"[..]);
    }
    assert_eq!(bench.got.frames, []);
    assert_eq!(bench.got.notes.len(), 5, "{:?}", bench.got.notes);
    bench.push(VIDEO, 0, avc());
    bench.push(VIDEO, 0, NAL);
    bench.push(VIDEO, 0, &b"\x17\x01\0\0\0"[..]);
    assert_eq!(bench.got.frames.len(), 1);
    let error = bench.unpackager.push(Instant::ZERO, VIDEO, 0, bytes(b"\x17\0\0\0\0\0\0")).unwrap_err();
    assert!(error.to_string().contains("avcC version"), "{error}");
}

#[test]
fn other_nal_lengths_become_four_bytes() {
    let mut bench = Bench::default();
    let mut header = avc().to_vec();
    header[9] = 0xFD;
    bench.push(VIDEO, 0, header);
    bench.push(VIDEO, 0, &b"\x17\x01\0\0\0\0\x02\x65\x88\0\x01\x09"[..]);
    bench.push(VIDEO, 0, &b"\x27\x01\0\0\0\0\x09\x65\x88"[..]);
    assert_eq!(bench.got.frames.len(), 1);
    assert_eq!(&bench.got.frames[0].data[..], b"\0\0\0\x02\x65\x88\0\0\0\x01\x09");
    assert_eq!(&bench.got.descriptions[0].tracks[0].config[..], AVCC);
    assert_eq!(bench.got.notes, ["h264 frame with wrong NAL unit lengths left out"]);
}

#[test]
fn sizes_of_vp9_follow_its_keyframes() {
    let key = |width_low: u8| {
        [&b"\x91vp09\x82\x49\x83\x42\x00\x0a"[..], &[width_low, 0x08, 0xF6, 0x02, 0x38]].concat()
    };
    let mut bench = Bench::default();
    bench.push(VIDEO, 0, &b"\x90vp09\x01\0\0\0\0\x0a\x82\x02\x02\x02\0\0"[..]);
    bench.push(VIDEO, 0, key(0xF0));
    bench.push(VIDEO, 40, &b"\xA1vp09\x86\0\0"[..]);
    bench.push(VIDEO, 80, key(0x70));
    assert_eq!(bench.names(), ["vp9 176x144", "vp9 168x144"]);
}

#[test]
fn opus_without_header_has_as_many_channels_as_it_says() {
    let mut bench = Bench::default();
    bench.push(AUDIO, 0, &b"\x90Opus"[..]);
    bench.push(AUDIO, 0, &b"\x94Opus\x01\x06\0\0\0\x3F"[..]);
    bench.push(AUDIO, 0, &b"\x91Opuspkt"[..]);
    assert_eq!(bench.names(), ["opus 48000 Hz 6 ch"]);
    assert!(bench.got.descriptions[0].has(Kind::Audio));
}

#[test]
fn empty_headers_announce_tracks() {
    let mut bench = Bench::default();
    bench.push(VIDEO, 0, avc());
    bench.push(AUDIO, 0, &b"\x90ac-3"[..]);
    bench.push(AUDIO, 0, &b"\x95\x00.mp3\x01"[..]);
    bench.push(VIDEO, 0, NAL);
    bench.push(AUDIO, 10, &b"\x91ac-3\x0b\x77\x6b\xf1\x08\x40\x2f\x84"[..]);
    assert_eq!(bench.names(), [""; 0]);
    bench.push(AUDIO, 20, &b"\x95\x01.mp3\x01\xff\xfb\x10\xc4"[..]);
    assert_eq!(bench.names(), ["h264 176x144 + ac3 48000 Hz 1 ch + mp3 44100 Hz 1 ch"]);
    assert_eq!(bench.got.frames.len(), 3);
}

fn any_body() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let start = proptest::sample::select(vec![
        &b"\x17\0\0\0\0"[..],
        b"\x17\x01\0\0\0",
        b"\x90hvc1",
        b"\x93hvc1",
        b"\x96\x21avc1\x01",
        b"\x91vp09\x82\x49\x83\x42",
        b"\xAF\0",
        b"\xAF\x01",
        b"\x90fLaC",
        b"\x91ec-3\x0b\x77",
        b"\x2F\xFF\xFB",
        b"\x02\x00\x0aonMetaData",
        b"",
    ]);
    (0_u8..3, start, proptest::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(tag, start, rest)| (tag, [start, &rest].concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bodies_end(bodies in proptest::collection::vec(any_body(), 0..30)) {
        let mut unpackager = Unpackager::default();
        let mut got = Unpacking::default();
        for (tag, body) in bodies {
            let tag = [VIDEO, AUDIO, SCRIPT][usize::from(tag)];
            let _ = unpackager.push(Instant::ZERO, tag, 0, body.into());
            got.drain(&mut unpackager);
        }
        unpackager.finish();
        got.drain(&mut unpackager);
    }
}
