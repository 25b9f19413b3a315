mod broken;
mod files;
mod muxing;
mod properties;
mod reading;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Instant;
use rtmpd_core::media::timebase::rescale;
use rtmpd_core::media::{Codec, Description, Frame, Kind, Track, TrackId};

use super::*;
use crate::codec::{aac, opus};
use crate::container::flv;

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0a, 0xac, 0xd9, 0x42, 0xc4, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
    0x00, 0x05, 0x03, 0xc4, 0x89, 0x65, 0x80,
];
const PPS: &[u8] = &[0x68, 0xef, 0x83, 0x9c, 0xb0];

/// What a demuxer gave out, taken apart.
#[derive(Default, PartialEq, Debug)]
struct Demuxing {
    descriptions: Vec<Arc<Description>>,
    frames: Vec<Frame>,
    notes: Vec<String>,
    counts: Counts,
}

impl Demuxing {
    fn of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut demuxer = Demuxer::new();
        let mut this = Self::default();
        for piece in pieces {
            demuxer.push(piece);
            this.drain(&mut demuxer);
        }
        demuxer.finish();
        this.drain(&mut demuxer);
        this.counts = demuxer.counts();
        this
    }

    fn drain(&mut self, demuxer: &mut Demuxer) {
        while let Some(demuxed) = demuxer.pull() {
            match demuxed {
                Demuxed::Tracks(description) => self.descriptions.push(description),
                Demuxed::Frame(frame) => {
                    let tracks = self.descriptions.last().expect("tracks come before frames");
                    assert!(tracks.track(frame.track).is_some(), "{} has {frame:?}", tracks);
                    self.frames.push(frame);
                }
                Demuxed::Note(note) => self.notes.push(note.text),
            }
        }
    }

    fn of_kind(&self, kind: Kind) -> Vec<&Frame> {
        let tracks = self.descriptions.last().expect("tracks");
        let is_of = |frame: &&Frame| tracks.track(frame.track).is_some_and(|track| track.kind() == kind);
        self.frames.iter().filter(is_of).collect()
    }
}

/// Tracks and frames of an FLV.
fn flv_file(file: &[u8]) -> (Arc<Description>, Vec<Frame>) {
    let (mut demuxer, mut unpackager) = (flv::Demuxer::new(), flv::Unpackager::default());
    let (mut description, mut frames) = (None, Vec::new());
    demuxer.push(file);
    while let Some(flv::Tag { tag, timestamp, body }) = demuxer.poll().unwrap() {
        unpackager.push(Instant::ZERO, tag, i64::from(timestamp), body).unwrap();
    }
    unpackager.finish();
    while let Some(unpacked) = unpackager.poll() {
        match unpacked {
            flv::Unpacked::Tracks(tracks) => description = Some(tracks),
            flv::Unpacked::Frame(frame) => frames.push(frame),
            flv::Unpacked::Note(_) => {}
        }
    }
    (description.unwrap(), frames)
}

fn mux(description: &Description, frames: &[Frame]) -> BytesMut {
    let (mut muxer, mut out) = (Muxer::new(), BytesMut::new());
    muxer.start(description);
    muxer.tables(&mut out);
    frames.iter().for_each(|frame| {
        muxer.push(frame, &mut out);
    });
    out
}

/// A time of a track as the muxer tells it: 700 ms later.
fn told(ticks: i64, track: &Track) -> i64 {
    rescale(ticks, track.clock_rate, 90_000) + 63_000
}

fn h264_track() -> Track {
    let config = crate::codec::h264::write_record(&[SPS, PPS]).unwrap();
    Track { config, width: 176, height: 144, ..Track::new(TrackId(1), 0, Codec::H264, 90_000) }
}

fn aac_track() -> Track {
    let config = aac::Config { object_type: 2, sample_rate: 48_000, channel_config: 2, extension: None };
    let track = Track::new(TrackId(101), 0, Codec::Aac, 90_000);
    Track { config: config.write(), sample_rate: 48_000, channels: 2, ..track }
}

fn opus_track() -> Track {
    let track = Track::new(TrackId(101), 0, Codec::Opus, 90_000);
    Track { config: opus::head(2), sample_rate: 48_000, channels: 2, ..track }
}

fn tracks(tracks: impl Into<Vec<Track>>) -> Description {
    Description { revision: 0, tracks: tracks.into(), metadata: None }
}

/// A frame of NAL units.
fn picture(dts: i64, cts: i32, units: &[&[u8]]) -> Frame {
    let mut data = Vec::new();
    for unit in units {
        data.extend((unit.len() as u32).to_be_bytes());
        data.extend_from_slice(unit);
    }
    let key = units.iter().any(|unit| unit[0] & 0x1F == 5);
    Frame { track: TrackId(1), dts, cts, offset_ns: 0, key, data: data.into() }
}

fn sound(dts: i64, data: impl Into<Bytes>) -> Frame {
    Frame { track: TrackId(101), dts, cts: 0, offset_ns: 0, key: true, data: data.into() }
}
