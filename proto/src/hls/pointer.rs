//! `/app/NAME.m3u8` of a stream whose segments are the fragmented ones that DASH plays too: they are muxed once, in the
//! packaging `cmaf`, and this playlist points to theirs.

use bytes::Bytes;
use rtmpd_core::StreamKey;
use rtmpd_core::media::{Description, Frame, Shelved, Track, timebase::rescale};

use super::INDEX;
use super::multivariant::{Rendition, render};
use crate::container::fmp4;
use crate::segment::{HZ, label, unknown_rate};

/// Rates are told once this much of the stream is known, in ticks; and again whenever it has doubled.
const FIRST: i64 = HZ as i64;

#[derive(Debug)]
pub(super) struct Pointer {
    key: StreamKey,
    tracks: Vec<Measured>,
    /// Length of what must be known before the next playlist.
    due: i64,
    changes: Vec<Shelved>,
}

#[derive(Debug)]
struct Measured {
    track: Track,
    bytes: u64,
    from: Option<i64>,
    to: i64,
}

impl Pointer {
    pub(super) fn new(key: &StreamKey, description: &Description) -> Self {
        let tracks = description.tracks.iter().filter(|track| fmp4::carries(track.codec));
        let tracks =
            tracks.map(|track| Measured { track: track.clone(), bytes: 0, from: None, to: 0 }).collect();
        let changes = vec![Shelved::Promise { name: INDEX.into() }];
        Self { key: key.clone(), tracks, due: FIRST, changes }
    }

    pub(super) fn push(&mut self, frame: &Frame) {
        let Some(measured) = self.tracks.iter_mut().find(|measured| measured.track.id == frame.track) else {
            return;
        };
        let at = rescale(frame.dts, measured.track.clock_rate, HZ);
        measured.bytes += frame.data.len() as u64;
        measured.to = at;
        let length = at - *measured.from.get_or_insert(at);
        if length >= self.due {
            self.due = length.saturating_mul(2);
            let data = Bytes::from(self.render());
            // Whatever version is waited for, this is it.
            self.changes.push(Shelved::Put { name: INDEX.into(), version: u64::MAX, data });
        }
    }

    pub(super) fn shelve(&mut self, out: &mut Vec<Shelved>) {
        out.append(&mut self.changes);
    }

    fn render(&self) -> String {
        let renditions: Vec<Rendition<'_>> =
            self.tracks.iter().map(|measured| self.rendition(measured)).collect();
        render(&renditions)
    }

    fn rendition<'a>(&self, measured: &'a Measured) -> Rendition<'a> {
        let average = measured.rate().unwrap_or(unknown_rate(&measured.track));
        let uri = format!("{}{}.m3u8", super::folder(self.key.name(), "cmaf"), label(&measured.track));
        // Segments differ: a fifth more is what the most demanding one may need.
        Rendition { track: &measured.track, uri, peak: average + average / 5, average }
    }
}

impl Measured {
    /// Bits per second, once they are worth telling.
    fn rate(&self) -> Option<u64> {
        let length = u64::try_from(self.to - self.from?).ok().filter(|&length| length > u64::from(HZ) / 2)?;
        Some(self.bytes * 8 * u64::from(HZ) / length)
    }
}
