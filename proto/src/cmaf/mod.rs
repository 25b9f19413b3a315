//! CMAF: the objects that fragmented HLS, LL-HLS and DASH share – one file per track, segment and part, muxed once.
//!
//! Specs: ISO/IEC 23000-19 (CMAF), RFC 8216bis (HLS), ISO/IEC 23009-1 (DASH).
//!
//! - [`CmafPackager`]: the objects, with their playlists and manifest · `track`: one track's chunks

mod packager;
#[cfg(test)]
mod tests;
mod track;

use rtmpd_core::media::{Kind, Packaging, Track};

pub use packager::CmafPackager;

use crate::hls::multivariant::{UNKNOWN_AUDIO, UNKNOWN_VIDEO};

/// Segments, parts, playlists and the manifest of a stream.
pub const CMAF: Packaging = Packaging("cmaf");

/// What a track's objects are called after: `v0`, `a1`.
pub fn label(track: &Track) -> String {
    format!("{}{}", if track.kind() == Kind::Video { 'v' } else { 'a' }, track.index)
}

/// Bits per second that are said of a track as long as nobody knows.
pub fn unknown_rate(track: &Track) -> u64 {
    if track.kind() == Kind::Video { UNKNOWN_VIDEO } else { UNKNOWN_AUDIO }
}
