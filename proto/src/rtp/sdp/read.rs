//! Descriptions of others.

use rtmpd_core::Error;

use super::{Media, Session};
use crate::rtp::payload::Format;

/// Longest description, in bytes.
const MAX_TEXT: usize = 64 << 10;
/// Most tracks.
const MAX_MEDIA: usize = 16;
/// Most lines.
const MAX_LINES: usize = 1024;
/// Most parameters of a format.
const MAX_PARAMETERS: usize = 64;

const SPEC: &str = "RFC 8866 §5";

impl Session {
    /// Reads a description. What is not known is passed over, and so is what is missing, but tracks.
    ///
    /// # Errors
    /// [`Error::Limit`] when it is too long, [`Error::Malformed`] when it is no text or a track's line is none. Lines are
    /// counted from 1.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            let what = format!("the description is {} bytes long, at most {MAX_TEXT} are taken", text.len());
            return Err(Error::limit(what, SPEC));
        }
        // Some cameras send Latin-1 in names, and some end with a NUL.
        let text = String::from_utf8_lossy(text);
        let mut session = Self::default();
        let mut mapped = Mapped::default();
        for (number, line) in
            (1..).zip(text.trim_end_matches('\0').split(['\n', '\r']).filter(|line| !line.is_empty()))
        {
            if number > MAX_LINES {
                return Err(Error::limit(format!("the description has more than {MAX_LINES} lines"), SPEC));
            }
            // Some have blanks in front, or around the sign.
            let Some((kind, value)) = line.trim().split_once('=') else { continue };
            match kind.trim() {
                "m" => {
                    session.close(&mut mapped);
                    if session.media.len() == MAX_MEDIA {
                        return Err(Error::limit(
                            format!("the description has more than {MAX_MEDIA} tracks"),
                            SPEC,
                        ));
                    }
                    session.media.push(media(value.trim()).ok_or_else(|| {
                        let shown: String = value.chars().take(80).collect();
                        let what = format!("line {number} of the description is m={shown:?}, expected m=KIND PORT RTP/AVP TYPE");
                        Error::malformed(what, "RFC 8866 §5.14")
                    })?);
                }
                "a" => session.attribute(value.trim(), &mut mapped),
                _ => {}
            }
        }
        session.close(&mut mapped);
        Ok(session)
    }

    /// The formats of the tracks.
    pub fn formats(&self) -> Vec<Format> {
        self.media.iter().map(|media| media.format.clone()).collect()
    }

    fn attribute(&mut self, value: &str, mapped: &mut Mapped) {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        let value = value.trim();
        let media = self.media.last_mut();
        match (name.trim(), media) {
            ("control", Some(media)) => media.control = Some(value.to_owned()),
            ("control", None) => self.control = Some(value.to_owned()),
            ("rtpmap", Some(media)) => {
                if let Some((payload_type, rest)) = numbered(value)
                    && payload_type == media.payload_type
                {
                    mapped.is_mapped = true;
                    map(&mut media.format, rest);
                }
            }
            // Before `rtpmap` or behind it, and on several lines with some.
            ("fmtp", Some(media)) => {
                if let Some((payload_type, rest)) = numbered(value)
                    && payload_type == media.payload_type
                {
                    parameters(&mut media.format, rest);
                }
            }
            _ => {}
        }
    }

    /// All lines of a track were read: a static payload type needs no `rtpmap` (RFC 3551 §6).
    fn close(&mut self, mapped: &mut Mapped) {
        let is_mapped = std::mem::take(mapped).is_mapped;
        let Some(media) = self.media.last_mut().filter(|_| !is_mapped) else { return };
        let (encoding, clock_rate, channels) = match media.payload_type {
            0 => ("PCMU", 8_000, 1),
            8 => ("PCMA", 8_000, 1),
            14 => ("MPA", 90_000, 0),
            26 => ("JPEG", 90_000, 0),
            32 => ("MPV", 90_000, 0),
            33 => ("MP2T", 90_000, 0),
            _ => return,
        };
        let format = &mut media.format;
        (format.encoding, format.clock_rate, format.channels) = (encoding.to_owned(), clock_rate, channels);
    }
}

/// What is known of the track that is being read.
#[derive(Default)]
struct Mapped {
    is_mapped: bool,
}

/// `video 0 RTP/AVP 96 97`
fn media(text: &str) -> Option<Media> {
    let mut words = text.split_ascii_whitespace();
    let kind = words.next()?.to_ascii_lowercase();
    let _port = words.next()?;
    let _profile = words.next()?;
    // `m=application` of other protocols has words where numbers should be.
    let payload_type = words.next().and_then(|word| word.parse().ok()).unwrap_or(u8::MAX);
    Some(Media { kind, payload_type, format: Format::default(), control: None })
}

/// `96 H264/90000`
fn numbered(text: &str) -> Option<(u8, &str)> {
    let (number, rest) = text.split_once([' ', '\t'])?;
    Some((number.trim().parse().ok()?, rest.trim()))
}

/// `mpeg4-generic/48000/2`
fn map(format: &mut Format, text: &str) {
    let mut parts = text.split('/').map(str::trim);
    format.encoding = parts.next().unwrap_or_default().to_owned();
    format.clock_rate = parts.next().and_then(|rate| rate.parse().ok()).unwrap_or_default();
    format.channels = parts.next().and_then(|channels| channels.parse().ok()).unwrap_or_default();
}

/// `packetization-mode=1; sprop-parameter-sets=…`
fn parameters(format: &mut Format, text: &str) {
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if format.parameters.len() == MAX_PARAMETERS {
            return;
        }
        // Base64 ends with the sign, too: only the first one parts.
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        format.parameters.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}
