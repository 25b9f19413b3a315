//! What a publisher says about its stream in words: `onMetaData` and its like.

use std::sync::Arc;

/// Named values in the publisher's order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Metadata(pub Vec<(Arc<str>, Value)>);

/// A value of [`Metadata`]: the part of AMF0 that metadata is made of.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A double.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// Text.
    Text(Arc<str>),
    /// Named values in order.
    Object(Metadata),
    /// Values in order.
    Array(Vec<Self>),
    /// ms since 1970.
    Date(f64),
    /// Nothing (null or undefined).
    Null,
}

impl Metadata {
    /// The value called `name`.
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value)
    }

    /// The number called `name`.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.find(name)? {
            Value::Number(number) => Some(*number),
            Value::Bool(_)
            | Value::Text(_)
            | Value::Object(_)
            | Value::Array(_)
            | Value::Date(_)
            | Value::Null => None,
        }
    }
}
