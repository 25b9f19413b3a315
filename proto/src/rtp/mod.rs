//! Media as RTP carries it: what RTSP and WebRTC have in common.
//!
//! Specs: RFC 3550 (RTP, RTCP), RFC 3551 (static payload types), and one for each codec, named where it is obeyed.
//!
//! - `header`: the fixed header, its extensions and padding

mod header;
#[cfg(test)]
mod tests;

pub use header::{HEADER_LEN, Header, Packet};
