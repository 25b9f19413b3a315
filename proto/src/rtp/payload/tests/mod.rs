//! Payload formats, both ways.

mod broken;
mod frames;
mod packing;
mod pictures;
mod rounds;
mod settings;
mod sound;

use bytes::Bytes;
use rtmpd_core::media::{Codec, Frame, Track, TrackId};

use super::*;

/// A payload that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Sent {
    timestamp: i64,
    marker: bool,
    payload: Vec<u8>,
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn frame(at: i64, key: bool, data: &[u8]) -> Frame {
    Frame { track: TrackId(0), dts: at, cts: 0, offset_ns: 0, key, data: Bytes::copy_from_slice(data) }
}

fn track(codec: Codec, config: &[u8]) -> Track {
    Track { config: Bytes::copy_from_slice(config), ..Track::new(TrackId(0), 0, codec, 90_000) }
}

/// NAL units with their lengths.
fn unit(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter().flat_map(|nal| [&(nal.len() as u32).to_be_bytes()[..], nal].concat()).collect()
}

fn packetize(track: &Track, frames: &[Frame], limit: usize) -> Vec<Sent> {
    let mut packetizer = Packetizer::new(track).unwrap();
    let mut sent = Vec::new();
    for frame in frames {
        packetizer.packetize(frame, limit, &mut |parts, marker| {
            sent.push(Sent { timestamp: frame.pts(), marker, payload: parts.concat() });
        });
    }
    sent
}

fn format(encoding: &str, clock_rate: u32, parameters: &[(&str, &str)]) -> Format {
    let named = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters = parameters.iter().map(named).collect();
    Format { encoding: encoding.to_owned(), clock_rate, channels: 1, parameters }
}

/// A depacketizer and what came out of it.
struct Bench {
    depacketizer: Depacketizer,
    out: Vec<Unit>,
}

impl Bench {
    fn new(format: &Format) -> Self {
        Self { depacketizer: Depacketizer::new(format).unwrap(), out: Vec::new() }
    }

    fn push(&mut self, timestamp: i64, marker: bool, payload: &[u8]) -> &mut Self {
        self.depacketizer.push(timestamp, marker, false, payload, &mut self.out);
        self
    }

    fn push_after_loss(&mut self, timestamp: i64, marker: bool, payload: &[u8]) -> &mut Self {
        self.depacketizer.push(timestamp, marker, true, payload, &mut self.out);
        self
    }

    /// What came out since the last time: time, keyframe, data.
    fn units(&mut self) -> Vec<(i64, bool, Vec<u8>)> {
        self.out.drain(..).map(|unit| (unit.timestamp, unit.key, unit.data.to_vec())).collect()
    }

    fn counts(&self) -> (u64, u64, u64) {
        let Counts { damaged, waiting, malformed } = self.depacketizer.counts();
        (damaged, waiting, malformed)
    }
}
