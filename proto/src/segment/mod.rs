//! Cutting a stream into segments and parts: what HLS and DASH have in common.
//!
//! Specs: RFC 8216bis §4.4, §6.2; ISO/IEC 23009-1 §5.3.9; ISO/IEC 23000-19 §7.3.
//!
//! - [`Cutter`]: where a segment or a part ends · [`Window`]: the segments there are, oldest first
//! - [`Samples`]: a track's frames with their lengths, for fragments
//! - [`Calendar`]: what the wall clock said when a frame was taken · [`Voice`]: sound on its own sample clock
//! - [`Settings`]: lengths and counts
//!
//! Times are ticks of 90 kHz unless something else is said.

mod calendar;
mod cutter;
mod samples;
mod settings;
#[cfg(test)]
pub(crate) mod tests;
mod version;
mod window;

use rtmpd_core::media::{Codec, Description, Kind, Track, TrackId};

pub use crate::codec::voice::Voice;
pub use calendar::Calendar;
pub use cutter::{Cut, Cutter};
pub use samples::{Batch, Samples};
pub use settings::{Format, Settings};
pub use version::{MAX_MSN, MAX_PART, version};
pub use window::{Names, Part, Segment, Window};

/// Ticks per second.
pub const HZ: u32 = 90_000;

/// The track that decides where segments end: the first pictures among those that are carried, or the first sound.
pub fn leader(description: &Description, carries: fn(Codec) -> bool) -> Option<TrackId> {
    let of = |kind: Kind| {
        let tracks = description.tracks.iter().filter(|track| track.kind() == kind && carries(track.codec));
        tracks.min_by_key(|track| track.index).map(|track| track.id)
    };
    of(Kind::Video).or_else(|| of(Kind::Audio))
}

/// A media sequence number that no segment of this stream had before, whoever made it: seconds since 2024, and no segment
/// is shorter than a second. So numbers rise even over a restart of the server. `now`: in µs since 1970.
pub fn first_msn(now: i64) -> u64 {
    const EPOCH: i64 = 1_704_067_200;
    u64::try_from(now / 1_000_000 - EPOCH).unwrap_or(0)
}

/// What a track's objects are called after: `v0`, `a1`.
pub fn label(track: &Track) -> String {
    format!("{}{}", if track.kind() == Kind::Video { 'v' } else { 'a' }, track.index)
}

/// Bits per second that are said of a track as long as nobody knows.
pub fn unknown_rate(track: &Track) -> u64 {
    if track.kind() == Kind::Video { 4_000_000 } else { 192_000 }
}

/// Ticks in seconds, for texts.
pub fn seconds(ticks: i64) -> f64 {
    // Precise far beyond any stream's length.
    ticks as f64 / f64::from(HZ)
}
