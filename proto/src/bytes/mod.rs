//! Checked readers and writers: every read can fail, none can panic.
//!
//! - [`Reader`]: big-endian numbers from a slice · [`Bits`]: single bits and Exp-Golomb codes
//! - [`slice()`], [`tail`]: parts of shared [`Bytes`] without a copy · [`put_u24`]: what [`BufMut`] lacks
//! - [`param`]: a parameter of what stands behind `?` · [`encode_path`], [`percent_decode`]: a path as it may stand in a URL, and back · [`json_string`]: a text in JSON · [`iso8601`]: a date

mod bits;
mod date;
mod json;
mod query;
mod reader;
#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes};

pub use bits::Bits;
pub use date::{civil, iso8601};
pub use json::{json_string, json_strings};
pub use query::{encode_path, param, percent_decode};
pub use reader::Reader;

/// Bytes `from..to` of `bytes`, shared; `None` when they are not all there.
pub fn slice(bytes: &Bytes, from: usize, to: usize) -> Option<Bytes> {
    (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
}

/// What follows the first `from` bytes, shared; empty when there are not that many.
pub fn tail(bytes: &Bytes, from: usize) -> Bytes {
    bytes.slice(from.min(bytes.len())..)
}

/// Appends the low 24 bits of `value`, big-endian.
pub fn put_u24(out: &mut impl BufMut, value: u32) {
    out.put_uint(u64::from(value & 0x00FF_FFFF), 3);
}
