//! Tag bodies as the specs lay them out.

use proptest::prelude::*;
use rtmpd_core::media::Codec;

use super::*;

fn video(body: &'static [u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    parse_video(&bytes(body), DEFAULT_H265_ID, &mut parts).unwrap();
    parts
}

fn audio(body: &'static [u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    parse_audio(&bytes(body), &mut parts).unwrap();
    parts
}

fn part(index: u8, offset_ns: u32, content: Content) -> Part {
    Part { index, offset_ns, content }
}

fn frame(codec: Codec, key: bool, cts: i32, data: &'static [u8]) -> Content {
    Content::Frame { codec, key, cts, data: bytes(data), hint: None }
}

fn config(codec: Codec, data: &'static [u8]) -> Content {
    Content::Config { codec, data: bytes(data) }
}

#[test]
fn classic_video() {
    assert_eq!(video(b"\x17\0\0\0\0CFG"), [part(0, 0, config(Codec::H264, b"CFG"))]);
    assert_eq!(video(b"\x27\x01\xFF\xFF\xFEnal"), [part(0, 0, frame(Codec::H264, false, -2, b"nal"))]);
    assert_eq!(video(b"\x1C\x01\0\0\x21nal"), [part(0, 0, frame(Codec::H265, true, 33, b"nal"))]);
    assert_eq!(video(b"\x17\x02\0\0\0"), [part(0, 0, Content::End)]);
    assert_eq!(video(b"\x17\x02"), [part(0, 0, Content::End)]);
    assert_eq!(video(b"\x57\x00"), [part(0, 0, Content::Ignored("video command"))]);
    assert_eq!(video(b""), []);
    assert!(matches!(&video(b"\x14abc")[0].content, Content::Unsupported(text) if text.contains("On2 VP6")));
    let mut parts = Vec::new();
    parse_video(&bytes(b"\x18\0\0\0\0CFG"), 8, &mut parts).unwrap();
    assert_eq!(parts, [part(0, 0, config(Codec::H265, b"CFG"))], "another id for H.265");
}

#[test]
fn enhanced_video() {
    assert_eq!(video(b"\x90hvc1CFG"), [part(0, 0, config(Codec::H265, b"CFG"))]);
    assert_eq!(video(b"\xA1hvc1\0\0\x10nal"), [part(0, 0, frame(Codec::H265, false, 16, b"nal"))]);
    assert_eq!(video(b"\x93hvc1nal"), [part(0, 0, frame(Codec::H265, true, 0, b"nal"))]);
    assert_eq!(video(b"\x91avc1\0\0\x10nal"), [part(0, 0, frame(Codec::H264, true, 16, b"nal"))]);
    assert_eq!(video(b"\x91av01obu"), [part(0, 0, frame(Codec::Av1, true, 0, b"obu"))]);
    assert_eq!(video(b"\xA1vp09vp9"), [part(0, 0, frame(Codec::Vp9, false, 0, b"vp9"))]);
    assert_eq!(video(b"\x92hvc1"), [part(0, 0, Content::End)]);
    assert_eq!(video(b"\xD4hvc1\x02\0\x09colorInfo"), [part(0, 0, Content::Ignored("colour information"))]);
    assert_eq!(video(b"\x95av01ts"), [part(0, 0, Content::Ignored("MPEG-2 TS sequence start"))]);
    assert_eq!(video(b"\xD1\0"), [part(0, 0, Content::Ignored("video command"))]);
    assert!(matches!(&video(b"\x90vvc1x")[0].content, Content::Unsupported(text) if text.contains("vvc1")));
}

#[test]
fn multitrack_video() {
    // one track
    assert_eq!(video(b"\x96\x00hvc1\x01CFG"), [part(1, 0, config(Codec::H265, b"CFG"))]);
    // many tracks of one codec
    assert_eq!(
        video(b"\x96\x11av01\x00\0\0\x02ab\x01\0\0\x03cde"),
        [part(0, 0, frame(Codec::Av1, true, 0, b"ab")), part(1, 0, frame(Codec::Av1, true, 0, b"cde"))]
    );
    // many tracks of many codecs
    assert_eq!(
        video(b"\x96\x21avc1\x00\0\0\x05\0\0\x01abhvc1\x02\0\0\x04\0\0\0c"),
        [part(0, 0, frame(Codec::H264, true, 1, b"ab")), part(2, 0, frame(Codec::H265, true, 0, b"c"))]
    );
}

#[test]
fn mod_ex() {
    // three bytes: 0x0186A0 = 100 000 ns, then CodedFramesX
    assert_eq!(
        video(b"\x97\x02\x01\x86\xA0\x03hvc1nal"),
        [part(0, 100_000, frame(Codec::H265, true, 0, b"nal"))]
    );
    // an unknown extension of two bytes before it
    assert_eq!(
        video(b"\x97\x01zz\x17\x02\x01\x86\xA0\x03hvc1nal"),
        [part(0, 100_000, frame(Codec::H265, true, 0, b"nal"))]
    );
    // a 16-bit size: 0xFF, then size minus one
    let mut body = b"\x97\xFF\x01\x00".to_vec();
    body.extend([0; 257]);
    body.extend(b"\x03hvc1nal");
    let mut parts = Vec::new();
    parse_video(&body.into(), DEFAULT_H265_ID, &mut parts).unwrap();
    assert_eq!(parts, [part(0, 0, frame(Codec::H265, true, 0, b"nal"))]);
    // around a multitrack body of sound
    assert_eq!(
        audio(b"\x97\x02\0\0\x07\x05\x01Opus\x03pkt"),
        [part(3, 7, frame(Codec::Opus, true, 0, b"pkt"))]
    );
}

#[test]
fn classic_audio() {
    assert_eq!(audio(b"\xAF\0\x11\x90"), [part(0, 0, config(Codec::Aac, b"\x11\x90"))]);
    assert_eq!(audio(b"\xAF\x01raw"), [part(0, 0, frame(Codec::Aac, true, 0, b"raw"))]);
    assert_eq!(audio(b""), [], "silence");
    assert_eq!(audio(b"\xAF"), [], "as some cameras send it");
    let hint = |body: &'static [u8]| {
        let Content::Frame { codec, hint: Some(hint), .. } = audio(body).remove(0).content else { panic!() };
        (codec, hint.sample_rate, hint.channels)
    };
    assert_eq!(hint(b"\x2Fx"), (Codec::Mp3, 44_100, 2));
    assert_eq!(hint(b"\xE2x"), (Codec::Mp3, 8_000, 1));
    assert_eq!(hint(b"\x7Ex"), (Codec::G711A, 8_000, 1), "whatever the rate bits say");
    assert_eq!(hint(b"\x82x"), (Codec::G711U, 8_000, 1));
    assert!(matches!(&audio(b"\xB2x")[0].content, Content::Unsupported(text) if text.contains("Speex")));
}

#[test]
fn enhanced_audio() {
    assert_eq!(audio(b"\x90OpusHead"), [part(0, 0, config(Codec::Opus, b"Head"))]);
    assert_eq!(audio(b"\x91ac-3x"), [part(0, 0, frame(Codec::Ac3, true, 0, b"x"))]);
    assert_eq!(audio(b"\x91ec-3x"), [part(0, 0, frame(Codec::Eac3, true, 0, b"x"))]);
    assert_eq!(audio(b"\x91mp4ax"), [part(0, 0, frame(Codec::Aac, true, 0, b"x"))]);
    assert_eq!(audio(b"\x91.mp3x"), [part(0, 0, frame(Codec::Mp3, true, 0, b"x"))]);
    assert_eq!(audio(b"\x90fLaCfLaC"), [part(0, 0, config(Codec::Flac, b"fLaC"))]);
    assert_eq!(audio(b"\x92mp4a"), [part(0, 0, Content::End)]);
    assert_eq!(audio(b"\x94Opus\x01\x06\0\0\0\x3F"), [part(0, 0, Content::Channels(6))]);
    assert_eq!(audio(b"\x95\x01Opus\x03pkt"), [part(3, 0, frame(Codec::Opus, true, 0, b"pkt"))]);
}

#[test]
fn cut_bodies_are_refused() {
    let mut parts = Vec::new();
    for body in [
        &b"\x17"[..],
        b"\x17\x01\0\0",
        b"\x17\x05\0\0\0",
        b"\x90hv",
        b"\x91hvc1\0\0",
        b"\x97\x02\0",
        b"\x96",
        b"\x96\x31avc1\0",
        b"\x96\x11avc1\0\0\0\x09ab",
        b"\x96\x00avc1",
    ] {
        let error = parse_video(&bytes(body), 12, &mut parts).unwrap_err();
        assert!(matches!(error, rtmpd_core::Error::Malformed(_)), "{body:?}: {error}");
    }
    let mod_ex = [&[0x97][..], &[0, 0, 0x17].repeat(40)].concat();
    let mut error = parse_video(&mod_ex.into(), 12, &mut parts).unwrap_err();
    assert!(matches!(error, rtmpd_core::Error::Limit(_)));
    let tracks = [&b"\x96\x11av01"[..], &[0; 4 * 300]].concat();
    error = parse_video(&tracks.into(), 12, &mut parts).unwrap_err();
    assert!(matches!(error, rtmpd_core::Error::Limit(_)));
    for body in [&b"\xAF\x02x"[..], b"\x90Op", b"\x95\x01Opus"] {
        error = parse_audio(&bytes(body), &mut parts).unwrap_err();
        assert!(matches!(error, rtmpd_core::Error::Malformed(_)), "{body:?}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_end(first in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..80)) {
        let body = Bytes::from([&[first][..], &rest].concat());
        let _ = parse_video(&body, 12, &mut Vec::new());
        let _ = parse_audio(&body, &mut Vec::new());
    }
}
