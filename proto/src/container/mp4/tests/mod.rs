//! Files of ours and of others, tables by hand, and any bytes.

mod flows;
mod hostile;
mod others;
mod plans;
mod rounds;
mod tables;

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Codec, Frame, Track, TrackId};

use super::*;
use crate::container::fmp4;

const H264_AAC: &[u8] = include_bytes!("../../../../tests/data/h264-aac.mp4");
const FRAGMENTED: &[u8] = include_bytes!("../../../../tests/data/fragmented.mp4");
const HEVC_OPUS: &[u8] = include_bytes!("../../../../tests/data/hevc-opus.mp4");
const H264_G711: &[u8] = include_bytes!("../../../../tests/data/h264-g711a.mov");

const AVCC: &[u8] = b"\x01\x64\x00\x1F\xFF\xE1\x00\x02\x67\x64\x01\x00\x01\x68";
const HVCC: &[u8] = b"\x01\x01\x60\0\0\0\xB0\0\0\0\0\0\x5D\xF0\0\xFC\xFD\xF8\xF8\0\0\x0F\0";

/// A box.
fn put(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(content.len() as u32 + 8);
    out.put_slice(kind);
    out.put_slice(content);
    out
}

/// A track of each codec that fragments can carry.
fn tracks() -> Vec<Track> {
    let flac =
        b"\x80\0\0\x22\x12\0\x12\0\0\0\0\0\0\0\x0B\xB8\x02\xF0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let all: [(Codec, u32, &[u8]); 10] = [
        (Codec::H264, 90_000, AVCC),
        (Codec::H265, 25, HVCC),
        (Codec::Av1, 90_000, b"\x81\x04\x0C\x00"),
        (Codec::Vp9, 1000, b"\x01\0\0\0\0\x0A\x82\x02\x02\x02\0\0"),
        (Codec::Aac, 48_000, b"\x11\x90"),
        (Codec::Opus, 48_000, b"OpusHead\x01\x02\x38\x01\x80\xBB\0\0\0\0\0"),
        (Codec::Flac, 48_000, flac),
        (Codec::Mp3, 44_100, b""),
        (Codec::Ac3, 48_000, b""),
        (Codec::Eac3, 44_100, b""),
    ];
    all.into_iter()
        .enumerate()
        .map(|(place, (codec, clock_rate, config))| {
            let track = Track::new(TrackId(place as u8), 0, codec, clock_rate);
            let is_video = track.kind() == rtmpd_core::media::Kind::Video;
            Track {
                config: Bytes::copy_from_slice(config),
                index: (if is_video { place } else { place - 4 }) as u8,
                width: if is_video { 640 } else { 0 },
                height: if is_video { 360 } else { 0 },
                sample_rate: if is_video { 0 } else { clock_rate },
                channels: if is_video { 0 } else { 2 },
                ..track
            }
        })
        .collect()
}

fn initialisation(tracks: &[Track]) -> Bytes {
    let lanes: Vec<fmp4::Lane<'_>> = tracks
        .iter()
        .zip(1..)
        .map(|(track, number)| fmp4::Lane { number, timescale: track.clock_rate, track })
        .collect();
    fmp4::init(&lanes)
}

fn sample(duration: u32, cts: i32, key: bool, data: &[u8]) -> fmp4::Sample {
    fmp4::Sample { duration, cts, key, data: Bytes::copy_from_slice(data) }
}

fn fragment(sequence: u32, number: u32, base: u64, samples: &[fmp4::Sample]) -> Bytes {
    let mut out = BytesMut::new();
    fmp4::chunk(sequence, &[fmp4::Run { number, base, samples }], &mut out);
    out.freeze()
}

/// Everything a flow of these pieces gives.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Piece>, Option<rtmpd_core::Error>) {
    let mut reader = Fragments::new();
    let mut out = Vec::new();
    for piece in pieces {
        reader.push(piece);
        loop {
            match reader.poll() {
                Ok(Some(piece)) => out.push(piece),
                Ok(None) => break,
                Err(error) => return (out, Some(error)),
            }
        }
    }
    (out, None)
}

fn frames(file: &[u8]) -> Vec<Frame> {
    let (pieces, error) = read([file]);
    assert_eq!(error, None);
    let frame = |piece| match piece {
        Piece::Frame(frame) => Some(frame),
        Piece::Tracks(_) => None,
    };
    pieces.into_iter().filter_map(frame).collect()
}

/// Segment `n`, from bytes as a pool of files would read them.
fn segment(plan: &Plan, index: &Index, n: usize, file: &[u8]) -> Result<Bytes, rtmpd_core::Error> {
    let read = |range: &std::ops::Range<u64>| {
        Bytes::copy_from_slice(&file[range.start as usize..range.end as usize])
    };
    let data: Vec<Bytes> = plan.ranges(index, n).iter().map(read).collect();
    plan.segment(index, n, &data)
}
