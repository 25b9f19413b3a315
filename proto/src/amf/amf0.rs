//! AMF0: one value at a time.
//!
//! Spec: AMF0 (Adobe, 2007) §2. References are refused (§2.9): no encoder was seen to send them, and they are the way
//! to blow a small message up.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use rtmpd_core::Error;

use super::{Budget, Field, Value, amf3, text};
use crate::bytes::Reader;

/// An empty name and the object-end marker (§2.11).
pub(super) const OBJECT_END: [u8; 3] = [0, 0, 9];

const NUMBER: u8 = 0x00;
const BOOLEAN: u8 = 0x01;
const STRING: u8 = 0x02;
const OBJECT: u8 = 0x03;
const NULL: u8 = 0x05;
const UNDEFINED: u8 = 0x06;
const REFERENCE: u8 = 0x07;
const ECMA_ARRAY: u8 = 0x08;
const END: u8 = 0x09;
const STRICT_ARRAY: u8 = 0x0A;
const DATE: u8 = 0x0B;
const LONG_STRING: u8 = 0x0C;
const UNSUPPORTED: u8 = 0x0D;
const XML: u8 = 0x0F;
const TYPED_OBJECT: u8 = 0x10;
const AVMPLUS: u8 = 0x11;

/// Reads one value.
///
/// # Errors
/// When it is cut off, has an unknown marker, or a limit is exceeded ([`super::MAX_DEPTH`], [`super::MAX_VALUES`]).
pub fn read(reader: &mut Reader<'_>) -> Result<Value, Error> {
    read_value(reader, &mut Budget::default())
}

pub(super) fn read_value(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Value, Error> {
    budget.spend(1)?;
    let marker = reader.u8().ok_or_else(|| cut("marker", "AMF0 §2.1"))?;
    Ok(match marker {
        NUMBER => Value::Number(reader.f64().ok_or_else(|| cut("number", "AMF0 §2.2"))?),
        BOOLEAN => Value::Bool(reader.u8().ok_or_else(|| cut("boolean", "AMF0 §2.3"))? != 0),
        STRING => Value::Text(short_text(reader)?),
        LONG_STRING => Value::Text(long_text(reader)?),
        XML => Value::Xml(long_text(reader)?),
        OBJECT => Value::Object(read_fields(reader, budget)?),
        TYPED_OBJECT => {
            let class = short_text(reader)?;
            Value::TypedObject(class, read_fields(reader, budget)?)
        }
        ECMA_ARRAY => {
            // The count is often 0 or too small: the end marker decides.
            reader.u32().ok_or_else(|| cut("ECMA array count", "AMF0 §2.10"))?;
            Value::EcmaArray(read_fields(reader, budget)?)
        }
        STRICT_ARRAY => Value::StrictArray(read_items(reader, budget)?),
        DATE => {
            let millis = reader.f64().ok_or_else(|| cut("date", "AMF0 §2.13"))?;
            reader.u16().ok_or_else(|| cut("date's time zone", "AMF0 §2.13"))?;
            Value::Date(millis)
        }
        NULL => Value::Null,
        UNDEFINED | UNSUPPORTED => Value::Undefined,
        AVMPLUS => amf3::read_value(reader, budget)?,
        REFERENCE => return Err(Error::malformed("AMF0 reference is not supported here", "AMF0 §2.9")),
        other => {
            return Err(Error::malformed(
                format!("AMF0 marker {other:#04x} is unknown, expected 0x00 to 0x11"),
                "AMF0 §2.1",
            ));
        }
    })
}

fn read_fields(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Vec<Field>, Error> {
    budget.enter()?;
    let mut fields = Vec::new();
    loop {
        if reader.remaining() < OBJECT_END.len() {
            // Nothing fits there but an end that was cut off.
            let _ = reader.take(reader.remaining());
            break;
        }
        let name = short_text(reader)?;
        if name.is_empty() && matches!(reader.peek(), Some(END) | None) {
            let _ = reader.u8();
            break;
        }
        fields.push((name, read_value(reader, budget)?));
    }
    budget.leave();
    Ok(fields)
}

fn read_items(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Vec<Value>, Error> {
    let count = reader.u32().ok_or_else(|| cut("strict array count", "AMF0 §2.12"))? as usize;
    if count > reader.remaining() {
        return Err(Error::malformed(
            format!("strict array says {count} values, but only {} bytes follow", reader.remaining()),
            "AMF0 §2.12",
        ));
    }
    budget.enter()?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(read_value(reader, budget)?);
    }
    budget.leave();
    Ok(items)
}

fn short_text(reader: &mut Reader<'_>) -> Result<Arc<str>, Error> {
    let length = reader.u16().ok_or_else(|| cut("string length", "AMF0 §1.3.1"))?;
    take_text(reader, usize::from(length))
}

fn long_text(reader: &mut Reader<'_>) -> Result<Arc<str>, Error> {
    let length = reader.u32().ok_or_else(|| cut("long string length", "AMF0 §1.3.2"))?;
    take_text(reader, length as usize)
}

fn take_text(reader: &mut Reader<'_>, length: usize) -> Result<Arc<str>, Error> {
    let remaining = reader.remaining();
    let bytes = reader.take(length).ok_or_else(|| {
        Error::malformed(format!("string says {length} bytes, but only {remaining} follow"), "AMF0 §1.3.1")
    })?;
    Ok(text(bytes))
}

fn cut(what: &str, spec: &'static str) -> Error {
    Error::malformed(format!("AMF0 {what} is cut off"), spec)
}

/// Appends one value. Byte arrays go out as AMF3 behind the marker that announces it; names longer than 65 535 bytes
/// are cut.
pub fn write(out: &mut BytesMut, value: &Value) {
    match value {
        Value::Number(number) => {
            out.put_u8(NUMBER);
            out.put_f64(*number);
        }
        Value::Bool(value) => out.put_slice(&[BOOLEAN, u8::from(*value)]),
        Value::Text(text) => write_text(out, text),
        Value::Object(fields) => {
            out.put_u8(OBJECT);
            write_fields(out, fields);
        }
        Value::TypedObject(class, fields) => {
            out.put_u8(TYPED_OBJECT);
            write_name(out, class);
            write_fields(out, fields);
        }
        Value::EcmaArray(fields) => {
            out.put_u8(ECMA_ARRAY);
            out.put_u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
            write_fields(out, fields);
        }
        Value::StrictArray(items) => {
            out.put_u8(STRICT_ARRAY);
            out.put_u32(u32::try_from(items.len()).unwrap_or(u32::MAX));
            items.iter().for_each(|item| write(out, item));
        }
        Value::Date(millis) => {
            out.put_u8(DATE);
            out.put_f64(*millis);
            out.put_u16(0);
        }
        Value::Xml(text) => write_long(out, XML, text),
        Value::Binary(bytes) => {
            out.put_u8(AVMPLUS);
            amf3::write_binary(out, bytes);
        }
        Value::Null => out.put_u8(NULL),
        Value::Undefined => out.put_u8(UNDEFINED),
    }
}

fn write_fields(out: &mut BytesMut, fields: &[Field]) {
    for (name, value) in fields {
        write_name(out, name);
        write(out, value);
    }
    out.put_slice(&OBJECT_END);
}

fn write_text(out: &mut BytesMut, text: &str) {
    if text.len() > usize::from(u16::MAX) {
        return write_long(out, LONG_STRING, text);
    }
    out.put_u8(STRING);
    write_name(out, text);
}

fn write_long(out: &mut BytesMut, marker: u8, text: &str) {
    out.put_u8(marker);
    out.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
    out.put_slice(text.as_bytes());
}

fn write_name(out: &mut BytesMut, name: &str) {
    let name = name.get(..name.floor_char_boundary(usize::from(u16::MAX))).unwrap_or(name);
    out.put_u16(u16::try_from(name.len()).unwrap_or(u16::MAX));
    out.put_slice(name.as_bytes());
}
