//! HLS and Low-Latency HLS.
//!
//! Specs: RFC 8216bis (draft-pantos-hls-rfc8216bis), RFC 6381 (codec names).
//!
//! - [`HlsPackager`]: a stream's objects as MPEG-TS, or a playlist that points to the fragmented ones of `cmaf`
//! - `ts`: MPEG-TS segments and parts · `pointer`: that playlist
//! - [`playlist`]: the media playlist of a window · [`multivariant`]: the playlist of playlists
//! - [`Directives`]: what a player says in a playlist's query

mod directives;
pub mod multivariant;
mod packager;
pub mod playlist;
mod pointer;
#[cfg(test)]
mod tests;
mod ts;

use rtmpd_core::media::Packaging;

pub use directives::{BadDirective, Directives};
pub use packager::HlsPackager;
pub use playlist::{folder, skipping};

/// HLS in whatever form its codecs play best: see [`crate::segment::Format`].
pub const HLS: Packaging = Packaging("hls");
/// A stream's playlist, `/app/NAME.m3u8`.
pub const INDEX: &str = "index.m3u8";
