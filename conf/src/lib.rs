//! config.xml becomes [`Settings`]: every value in them is valid, and whatever is wrong is named by line and column.
//! The manual of all elements is the shipped `conf/config.xml`, which says exactly what [`Settings::default`] says.
//!
//! [`parse`] takes the bytes of the file, [`parse_policy`] those of policy.xml; nothing here touches files. Inside: `xml` turns bytes into sections of named
//! values and knows where each stands, `value` says what is allowed, `settings` has one file per section.

#![forbid(unsafe_code)]

mod forwards;
mod names;
mod parse;
mod problem;
pub mod settings;
mod value;
mod xml;

#[cfg(test)]
mod tests;

pub use parse::{MAX_FILE, Parsed, parse, parse_policy};
pub use problem::Problem;
pub use settings::Settings;
