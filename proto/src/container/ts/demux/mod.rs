//! Transport packets → tracks and frames: the way in.
//!
//! Specs: ISO/IEC 13818-1 §2.4 and Annex A; those of each codec are named where it is read. What is broken is counted
//! and left out; nothing that a sender does ends the stream, and all that is held is bounded.
//!
//! - bytes → `sync` → packets → `head` · tables: `section` → `psi` · `pes` → `clock` → a [`Demuxer`] of
//!   `stream`s: `pictures` (H.264, H.265), `sound` (AAC, MP3, AC-3, E-AC-3) with its `framing`, `opus`
//! - `hold`: frames wait there until all tracks that the tables announce are known

mod clock;
mod demuxer;
mod found;
mod framing;
mod head;
mod hold;
mod nals;
mod opus;
mod pes;
mod pictures;
mod psi;
mod section;
mod sound;
mod stream;
mod sync;

pub use demuxer::{Counts, Demuxed, Demuxer};
