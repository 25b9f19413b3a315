//! What was found wrong while reading, by place.

use crate::problem::Problem;
use crate::xml::decode::place;

/// Most errors and most warnings reported for one file.
pub(crate) const MAX_REPORTED: usize = 100;

/// Errors and warnings of one file.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    errors: Vec<(usize, String)>,
    warnings: Vec<(usize, String)>,
}

impl Findings {
    /// An error at this byte of the file.
    pub(crate) fn error(&mut self, at: usize, text: String) {
        self.errors.push((at, text));
    }

    /// A warning at this byte of the file.
    pub(crate) fn warning(&mut self, at: usize, text: String) {
        self.warnings.push((at, text));
    }

    /// How many errors there are.
    pub(crate) fn errors(&self) -> usize {
        self.errors.len()
    }

    /// How many warnings there are.
    pub(crate) fn warnings(&self) -> usize {
        self.warnings.len()
    }

    /// Takes over what another part of the file gave.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
    }

    /// Errors and warnings in the order of the file, whose content is `text`.
    pub(crate) fn into_problems(self, file: &str, text: &str) -> (Vec<Problem>, Vec<Problem>) {
        (in_order(self.errors, file, text), in_order(self.warnings, file, text))
    }
}

fn in_order(mut found: Vec<(usize, String)>, file: &str, text: &str) -> Vec<Problem> {
    found.sort();
    let more = found.len().saturating_sub(MAX_REPORTED);
    let at = |(at, what): (usize, String)| {
        let (line, column) = place(text, at);
        Problem { file: file.into(), line, column, text: what }
    };
    let mut problems: Vec<_> = found.into_iter().take(MAX_REPORTED).map(at).collect();
    if more > 0 {
        problems.push(Problem::whole(file, format!("and {more} more")));
    }
    problems
}
