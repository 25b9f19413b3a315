//! The body of a script tag or data message.
//!
//! Specs: FLV 10.1 §E.4.4 (SCRIPTDATA); RTMP 1.0 §7.2.2 calls the same bytes data message.

use bytes::Bytes;
use rtmpd_core::Error;
use rtmpd_core::media::Metadata;

use crate::amf::{self, Value, amf0};
use crate::bytes::{Reader, tail};

/// What publishers put before what the server is to keep for those who join later.
const SET_DATA_FRAME: &str = "@setDataFrame";
const CLEAR_DATA_FRAME: &str = "@clearDataFrame";
pub(super) const ON_META_DATA: &str = "onMetaData";

/// A script body without its `@setDataFrame`.
pub(super) enum Script {
    /// `onMetaData`, and the body that says so.
    Metadata(Metadata, Bytes),
    /// Any other handler's call.
    Other(Bytes),
    /// Takes back what was kept; nothing of it is passed on.
    Clear,
}

/// Takes a script body apart.
pub(super) fn parse(body: &Bytes) -> Result<Script, Error> {
    let mut reader = Reader::new(body);
    let mut name = handler(&mut reader)?;
    let mut data = body.clone();
    if name == SET_DATA_FRAME {
        data = tail(body, reader.position());
        name = handler(&mut reader)?;
    }
    if name == CLEAR_DATA_FRAME {
        return Ok(Script::Clear);
    }
    if name != ON_META_DATA {
        return Ok(Script::Other(data));
    }
    let values = amf::read_all(reader.rest())?;
    let fields = values.iter().find_map(Value::fields).unwrap_or_default().to_vec();
    Ok(Script::Metadata(amf::metadata(fields), data))
}

fn handler(reader: &mut Reader<'_>) -> Result<String, Error> {
    let marker = reader.peek();
    let first = amf0::read(reader)?;
    let name = first.as_text().ok_or_else(|| {
        Error::malformed(
            format!("script data begins with AMF0 marker {marker:?}, expected a handler's name (2)"),
            "FLV 10.1 §E.4.4.1",
        )
    })?;
    Ok(name.to_string())
}
