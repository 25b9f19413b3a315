//! Frames → an endless fragmented MP4, a fragment each: nothing waits.
//!
//! Spec: ISO/IEC 14496-12 §8.8 (movie fragments).

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Description, Frame, Kind, Packager, Packaging, Packed, Track, timebase::rescale};

use super::{Lane, Run, Sample, carries, chunk, init, sample_data};
use crate::codec::{length, voice::Voice};

/// A stream as fragmented MP4.
pub const MP4: Packaging = Packaging("mp4");

/// Ticks per second of pictures: every usual frame rate and every ms is a whole number of them.
const VIDEO_SCALE: u32 = 90_000;
/// What a track's first frame is said to last where the codec does not tell: a thirtieth of a second.
const GUESS: u32 = 30;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Fmp4Packager {
    description: Description,
    lanes: Vec<Writing>,
    sequence: u32,
    /// Added to all times, in seconds; known from the first frame on. A file's times are not negative.
    shift: Option<i64>,
    out: BytesMut,
}

#[derive(Debug)]
struct Writing {
    track: Track,
    scale: u32,
    voice: Voice,
    /// Where the last frame began, and how long the one before was.
    last: Option<i64>,
    step: u32,
}

impl Fmp4Packager {
    /// A stream without tracks.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Packager for Fmp4Packager {
    fn start(&mut self, description: &Description) -> Bytes {
        let tracks: Vec<Track> =
            description.tracks.iter().filter(|track| carries(track.codec)).cloned().collect();
        self.description = Description { tracks, ..description.clone() };
        self.lanes = self.description.tracks.iter().map(Writing::new).collect();
        if self.lanes.is_empty() {
            return Bytes::new();
        }
        let place = |(index, lane): (usize, &Writing)| (index as u32 + 1, lane.scale);
        let places: Vec<(u32, u32)> = self.lanes.iter().enumerate().map(place).collect();
        let lanes: Vec<Lane<'_>> = places
            .iter()
            .zip(&self.description.tracks)
            .map(|(&(number, timescale), track)| Lane { number, timescale, track })
            .collect();
        init(&lanes)
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(index) = self.lanes.iter().position(|lane| lane.track.id == frame.track) else { return };
        let Some(lane) = self.lanes.get_mut(index) else { return };
        // A second more than this frame needs: those of other tracks may lie before it.
        let shift = *self.shift.get_or_insert_with(|| {
            let seconds = frame.dts.div_euclid(i64::from(lane.track.clock_rate.max(1)));
            if seconds < 0 { 1 - seconds } else { 0 }
        });
        let (base, sample) = lane.sample(frame, shift);
        let run = Run { number: index as u32 + 1, base, samples: &[sample] };
        self.sequence = self.sequence.wrapping_add(1);
        chunk(self.sequence, &[run], &mut self.out);
        let key = self.description.can_begin_with(&lane.track, frame);
        out.push(Packed { kind: lane.track.kind(), key, data: self.out.split().freeze() });
    }
}

impl Writing {
    fn new(track: &Track) -> Self {
        let scale = match track.kind() {
            Kind::Video => VIDEO_SCALE,
            Kind::Audio | Kind::Data if track.sample_rate > 0 => track.sample_rate,
            Kind::Audio | Kind::Data => track.clock_rate.max(1),
        };
        Self { track: track.clone(), scale, voice: Voice::default(), last: None, step: scale / GUESS }
    }

    /// The frame with its time, `shift` seconds later than it says; its length is what the codec says, or else that of
    /// the frame before it.
    fn sample(&mut self, frame: &Frame, shift: i64) -> (u64, Sample) {
        let scaled = |ticks: i64| rescale(ticks, self.track.clock_rate, self.scale);
        let at = scaled(frame.dts).saturating_add(shift.saturating_mul(i64::from(self.scale)));
        let cts = i32::try_from(scaled(i64::from(frame.cts))).unwrap_or(0);
        let step = self.last.and_then(|last| u32::try_from(at.saturating_sub(last)).ok());
        if let Some(step) = step.filter(|&step| step > 0) {
            self.step = step.min(self.scale);
        }
        self.last = Some(at);
        let known = match length::samples(&self.track, &frame.data) {
            Some(samples) => self.voice.place(at, samples, self.scale).map(|place| (place, samples)),
            None => None,
        };
        let (base, duration) = known.unwrap_or((at, self.step));
        let sample = Sample { duration, cts, key: frame.key, data: sample_data(&self.track, frame) };
        (u64::try_from(base).unwrap_or(0), sample)
    }
}
