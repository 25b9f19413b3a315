//! Fragmented MP4 and CMAF, written.
//!
//! Specs: ISO/IEC 14496-12 (boxes), 14496-14 and -15 (AAC, H.264, H.265), ISO/IEC 23000-19 (CMAF), AV1-ISOBMFF,
//! VP9-ISOBMFF, Opus-ISOBMFF, FLAC-ISOBMFF, RFC 6381 (codec names).
//!
//! - [`init`]: what a decoder must have first · [`chunk`]: access units with their times · [`codec_string`]
//! - [`Fmp4Packager`]: an endless stream
//! - `boxes`: boxes in boxes · `entry`: a track's sample entry

mod boxes;
mod chunk;
mod entry;
mod init;
mod name;
mod packager;
#[cfg(test)]
mod tests;

pub use chunk::{Run, Sample, chunk, sample_data};
pub use entry::carries;
pub use init::{Lane, init};
pub use name::codec_string;
pub use packager::{Fmp4Packager, MP4};
