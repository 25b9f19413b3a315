//! What a decoder must have first: `ftyp` and `moov`. Specs: ISO/IEC 14496-12 §8.2–8.8; ISO/IEC 23000-19 §7.3.1.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Codec, Kind, Track};

use super::boxes::{put_box, put_full_box};
use super::entry::{carries, put_entry};

/// Nothing is turned or mirrored.
const UNITY: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A track's place in a file.
#[derive(Copy, Clone, Debug)]
pub struct Lane<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// Ticks per second of its samples' times.
    pub timescale: u32,
    /// The track.
    pub track: &'a Track,
}

/// `ftyp` and `moov` of these tracks. Those whose codec no MP4 carries are left out.
pub fn init(lanes: &[Lane<'_>]) -> Bytes {
    let lanes: Vec<Lane<'_>> = lanes.iter().copied().filter(|lane| carries(lane.track.codec)).collect();
    let mut out = BytesMut::with_capacity(1024);
    put_box(&mut out, b"ftyp", |out| {
        out.put_slice(b"iso6");
        out.put_u32(512);
        out.put_slice(b"iso6mp41");
        // A CMAF file has one track (ISO/IEC 23000-19 §7.3.1).
        if lanes.len() == 1 {
            out.put_slice(b"cmfc");
        }
        if lanes.iter().any(|lane| lane.track.codec == Codec::Av1) {
            out.put_slice(b"av01"); // AV1-ISOBMFF §2.1
        }
    });
    put_box(&mut out, b"moov", |out| {
        let next = lanes.iter().map(|lane| lane.number).max().unwrap_or(0).saturating_add(1);
        put_full_box(out, b"mvhd", (0, 0), |out| {
            out.put_bytes(0, 8); // times of creation and change
            out.put_u32(1000);
            out.put_u32(0); // it has no length
            out.put_u32(0x1_0000); // rate
            out.put_u16(0x100); // volume
            out.put_bytes(0, 10);
            UNITY.iter().for_each(|&value| out.put_u32(value));
            out.put_bytes(0, 24);
            out.put_u32(next);
        });
        lanes.iter().for_each(|lane| put_box(out, b"trak", |out| put_track(out, lane)));
        put_box(out, b"mvex", |out| {
            for lane in &lanes {
                put_full_box(out, b"trex", (0, 0), |out| {
                    out.put_u32(lane.number);
                    out.put_u32(1); // sample entry
                    out.put_bytes(0, 12); // fragments say the rest
                });
            }
        });
    });
    out.freeze()
}

fn put_track(out: &mut BytesMut, lane: &Lane<'_>) {
    let Track { width, height, .. } = *lane.track;
    let is_video = lane.track.kind() == Kind::Video;
    // Enabled, in the movie.
    put_full_box(out, b"tkhd", (0, 3), |out| {
        out.put_bytes(0, 8);
        out.put_u32(lane.number);
        out.put_bytes(0, 4 + 4 + 8);
        out.put_u16(0); // layer
        out.put_u16(if is_video { 0 } else { 1 }); // alternate group
        out.put_u16(if is_video { 0 } else { 0x100 });
        out.put_u16(0);
        UNITY.iter().for_each(|&value| out.put_u32(value));
        out.put_u32(width.min(0xFFFF) << 16);
        out.put_u32(height.min(0xFFFF) << 16);
    });
    put_box(out, b"mdia", |out| {
        put_full_box(out, b"mdhd", (0, 0), |out| {
            out.put_bytes(0, 8);
            out.put_u32(lane.timescale);
            out.put_u32(0);
            out.put_u16(0x55C4); // language: und
            out.put_u16(0);
        });
        put_full_box(out, b"hdlr", (0, 0), |out| {
            out.put_u32(0);
            out.put_slice(if is_video { b"vide" } else { b"soun" });
            out.put_bytes(0, 12);
            out.put_slice(if is_video { b"Video\0" } else { b"Sound\0" });
        });
        put_box(out, b"minf", |out| put_information(out, lane.track, is_video));
    });
}

fn put_information(out: &mut BytesMut, track: &Track, is_video: bool) {
    if is_video {
        put_full_box(out, b"vmhd", (0, 1), |out| out.put_bytes(0, 8));
    } else {
        put_full_box(out, b"smhd", (0, 0), |out| out.put_bytes(0, 4));
    }
    put_box(out, b"dinf", |out| {
        put_full_box(out, b"dref", (0, 0), |out| {
            out.put_u32(1);
            put_full_box(out, b"url ", (0, 1), |_| {}); // in this file
        });
    });
    put_box(out, b"stbl", |out| {
        put_full_box(out, b"stsd", (0, 0), |out| {
            out.put_u32(1);
            put_entry(out, track);
        });
        for kind in [b"stts", b"stsc", b"stco"] {
            put_full_box(out, kind, (0, 0), |out| out.put_u32(0));
        }
        put_full_box(out, b"stsz", (0, 0), |out| out.put_u64(0));
    });
}
