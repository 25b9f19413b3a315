//! What AMF0 and AMF3 can say.

use std::sync::Arc;

use bytes::Bytes;

/// A named value of an object.
pub type Field = (Arc<str>, Value);

/// A value of AMF0, and of AMF3 as far as AMF0 can say it.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A double; AMF3 integers too.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// Text, short or long.
    Text(Arc<str>),
    /// Named values in order.
    Object(Vec<Field>),
    /// Named values in order, with the name of their class.
    TypedObject(Arc<str>, Vec<Field>),
    /// Named values in order, of a type that some peers expect for metadata.
    EcmaArray(Vec<Field>),
    /// Values in order; AMF3 vectors too.
    StrictArray(Vec<Self>),
    /// ms since 1970, UTC.
    Date(f64),
    /// An XML document.
    Xml(Arc<str>),
    /// An AMF3 byte array.
    Binary(Bytes),
    /// Null.
    Null,
    /// Undefined, and AMF0's "unsupported".
    Undefined,
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// An object of these fields.
    pub fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The text, if this is text.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The truth value, if this is one; a number is true when it is not 0.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { self.as_number().map(|number| number != 0.0) }
    }

    /// The fields, if this is an object or an ECMA array.
    pub fn fields(&self) -> Option<&[Field]> {
        if let Self::Object(fields) | Self::TypedObject(_, fields) | Self::EcmaArray(fields) = self {
            Some(fields)
        } else {
            None
        }
    }

    /// The field called `name` of an object or an ECMA array.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.fields()?.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value)
    }
}
