//! A track's sample entry. Specs: ISO/IEC 14496-12 §8.5.2, -14 §6.7 (mp4a), -15 §5.4.2 and §8.4.1 (avc1, hvc1);
//! AV1-ISOBMFF §2.2, VP9-ISOBMFF, Opus-ISOBMFF §4.3.1, FLAC-ISOBMFF §3.3, ETSI TS 102 366 Annex F.

use bytes::{BufMut, BytesMut};
use rtmpd_core::media::{Codec, Track};

use super::boxes::{put_box, put_full_box};
use crate::codec::{Sound, ac3, flac, opus};

/// ISO/IEC 14496-1 §7.2.6.6.2, table 5.
const OBJECT_AAC: u8 = 0x40;
const OBJECT_MP3: u8 = 0x6B;

/// Whether an MP4 can carry this codec in a form that players know.
pub fn carries(codec: Codec) -> bool {
    entry_name(codec).is_some()
}

fn entry_name(codec: Codec) -> Option<&'static [u8; 4]> {
    match codec {
        Codec::H264 => Some(b"avc1"),
        Codec::H265 => Some(b"hvc1"),
        Codec::Av1 => Some(b"av01"),
        Codec::Vp9 => Some(b"vp09"),
        Codec::Aac | Codec::Mp3 => Some(b"mp4a"),
        Codec::Opus => Some(b"Opus"),
        Codec::Flac => Some(b"fLaC"),
        Codec::Ac3 => Some(b"ac-3"),
        Codec::Eac3 => Some(b"ec-3"),
        Codec::Vp8 | Codec::G711A | Codec::G711U | Codec::Script => None,
    }
}

/// Appends the entry of `track`.
pub(super) fn put_entry(out: &mut BytesMut, track: &Track) {
    let Some(name) = entry_name(track.codec) else { return };
    put_box(out, name, |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // the data is in this file
        match track.codec {
            Codec::H264 => put_video(out, track, b"avcC"),
            Codec::H265 => put_video(out, track, b"hvcC"),
            Codec::Av1 => put_video(out, track, b"av1C"),
            Codec::Vp9 => put_video(out, track, b"vpcC"),
            Codec::Vp8
            | Codec::Aac
            | Codec::Opus
            | Codec::Flac
            | Codec::Ac3
            | Codec::Eac3
            | Codec::Mp3
            | Codec::G711A
            | Codec::G711U
            | Codec::Script => put_audio(out, track),
        }
    });
}

fn put_video(out: &mut BytesMut, track: &Track, config: &[u8; 4]) {
    out.put_bytes(0, 16);
    out.put_u16(track.width.min(0xFFFF) as u16);
    out.put_u16(track.height.min(0xFFFF) as u16);
    out.put_u32(0x0048_0000); // 72 dpi
    out.put_u32(0x0048_0000);
    out.put_u32(0);
    out.put_u16(1); // frames per sample
    out.put_bytes(0, 32); // compressor
    out.put_u16(0x18);
    out.put_u16(0xFFFF);
    // Version 1 of the box; profile 0, level 3.1, 8 bits, 4:2:0: what a VP9 without a record is likely to be.
    let unknown = [1, 0, 0, 0, 0, 31, 0x82, 2, 2, 2, 0, 0];
    let record =
        if track.config.is_empty() && track.codec == Codec::Vp9 { &unknown[..] } else { &*track.config };
    put_box(out, config, |out| out.put_slice(record));
}

fn put_audio(out: &mut BytesMut, track: &Track) {
    out.put_bytes(0, 8);
    out.put_u16(u16::from(track.channels.max(1)));
    // FLAC's has to be what its configuration says (FLAC-ISOBMFF §3.3.1): Chromium looks.
    let told = if track.codec == Codec::Flac { flac::sample_bits(&track.config) } else { None };
    out.put_u16(told.unwrap_or(16));
    out.put_u32(0);
    // 16.16; a rate that does not fit is told by the decoder's configuration and the timescale alone.
    out.put_u32(u32::from(u16::try_from(track.sample_rate).unwrap_or(0)) << 16);
    match track.codec {
        Codec::Aac => put_esds(out, OBJECT_AAC, &track.config),
        Codec::Mp3 => put_esds(out, OBJECT_MP3, &[]),
        Codec::Opus => put_box(out, b"dOps", |out| put_opus(out, track)),
        Codec::Flac => put_full_box(out, b"dfLa", (0, 0), |out| out.put_slice(&track.config)),
        Codec::Ac3 => put_box(out, b"dac3", |out| out.put_slice(&ac3::specific(&sound(track)))),
        Codec::Eac3 => put_box(out, b"dec3", |out| out.put_slice(&ac3::enhanced_specific(&sound(track)))),
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => {}
    }
}

fn sound(track: &Track) -> Sound {
    Sound { sample_rate: track.sample_rate, channels: track.channels }
}

/// An OpusHead as `dOps` has it: without its name, version 0, big-endian.
fn put_opus(out: &mut BytesMut, track: &Track) {
    let specific = opus::specific(&track.config).or_else(|| opus::specific(&opus::head(track.channels)));
    out.put_slice(&specific.unwrap_or_default());
}

/// ISO/IEC 14496-1 §7.2.6.5: descriptors in descriptors.
fn put_esds(out: &mut BytesMut, object: u8, specific: &[u8]) {
    let mut decoder = BytesMut::with_capacity(specific.len() + 20);
    decoder.put_slice(&[object, 0x15]); // a stream of sound
    decoder.put_bytes(0, 3 + 4 + 4); // sizes of buffers and bit rates are not known
    if !specific.is_empty() {
        put_descriptor(&mut decoder, 5, specific);
    }
    let mut stream = BytesMut::with_capacity(decoder.len() + 16);
    stream.put_bytes(0, 2 + 1); // its number, no flags
    put_descriptor(&mut stream, 4, &decoder);
    put_descriptor(&mut stream, 6, &[2]);
    put_full_box(out, b"esds", (0, 0), |out| put_descriptor(out, 3, &stream));
}

/// ISO/IEC 14496-1 §8.3.3: a tag, a length of seven bits a byte, what it holds.
fn put_descriptor(out: &mut BytesMut, tag: u8, content: &[u8]) {
    out.put_u8(tag);
    let length = content.len();
    for place in (1..4).rev().filter(|place| length >> (7 * place) > 0) {
        out.put_u8((length >> (7 * place)) as u8 | 0x80);
    }
    out.put_u8(length as u8 & 0x7F);
    out.put_slice(content);
}
