//! RTP payload formats: access units → payloads, and payloads → access units.
//!
//! Specs: RFC 6184 (H.264), RFC 7798 (H.265), RTP Payload Format For AV1, RFC 7741 (VP8), RFC 9628 (VP9), RFC 3640 (AAC),
//! RFC 6416 (AAC in LATM), RFC 7587 (Opus), RFC 3551 (G.711), RFC 2250 (MP3), RFC 4184 (AC-3), RFC 4598 (E-AC-3).
//!
//! - [`Format`]: what SDP says of a payload format, both ways
//! - [`Packetizer`] (`packetize`): the way out; it copies nothing
//! - [`Depacketizer`] (`depacketize`): the way in; nothing that is not whole comes out of it as a [`Unit`]

mod depacketize;
mod format;
mod packetize;
#[cfg(test)]
mod tests;
mod unit;

pub use depacketize::Depacketizer;
pub use format::Format;
pub use packetize::{MAX_LIMIT, MIN_LIMIT, Packetizer, static_payload_type};
pub use unit::{Counts, Unit};
