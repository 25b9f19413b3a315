//! Descriptions of others.
//!
//! Specs: RFC 8866 §5, §6; RFC 3551 §6 (static payload types). What is not known is passed over, and so is what is missing.

use rtmpd_core::Error;

use super::section::Section;
use super::{Media, Session};
use crate::rtp::payload::Format;

/// Longest description, in bytes.
const MAX_TEXT: usize = 64 << 10;
/// Longest line, in bytes.
const MAX_LINE: usize = 16 << 10;
/// Most lines.
const MAX_LINES: usize = 1024;
/// Most tracks.
const MAX_MEDIA: usize = 16;
/// Most attributes of a track, or of the session.
const MAX_ATTRIBUTES: usize = 256;

const SPEC: &str = "RFC 8866 §5";

/// What was read so far.
#[derive(Default)]
struct Reading {
    session: Session,
    /// The track whose lines are being read.
    section: Option<Section>,
    /// Attributes of the track, or of the session before its first one.
    attributes: usize,
}

impl Session {
    /// Reads a description.
    ///
    /// # Errors
    /// [`Error::Limit`] when it is too long, [`Error::Malformed`] when a track's line is none. Lines are counted from 1.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            let what = format!("the description is {} bytes long, at most {MAX_TEXT} are taken", text.len());
            return Err(Error::limit(what, SPEC));
        }
        // Some cameras send Latin-1 in names, and some end with a NUL.
        let text = String::from_utf8_lossy(text);
        let mut reading = Reading::default();
        // Lines end with CR LF, with LF from many cameras, and with CR from a few.
        let lines = text.split(['\n', '\r', '\0']).map(str::trim).filter(|line| !line.is_empty());
        for (number, line) in (1..).zip(lines) {
            let too_much = |what: String| Err(Error::limit(format!("the description has {what}"), SPEC));
            if number > MAX_LINES {
                return too_much(format!("more than {MAX_LINES} lines"));
            }
            if line.len() > MAX_LINE {
                return too_much(format!(
                    "{} bytes in line {number}, at most {MAX_LINE} are taken",
                    line.len()
                ));
            }
            reading.line(line).map_err(|error| error.in_line(number, line))?;
        }
        reading.close();
        Ok(reading.session)
    }

    /// The formats of the tracks.
    pub fn formats(&self) -> Vec<Format> {
        self.media.iter().map(|media| media.format.clone()).collect()
    }
}

/// What is wrong with a line.
enum Wrong {
    Media,
    TooManyMedia,
    TooManyAttributes,
}

impl Wrong {
    fn in_line(self, number: usize, line: &str) -> Error {
        let shown: String = line.chars().take(80).collect();
        let place = format!("line {number} of the description, {shown:?},");
        match self {
            Self::Media => Error::malformed(
                format!("{place} is no track, expected m=KIND PORT RTP/AVP TYPE"),
                "RFC 8866 §5.14",
            ),
            Self::TooManyMedia => {
                Error::limit(format!("{place} is one of more than {MAX_MEDIA} tracks"), SPEC)
            }
            Self::TooManyAttributes => {
                Error::limit(format!("{place} is one of more than {MAX_ATTRIBUTES} attributes"), SPEC)
            }
        }
    }
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), Wrong> {
        // Some have blanks around the sign. What is no line at all (banners, empty values) is passed over.
        let Some((kind, value)) = line.split_once('=') else { return Ok(()) };
        let value = value.trim();
        match kind.trim() {
            "m" => {
                self.close();
                if self.session.media.len() == MAX_MEDIA {
                    return Err(Wrong::TooManyMedia);
                }
                self.section = Some(Section::new(value).ok_or(Wrong::Media)?);
                self.attributes = 0;
            }
            "a" => {
                self.attributes += 1;
                if self.attributes > MAX_ATTRIBUTES {
                    return Err(Wrong::TooManyAttributes);
                }
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                self.attribute(name.trim(), value.trim());
            }
            _ => {}
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match &mut self.section {
            Some(section) => section.attribute(name, value),
            None if name == "control" => self.session.control = Some(value.to_owned()),
            None => {}
        }
    }

    /// All lines of the track were read.
    fn close(&mut self) {
        let media: Option<Media> = self.section.take().map(Section::finish);
        self.session.media.extend(media);
    }
}
