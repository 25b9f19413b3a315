//! How a line of the log file looks: `8CC7E740 [25-01- 1 17:14:47.142] I: text`.
//!
//! The form of the original's files (thread, local time, level), which its users' scripts read.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use log::Level;

/// Longest text of a line, in bytes; the rest is cut off.
const MAX_TEXT: usize = 8192;

/// What somebody logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// When.
    pub(crate) at: Timestamp,
    /// The thread's number.
    pub(crate) thread: u32,
    /// How much it matters.
    pub(crate) level: Level,
    /// The part of the program.
    pub(crate) target: String,
    /// What; without line breaks.
    pub(crate) text: String,
}

/// The line of the file, with its line break.
pub(crate) fn render(entry: &Entry, zone: &TimeZone) -> String {
    let time = entry.at.to_zoned(zone.clone());
    format!(
        "{:08X} [{:02}-{:02}-{:2} {:02}:{:02}:{:02}.{:03}] {}: {}\n",
        entry.thread,
        time.year().rem_euclid(100),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond(),
        letter(entry.level),
        entry.text
    )
}

/// The text as one line that no peer can break in two or colour: control characters become escapes.
pub(crate) fn one_line(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    if !text.chars().any(char::is_control) {
        return text;
    }
    let escaped =
        text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() });
    escaped.collect()
}

fn letter(level: Level) -> char {
    match level {
        Level::Error => 'E',
        Level::Warn => 'W',
        Level::Info => 'I',
        Level::Debug => 'D',
        Level::Trace => 'T',
    }
}
