//! Streams of each codec, made up.

use proptest::prelude::*;

use super::*;

pub(super) const SPS: &str = "6764000aacd942c4ec0440000003004000000503c4896580";
pub(super) const PPS: &str = "68ef839cb0";
pub(super) const VPS_265: &str = "40010c01ffff01600000030090000003000003001e959009";
pub(super) const SPS_265: &str =
    "42010101600000030090000003000003001ea01620245965644a4c2f0168080000030008000003005040";
pub(super) const PPS_265: &str = "44 01c073c189";
const SEQUENCE: &str = "0a0b00000003bd7c79b5f20080";

/// A track and its frames, a tick apart.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) track: Track,
    pub(super) frames: Vec<Frame>,
}

/// Bytes that no syntax sees anything in.
fn noise(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1_u8..=0x7E, 2..most)
}

/// Several frames of up to three pieces each; every third is a keyframe.
fn shapes() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let piece = prop_oneof![noise(60), noise(2_000)];
    prop::collection::vec(prop::collection::vec(piece, 1..4), 1..12)
}

fn built(
    track: Track,
    shapes: Vec<Vec<Vec<u8>>>,
    make: impl Fn(bool, usize, Vec<Vec<u8>>) -> Vec<u8>,
) -> Stream {
    let frames = shapes.into_iter().enumerate().map(|(at, pieces)| {
        let key = track.kind() == rtmpd_core::media::Kind::Audio || at % 3 == 0;
        frame(at as i64, key, &make(key, at, pieces))
    });
    Stream { frames: frames.collect(), track }
}

/// Streams of a codec.
pub(super) fn streams(codec: Codec) -> BoxedStrategy<Stream> {
    let made = shapes().prop_map(move |shapes| match codec {
        Codec::H264 => h264(shapes),
        Codec::H265 => h265(shapes),
        Codec::Av1 => av1(shapes),
        Codec::Vp8 => built(track(codec, &[]), shapes, |key, _, pieces| {
            let head = if key { "1006009d012ab0009000" } else { "110600" };
            [hex(head), pieces.concat()].concat()
        }),
        Codec::Vp9 => built(track(codec, &[]), shapes, |key, _, pieces| {
            let head = if key { "82498342000af008f60238241c" } else { "8600409292" };
            [hex(head), pieces.concat()].concat()
        }),
        Codec::Aac => built(
            Track { sample_rate: 48_000, channels: 2, ..track(codec, &[0x11, 0x90]) },
            shapes,
            |_, _, pieces| pieces.concat(),
        ),
        Codec::Opus => built(Track { channels: 2, ..track(codec, &[]) }, shapes, |_, _, mut pieces| {
            pieces[0].truncate(60);
            // one frame of 20 ms
            [vec![0xFC], pieces.remove(0)].concat()
        }),
        Codec::Mp3 => built(track(codec, &[]), shapes, |_, _, pieces| mp3(&pieces[0])),
        Codec::Ac3 => built(Track { sample_rate: 48_000, ..track(codec, &[]) }, shapes, |_, _, pieces| {
            // 64 or 320 kbit/s
            padded(if pieces.len() == 1 { "0b776bf108402f84" } else { "0b776bf11C402f84" }, &pieces[0])
        }),
        Codec::Eac3 => built(Track { sample_rate: 48_000, ..track(codec, &[]) }, shapes, |_, at, pieces| {
            let first = padded("0b77003f3287c000", &pieces[0]);
            let substream = if at % 2 == 0 { padded("0b77403f3287c000", &pieces[0]) } else { Vec::new() };
            [first, substream].concat()
        }),
        Codec::G711A | Codec::G711U => built(
            Track { sample_rate: 8_000, channels: 1, ..track(codec, &[]) },
            shapes,
            |_, _, mut pieces| {
                pieces[0].truncate(60);
                pieces.remove(0)
            },
        ),
        Codec::Flac | Codec::Script => unreachable!("no payload format"),
    });
    made.boxed()
}

fn h264(shapes: Vec<Vec<Vec<u8>>>) -> Stream {
    let config = crate::codec::h264::write_record(&[&hex(SPS), &hex(PPS)]).unwrap();
    built(track(Codec::H264, &config), shapes, |key, _, pieces| {
        let slices = pieces.into_iter().enumerate().map(|(place, mut piece)| {
            let first = if place == 0 { 0x80 } else { 0x40 };
            piece.splice(0..1, [if key { 0x65 } else { 0x41 }, first | piece[0] & 0x3F]);
            piece
        });
        let slices: Vec<Vec<u8>> = slices.collect();
        unit(&slices.iter().map(|slice| &slice[..]).collect::<Vec<_>>())
    })
}

fn h265(shapes: Vec<Vec<Vec<u8>>>) -> Stream {
    let sets = [hex(VPS_265), hex(SPS_265), hex(PPS_265)];
    let config = crate::codec::h265::write_record(&[&sets[0], &sets[1], &sets[2]]).unwrap();
    built(track(Codec::H265, &config), shapes, |key, _, pieces| {
        let slices = pieces.into_iter().enumerate().map(|(place, mut piece)| {
            let first = if place == 0 { 0x80 } else { 0x40 };
            piece.splice(0..1, [if key { 0x26 } else { 0x02 }, 0x01, first | piece[0] & 0x3F]);
            piece
        });
        let slices: Vec<Vec<u8>> = slices.collect();
        unit(&slices.iter().map(|slice| &slice[..]).collect::<Vec<_>>())
    })
}

/// OBUs with their sizes: a frame's head, tile groups, and a sequence header in front of keyframes.
fn av1(shapes: Vec<Vec<Vec<u8>>>) -> Stream {
    built(track(Codec::Av1, &[]), shapes, |key, _, pieces| {
        let mut out = if key { hex(SEQUENCE) } else { Vec::new() };
        for (place, mut piece) in pieces.into_iter().enumerate() {
            let is_frame = place == 0;
            if is_frame {
                piece[0] = if key { 0x10 } else { 0x30 };
            }
            out.push(if is_frame { 3 } else { 4 } << 3 | 2);
            crate::codec::av1::put_leb128(&mut out, piece.len());
            out.extend(piece);
        }
        out
    })
}

/// 128 kbit/s at 44.1 kHz, or 32 kbit/s.
fn mp3(noise: &[u8]) -> Vec<u8> {
    padded(if noise.len().is_multiple_of(2) { "fffb9064" } else { "fffb1064" }, noise)
}

/// A frame as long as its head says.
fn padded(head: &str, noise: &[u8]) -> Vec<u8> {
    let mut out = hex(head);
    let sound = crate::codec::mp3::frame_len(&out);
    let dolby = crate::codec::ac3::frame_len(&out);
    let enhanced = crate::codec::ac3::sync_frame(&out).map(|frame| frame.len);
    let len = sound.or(dolby).or(enhanced).unwrap();
    out.extend(noise.iter().cycle().take(len - out.len()));
    out
}
