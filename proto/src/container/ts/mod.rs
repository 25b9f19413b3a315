//! MPEG transport streams.
//!
//! Specs: ISO/IEC 13818-1 (systems), ISO/IEC 14496-15 and ITU-T H.264/H.265 Annex B (byte streams), ISO/IEC 14496-3
//! §1.A (ADTS), ETSI TS 101 154 and ATSC A/52 (AC-3), "Encapsulation of Opus packets in MPEG-2 TS".
//!
//! - in: [`Demuxer`]: bytes → tracks, frames and notes; its own text is in `demux`
//! - out: [`TsPackager`]: an endless stream · [`Muxer`]: frames → packets of 188 bytes · `tables`: PAT and PMT · `packet`: PES → packets, counters, clock
//! - `payload`: a frame's bytes as a PES carries them

mod demux;
mod muxer;
mod packager;
mod packet;
mod payload;
mod tables;
#[cfg(test)]
mod tests;

pub use demux::{Counts, Demuxed, Demuxer};
pub use muxer::Muxer;
pub use packager::{TS, TsPackager};

/// Size of a packet, in bytes.
pub const PACKET: usize = 188;
