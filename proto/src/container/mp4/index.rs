//! All samples of a file. Spec: ISO/IEC 14496-12 §8.

use rtmpd_core::Error;
use rtmpd_core::media::Track;

use super::fragment::{self, Defaults, Part, Place};
use super::movie::{self, MovieTrack};
use super::samples::{MAX_SIZE, Sample, Samples};
use super::table;

/// Most samples of a file: a day of pictures and sound.
pub const MAX_SAMPLES: usize = 4 << 20;

/// What a file has, and where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// Its tracks, in the file's order.
    pub tracks: Vec<Indexed>,
    /// What cannot be read, and why, for a log.
    pub left_out: Vec<String>,
}

/// A track and its samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Indexed {
    /// The track; its clock rate is the timescale of the samples' times.
    pub track: Track,
    /// Its number in the file.
    pub number: u32,
    /// Bytes of each NAL unit's length in its samples. [`Track::config`] says 4, as in frames.
    pub length_size: u8,
    /// The samples.
    pub samples: Samples,
    shift: i64,
    defaults: Defaults,
    /// It has ended: its samples are not in the file any more.
    is_cut: bool,
}

impl Index {
    /// How many samples all tracks have.
    pub fn len(&self) -> usize {
        self.tracks.iter().map(|track| track.samples.len()).sum()
    }

    /// Whether there is nothing to play.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in a `moov` of a file of `length` bytes; gives whether fragments may follow.
    pub(super) fn add_movie(&mut self, moov: &[u8], length: u64) -> Result<bool, Error> {
        let movie = movie::parse(moov)?;
        self.left_out.extend(movie.left_out);
        for track in movie.tracks {
            let frame = table::Frame {
                length,
                shift: track.shift,
                all_keys: track.all_keys(),
                most: MAX_SAMPLES.saturating_sub(self.len()),
            };
            match table::read(track.stbl, &frame) {
                Ok(samples) => self.tracks.push(Indexed::new(track, samples)),
                Err(error) => self.left_out.push(format!("track {}: {error}", track.number)),
            }
        }
        Ok(movie.is_fragmented)
    }

    /// Takes in a `moof` that begins at byte `start` of a file of `length` bytes.
    pub(super) fn add_fragment(&mut self, moof: &[u8], start: u64, length: u64) -> Result<(), Error> {
        let find =
            |number: u32| self.tracks.iter().find(|track| track.number == number).map(|track| track.defaults);
        let mut behind = start;
        let mut left = MAX_SAMPLES.saturating_sub(self.len());
        for part in fragment::parse(moof, start, &find)? {
            let Some(track) = self.tracks.iter_mut().find(|track| track.number == part.number) else {
                continue;
            };
            let before = track.samples.len();
            behind = track.add(&part, (behind, length), left)?;
            left -= track.samples.len() - before;
        }
        Ok(())
    }
}

impl Indexed {
    fn new(track: MovieTrack<'_>, samples: Samples) -> Self {
        Self {
            track: track.track,
            number: track.number,
            length_size: track.length_size,
            samples,
            shift: track.shift,
            defaults: track.defaults,
            is_cut: false,
        }
    }

    /// Adds samples; gives where their data ends.
    fn add(&mut self, part: &Part<'_>, (behind, length): (u64, u64), left: usize) -> Result<u64, Error> {
        let all_keys = self.track.kind() != rtmpd_core::media::Kind::Video;
        let mut at = behind;
        let mut dts = match part.base {
            Some(base) => i64::try_from(base).unwrap_or(i64::MAX).saturating_add(self.shift),
            None if self.samples.is_empty() => self.shift,
            None => self.samples.end(),
        };
        let most = self.samples.len() + left;
        for run in &part.runs {
            if let Place::At(place) = run.place {
                at = place;
            }
            for told in run.clone() {
                let end = at.checked_add(u64::from(told.size)).filter(|&end| end <= length);
                let Some(end) = end.filter(|_| !self.is_cut && told.size <= MAX_SIZE) else {
                    self.is_cut = true;
                    break;
                };
                if self.samples.len() == most {
                    let what = format!("more than {MAX_SAMPLES} samples");
                    return Err(Error::limit(what, "ISO/IEC 14496-12 §8.8"));
                }
                let (size, cts, duration) = (told.size, told.cts, told.duration);
                self.samples.push(Sample { offset: at, size, dts, cts, duration, key: all_keys || told.key });
                dts = dts.saturating_add(i64::from(duration));
                at = end;
            }
        }
        Ok(at)
    }
}
