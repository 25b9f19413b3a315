//! What is accepted, what is refused and in which words.

mod access;
mod forwards;
mod hazards;
mod names;
mod older;
mod shipped;
mod unknown;
mod values;
mod wrong;

use crate::{Parsed, Problem};

/// Parses what stands in `<config>`, on line 1 from column 9.
fn parse(inner: &str) -> Result<Parsed, Vec<Problem>> {
    crate::parse("config.xml", format!("<config>{inner}</config>").as_bytes())
}

/// The settings of what must be right and without a warning.
fn right(inner: &str) -> crate::Settings {
    let parsed = parse(inner).unwrap_or_else(|wrong| panic!("{inner}: {wrong:?}"));
    assert_eq!(parsed.warnings, [], "{inner}");
    parsed.settings
}

/// The errors of what must be wrong.
fn errors(inner: &str) -> Vec<String> {
    parse(inner).expect_err(inner).iter().map(ToString::to_string).collect()
}

/// The warnings of what must be right.
fn warnings(inner: &str) -> Vec<String> {
    let parsed = parse(inner).unwrap_or_else(|wrong| panic!("{inner}: {wrong:?}"));
    parsed.warnings.iter().map(ToString::to_string).collect()
}
