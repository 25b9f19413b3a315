//! A planned file as HLS: initialisation, segments and playlist. Specs: RFC 8216 §4.3; ISO/IEC 23000-19 §7.3.

use std::fmt::Write;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;
use rtmpd_core::media::timebase::rescale;

use super::index::{Index, Indexed};
use super::plan::{HZ, Plan};
use super::samples::Sample;
use crate::bytes::slice;
use crate::codec::nal;
use crate::container::fmp4;

const SPEC: &str = "ISO/IEC 14496-12 §8.7";

impl Plan {
    /// What a decoder must have first, for all segments.
    pub fn init(&self, index: &Index) -> Bytes {
        let tracks = self.tracks(index);
        let lanes: Vec<fmp4::Lane<'_>> = tracks
            .iter()
            .map(|(number, Indexed { track, .. })| fmp4::Lane {
                number: *number,
                timescale: track.clock_rate,
                track,
            })
            .collect();
        fmp4::init(&lanes)
    }

    /// Segment `n`, from the bytes of its [`ranges`](Self::ranges).
    ///
    /// # Errors
    /// When there is no such segment, or `data` has less than was asked for: the file has changed.
    pub fn segment(&self, index: &Index, n: usize, data: &[Bytes]) -> Result<Bytes, Error> {
        let Some(segment) = self.segments.get(n) else {
            let what = format!("there is no segment {n}, expected 0 to {}", self.segments.len());
            return Err(Error::malformed(what, "RFC 8216 §4.3.2.1"));
        };
        let ranges = self.ranges(index, n);
        let mut lanes = Vec::new();
        for ((number, indexed), range) in self.tracks(index).into_iter().zip(&segment.samples) {
            let Some(first) = indexed.samples.find(range.start).filter(|_| !range.is_empty()) else {
                continue;
            };
            let shift = rescale(self.shift, HZ, indexed.track.clock_rate);
            let base = u64::try_from(first.dts.saturating_add(shift)).unwrap_or(0);
            let samples = indexed.samples.range(range.clone());
            let samples: Result<Vec<_>, Error> =
                samples.map(|sample| take(indexed, &sample, &ranges, data)).collect();
            lanes.push((number, base, samples?));
        }
        let runs: Vec<fmp4::Run<'_>> = lanes
            .iter()
            .map(|(number, base, samples)| fmp4::Run { number: *number, base: *base, samples })
            .collect();
        let size: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let mut out = BytesMut::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(4096));
        fmp4::chunk(u32::try_from(n).unwrap_or(0).wrapping_add(1), &runs, &mut out);
        Ok(out.freeze())
    }

    /// The playlist. `init` and `segment` are URLs of the initialisation and of segment `n`.
    pub fn playlist(&self, init: &str, segment: impl Fn(usize) -> String) -> String {
        // Rounding the times, not the durations, keeps their sum exact.
        let micros = |ticks: i64| rescale(ticks, HZ, 1_000_000);
        let length = |start: i64, duration: i64| micros(start.saturating_add(duration)) - micros(start);
        let longest = self.segments.iter().map(|segment| length(segment.start, segment.duration)).max();
        let target = (longest.unwrap_or(0).max(1) as u64).div_ceil(1_000_000);
        let mut out = String::with_capacity(256 + 64 * self.segments.len());
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{init}\"\n"
        );
        for (n, part) in self.segments.iter().enumerate() {
            let length = length(part.start, part.duration);
            let (seconds, fraction) = (length / 1_000_000, length % 1_000_000);
            let _ = write!(out, "#EXTINF:{seconds}.{fraction:06},\n{}\n", segment(n));
        }
        out.push_str("#EXT-X-ENDLIST\n");
        out
    }
}

/// A sample with its bytes, as fragments of ours have them.
fn take(
    indexed: &Indexed,
    sample: &Sample,
    ranges: &[Range<u64>],
    data: &[Bytes],
) -> Result<fmp4::Sample, Error> {
    let bytes = bytes_of(sample, ranges, data).ok_or_else(|| {
        let what = format!("the {} bytes at {} are not there any more", sample.size, sample.offset);
        Error::malformed(what, SPEC)
    })?;
    let bytes = match indexed.length_size {
        4 => bytes,
        size => nal::widen(&bytes, size).ok_or_else(|| {
            let what = format!("a NAL unit is longer than its sample of {} bytes", sample.size);
            Error::malformed(what, "ISO/IEC 14496-15 §5.3.4").at(sample.offset)
        })?,
    };
    Ok(fmp4::Sample { duration: sample.duration, cts: sample.cts, key: sample.key, data: bytes })
}

fn bytes_of(sample: &Sample, ranges: &[Range<u64>], data: &[Bytes]) -> Option<Bytes> {
    if sample.size == 0 {
        return Some(Bytes::new());
    }
    let place = ranges.partition_point(|range| range.end <= sample.offset);
    let begin = usize::try_from(sample.offset.checked_sub(ranges.get(place)?.start)?).ok()?;
    slice(data.get(place)?, begin, begin.checked_add(sample.size as usize)?)
}
