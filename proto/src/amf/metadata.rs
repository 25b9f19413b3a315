//! AMF values ⇄ the media model's metadata.

use rtmpd_core::media;

use super::{Field, Value};

impl From<Value> for media::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Bool(value) => Self::Bool(value),
            Value::Text(text) | Value::Xml(text) => Self::Text(text),
            Value::Object(fields) | Value::TypedObject(_, fields) | Value::EcmaArray(fields) => {
                Self::Object(metadata(fields))
            }
            Value::StrictArray(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Value::Date(millis) => Self::Date(millis),
            Value::Binary(_) | Value::Null | Value::Undefined => Self::Null,
        }
    }
}

impl From<&media::Value> for Value {
    fn from(value: &media::Value) -> Self {
        match value {
            media::Value::Number(number) => Self::Number(*number),
            media::Value::Bool(value) => Self::Bool(*value),
            media::Value::Text(text) => Self::Text(text.clone()),
            media::Value::Object(metadata) => Self::Object(fields(metadata)),
            media::Value::Array(values) => Self::StrictArray(values.iter().map(Self::from).collect()),
            media::Value::Date(millis) => Self::Date(*millis),
            media::Value::Null => Self::Null,
        }
    }
}

/// Named AMF values as metadata. Byte arrays and undefined values become null.
pub fn metadata(fields: Vec<Field>) -> media::Metadata {
    media::Metadata(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
}

/// Metadata as named AMF values.
pub fn fields(metadata: &media::Metadata) -> Vec<Field> {
    metadata.0.iter().map(|(name, value)| (name.clone(), value.into())).collect()
}
