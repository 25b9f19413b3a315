//! Requests in, response heads out. Spec: RFC 9112.
//!
//! - [`Head`]: a request's head, with every length bounded · [`Body`]: passing over what comes behind it
//! - [`Conditions`]: whether the client's copy will do · [`ranges`]: which bytes of a file it wants
//! - [`Target`]: where it wants to go, decoded · [`Response`]: what we answer · `date`: the time as HTTP writes it

mod body;
mod complaint;
mod condition;
mod date;
mod head;
mod range;
mod response;
mod target;

pub use body::Body;
pub use condition::{Conditions, Verdict};
pub use date::{imf_fixdate, parse_fixdate};
pub(super) use head::accepts_gzip;
pub use head::{Head, HeadReader, MAX_HEAD};
pub use range::{ByteRange, Ranges, ranges};
pub use response::Response;
pub use target::Target;
pub(super) use target::host_name;

/// Why a request cannot be served, in the words of HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The status.
    pub status: u16,
    /// What is wrong: the field, its value and what was expected.
    pub text: String,
}

impl Failure {
    /// A failure with this status and text.
    pub fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

/// Whether the byte may stand in a method, a field name or another token (RFC 9110 §5.6.2).
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A value from the wire for an error text: short and harmless.
pub(crate) fn shown(value: &str) -> String {
    let short: String = value.chars().take(60).collect();
    let dots = if short.len() < value.len() { "…" } else { "" };
    format!("'{}{dots}'", short.escape_debug())
}
