//! MP4, read: whole and fragmented files for VOD, and our own fragments as they come.
//!
//! Specs: ISO/IEC 14496-12 (boxes, sample tables, fragments), 14496-14 and -15 (AAC, H.264, H.265), AV1-ISOBMFF,
//! VP9-ISOBMFF, Opus-ISOBMFF, FLAC-ISOBMFF, QuickTime File Format; RFC 8216 (the playlist).
//!
//! - a file: [`Locator`] asks for ranges of bytes → [`Index`]: tracks and [`Samples`] → [`plan()`]: [`Segment`]s → what
//!   players fetch: [`Plan::playlist`], [`Plan::init`], [`Plan::segment`] from the bytes of [`Plan::ranges`]
//! - a flow: bytes → [`Fragments`] → tracks and frames · [`WholePrefix`]: how much of a file is whole
//! - below: `boxes` · `movie`: a `moov`'s tracks · `entry`: codecs · `table`, `edits`: a track's samples and times ·
//!   `fragment`: a `moof`'s
//!
//! Of an edit list, empty edits in front and the media's beginning are followed; of several sample entries, the first.

mod boxes;
mod edits;
mod entry;
mod fragment;
mod fragments;
mod index;
mod locate;
mod movie;
mod plan;
mod prefix;
mod render;
mod samples;
mod table;
#[cfg(test)]
mod tests;

pub use fragments::{Fragments, Piece};
pub use index::{Index, Indexed, MAX_SAMPLES};
pub use locate::{Locator, MAX_MOOV, index};
pub use plan::{HZ, Plan, Segment, plan};
pub use prefix::{WholePrefix, whole_prefix};
pub use samples::{Sample, Samples};
