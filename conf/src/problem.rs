//! What is wrong with a config file, and where.

use std::fmt;

/// Something in a config file that an operator should look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file as it was named to us.
    pub file: String,
    /// Line, from 1; 0 when it is about the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 when it is about the file as a whole.
    pub column: u32,
    /// The element or attribute, its value and what is allowed.
    pub text: String,
}

impl Problem {
    /// A problem of the file as a whole.
    pub(crate) fn whole(file: &str, text: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, text } = self;
        match line {
            0 => write!(f, "{file}: {text}"),
            _ => write!(f, "{file}:{line}:{column}: {text}"),
        }
    }
}
