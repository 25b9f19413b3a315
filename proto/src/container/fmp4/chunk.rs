//! Access units with their times: one `moof` and its `mdat`. Specs: ISO/IEC 14496-12 §8.8; ISO/IEC 23000-19 §7.5.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Codec, Frame, Track};

use super::boxes::{put_box, put_full_box};
use crate::codec::av1;

/// A decoder can begin here; nothing before it is needed.
const SYNC: u32 = 0x0200_0000;
/// It needs others.
const NOT_SYNC: u32 = 0x0101_0000;

/// One access unit, with times in its track's timescale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// How long until the next one is decoded.
    pub duration: u32,
    /// Presentation minus decoding time.
    pub cts: i32,
    /// A decoder can begin here.
    pub key: bool,
    /// Its bytes.
    pub data: Bytes,
}

/// Consecutive samples of one track.
#[derive(Copy, Clone, Debug)]
pub struct Run<'a> {
    /// The track's number.
    pub number: u32,
    /// Decoding time of the first one, in the track's timescale.
    pub base: u64,
    /// The samples.
    pub samples: &'a [Sample],
}

/// A frame's bytes as samples of its track are: those of AV1 go without temporal delimiters.
pub fn sample_data(track: &Track, frame: &Frame) -> Bytes {
    if track.codec == Codec::Av1 { av1::without_delimiters(&frame.data) } else { frame.data.clone() }
}

/// Appends a fragment. `sequence` grows from fragment to fragment.
pub fn chunk(sequence: u32, runs: &[Run<'_>], out: &mut BytesMut) {
    let begin = out.len();
    let mut offsets = Vec::with_capacity(runs.len());
    put_box(out, b"moof", |out| {
        put_full_box(out, b"mfhd", (0, 0), |out| out.put_u32(sequence));
        for run in runs {
            put_box(out, b"traf", |out| offsets.push(put_run(out, run)));
        }
    });
    // Each run's data begins where the one before ends, counted from the `moof`.
    let mut at = out.len() - begin + 8;
    for (place, run) in offsets.into_iter().zip(runs) {
        let offset = u32::try_from(at).unwrap_or(u32::MAX);
        if let Some(field) = out.get_mut(place..place + 4) {
            field.copy_from_slice(&offset.to_be_bytes());
        }
        at += run.samples.iter().map(|sample| sample.data.len()).sum::<usize>();
    }
    put_box(out, b"mdat", |out| {
        for sample in runs.iter().flat_map(|run| run.samples) {
            out.put_slice(&sample.data);
        }
    });
}

/// Writes the boxes of a `traf`; gives where its data offset stands.
fn put_run(out: &mut BytesMut, run: &Run<'_>) -> usize {
    // default-base-is-moof
    put_full_box(out, b"tfhd", (0, 0x02_0000), |out| out.put_u32(run.number));
    put_full_box(out, b"tfdt", (1, 0), |out| out.put_u64(run.base));
    let mut place = 0;
    // Data offset; duration, size, flags and composition offset of each sample.
    put_full_box(out, b"trun", (1, 0x00_0F01), |out| {
        out.put_u32(u32::try_from(run.samples.len()).unwrap_or(u32::MAX));
        place = out.len();
        out.put_u32(0);
        for sample in run.samples {
            out.put_u32(sample.duration);
            out.put_u32(u32::try_from(sample.data.len()).unwrap_or(u32::MAX));
            out.put_u32(if sample.key { SYNC } else { NOT_SYNC });
            out.put_i32(sample.cts);
        }
    });
    place
}
