//! Frames → bodies and tags.

use proptest::prelude::*;
use rtmpd_core::media::{Codec, Kind, Metadata, Packager, Packaging, Packed, Track, TrackId, Value};

use super::super::script::{self, Script};
use super::*;

const ENHANCED: Form = Form { hevc: Hevc::Enhanced, tracks: TrackChoice::First };
const ALL: Form = Form { hevc: Hevc::Enhanced, tracks: TrackChoice::All };
const LEGACY: Form = Form { hevc: Hevc::Legacy(12), tracks: TrackChoice::First };

fn track(codec: Codec, index: u8) -> Track {
    Track::new(TrackId(1), index, codec, 1000)
}

fn frame(key: bool, cts: i32, offset_ns: u32) -> Frame {
    Frame { track: TrackId(1), dts: 40, cts, offset_ns, key, data: bytes(b"data") }
}

fn head(form: Form, track: &Track, frame: &Frame) -> Vec<u8> {
    frame_head(&form, track, frame).unwrap().as_slice().to_vec()
}

#[test]
fn heads_of_pictures() {
    let avc = track(Codec::H264, 0);
    assert_eq!(head(ENHANCED, &avc, &frame(true, 0, 0)), b"\x17\x01\0\0\0");
    assert_eq!(head(ALL, &avc, &frame(false, -2, 0)), b"\x27\x01\xFF\xFF\xFE");
    let hevc = track(Codec::H265, 0);
    assert_eq!(head(ENHANCED, &hevc, &frame(true, 0, 0)), b"\x93hvc1");
    assert_eq!(head(ENHANCED, &hevc, &frame(false, 33, 0)), b"\xA1hvc1\0\0\x21");
    assert_eq!(head(LEGACY, &hevc, &frame(false, 33, 0)), b"\x2C\x01\0\0\x21");
    assert_eq!(head(ENHANCED, &hevc, &frame(true, 0, 100_000)), b"\x97\x02\x01\x86\xA0\x03hvc1");
    assert_eq!(head(LEGACY, &track(Codec::Av1, 0), &frame(true, 0, 0)), b"\x91av01");
    assert_eq!(head(ENHANCED, &track(Codec::Vp9, 0), &frame(false, 0, 0)), b"\xA1vp09");
    assert_eq!(head(ENHANCED, &track(Codec::Vp8, 0), &frame(false, 0, 0)), b"\xA1vp08");
}

#[test]
fn heads_of_further_tracks() {
    let second = track(Codec::H264, 1);
    assert_eq!(frame_head(&ENHANCED, &second, &frame(true, 0, 0)), None);
    assert_eq!(head(ALL, &second, &frame(true, 0, 0)), b"\x96\x03avc1\x01");
    assert_eq!(head(ALL, &second, &frame(true, 5, 0)), b"\x96\x01avc1\x01\0\0\x05");
    assert_eq!(head(ALL, &second, &frame(true, 5, 7)), b"\x97\x02\0\0\x07\x06\x01avc1\x01\0\0\x05");
    assert_eq!(head(ALL, &track(Codec::Aac, 2), &frame(true, 0, 0)), b"\x95\x01mp4a\x02");
    assert_eq!(frame_head(&ALL, &track(Codec::G711A, 1), &frame(true, 0, 0)), None, "it has no FourCC");
    let wide = Track { sample_rate: 16_000, ..track(Codec::G711A, 0) };
    assert_eq!(frame_head(&ALL, &wide, &frame(true, 0, 0)), None, "FLV cannot say so");
}

#[test]
fn heads_of_sound() {
    let of = |codec, sample_rate, channels| {
        let track = Track { sample_rate, channels, ..track(codec, 0) };
        head(ENHANCED, &track, &frame(true, 0, 0))
    };
    assert_eq!(of(Codec::Aac, 48_000, 1), b"\xAF\x01");
    assert_eq!(of(Codec::Mp3, 44_100, 2), b"\x2F");
    assert_eq!(of(Codec::Mp3, 22_050, 1), b"\x2A");
    assert_eq!(of(Codec::Mp3, 8_000, 1), b"\xE2");
    assert_eq!(of(Codec::G711A, 8_000, 1), b"\x72");
    assert_eq!(of(Codec::G711U, 8_000, 2), b"\x83");
    assert_eq!(of(Codec::Opus, 48_000, 2), b"\x91Opus");
    assert_eq!(of(Codec::Flac, 48_000, 2), b"\x91fLaC");
    assert_eq!(of(Codec::Ac3, 48_000, 2), b"\x91ac-3");
    assert_eq!(of(Codec::Eac3, 48_000, 2), b"\x91ec-3");
}

#[test]
fn times_of_other_clocks_become_ms() {
    let rtp = Track { clock_rate: 90_000, ..track(Codec::H264, 0) };
    let frame = Frame { dts: 90_000, cts: 3_600, ..frame(true, 0, 0) };
    let head = frame_head(&ENHANCED, &rtp, &frame).unwrap();
    assert_eq!((head.timestamp_ms, head.as_slice()), (1000, &b"\x17\x01\0\0\x28"[..]));
}

fn description(codecs: &[(Codec, u8)]) -> Description {
    let tracks = codecs.iter().enumerate().map(|(id, (codec, index))| {
        let config = if *codec == Codec::Script { Bytes::new() } else { bytes(b"CFG") };
        Track { id: TrackId(id as u8), config, ..track(*codec, *index) }
    });
    Description { revision: 1, tracks: tracks.collect(), metadata: None }
}

#[test]
fn what_a_joiner_gets_first() {
    let description = description(&[
        (Codec::H265, 0),
        (Codec::H264, 1),
        (Codec::Aac, 0),
        (Codec::Flac, 1),
        (Codec::G711A, 2),
        (Codec::Ac3, 3),
        (Codec::Script, 0),
    ]);
    let bodies = |form| {
        let bodies = start_bodies(&form, &description).into_iter().skip(1);
        bodies.map(|(_, body)| body.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(bodies(ENHANCED), [&b"\x90hvc1CFG"[..], b"\xAF\0CFG"]);
    assert_eq!(bodies(LEGACY), [&b"\x1C\0\0\0\0CFG"[..], b"\xAF\0CFG"]);
    assert_eq!(
        bodies(ALL),
        [
            &b"\x90hvc1CFG"[..],
            b"\x96\x00avc1\x01CFG",
            b"\xAF\0CFG",
            b"\x95\x00fLaC\x01fLaCCFG",
            b"\x95\x00ac-3\x03"
        ]
    );
}

/// What `onMetaData` says, through our own reading.
fn said(form: Form, description: &Description) -> Metadata {
    let (tag, body) = start_bodies(&form, description).remove(0);
    assert_eq!(tag, TagType::Script);
    let Ok(Script::Metadata(metadata, _)) = script::parse(&body) else { panic!("not metadata") };
    metadata
}

#[test]
fn metadata_is_true_for_what_follows() {
    let mut description = description(&[(Codec::H265, 0)]);
    (description.tracks[0].width, description.tracks[0].height) = (640, 360);
    let metadata = said(ENHANCED, &description);
    assert_eq!(metadata.number("width"), Some(640.0));
    assert_eq!(metadata.number("videocodecid"), Some(f64::from(u32::from_be_bytes(*b"hvc1"))));
    let publishers = [
        ("duration", Value::Number(5.0)),
        ("width", Value::Number(1.0)),
        ("audiocodecid", Value::Number(11.0)),
        ("videocodecid", Value::Text("hvc1".into())),
        ("hasAudio", Value::Bool(true)),
        ("title", Value::Text("café".into())),
    ];
    let fields = publishers.map(|(name, value)| (name.into(), value));
    description.metadata = Some(Arc::new(Metadata(fields.to_vec())));
    let metadata = said(LEGACY, &description);
    let names: Vec<_> = metadata.0.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, ["width", "videocodecid", "hasAudio", "title", "height"]);
    assert_eq!(metadata.number("width"), Some(1.0), "the publisher's word");
    assert_eq!(metadata.number("videocodecid"), Some(12.0));
    assert_eq!(metadata.find("hasAudio"), Some(&Value::Bool(false)));
}

#[test]
fn forms_by_name() {
    assert_eq!(Form::of(FLV, "flv", 12), Some(ENHANCED));
    assert_eq!(Form::of(FLV_LEGACY, "flv", 12), Some(LEGACY));
    assert_eq!(Form::of(Packaging("rtmp+all"), "rtmp", 12), Some(ALL));
    assert_eq!(Form::of(Packaging("rtmp+all"), "flv", 12), None);
    assert_eq!(Form::of(Packaging("flv+x"), "flv", 12), None);
    assert!(FlvPackager::of(FLV_ALL, 12).is_some());
    assert!(FlvPackager::of(Packaging("hls"), 12).is_none());
}

fn push(packager: &mut FlvPackager, track: u8, dts: i64, key: bool) -> Packed {
    let mut out = Vec::new();
    packager.push(&Frame { track: TrackId(track), dts, ..frame(key, 0, 0) }, &mut out);
    out.remove(0)
}

#[test]
fn tags_and_where_a_player_can_begin() {
    let mut packager = FlvPackager::new(ALL);
    let both = description(&[(Codec::H264, 0), (Codec::H264, 1), (Codec::Aac, 0), (Codec::Script, 0)]);
    let preamble = packager.start(&both);
    assert_eq!(&preamble[..HEADER_LEN], b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
    assert_eq!(&preamble[HEADER_LEN..][..1], b"\x12");
    let tag = push(&mut packager, 0, 0x1_2345_6789, true);
    assert_eq!(&tag.data[..], b"\x09\0\0\x09\x45\x67\x89\x23\0\0\0\x17\x01\0\0\0data\0\0\0\x14");
    assert!(tag.key);
    assert!(!push(&mut packager, 0, 0, false).key);
    assert!(!push(&mut packager, 1, 0, true).key, "the second pictures");
    assert!(!push(&mut packager, 2, 0, true).key);
    assert_eq!(push(&mut packager, 3, 0, true).kind, Kind::Data);
    assert!(!push(&mut packager, 3, 77, true).key);
    let again = packager.start(&both);
    assert_eq!(&again[HEADER_LEN + 4..][..4], b"\0\0\x4D\0", "in the middle of the stream");
    let _ = packager.start(&description(&[(Codec::Aac, 0), (Codec::Script, 0)]));
    assert!(push(&mut packager, 0, 0, true).key, "sound alone");
    assert!(!push(&mut packager, 1, 0, true).key);
    let second = description(&[(Codec::H264, 1), (Codec::Aac, 0)]);
    let _ = packager.start(&second);
    assert!(push(&mut packager, 0, 0, true).key, "the only pictures");
    let mut first = FlvPackager::new(ENHANCED);
    let preamble = first.start(&second);
    assert_eq!(preamble[4], 4, "sound alone goes out");
    assert!(push(&mut first, 1, 0, true).key);
}

const CODECS: [Codec; 13] = [
    Codec::H264,
    Codec::H265,
    Codec::Av1,
    Codec::Vp9,
    Codec::Vp8,
    Codec::Aac,
    Codec::Opus,
    Codec::Flac,
    Codec::Ac3,
    Codec::Eac3,
    Codec::Mp3,
    Codec::G711A,
    Codec::G711U,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_parses_the_same(
        codec in proptest::sample::select(&CODECS[..]),
        index in 0_u8..3,
        key in any::<bool>(),
        cts in -0x80_0000..0x80_0000_i32,
        offset_ns in 0_u32..1_000_000,
        form in proptest::sample::select(&[ENHANCED, LEGACY, ALL][..]),
    ) {
        let is_video = codec.kind() == Kind::Video;
        let has_cts = matches!(codec, Codec::H264 | Codec::H265);
        let key = key || !is_video;
        let cts = if has_cts { cts } else { 0 };
        let track = track(codec, index);
        let frame = frame(key, cts, offset_ns);
        let Some(head) = frame_head(&form, &track, &frame) else { return Ok(()) };
        let body = Bytes::from([head.as_slice(), &frame.data].concat());
        let mut parts = Vec::new();
        match head.tag {
            TagType::Video => parse_video(&body, 12, &mut parts).unwrap(),
            TagType::Audio | TagType::Script => parse_audio(&body, &mut parts).unwrap(),
        }
        let part = parts.remove(0);
        prop_assert_eq!(part.index, index);
        let classic = body[0] & 0x80 == 0 || (!is_video && body[0] >> 4 != 9);
        prop_assert_eq!(part.offset_ns, if classic { 0 } else { offset_ns });
        let Content::Frame { codec: c, key: k, cts: t, data, .. } = part.content else { panic!() };
        prop_assert_eq!((c, k, t, data), (codec, key, cts, frame.data));
    }
}
