//! Commands: a name, a transaction id and values. Spec: RTMP 1.0 §7.2.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;

use super::message;
use crate::amf::{self, Value};

/// A command, or the answer to one.
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// What is asked.
    pub name: Arc<str>,
    /// What the answer will refer to; 0 when none is wanted.
    pub transaction: f64,
    /// What follows: the command object first, often null.
    pub values: Vec<Value>,
}

impl Command {
    /// Reads the payload of a command message, without the byte that AMF3-wrapped ones have in front.
    ///
    /// # Errors
    /// When the payload is no AMF0 or does not begin with a name.
    pub fn parse(payload: &[u8]) -> Result<Self, Error> {
        let mut values = amf::read_all(payload)?.into_iter();
        let name = match values.next() {
            Some(Value::Text(name)) => name,
            other => {
                let text = format!("command begins with {other:?}, expected its name");
                return Err(Error::malformed(text, "RTMP 1.0 §7.2"));
            }
        };
        // Some clients leave the transaction id out where they want no answer.
        let mut rest: Vec<Value> = values.collect();
        let transaction = match rest.first() {
            Some(Value::Number(number)) => {
                let number = *number;
                rest.remove(0);
                number
            }
            Some(_) | None => 0.0,
        };
        Ok(Self { name, transaction, values: rest })
    }

    /// The payload in AMF0.
    pub fn write(&self) -> Bytes {
        let mut out = BytesMut::new();
        amf::amf0::write(&mut out, &Value::Text(self.name.clone()));
        amf::amf0::write(&mut out, &Value::Number(self.transaction));
        for value in &self.values {
            amf::amf0::write(&mut out, value);
        }
        out.freeze()
    }

    /// A command.
    pub fn new<const N: usize>(name: &str, transaction: f64, values: [Value; N]) -> Self {
        Self { name: name.into(), transaction, values: values.into() }
    }

    /// The answer that all went well.
    pub fn result<const N: usize>(transaction: f64, values: [Value; N]) -> Self {
        Self::new("_result", transaction, values)
    }

    /// The answer that it did not.
    pub fn error(transaction: f64, code: &str, text: &str) -> Self {
        Self::new("_error", transaction, [Value::Null, status("error", code, text)])
    }

    /// News of a stream.
    pub fn on_status(level: &str, code: &str, text: &str) -> Self {
        Self::new("onStatus", 0.0, [Value::Null, status(level, code, text)])
    }

    /// The text at this place behind the command object.
    pub fn text(&self, index: usize) -> Option<&Arc<str>> {
        self.values.get(index + 1)?.as_text()
    }

    /// The number at this place behind the command object.
    pub fn number(&self, index: usize) -> Option<f64> {
        self.values.get(index + 1)?.as_number()
    }

    /// The truth value at this place behind the command object.
    pub fn bool(&self, index: usize) -> Option<bool> {
        self.values.get(index + 1)?.as_bool()
    }

    /// Whether it is a status object that says something went wrong.
    pub fn is_bad_news(&self) -> bool {
        self.values.iter().any(|value| {
            value.find("level").and_then(Value::as_text).is_some_and(|level| &**level == "error")
        })
    }

    /// The `code` of a status object at any place.
    pub fn code(&self) -> Option<&str> {
        self.values.iter().find_map(|value| value.find("code")?.as_text()).map(|code| &**code)
    }

    /// The `description` of a status object at any place.
    pub fn description(&self) -> Option<&str> {
        self.values.iter().find_map(|value| value.find("description")?.as_text()).map(|text| &**text)
    }

    /// Appends the command as a message.
    pub fn put(&self, out: &mut BytesMut, stream: u32, chunk_size: usize) {
        message::put_amf(out, message::COMMAND, stream, &self.write(), chunk_size);
    }
}

fn status(level: &str, code: &str, text: &str) -> Value {
    Value::object([
        ("level", Value::text(level)),
        ("code", Value::text(code)),
        ("description", Value::text(text)),
        ("clientid", Value::Number(1.0)),
    ])
}
