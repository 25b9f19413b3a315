//! AMF3: one value at a time, read only.
//!
//! Spec: AMF3 (Adobe, 2013) §3. Dictionaries and externalizable objects are refused: their form is either useless
//! here or known to the sender's program alone. The reference tables last for one value, as each value behind AMF0's
//! switch is a message of its own.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

use super::{Budget, Field, Value, text};
use crate::bytes::Reader;

const BYTE_ARRAY: u8 = 0x0C;
/// How many members a class may have.
const MAX_MEMBERS: usize = 1024;

/// Reads one value.
///
/// # Errors
/// When it is cut off, has an unknown marker or reference, or a limit is exceeded ([`super::MAX_DEPTH`],
/// [`super::MAX_VALUES`]).
pub fn read(reader: &mut Reader<'_>) -> Result<Value, Error> {
    read_value(reader, &mut Budget::default())
}

pub(super) fn read_value(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Value, Error> {
    let mut decoder = Decoder { reader, budget, texts: Vec::new(), complex: Vec::new(), classes: Vec::new() };
    decoder.value()
}

/// Appends a byte array (§3.14).
pub(super) fn write_binary(out: &mut BytesMut, bytes: &[u8]) {
    // A U29 holds no more; messages are far smaller.
    let bytes = bytes.get(..bytes.len().min(0x0FFF_FFFF)).unwrap_or_default();
    let header = u32::try_from(bytes.len()).unwrap_or(0) << 1 | 1;
    out.put_u8(BYTE_ARRAY);
    match header {
        0..0x80 => {}
        0x80..0x4000 => out.put_u8((header >> 7) as u8 | 0x80),
        0x4000..0x20_0000 => out.put_slice(&[(header >> 14) as u8 | 0x80, (header >> 7) as u8 | 0x80]),
        _ => {
            out.put_slice(&[
                (header >> 22) as u8 | 0x80,
                (header >> 15) as u8 | 0x80,
                (header >> 8) as u8 | 0x80,
            ]);
            out.put_u8(header as u8);
            return out.put_slice(bytes);
        }
    }
    out.put_u8(header as u8 & 0x7F);
    out.put_slice(bytes);
}

/// What an object's class says about it.
#[derive(Clone)]
struct Class {
    name: Arc<str>,
    members: Arc<[Arc<str>]>,
    dynamic: bool,
}

/// A value that may be referred to, and how many values it is made of. `None` while it is being read.
type Complex = Option<(Value, usize)>;

struct Decoder<'d, 'a> {
    reader: &'d mut Reader<'a>,
    budget: &'d mut Budget,
    texts: Vec<Arc<str>>,
    complex: Vec<Complex>,
    classes: Vec<Class>,
}

impl Decoder<'_, '_> {
    fn value(&mut self) -> Result<Value, Error> {
        self.budget.spend(1)?;
        Ok(match self.u8("marker")? {
            0x00 => Value::Undefined,
            0x01 => Value::Null,
            0x02 => Value::Bool(false),
            0x03 => Value::Bool(true),
            // §3.6: 29 bits, two's complement
            0x04 => Value::Number(f64::from((self.u29()? << 3) as i32 >> 3)),
            0x05 => Value::Number(self.f64("double")?),
            0x06 => Value::Text(self.text()?),
            0x07 | 0x0B => {
                self.complex(|this, length| this.take(length, "XML").map(|x| Value::Xml(text(x))))?
            }
            0x08 => self.complex(|this, _| this.f64("date").map(Value::Date))?,
            0x09 => self.complex(Self::array)?,
            0x0A => self.complex(Self::object)?,
            BYTE_ARRAY => self.complex(|this, length| {
                this.take(length, "byte array").map(|bytes| Value::Binary(Bytes::copy_from_slice(bytes)))
            })?,
            marker @ 0x0D..=0x10 => self.complex(|this, count| this.vector(marker, count))?,
            other => {
                return Err(Error::malformed(
                    format!("AMF3 marker {other:#04x} is not supported, expected 0x00 to 0x10"),
                    "AMF3 §3.1",
                ));
            }
        })
    }

    /// A value that is either a reference or is read by `read`, which gets the header's remaining bits.
    fn complex(
        &mut self,
        read: impl FnOnce(&mut Self, usize) -> Result<Value, Error>,
    ) -> Result<Value, Error> {
        let header = self.u29()? as usize;
        if header & 1 == 0 {
            let Some(Some((value, size))) = self.complex.get(header >> 1) else {
                return Err(reference("object", header >> 1));
            };
            self.budget.spend(*size)?;
            return Ok(value.clone());
        }
        let place = self.complex.len();
        self.complex.push(None);
        let before = self.budget.values;
        self.budget.enter()?;
        let value = read(self, header >> 1)?;
        self.budget.leave();
        let size = before - self.budget.values + 1;
        if let Some(slot) = self.complex.get_mut(place) {
            *slot = Some((value.clone(), size));
        }
        Ok(value)
    }

    /// §3.11: named values up to an empty name, then `count` values.
    fn array(&mut self, count: usize) -> Result<Value, Error> {
        let mut fields = self.fields()?;
        self.check_count(count, 1, "array")?;
        if fields.is_empty() {
            return (0..count).map(|_| self.value()).collect::<Result<_, _>>().map(Value::StrictArray);
        }
        for index in 0..count {
            fields.push((index.to_string().into(), self.value()?));
        }
        Ok(Value::EcmaArray(fields))
    }

    /// §3.12: the class or a reference to it, its members' values, then named values if it is dynamic.
    fn object(&mut self, header: usize) -> Result<Value, Error> {
        let class = self.class(header)?;
        let mut fields = Vec::new();
        for member in class.members.iter() {
            fields.push((member.clone(), self.value()?));
        }
        if class.dynamic {
            fields.append(&mut self.fields()?);
        }
        Ok(if class.name.is_empty() { Value::Object(fields) } else { Value::TypedObject(class.name, fields) })
    }

    fn class(&mut self, header: usize) -> Result<Class, Error> {
        if header & 1 == 0 {
            return self.classes.get(header >> 1).cloned().ok_or_else(|| reference("class", header >> 1));
        }
        if header & 2 != 0 {
            return Err(Error::malformed("externalizable AMF3 object is not supported here", "AMF3 §3.12"));
        }
        let name = self.text()?;
        let count = header >> 3;
        self.check_count(count, 1, "class members")?;
        if count > MAX_MEMBERS {
            return Err(Error::limit(
                format!("AMF3 class has {count} members, at most {MAX_MEMBERS} are allowed"),
                "AMF3 §3.12",
            ));
        }
        let members = (0..count).map(|_| self.text()).collect::<Result<_, _>>()?;
        let class = Class { name, members, dynamic: header & 4 != 0 };
        self.classes.push(class.clone());
        Ok(class)
    }

    /// §3.15: a flag, then `count` numbers or objects.
    fn vector(&mut self, marker: u8, count: usize) -> Result<Value, Error> {
        self.u8("vector's flag")?;
        if marker == 0x10 {
            self.text()?;
        }
        let size = match marker {
            0x0D | 0x0E => 4,
            0x0F => 8,
            _ => 1,
        };
        self.check_count(count, size, "vector")?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(match marker {
                0x0D => Value::Number(f64::from(self.u32()? as i32)),
                0x0E => Value::Number(f64::from(self.u32()?)),
                0x0F => Value::Number(self.f64("vector item")?),
                _ => self.value()?,
            });
            if marker != 0x10 {
                self.budget.spend(1)?;
            }
        }
        Ok(Value::StrictArray(items))
    }

    fn fields(&mut self) -> Result<Vec<Field>, Error> {
        let mut fields = Vec::new();
        loop {
            let name = self.text()?;
            if name.is_empty() {
                return Ok(fields);
            }
            fields.push((name, self.value()?));
        }
    }

    /// §1.3.2: text, or a reference to one read before. Empty text is never referred to.
    fn text(&mut self) -> Result<Arc<str>, Error> {
        let header = self.u29()? as usize;
        if header & 1 == 0 {
            return self.texts.get(header >> 1).cloned().ok_or_else(|| reference("string", header >> 1));
        }
        let read = text(self.take(header >> 1, "string")?);
        if !read.is_empty() {
            self.texts.push(read.clone());
        }
        Ok(read)
    }

    /// §1.3.1: seven bits a byte, the fourth byte has eight.
    fn u29(&mut self) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..3 {
            let byte = u32::from(self.u8("integer")?);
            value = value << 7 | (byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Ok(value << 8 | u32::from(self.u8("integer")?))
    }

    /// Refuses a count of things of `size` bytes each that cannot all follow.
    fn check_count(&self, count: usize, size: usize, what: &str) -> Result<(), Error> {
        let remaining = self.reader.remaining();
        if count.saturating_mul(size) > remaining {
            return Err(Error::malformed(
                format!("AMF3 {what} says {count} items, but only {remaining} bytes follow"),
                "AMF3 §3.11",
            ));
        }
        Ok(())
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&[u8], Error> {
        let remaining = self.reader.remaining();
        self.reader.take(length).ok_or_else(|| {
            Error::malformed(
                format!("AMF3 {what} says {length} bytes, but only {remaining} follow"),
                "AMF3 §1.3.2",
            )
        })
    }

    fn u8(&mut self, what: &str) -> Result<u8, Error> {
        self.reader.u8().ok_or_else(|| cut(what))
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.reader.u32().ok_or_else(|| cut("vector item"))
    }

    fn f64(&mut self, what: &str) -> Result<f64, Error> {
        self.reader.f64().ok_or_else(|| cut(what))
    }
}

fn cut(what: &str) -> Error {
    Error::malformed(format!("AMF3 {what} is cut off"), "AMF3 §3.1")
}

fn reference(what: &str, index: usize) -> Error {
    Error::malformed(
        format!("AMF3 {what} reference {index} points to nothing read completely before"),
        "AMF3 §2.2",
    )
}
