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

/// Why a config file gives no settings: all its errors, in the order of the file. Displayed, one per line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// What keeps the server from starting; never empty.
    pub errors: Vec<Problem>,
    /// What would not have.
    pub warnings: Vec<Problem>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Wrong {}

impl From<Problem> for Wrong {
    fn from(error: Problem) -> Self {
        Self { errors: vec![error], warnings: Vec::new() }
    }
}
