//! Action Message Format: the values of RTMP commands and of FLV script data.
//!
//! Specs: AMF0 (Adobe, 2007), AMF3 (Adobe, 2013). AMF0 is read and written; AMF3 is read where AMF0 switches to it.
//!
//! - [`Value`]: what both formats can say · [`read_all`], [`write_all`]: a message's values
//! - [`amf0`], [`amf3`]: one value at a time
//!
//! What encoders really send is tolerated: a final object end that is cut off, an ECMA array whose count is wrong,
//! text that is not UTF-8. Depth and number of values are bounded; a length is believed only as far as there are
//! bytes.

pub mod amf0;
pub mod amf3;
mod metadata;
#[cfg(test)]
mod tests;
mod value;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;

use crate::bytes::Reader;

pub use metadata::{fields, metadata};
pub use value::{Field, Value};

/// How deep values may nest.
pub const MAX_DEPTH: usize = 32;
/// How many values one message may hold.
pub const MAX_VALUES: usize = 16_384;

/// All values of a message, in AMF0 that may switch to AMF3.
///
/// # Errors
/// When a value is cut off, has an unknown marker, or a limit of this room is exceeded.
pub fn read_all(data: &[u8]) -> Result<Vec<Value>, Error> {
    let mut reader = Reader::new(data);
    let mut budget = Budget::default();
    let mut values = Vec::new();
    // Some encoders end an object twice, or put its end behind the message.
    while reader.remaining() > 0 && reader.rest() != amf0::OBJECT_END {
        let value = amf0::read_value(&mut reader, &mut budget).map_err(|e| e.at(reader.position() as u64))?;
        values.push(value);
    }
    Ok(values)
}

/// These values in AMF0, one behind the other.
pub fn write_all(values: &[Value]) -> Bytes {
    let mut out = BytesMut::new();
    for value in values {
        amf0::write(&mut out, value);
    }
    out.freeze()
}

/// What a message may still use up.
#[derive(Debug)]
struct Budget {
    depth: usize,
    values: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { depth: MAX_DEPTH, values: MAX_VALUES }
    }
}

impl Budget {
    fn spend(&mut self, values: usize) -> Result<(), Error> {
        self.values = self.values.checked_sub(values).ok_or_else(|| {
            Error::limit(format!("message holds more than {MAX_VALUES} values"), "AMF0 §2.1")
        })?;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| {
            Error::limit(format!("values are nested more than {MAX_DEPTH} deep"), "AMF0 §2.1")
        })?;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth += 1;
    }
}

/// Text as it stands on the wire; what is not UTF-8 becomes U+FFFD.
fn text(bytes: &[u8]) -> std::sync::Arc<str> {
    String::from_utf8_lossy(bytes).into()
}
