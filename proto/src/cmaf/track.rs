//! One track on its way into chunks. Specs: ISO/IEC 23000-19 §7.3.2 (CMAF chunks), ISO/IEC 14496-12 §8.8.12 (tfdt).

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Frame, Kind, Track, timebase::rescale};

use crate::codec::length;
use crate::container::fmp4::{self, Run, Sample};
use crate::segment::{HZ, Names, Part, Voice, Window};

/// Ticks of pictures: every frame rate and every ms is a whole number of them.
const VIDEO_SCALE: u32 = 90_000;
/// A gap in a track is filled by its last frame up to so many seconds; what is longer is a gap.
const MAX_STRETCH: i64 = 10;

/// A track, its playlist's window, and what has not yet become a chunk.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) track: Track,
    /// Name of its playlist: `v0`, `a1`.
    pub(super) label: String,
    pub(super) names: Names,
    pub(super) window: Window,
    /// Ticks per second of its samples' times.
    pub(super) scale: u32,
    voice: Voice,
    samples: Vec<Sample>,
    /// Where the first of `samples` begins.
    base: i64,
    /// Where the last of them ends.
    end: i64,
    /// The last frame, whose length its successor will tell.
    held: Option<(i64, Sample)>,
    /// Length of the last frame that had one.
    step: i64,
    sequence: u32,
    /// The next segment is the first after an interruption.
    interrupted: bool,
}

/// A chunk, ready to be fetched.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) data: Bytes,
    pub(super) part: Part,
    /// Where it begins and how long it is, in the lane's ticks.
    pub(super) base: u64,
    pub(super) length: u64,
}

impl Lane {
    pub(super) fn new(track: Track, window: Window) -> Self {
        let label = super::label(&track);
        let scale = match track.kind() {
            Kind::Video => VIDEO_SCALE,
            Kind::Audio | Kind::Data if track.sample_rate > 0 => track.sample_rate,
            Kind::Audio | Kind::Data => track.clock_rate.max(1),
        };
        let names = Names { prefix: format!("{label}-"), ending: "m4s" };
        Self {
            track,
            label,
            names,
            window,
            scale,
            voice: Voice::default(),
            samples: Vec::new(),
            base: 0,
            end: 0,
            held: None,
            step: 0,
            sequence: 0,
            interrupted: false,
        }
    }

    /// The same playlist, continued with other tracks or after an interruption. What was begun must have been taken.
    pub(super) fn resume(&mut self, track: Track) {
        let window = std::mem::replace(&mut self.window, Window::new(0, 1, 1, 1));
        let sequence = self.sequence;
        *self = Self::new(track, window);
        self.sequence = sequence;
        self.interrupted = true;
    }

    /// Whether the next segment is the first after an interruption; once.
    pub(super) fn interrupted(&mut self) -> bool {
        std::mem::take(&mut self.interrupted)
    }

    /// Takes a frame in, as far as it can be without knowing the next one.
    pub(super) fn push(&mut self, frame: &Frame) {
        let at = rescale(frame.dts, self.track.clock_rate, self.scale);
        let cts = rescale(i64::from(frame.cts), self.track.clock_rate, self.scale);
        let cts = i32::try_from(cts).unwrap_or(0);
        let sample = Sample { duration: 0, cts, key: frame.key, data: frame.data.clone() };
        let known =
            match length::samples(&self.track, &frame.data).filter(|_| self.track.kind() == Kind::Audio) {
                Some(samples) => self.voice.place(at, samples, self.scale).map(|place| (place, samples)),
                None => None,
            };
        match known {
            Some((place, duration)) => self.append(place, Sample { duration, ..sample }),
            None => self.held = Some((at.max(self.end), sample)),
        }
    }

    /// The next frame's time is known: so is the length of the one that is held.
    pub(super) fn complete(&mut self, dts: i64) {
        let Some((at, sample)) = self.held.take() else { return };
        let next = rescale(dts, self.track.clock_rate, self.scale);
        self.release(at, sample, next - at);
    }

    /// No frame will follow: the one that is held is as long as the one before it.
    pub(super) fn finish(&mut self) {
        let Some((at, sample)) = self.held.take() else { return };
        self.release(at, sample, self.step);
    }

    fn release(&mut self, at: i64, sample: Sample, length: i64) {
        let longest = i64::from(self.scale) * MAX_STRETCH;
        let length = length.clamp(0, longest);
        self.step = length;
        self.append(at, Sample { duration: u32::try_from(length).unwrap_or(0), ..sample });
    }

    fn append(&mut self, at: i64, sample: Sample) {
        let duration = i64::from(sample.duration);
        match self.samples.last_mut() {
            None => {
                self.base = at;
                self.end = at;
            }
            // Samples of a chunk have no times of their own: the one before it lasts until it begins.
            Some(last) => {
                let gap = (at - self.end).max(0);
                last.duration = last.duration.saturating_add(u32::try_from(gap).unwrap_or(0));
                self.end += gap;
            }
        }
        self.end += duration;
        self.samples.push(sample);
    }

    /// The chunk of all complete samples; `None` when there are none.
    pub(super) fn take_chunk(&mut self) -> Option<Chunk> {
        if self.samples.is_empty() {
            return None;
        }
        let base = u64::try_from(self.base).unwrap_or(0);
        self.sequence = self.sequence.wrapping_add(1);
        let bytes: usize = self.samples.iter().map(|sample| sample.data.len() + 16).sum();
        let mut data = BytesMut::with_capacity(bytes + 256);
        fmp4::chunk(self.sequence, &[Run { number: 1, base, samples: &self.samples }], &mut data);
        let length: u64 = self.samples.iter().map(|sample| u64::from(sample.duration)).sum();
        let duration = rescale(i64::try_from(length).unwrap_or(0), self.scale, HZ);
        let independent = self.samples.first().is_some_and(|sample| sample.key);
        self.samples.clear();
        Some(Chunk { data: data.freeze(), part: Part { duration, independent }, base, length })
    }

    /// Bytes and ticks of 90 kHz of its whole segments' most demanding one, and of all: for bit rates.
    pub(super) fn rates(&self) -> (u64, u64) {
        let rate = |size: usize, duration: i64| {
            (size as u64 * 8 * u64::from(HZ)).checked_div(u64::try_from(duration).unwrap_or(0)).unwrap_or(0)
        };
        let whole = || self.window.whole().filter(|segment| segment.duration > 0);
        let peak = whole().map(|segment| rate(segment.size, segment.duration)).max().unwrap_or(0);
        let size = whole().map(|segment| segment.size).sum();
        (peak, rate(size, whole().map(|segment| segment.duration).sum()))
    }
}
