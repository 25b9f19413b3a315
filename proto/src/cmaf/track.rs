//! One track's chunks, with its playlist's window. Specs: ISO/IEC 23000-19 §7.3.2 (CMAF chunks).

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::Track;

use crate::container::fmp4::{self, Run, Sample};
use crate::segment::{Batch, HZ, Names, Part, Samples, Window, label};

/// Bytes that a sample takes beside its own.
const HEAD: usize = 16;
/// Bytes of a fragment's head without its samples.
const CHUNK_HEAD: usize = 256;

/// A track, its playlist's window, and what has not yet become a chunk.
#[derive(Debug)]
pub(super) struct Lane {
    /// Name of its playlist: `v0`, `a1`.
    pub(super) label: String,
    pub(super) names: Names,
    pub(super) window: Window,
    pub(super) samples: Samples,
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
        let label = label(&track);
        let names = Names { prefix: format!("{label}-"), ending: "m4s" };
        Self { label, names, window, samples: Samples::new(track), sequence: 0, interrupted: false }
    }

    /// The same playlist, continued with another track or after an interruption. What was begun must have been taken.
    pub(super) fn resume(&mut self, track: Track) {
        self.samples = Samples::new(track);
        self.interrupted = true;
    }

    /// Whether the next segment is the first after an interruption; once.
    pub(super) fn interrupted(&mut self) -> bool {
        std::mem::take(&mut self.interrupted)
    }

    /// The chunk of all complete samples; `None` when there are none.
    pub(super) fn take_chunk(&mut self) -> Option<Chunk> {
        let Batch { samples, base, length, duration, independent } = self.samples.take()?;
        self.sequence = self.sequence.wrapping_add(1);
        let bytes: usize = samples.iter().map(|sample: &Sample| sample.data.len() + HEAD).sum();
        let mut data = BytesMut::with_capacity(bytes + CHUNK_HEAD);
        fmp4::chunk(self.sequence, &[Run { number: 1, base, samples: &samples }], &mut data);
        Some(Chunk { data: data.freeze(), part: Part { duration, independent }, base, length })
    }

    /// Bits per second of its most demanding whole segment, and of all of them.
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
