//! CMAF: the objects that fragmented HLS, LL-HLS and DASH share – one file per track, segment and part, muxed once.
//!
//! Specs: ISO/IEC 23000-19 (CMAF), RFC 8216bis (HLS), ISO/IEC 23009-1 (DASH).
//!
//! - [`CmafPackager`]: the objects, with their playlists and manifest · `track`: one track's chunks

mod packager;
#[cfg(test)]
mod tests;
mod track;

use rtmpd_core::media::Packaging;

pub use packager::CmafPackager;

/// Segments, parts, playlists and the manifest of a stream.
pub const CMAF: Packaging = Packaging("cmaf");
