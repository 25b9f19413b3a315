//! URLs of streams on servers: `rtmp://host[:port]/app/stream[?query]`, `rtsp://[user:password@]host…`,
//! `srt://host:port[/app/stream][?streamid=…&passphrase=…&latency=…]`.
//!
//! Spec: RFC 3986 §3. Path and query are kept as they are written.

use std::fmt;
use std::net::Ipv6Addr;

use crate::bytes::percent_decode;

/// Longest URL, in bytes.
const MAX_URL: usize = 2048;

/// What is spoken at a URL.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// `rtmp`.
    Rtmp,
    /// `rtmps`: inside TLS.
    Rtmps,
    /// `rtsp`.
    Rtsp,
    /// `rtsps`: inside TLS.
    Rtsps,
    /// `srt`.
    Srt,
}

impl Scheme {
    const ALL: [Self; 5] = [Self::Rtmp, Self::Rtmps, Self::Rtsp, Self::Rtsps, Self::Srt];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Rtmps => "rtmps",
            Self::Rtsp => "rtsp",
            Self::Rtsps => "rtsps",
            Self::Srt => "srt",
        }
    }

    /// The port where none is given.
    pub fn port(self) -> u16 {
        match self {
            Self::Rtmp => 1935,
            Self::Rtmps => 443,
            Self::Rtsp => 554,
            Self::Rtsps => 322,
            Self::Srt => 9000,
        }
    }
}

/// A stream on a server. Displayed without name and password, and without the query, which may hold secrets too.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// What is spoken.
    pub scheme: Scheme,
    /// Name and password, decoded.
    pub account: Option<(String, String)>,
    /// Name or address; IPv6 without brackets.
    pub host: String,
    /// Port, where one is given.
    pub port: Option<u16>,
    /// Without the slashes around it.
    pub path: String,
    /// What stands behind `?`.
    pub query: String,
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// What is wrong with it and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > MAX_URL || text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(format!("a URL of at most {MAX_URL} bytes without blanks"));
        }
        let (scheme, rest) = text.split_once("://").ok_or("scheme://host[:port]/path")?;
        let known = Scheme::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(scheme));
        let scheme = known.ok_or("rtmp://, rtmps://, rtsp://, rtsps:// or srt://")?;
        let rest = rest.split_once('#').map_or(rest, |(url, _)| url);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (account, address) = match authority.rsplit_once('@') {
            Some((account, address)) => {
                let (user, password) = account.split_once(':').unwrap_or((account, ""));
                (Some((percent_decode(user), percent_decode(password))), address)
            }
            None => (None, authority),
        };
        let (host, port) = split_authority(address)?;
        let path = path.trim_matches('/').to_owned();
        Ok(Self { scheme, account, host, port, path, query: query.to_owned() })
    }

    /// The port, given or usual.
    pub fn real_port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.port())
    }

    /// `host[:port]`, as in the URL.
    pub fn authority(&self) -> String {
        let host = match self.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => self.host.clone(),
        };
        self.port.map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    /// The first part of the path, and the rest of it.
    pub fn app_and_name(&self) -> (&str, &str) {
        self.path.split_once('/').unwrap_or((&self.path, ""))
    }

    /// A parameter of the query, decoded.
    pub fn param(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| percent_decode(value)).next()
    }
}

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
pub(super) fn split_authority(text: &str) -> Result<(String, Option<u16>), String> {
    let number = |port: &str| match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("a port from 1 to 65535, found '{port}'")),
    };
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or("']' behind an IPv6 address")?;
        let address: Ipv6Addr = address.parse().map_err(|_| "an IPv6 address in brackets".to_owned())?;
        let port = match rest {
            "" => None,
            rest => Some(number(rest.strip_prefix(':').ok_or("a port behind the IPv6 address")?)?),
        };
        return Ok((address.to_string(), port));
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text.to_owned(), None));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(number(port)?)),
        None => (text, None),
    };
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || host.len() > 253 || !host.chars().all(is_plain) {
        return Err(format!("a host name or address, found '{host}'"));
    }
    Ok((host.to_owned(), port))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme.name(), self.authority(), self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
