//! `<srt>`.

use std::fmt;
use std::net::IpAddr;

use crate::value;
use crate::xml::Section;

/// SRT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srt {
    /// `<enable>`: whether there is a listener.
    pub enable: bool,
    /// `<ip>`: where to listen; `None` = all addresses, IPv4 and IPv6.
    pub ip: Option<IpAddr>,
    /// `<port>` (UDP).
    pub port: u16,
    /// `<hasrtmp>`: whether what is pushed by SRT plays by RTMP and all the rest.
    pub has_rtmp: bool,
    /// `<latency>`: ms a packet may be late.
    pub latency_ms: u32,
    /// `<passphrase>`: what everybody must know; `None`: no encryption.
    pub passphrase: Option<Passphrase>,
    /// `<passphrases>`: what must be known for single streams, by `app/name`.
    pub passphrases: Vec<(String, Passphrase)>,
    /// `<pbkeylen>`: key length in bytes.
    pub key_length: u8,
}

/// A passphrase of 10 to 79 characters; not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(String);

impl Passphrase {
    /// The passphrase itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Default for Srt {
    fn default() -> Self {
        Self {
            enable: true,
            ip: None,
            port: 9000,
            has_rtmp: true,
            latency_ms: 120,
            passphrase: None,
            passphrases: Vec::new(),
            key_length: 16,
        }
    }
}

impl Srt {
    pub(crate) fn read(section: &mut Section) -> Self {
        let default = Self::default();
        Self {
            enable: section.take("enable", value::truth, default.enable),
            ip: section.take("ip", value::ip, default.ip),
            port: section.take("port", value::port, default.port),
            has_rtmp: section.take("hasrtmp", value::truth, default.has_rtmp),
            latency_ms: section.take("latency", value::number(0..=60_000, "(ms)"), default.latency_ms),
            passphrase: section.take_secret("passphrase", passphrase, default.passphrase),
            passphrases: section.take_secret("passphrases", passphrases, default.passphrases),
            key_length: section.take("pbkeylen", key_length, default.key_length),
        }
    }
}

/// The lengths libsrt takes.
fn passphrase(text: &str) -> Result<Option<Passphrase>, String> {
    let good = (10..=79).contains(&text.len());
    good.then(|| Some(Passphrase(text.into()))).ok_or_else(|| "10 to 79 characters".into())
}

/// `live/a=PASSPHRASE, live/b=PASSPHRASE`
fn passphrases(text: &str) -> Result<Vec<(String, Passphrase)>, String> {
    let expected = "APP/NAME=PASSPHRASE, APP/NAME=PASSPHRASE ...; each passphrase has 10 to 79 characters";
    let one = |part: &str| {
        let (stream, secret) = part.split_once('=')?;
        let (stream, secret) = (stream.trim(), passphrase(secret.trim()).ok()??);
        let (app, name) = stream.split_once('/')?;
        (!app.is_empty() && !name.is_empty()).then(|| (stream.to_owned(), secret))
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| one(part).ok_or_else(|| expected.to_owned())).collect()
}

fn key_length(text: &str) -> Result<u8, String> {
    match text {
        "16" => Ok(16),
        "24" => Ok(24),
        "32" => Ok(32),
        _ => Err("16, 24 or 32 (bytes)".into()),
    }
}
