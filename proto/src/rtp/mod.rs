//! Media as RTP carries it: what RTSP and WebRTC have in common.
//!
//! Specs: RFC 3550 (RTP, RTCP), RFC 3551 (static payload types), and one for each codec, named where it is obeyed.
//!
//! - `header`: the fixed header, its extensions and padding
//! - [`payload`]: access units in payloads and out of them
//! - [`rtcp`]: reports, names, farewells and requests for keyframes
//! - `reorder`: one source's packets in order, and where some are missing
//! - `receive`: one track as it comes in: order, statistics, reports
//! - `ingest`: all tracks of a session as they come in · [`sdp`]: what is in it, in words
//! - `packager`: frames in packets that all players share
//! - `clock`: timestamps without wraps, and the clocks of several tracks brought together
//! - `dts`: decoding times for pictures that have presentation times only

mod clock;
mod dts;
mod header;
mod ingest;
mod packager;
pub mod payload;
mod receive;
mod reorder;
pub mod rtcp;
pub mod sdp;
#[cfg(test)]
mod tests;

pub use clock::{Sync, TrackClock, Unwrap};
pub use dts::DtsMaker;
pub use header::{HEADER_LEN, Header, Packet};
pub use ingest::Ingest;
pub use packager::{
    DOLLAR, INTERLEAVED_LEN, Lane, MAX_PACKET, RTP, RtpPackager, carried, interleaved, payload_type,
};
pub use receive::{Arrived, Counts, Receiver, ReceiverSettings, Sent};
pub use reorder::{Fate, Ordered, Reorder, ReorderSettings};
