//! The little AMF0 a client needs: write a command, read an answer.
//! Follows the AMF0 specification (amf0-file-format-specification.pdf), section 2.

/// Deepest nesting that is read; anything deeper ends the reading.
const MAX_DEPTH: u32 = 8;

/// A value as far as answers are looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Number.
    Number(f64),
    /// Boolean.
    Flag(bool),
    /// String.
    Text(String),
    /// Object or ECMA array.
    Object(Vec<(String, Self)>),
    /// Null or undefined.
    Null,
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of an object's property, or nothing.
    pub fn property(&self, name: &str) -> Option<&str> {
        let Self::Object(list) = self else { return None };
        list.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.text())
    }
}

/// Encodes values one after another.
pub fn write(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        write_value(&mut out, value);
    }
    out
}

/// Decodes as many values as are there; stops quietly at what it does not know.
pub fn read(mut input: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    while let Some(value) = read_value(&mut input, 0) {
        values.push(value);
    }
    values
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Number(number) => {
            out.push(0);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Flag(flag) => out.extend_from_slice(&[1, u8::from(*flag)]),
        Value::Text(text) => {
            out.push(2);
            write_text(out, text);
        }
        Value::Object(list) => {
            out.push(3);
            for (name, value) in list {
                write_text(out, name);
                write_value(out, value);
            }
            out.extend_from_slice(&[0, 0, 9]);
        }
        Value::Null => out.push(5),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let length = text.len().min(usize::from(u16::MAX));
    out.extend_from_slice(&(length as u16).to_be_bytes());
    out.extend_from_slice(&text.as_bytes()[..length]);
}

fn read_value(input: &mut &[u8], depth: u32) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match take::<1>(input)?[0] {
        0 => Some(Value::Number(f64::from_be_bytes(take::<8>(input)?))),
        1 => Some(Value::Flag(take::<1>(input)?[0] != 0)),
        2 => read_text(input).map(Value::Text),
        3 => read_object(input, depth),
        5 | 6 => Some(Value::Null),
        8 => {
            take::<4>(input)?;
            read_object(input, depth)
        }
        _ => None,
    }
}

fn read_object(input: &mut &[u8], depth: u32) -> Option<Value> {
    let mut list = Vec::new();
    loop {
        let name = read_text(input)?;
        if name.is_empty() && input.first() == Some(&9) {
            take::<1>(input)?;
            return Some(Value::Object(list));
        }
        list.push((name, read_value(input, depth + 1)?));
    }
}

fn read_text(input: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take::<2>(input)?));
    let (text, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(String::from_utf8_lossy(text).into_owned())
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(*head)
}
