//! From bytes to sections of named values, each with its place in the file.
//! XML 1.0 without DTD: a config file has no business with entities of its own.

mod decode;
mod findings;
mod leaf;
mod section;

pub(crate) use decode::{decode, document};
pub(crate) use findings::Findings;
pub(crate) use leaf::text;
pub(crate) use section::Section;
