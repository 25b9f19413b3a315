//! Bytes that are fixed, names of codecs, and times.

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Codec, Description, Frame, Packager, Packed, Track, TrackId};

use super::*;
use crate::codec::opus;
use crate::container::mp4::{Fragments, Piece};

const AVCC: &[u8] = b"\x01\x64\x00\x1F\xFF\xE1\x00\x02\x67\x64\x01\x00\x01\x68";

fn h264() -> Track {
    let config = Bytes::from_static(AVCC);
    Track { config, width: 1280, height: 720, ..Track::new(TrackId(1), 0, Codec::H264, 1000) }
}

fn sound(codec: Codec, config: &'static [u8], sample_rate: u32) -> Track {
    let track = Track::new(TrackId(2), 0, codec, 1000);
    Track { config: Bytes::from_static(config), sample_rate, channels: 2, ..track }
}

fn aac() -> Track {
    sound(Codec::Aac, b"\x11\x90", 48_000)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn initialisation_of_h264_and_aac() {
    let (video, audio) = (h264(), aac());
    let lanes = [
        Lane { number: 1, timescale: 90_000, track: &video },
        Lane { number: 2, timescale: 48_000, track: &audio },
    ];
    let expected: String = include_str!("golden.hex").split_whitespace().collect();
    assert_eq!(hex(&init(&lanes)), expected);
}

#[test]
fn a_fragment() {
    let samples = [
        Sample { duration: 3000, cts: -1, key: true, data: Bytes::from_static(b"ab") },
        Sample { duration: 3600, cts: 2, key: false, data: Bytes::from_static(b"c") },
    ];
    let sound = [Sample { duration: 1024, cts: 0, key: true, data: Bytes::from_static(b"de") }];
    let mut out = BytesMut::new();
    chunk(
        7,
        &[Run { number: 1, base: 1 << 33, samples: &samples }, Run { number: 2, base: 5, samples: &sound }],
        &mut out,
    );
    let expected = [
        "000000c8 6d6f6f66 00000010 6d666864 00000000 00000007",
        "00000060 74726166 00000010 74666864 00020000 00000001 00000014 74666474 01000000 0000000200000000",
        "00000034 7472756e 01000f01 00000002 000000d0 00000bb8 00000002 02000000 ffffffff",
        "00000e10 00000001 01010000 00000002",
        "00000050 74726166 00000010 74666864 00020000 00000002 00000014 74666474 01000000 0000000000000005",
        "00000024 7472756e 01000f01 00000001 000000d3 00000400 00000002 02000000 00000000",
        "0000000d 6d646174 6162 63 6465",
    ];
    let expected: String = expected.join(" ").split_whitespace().collect();
    assert_eq!(hex(&out), expected);
}

#[test]
fn names_of_codecs() {
    let of = |codec, config: &'static [u8]| codec_string(&sound(codec, config, 48_000));
    let is = |name: &str| Some(name.to_owned());
    assert_eq!(of(Codec::H264, AVCC), is("avc1.64001f"));
    let hvcc = b"\x01\x01\x60\x00\x00\x00\xB0\x00\x00\x00\x00\x00\x5D";
    assert_eq!(of(Codec::H265, hvcc), is("hvc1.1.6.L93.B0"));
    let main10 = b"\x01\x22\x20\x00\x00\x00\x90\x00\x00\x00\x00\x00\x99";
    assert_eq!(of(Codec::H265, main10), is("hvc1.2.4.H153.90"));
    assert_eq!(of(Codec::Av1, b"\x81\x04\x0C\x00"), is("av01.0.04M.08"));
    assert_eq!(of(Codec::Av1, b"\x81\x0D\xC0\x00"), is("av01.0.13H.10"));
    assert_eq!(of(Codec::Vp9, b"\x01\0\0\0\0\x0A\x82\x02\x02\x02\0\0"), is("vp09.00.10.08"));
    assert_eq!(of(Codec::Aac, b"\x11\x90"), is("mp4a.40.2"));
    assert_eq!(of(Codec::Aac, b"\x2B\x11\x88\x00"), is("mp4a.40.5"));
    assert_eq!(of(Codec::Mp3, b""), is("mp4a.40.34"));
    assert_eq!(of(Codec::Opus, b""), is("opus"));
    assert_eq!(of(Codec::Flac, b""), is("fLaC"));
    assert_eq!(of(Codec::Ac3, b""), is("ac-3"));
    assert_eq!(of(Codec::Eac3, b""), is("ec-3"));
    for (codec, config) in
        [(Codec::H264, &b"\x01\x64"[..]), (Codec::H265, b""), (Codec::Av1, b"\x81"), (Codec::Aac, b"")]
    {
        assert_eq!(codec_string(&Track { config: config.into(), ..h264() }.with(codec)), None, "{codec:?}");
    }
    assert!(!carries(Codec::G711A) && !carries(Codec::Vp8) && !carries(Codec::Script));
}

trait With {
    fn with(self, codec: Codec) -> Self;
}

impl With for Track {
    fn with(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }
}

/// The initialisation of one track, from its sample entry's box `kind` on.
fn entry_from(track: &Track, kind: &[u8; 4]) -> String {
    let init = init(&[Lane { number: 1, timescale: 48_000, track }]);
    let at = init.windows(4).position(|window| window == kind).expect("the box is there");
    let size = u32::from_be_bytes(init[at - 4..at].try_into().unwrap()) as usize;
    hex(&init[at + 4..at - 4 + size])
}

#[test]
fn configurations_of_sound() {
    let is = |track: &Track, kind: &[u8; 4], expected: &str| {
        assert_eq!(entry_from(track, kind), expected.replace(' ', ""), "{track:?}");
    };
    let opus = |config| sound(Codec::Opus, config, 48_000);
    is(&opus(b""), b"dOps", "00 02 0138 0000bb80 0000 00");
    let surround = Track { config: opus::head(6), ..opus(b"") };
    is(&surround, b"dOps", "00 06 0138 0000bb80 0000 01 0402 000401020305");
    // Garbage becomes what the track says.
    is(&opus(b"OpusHead\x01\x02\x01"), b"dOps", "00 02 0138 0000bb80 0000 00");
    is(&sound(Codec::Ac3, b"", 48_000), b"dac3", "101240");
    let enhanced = Track { channels: 6, ..sound(Codec::Eac3, b"", 44_100) };
    is(&enhanced, b"dec3", "0000 600f00");
    let mp3 = "00000000 03 15 0000 00 04 0d 6b 15 000000 00000000 00000000 06 01 02";
    is(&sound(Codec::Mp3, b"", 44_100), b"esds", mp3);
    let long: &[u8] = Box::leak(vec![0x11; 300].into());
    let esds = entry_from(&sound(Codec::Aac, long, 48_000), b"esds");
    assert!(esds.starts_with("0000000003824500000004823c4015"), "{esds}");
    let flac =
        b"\x80\0\0\x22\x12\0\x12\0\0\0\0\0\0\0\x0B\xB8\x03\x70\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let entry = entry_from(&sound(Codec::Flac, flac, 48_000), b"fLaC");
    assert!(entry.starts_with(&format!("{}1{}20018", "0".repeat(15), "0".repeat(19))), "24 bits: {entry}");
    // A rate that does not fit in 16 bits.
    let entry = entry_from(&sound(Codec::Aac, b"\x10\x10", 96_000), b"mp4a");
    assert!(
        entry.starts_with(&format!("{}1{}20010{}", "0".repeat(15), "0".repeat(19), "0".repeat(16))),
        "{entry}"
    );
}

#[test]
fn delimiters_of_av1_are_left_out() {
    let track = h264().with(Codec::Av1);
    let data = |data: &'static [u8]| {
        let frame = Frame {
            track: track.id,
            dts: 0,
            cts: 0,
            offset_ns: 0,
            key: true,
            data: Bytes::from_static(data),
        };
        sample_data(&track, &frame)
    };
    assert_eq!(data(b"\x12\x00\x0A\x01x"), &b"\x0A\x01x"[..]);
    assert_eq!(data(b"\x12\x00\x16\x08\x00\x0A\x01x"), &b"\x0A\x01x"[..]);
    assert_eq!(data(b"\x0A\x01x"), &b"\x0A\x01x"[..]);
    assert_eq!(data(b"\x12\x09"), &b"\x12\x09"[..]);
    assert_eq!(data(b""), &b""[..]);
}

fn frame(track: u8, dts: i64, cts: i32, key: bool) -> Frame {
    Frame { track: TrackId(track), dts, cts, offset_ns: 0, key, data: Bytes::from_static(b"\0\0\0\x01\x65") }
}

/// Frames through the packager and read again: track, time, composition offset, and whether a player can begin there.
fn packed(tracks: Vec<Track>, frames: &[Frame]) -> Vec<(u8, i64, i32, bool)> {
    let mut packager = Fmp4Packager::new();
    let mut reader = Fragments::new();
    let description = Description { tracks, ..Description::default() };
    reader.push(&packager.start(&description));
    assert!(matches!(reader.poll(), Ok(Some(Piece::Tracks(_)))));
    let mut out: Vec<Packed> = Vec::new();
    frames.iter().for_each(|frame| packager.push(frame, &mut out));
    let mut times = Vec::new();
    for packed in out {
        reader.push(&packed.data);
        let Ok(Some(Piece::Frame(frame))) = reader.poll() else { panic!("a packet is a fragment") };
        times.push((frame.track.0, frame.dts, frame.cts, packed.key));
    }
    times
}

#[test]
fn an_endless_stream() {
    let frames = [
        frame(1, 0, 80, true),
        frame(2, 0, 0, true),
        frame(9, 0, 0, true),
        frame(2, 21, 0, true),
        frame(1, 40, 160, false),
    ];
    assert_eq!(
        packed(vec![h264(), aac()], &frames),
        // Sound is on its own clock: 21 ms are 1008 samples, frames have 1024.
        [(0, 0, 7200, true), (1, 0, 0, false), (1, 1024, 0, false), (0, 3600, 14_400, false)]
    );
    assert_eq!(packed(vec![aac()], &[frame(2, 1000, 0, true)]), [(0, 48_000, 0, true)]);
    assert_eq!(Fmp4Packager::new().start(&Description::default()), "");
    let unknown = Description { tracks: vec![h264().with(Codec::Vp8)], ..Description::default() };
    assert_eq!(Fmp4Packager::new().start(&unknown), "");
}

#[test]
fn times_below_zero() {
    let frames = [frame(1, -1500, 0, true), frame(2, -1600, 0, true), frame(1, 500, -40, false)];
    let expected = [(0, 135_000, 0, true), (1, 67_200, 0, false), (0, 315_000, -3600, false)];
    assert_eq!(packed(vec![h264(), aac()], &frames), expected);
    // Whatever a clock says, nothing overflows.
    let frames =
        [frame(1, i64::MIN, i32::MIN, true), frame(2, i64::MAX, 0, true), frame(1, i64::MAX, i32::MAX, true)];
    assert_eq!(packed(vec![h264(), aac()], &frames).len(), 3);
}
