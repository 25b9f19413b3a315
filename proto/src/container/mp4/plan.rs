//! Where to cut a file into segments: at keyframes of its pictures, or by time where it has sound only.
//!
//! Times here are ticks of 90 kHz from the beginning of the file.

use std::ops::Range;

use rtmpd_core::media::{Kind, timebase::rescale};

use super::index::{Index, Indexed};
use super::samples::Sample;
use crate::container::fmp4::carries;

/// Ticks per second.
pub const HZ: u32 = 90_000;
/// Most segments: where there would be more, they become longer.
const MAX_SEGMENTS: i64 = 50_000;
/// Bytes between two samples that are read along with them, rather than apart.
const READ_ALONG: u64 = 64 << 10;

/// How a file is cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which tracks of the index are played: the first pictures and the first sound that fragments can carry.
    pub(super) lanes: Vec<usize>,
    /// Added to all times, so that none is below zero.
    pub(super) shift: i64,
    /// The segments, in their order.
    pub segments: Vec<Segment>,
}

/// One piece of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// When it begins.
    pub start: i64,
    /// How long it is. All segments' durations are the file's.
    pub duration: i64,
    /// Which samples it has of each lane.
    pub(super) samples: Vec<Range<usize>>,
}

/// Cuts at the first keyframe after `target_ms`; a file without keyframes becomes one segment. Empty where there is
/// nothing that fragments can carry.
pub fn plan(index: &Index, target_ms: u32) -> Plan {
    let playable = |kind: Kind| {
        index.tracks.iter().position(|track| {
            track.track.kind() == kind && carries(track.track.codec) && !track.samples.is_empty()
        })
    };
    let lanes: Vec<usize> = [Kind::Video, Kind::Audio].into_iter().filter_map(playable).collect();
    let tracks: Vec<&Indexed> = lanes.iter().filter_map(|&lane| index.tracks.get(lane)).collect();
    let first =
        |track: &&Indexed| track.samples.find(0).map(|sample| ticks(track, sample.dts.min(sample.pts())));
    let shift = tracks.iter().filter_map(first).min().unwrap_or(0).saturating_neg().max(0);
    let cuts = cuts(&tracks, i64::from(target_ms) * i64::from(HZ) / 1000);
    Plan { lanes, shift, segments: segments(&tracks, &cuts, shift) }
}

fn ticks(track: &Indexed, time: i64) -> i64 {
    rescale(time, track.track.clock_rate, HZ)
}

/// When a sample's presentation ends.
fn end(track: &Indexed, sample: &Sample) -> i64 {
    ticks(track, sample.pts().saturating_add(i64::from(sample.duration)))
}

/// When segments begin, and when the last one ends.
fn cuts(tracks: &[&Indexed], target: i64) -> Vec<i64> {
    let Some(lead) = tracks.first() else { return Vec::new() };
    let Some(first) = lead.samples.find(0) else { return Vec::new() };
    let start = ticks(lead, first.pts());
    let lasts = tracks.iter().map(|track| track.samples.iter().map(|sample| end(track, &sample)).max());
    let total = lasts.flatten().max().unwrap_or(start);
    let target = target.max(total.saturating_sub(start) / MAX_SEGMENTS).max(1);
    let mut cuts = vec![start];
    // Encoders' keyframes may come a little early.
    let early = if lead.track.kind() == Kind::Video { target / 20 } else { 0 };
    for sample in lead.samples.iter().filter(|sample| sample.key) {
        cut(&mut cuts, ticks(lead, sample.pts()), target - early);
    }
    // Where pictures end before the sound does, the rest is cut by time.
    let pictures_end = lead.samples.iter().map(|sample| end(lead, &sample)).max().unwrap_or(start);
    for track in tracks.iter().skip(1) {
        let rest = track.samples.iter().map(|sample| ticks(track, sample.pts()));
        rest.filter(|&at| at >= pictures_end && total.saturating_sub(at) >= target)
            .for_each(|at| cut(&mut cuts, at, target));
    }
    cuts.push(total.max(start));
    cuts
}

/// Cuts here if the segment that is begun is long enough.
fn cut(cuts: &mut Vec<i64>, at: i64, least: i64) {
    let length = at.saturating_sub(cuts.last().copied().unwrap_or(at));
    if length >= least {
        cuts.push(at);
    }
}

fn segments(tracks: &[&Indexed], cuts: &[i64], shift: i64) -> Vec<Segment> {
    let mut next = vec![0; tracks.len()];
    let mut segments = Vec::with_capacity(cuts.len());
    for (place, pair) in cuts.windows(2).enumerate() {
        let &[start, until] = pair else { continue };
        let is_last = place + 2 == cuts.len();
        let take = |(track, next): (&&Indexed, &mut usize)| {
            let from = *next;
            *next = if is_last { track.samples.len() } else { first_from(track, from, until) };
            from..*next
        };
        let samples = tracks.iter().zip(&mut next).map(take).collect();
        let (start, duration) = (start.saturating_add(shift), until.saturating_sub(start));
        segments.push(Segment { start, duration, samples });
    }
    segments
}

/// The first sample from `from` on that belongs behind the cut: for pictures the keyframe that is shown then, with all that
/// is decoded after it.
fn first_from(track: &Indexed, from: usize, cut: i64) -> usize {
    let is_picture = track.track.kind() == Kind::Video;
    let behind = |sample: &Sample| (sample.key || !is_picture) && ticks(track, sample.pts()) >= cut;
    let found = track.samples.range(from..track.samples.len()).position(|sample| behind(&sample));
    found.map_or(track.samples.len(), |place| from + place)
}

impl Plan {
    /// The tracks that are played, with the numbers they have in the initialisation.
    pub(super) fn tracks<'a>(&self, index: &'a Index) -> Vec<(u32, &'a Indexed)> {
        let found = |(place, &lane): (usize, &usize)| Some((place as u32 + 1, index.tracks.get(lane)?));
        self.lanes.iter().enumerate().filter_map(found).collect()
    }

    /// The bytes of the file that segment `n` is made of, in their order: none overlap. Empty where there is no such
    /// segment.
    pub fn ranges(&self, index: &Index, n: usize) -> Vec<Range<u64>> {
        let Some(segment) = self.segments.get(n) else { return Vec::new() };
        let mut all: Vec<Range<u64>> = Vec::new();
        for ((_, track), samples) in self.tracks(index).into_iter().zip(&segment.samples) {
            for sample in track.samples.range(samples.clone()).filter(|sample| sample.size > 0) {
                let end = sample.offset + u64::from(sample.size);
                match all.last_mut() {
                    Some(last) if last.end == sample.offset => last.end = end,
                    _ => all.push(sample.offset..end),
                }
            }
        }
        all.sort_unstable_by_key(|range| range.start);
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for range in all {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(READ_ALONG) => {
                    last.end = last.end.max(range.end);
                }
                _ => ranges.push(range),
            }
        }
        ranges
    }
}
