//! What the doctor found, as a table.

use std::fmt::{self, Display};

/// How bad it is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// The server runs, but not as well as it could.
    Warn,
    /// Something will not work.
    Fail,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// One line of the table, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) state: State,
    /// What was looked at.
    pub(crate) what: String,
    /// What was seen.
    pub(crate) seen: String,
    /// What helps; empty where nothing needs help.
    pub(crate) fix: String,
}

/// All lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// It is as it should be.
    pub(crate) fn ok(&mut self, what: impl Display, seen: impl Display) {
        self.push(State::Ok, what, seen, "");
    }

    /// It could be better.
    pub(crate) fn warn(&mut self, what: impl Display, seen: impl Display, fix: impl Display) {
        self.push(State::Warn, what, seen, fix);
    }

    /// It will not work.
    pub(crate) fn fail(&mut self, what: impl Display, seen: impl Display, fix: impl Display) {
        self.push(State::Fail, what, seen, fix);
    }

    fn push(&mut self, state: State, what: impl Display, seen: impl Display, fix: impl Display) {
        let (what, seen, fix) = (what.to_string(), seen.to_string(), fix.to_string());
        self.findings.push(Finding { state, what, seen, fix });
    }

    /// Whether nothing failed.
    pub(crate) fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.state < State::Fail)
    }

    fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            self.findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or_default();
        for Finding { state, what, seen, fix } in &self.findings {
            writeln!(f, "{:<4}  {what:<width$}  {seen}", state.word())?;
            if !fix.is_empty() {
                writeln!(f, "{:<4}  {:<width$}  fix: {fix}", "", "")?;
            }
        }
        let (failed, warned) = (self.count(State::Fail), self.count(State::Warn));
        match (failed, warned) {
            (0, 0) => writeln!(f, "\nall {} checks are well", self.findings.len()),
            (0, _) => writeln!(
                f,
                "\nthe server will work; {warned} of {} checks could be better",
                self.findings.len()
            ),
            _ => writeln!(f, "\n{failed} of {} checks failed, {warned} could be better", self.findings.len()),
        }
    }
}
