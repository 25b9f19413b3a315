//! What happened in a replay, line by line.
//!
//! A line reads `+0.012 c1 Publish live/a …`: seconds since the first packet, the connection in the order of their
//! opening, what its machine said. `<` stands before what the machine was told. Lines without a connection are about
//! the capture itself.

use std::fmt;

use crate::time::Instant;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When, since the first packet of the capture.
    pub at: Instant,
    /// The connection, counted from 1; `None` for what is said about the capture.
    pub conn: Option<usize>,
    /// Whose line it is.
    pub voice: Voice,
    /// What; one line of text.
    pub text: String,
}

/// Whose line it is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Voice {
    /// What the connection's machine said: its events.
    Machine,
    /// What the machine was told: replies, media, the end of the client's bytes.
    Told,
    /// What the shard and the driver have to say about the connection, or about the capture.
    Shard,
}

/// Everything that happened, in order. `Display` writes it so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// In the order of their happening.
    pub lines: Vec<Line>,
}

impl Transcript {
    pub(super) fn add(&mut self, at: Instant, conn: Option<usize>, voice: Voice, text: impl Into<String>) {
        self.lines.push(Line { at, conn, voice, text: text.into() });
    }

    /// One connection after the other, with times: the form in which transcripts are kept and reviewed.
    pub fn by_connection(&self) -> String {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.conn);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What must be the same however the bytes were cut: for each connection what its machine said, then what it
    /// was told, then what else there is to say; without times.
    ///
    /// The three are kept apart because a machine that is given many bytes at once may say several things before it
    /// is told the answer to the first.
    pub fn without_times(&self) -> String {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| (line.conn, line.voice));
        lines.iter().map(|line| format!("{}\n", Timeless(line))).collect()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.at.as_millis();
        write!(f, "+{}.{:03} {}", ms / 1000, ms % 1000, Timeless(self))
    }
}

struct Timeless<'a>(&'a Line);

impl fmt::Display for Timeless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.conn {
            Some(conn) if self.0.voice == Voice::Told => write!(f, "c{conn} < {}", self.0.text),
            Some(conn) => write!(f, "c{conn} {}", self.0.text),
            None => write!(f, "capture: {}", self.0.text),
        }
    }
}
