//! From bytes to an XML document, with the hazards of both refused by name.

use roxmltree::{Document, Error, ParsingOptions};

use crate::problem::Problem;

/// Most nodes taken; each costs about a hundred bytes.
const MAX_NODES: u32 = 100_000;

/// Most `=` taken, of which each attribute has one: the parser compares all attributes of an element with each other,
/// and would be busy for a long time with those that a file of a megabyte can hold.
const MAX_EQUALS: usize = 10_000;

/// Parses `text`, the content of `file`.
pub(crate) fn document<'a>(file: &str, text: &'a str) -> Result<Document<'a>, Problem> {
    if text.matches('=').count() > MAX_EQUALS {
        return Err(Problem::whole(file, format!("has more than {MAX_EQUALS} '=', which no config has")));
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| explain(file, text, &error))
}

/// The bytes as text, without a byte order mark.
pub(crate) fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'<', ..] | [b'<', 0, ..]) {
        return Err(Problem::whole(
            file,
            "is UTF-16 (Windows calls it Unicode), expected UTF-8: save it as UTF-8",
        ));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, bad) = bytes.split_at(error.valid_up_to());
        let (line, column) = place(&String::from_utf8_lossy(good), good.len());
        let text = format!("byte 0x{:02X} is not UTF-8: save the file as UTF-8", bad.first().unwrap_or(&0));
        Problem { file: file.into(), line, column, text }
    })
}

/// Line and column of a byte of `text`, both from 1.
pub(crate) fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn explain(file: &str, text: &str, error: &Error) -> Problem {
    if matches!(error, Error::DtdDetected) {
        let (line, column) = place(text, text.find("<!DOCTYPE").unwrap_or(0));
        let text = "<!DOCTYPE is not accepted: a config file defines no entities".into();
        return Problem { file: file.into(), line, column, text };
    }
    let said = error.to_string();
    // The place stands in front; theirs is at the end, where they know one.
    let said = said.rsplit_once(" at ").map_or(said.as_str(), |(said, _)| said);
    let at_the_end =
        matches!(error, Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream);
    let (line, column) =
        if at_the_end { place(text, text.len()) } else { (error.pos().row, error.pos().col) };
    Problem { file: file.into(), line, column, text: format!("is not XML here: {said}") }
}
