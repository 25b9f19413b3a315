//! Session descriptions: what is in a stream, in words.
//!
//! Specs: RFC 8866 (SDP), RFC 2326 Annex C (with RTSP), RFC 3551 §6 (static payload types); the parameters of each payload
//! format are [`super::payload::Format`]'s.
//!
//! - `read`, `section`: what publishers and cameras send · `write`: what players are told

mod read;
mod section;
#[cfg(test)]
mod tests;
mod write;

use super::payload::Format;

pub use write::describe;

/// A description.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Session {
    /// `a=control` of the session: where aggregate requests go.
    pub control: Option<String>,
    /// Each `m=`.
    pub media: Vec<Media>,
}

/// One `m=`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Media {
    /// `video`, `audio`, `application`.
    pub kind: String,
    /// The first of its payload types that can be taken; the first, where none can.
    pub payload_type: u8,
    /// Its other payload types: packets of these are nothing to do with `format`.
    pub others: Vec<u8>,
    /// What that is.
    pub format: Format,
    /// `a=control`: names the track in SETUP.
    pub control: Option<String>,
}
