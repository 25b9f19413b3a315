//! One track on its way into fragments: times on its own clock, and the length of each frame.
//!
//! Specs: ISO/IEC 14496-12 §8.8.8 (trun: samples have lengths, not times), §8.8.12 (tfdt).

use rtmpd_core::media::{Frame, Kind, Track, timebase::rescale};

use super::{HZ, Voice};
use crate::codec::length;
use crate::container::fmp4::{Sample, sample_data};

/// Ticks of pictures: every frame rate and every ms is a whole number of them.
const VIDEO_SCALE: u32 = 90_000;
/// A gap in a track is filled by its last frame up to so many seconds; what is longer is a gap.
const MAX_STRETCH: i64 = 10;

/// A track's frames that have not yet been taken.
#[derive(Debug)]
pub struct Samples {
    /// The track.
    pub track: Track,
    /// Ticks per second of its samples' times.
    pub scale: u32,
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
}

/// Consecutive samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The samples, at least one.
    pub samples: Vec<Sample>,
    /// Where the first begins, in the track's scale.
    pub base: u64,
    /// How long they are, in the track's scale.
    pub length: u64,
    /// How long they are, in ticks of 90 kHz.
    pub duration: i64,
    /// A decoder can begin with the first.
    pub independent: bool,
}

impl Samples {
    /// None yet, of this track.
    pub fn new(track: Track) -> Self {
        let scale = match track.kind() {
            Kind::Video => VIDEO_SCALE,
            Kind::Audio | Kind::Data if track.sample_rate > 0 => track.sample_rate,
            Kind::Audio | Kind::Data => track.clock_rate.max(1),
        };
        Self {
            track,
            scale,
            voice: Voice::default(),
            samples: Vec::new(),
            base: 0,
            end: 0,
            held: None,
            step: 0,
        }
    }

    /// Takes a frame in, as far as it can be without knowing the next one.
    pub fn push(&mut self, frame: &Frame) {
        let at = rescale(frame.dts, self.track.clock_rate, self.scale);
        let cts = rescale(i64::from(frame.cts), self.track.clock_rate, self.scale);
        let cts = i32::try_from(cts).unwrap_or(0);
        let sample = Sample { duration: 0, cts, key: frame.key, data: sample_data(&self.track, frame) };
        let is_sound = self.track.kind() == Kind::Audio;
        let known = length::samples(&self.track, &frame.data)
            .filter(|_| is_sound)
            .and_then(|samples| Some((self.voice.place(at, samples, self.scale)?, samples)));
        match known {
            Some((place, duration)) => self.append(place, Sample { duration, ..sample }),
            None => self.held = Some((at.max(self.end), sample)),
        }
    }

    /// The next frame's time is known: so is the length of the one that is held.
    pub fn complete(&mut self, dts: i64) {
        let Some((at, sample)) = self.held.take() else { return };
        let next = rescale(dts, self.track.clock_rate, self.scale);
        self.release(at, sample, next - at);
    }

    /// No frame will follow: the one that is held is as long as the one before it.
    pub fn finish(&mut self) {
        let Some((at, sample)) = self.held.take() else { return };
        self.release(at, sample, self.step);
    }

    /// Whether there are none, complete or not.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.held.is_none()
    }

    /// All complete samples; `None` when there are none.
    pub fn take(&mut self) -> Option<Batch> {
        let samples = std::mem::take(&mut self.samples);
        let independent = samples.first()?.key;
        let length: u64 = samples.iter().map(|sample| u64::from(sample.duration)).sum();
        let duration = rescale(i64::try_from(length).unwrap_or(0), self.scale, HZ);
        Some(Batch { samples, base: u64::try_from(self.base).unwrap_or(0), length, duration, independent })
    }

    fn release(&mut self, at: i64, sample: Sample, length: i64) {
        let length = length.clamp(0, i64::from(self.scale) * MAX_STRETCH);
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
            // Samples of a fragment have no times of their own: the one before lasts until this one begins.
            Some(last) => {
                let gap = (at - self.end).max(0);
                last.duration = last.duration.saturating_add(u32::try_from(gap).unwrap_or(0));
                self.end += gap;
            }
        }
        self.end += duration;
        self.samples.push(sample);
    }
}
