//! Forms that browsers and `curl -F` send: parts with a head each, taken out of bytes cut anywhere.
//!
//! Specs: RFC 7578 (multipart/form-data), RFC 2046 §5.1 (boundaries), RFC 2183 and RFC 8187 (names of files).
//!
//! - [`Multipart`]: bytes → [`Piece`]s; holds less than a boundary of a part's content
//! - [`boundary`]: what a `Content-Type` says stands between the parts · `head`: a part's head

mod head;
mod multipart;

pub use head::{PartHead, boundary};
pub use multipart::{Multipart, Piece};
