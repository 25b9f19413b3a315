//! One track of somebody's description, from `m=` to the next.
//!
//! Specs: RFC 8866 §5.14, §6.6 (`rtpmap`), §6.15 (`fmtp`), RFC 3551 §6 (static payload types).

use super::Media;
use crate::codec::aac;
use crate::rtp::payload::{Depacketizer, Format};

/// Most payload types of a track.
const MAX_TYPES: usize = 32;
/// Most parameters of a format.
const MAX_PARAMETERS: usize = 64;
/// Ticks per second of pictures, whatever they are.
const PICTURES: u32 = 90_000;

/// What was read of it so far.
pub(super) struct Section {
    kind: String,
    profile: String,
    /// Its payload types, in their order; there is at least one.
    types: Vec<(u8, Format)>,
    control: Option<String>,
}

impl Section {
    /// `video 0 RTP/AVP 96 97`
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let kind = words.next()?.to_ascii_lowercase();
        let _port = words.next()?;
        let profile = words.next()?.to_ascii_uppercase();
        // `m=application` of other protocols has words where numbers should be.
        let numbers = words.filter_map(|word| word.parse().ok()).take(MAX_TYPES);
        let mut types: Vec<(u8, Format)> = numbers.map(|number| (number, Format::default())).collect();
        if types.is_empty() {
            types.push((u8::MAX, Format::default()));
        }
        Some(Self { kind, profile, types, control: None })
    }

    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "control" => self.control = Some(value.to_owned()),
            "rtpmap" => {
                if let Some((format, rest)) = self.format_of(value) {
                    map(format, rest);
                }
            }
            // Before `rtpmap` or behind it, and on several lines with some.
            "fmtp" => {
                if let Some((format, rest)) = self.format_of(value) {
                    parameters(format, rest);
                }
            }
            _ => {}
        }
    }

    /// `96 H264/90000`. Some cameras leave the blank behind the number away.
    fn format_of<'a>(&mut self, text: &'a str) -> Option<(&mut Format, &'a str)> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        let number: u8 = number.parse().ok()?;
        let (_, format) = self.types.iter_mut().find(|(known, _)| *known == number)?;
        Some((format, rest.trim_start_matches([' ', '\t', ';'])))
    }

    /// The track. Of several payload types it is the first that can be taken: others are for repair, comfort noise and keys
    /// of telephones, mostly.
    pub(super) fn finish(mut self) -> Media {
        for (number, format) in &mut self.types {
            complete(&self.kind, *number, format);
            // With keys that only the two of them know.
            if self.profile.contains("SAVP") {
                format.encoding = format!("{} in {}", format.encoding, self.profile);
            }
        }
        let taken = self.types.iter().position(|(_, format)| Depacketizer::new(format).is_ok());
        let (payload_type, format) = self.types.remove(taken.unwrap_or(0));
        let others = self.types.into_iter().map(|(number, _)| number).filter(|other| *other != payload_type);
        Media { kind: self.kind, payload_type, others: others.collect(), format, control: self.control }
    }
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

/// Says what was left unsaid.
fn complete(kind: &str, number: u8, format: &mut Format) {
    if format.encoding.is_empty() {
        let (encoding, clock_rate, channels) = unmapped(number, format);
        (format.encoding, format.clock_rate, format.channels) = (encoding.to_owned(), clock_rate, channels);
    }
    if format.clock_rate == 0 {
        format.clock_rate = match format.encoding.to_ascii_uppercase().as_str() {
            "PCMU" | "PCMA" => 8_000,
            "OPUS" => 48_000,
            "MPA" => PICTURES,
            "MPEG4-GENERIC" => told_by_config(format),
            _ if kind == "video" => PICTURES,
            _ => 0,
        };
    }
}

/// Encoding, clock rate and channels of a payload type without `rtpmap`: those that have been given out for ever
/// (RFC 3551 §6), and what parameters give away, as a few cameras forget to say what 96 is.
fn unmapped(number: u8, format: &Format) -> (&'static str, u32, u8) {
    match number {
        0 => ("PCMU", 8_000, 1),
        3 => ("GSM", 8_000, 1),
        4 => ("G723", 8_000, 1),
        8 => ("PCMA", 8_000, 1),
        9 => ("G722", 8_000, 1),
        10 => ("L16", 44_100, 2),
        11 => ("L16", 44_100, 1),
        14 => ("MPA", PICTURES, 0),
        18 => ("G729", 8_000, 1),
        26 => ("JPEG", PICTURES, 0),
        32 => ("MPV", PICTURES, 0),
        33 => ("MP2T", PICTURES, 0),
        34 => ("H263", PICTURES, 0),
        _ if ["sprop-parameter-sets", "packetization-mode"]
            .iter()
            .any(|name| format.parameter(name).is_some()) =>
        {
            ("H264", PICTURES, 0)
        }
        _ if format.parameter("sprop-sps").is_some() => ("H265", PICTURES, 0),
        _ if format.parameter("mode").is_some_and(|mode| mode.to_ascii_uppercase().starts_with("AAC")) => {
            ("mpeg4-generic", 0, 0)
        }
        _ => ("", 0, 0),
    }
}

/// The sampling rate in the parameter `config` of AAC; 0 where there is none.
fn told_by_config(format: &Format) -> u32 {
    let digits = format.parameter("config").unwrap_or_default().trim_matches('"');
    let digit = |c: &u8| char::from(*c).to_digit(16);
    let pairs = digits.as_bytes().as_chunks::<2>().0.iter();
    let bytes = pairs.map(|[high, low]| u8::try_from(digit(high)? * 16 + digit(low)?).ok());
    let config: Vec<u8> = bytes.take(64).map_while(|byte| byte).collect();
    aac::Config::parse(&config).map_or(0, |config| config.sample_rate)
}
