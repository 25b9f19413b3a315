//! Media as RTP carries it: what RTSP and WebRTC have in common.
//!
//! Specs: RFC 3550 (RTP, RTCP), RFC 3551 (static payload types), and one for each codec, named where it is obeyed.
//!
//! - `header`: the fixed header, its extensions and padding
//! - [`payload`]: access units in payloads and out of them

mod header;
pub mod payload;
#[cfg(test)]
mod tests;

pub use header::{HEADER_LEN, Header, Packet};
