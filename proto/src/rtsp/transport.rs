//! The Transport header.
//!
//! Specs: RFC 2326 §12.39, RFC 7826 §18.54 (`dest_addr`, `src_addr`).

use std::fmt::Write;
use std::net::IpAddr;

use rtmpd_core::Error;

const SPEC: &str = "RFC 2326 §12.39";
/// Most alternatives of one header.
const MAX_ALTERNATIVES: usize = 16;

/// What carries RTP.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Lower {
    /// Datagrams.
    #[default]
    Udp,
    /// The RTSP connection itself.
    Tcp,
}

/// One alternative.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transport {
    /// The profile, as it is written: `RTP/AVP`.
    pub profile: String,
    /// What carries it.
    pub lower: Lower,
    /// To a group, and not to one.
    pub multicast: bool,
    /// The client's ports for RTP and RTCP.
    pub client_port: Option<(u16, u16)>,
    /// The server's ports for RTP and RTCP.
    pub server_port: Option<(u16, u16)>,
    /// The group's ports for RTP and RTCP.
    pub port: Option<(u16, u16)>,
    /// Channels for RTP and RTCP.
    pub interleaved: Option<(u8, u8)>,
    /// Where media comes from, where that is not where RTSP goes to.
    pub source: Option<IpAddr>,
    /// The group.
    pub destination: Option<IpAddr>,
    /// How many routers packets to the group may cross.
    pub ttl: Option<u8>,
    /// The synchronization source.
    pub ssrc: Option<u32>,
    /// The client sends.
    pub record: bool,
}

impl Transport {
    /// All alternatives of a header, the one that is liked best first. What is not known is passed over, and so is an
    /// alternative that makes no sense, where another does.
    ///
    /// # Errors
    /// [`Error::Malformed`] when none makes sense: a port or channel is none.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Error> {
        let alternatives = outside_quotes(text, ',').map(str::trim).filter(|text| !text.is_empty());
        let mut failure = None;
        let mut good = Vec::new();
        for alternative in alternatives.take(MAX_ALTERNATIVES) {
            match Self::parse(alternative) {
                Ok(transport) => good.push(transport),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure.filter(|_| good.is_empty()) {
            Some(error) => Err(error),
            None => Ok(good),
        }
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = outside_quotes(text, ';').map(str::trim);
        let profile = parts.next().unwrap_or_default().to_owned();
        let mut transport = Self { profile, ..Self::default() };
        if transport.profile.to_ascii_uppercase().ends_with("/TCP") {
            transport.lower = Lower::Tcp;
        }
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            transport.take(&name.trim().to_ascii_lowercase(), value.trim())?;
        }
        // The older form of what clients mean that ask for channels.
        if transport.interleaved.is_some() {
            transport.lower = Lower::Tcp;
        }
        Ok(transport)
    }

    fn take(&mut self, name: &str, quoted: &str) -> Result<(), Error> {
        let value = quoted.trim_matches('"');
        match name {
            "multicast" => self.multicast = true,
            "unicast" => self.multicast = false,
            "client_port" => self.client_port = ports(name, value)?,
            "server_port" => self.server_port = ports(name, value)?,
            "port" => self.port = ports(name, value)?,
            "interleaved" => self.interleaved = Some(pair(name, value)?),
            "dest_addr" => self.client_port = addresses(quoted).or(self.client_port),
            "src_addr" => self.server_port = addresses(quoted).or(self.server_port),
            "source" => self.source = address(value),
            "destination" => self.destination = address(value),
            "ttl" => self.ttl = value.parse().ok(),
            "ssrc" => self.ssrc = ssrc(value),
            // live555 quotes it, ffmpeg sends `mode=record`, some send `receive`, some a list.
            "mode" => {
                let mut modes = value.split(',').map(|mode| mode.trim().to_ascii_lowercase());
                self.record = modes.any(|mode| matches!(mode.as_str(), "record" | "receive"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it is plain RTP.
    pub fn is_plain(&self) -> bool {
        let profile = self.profile.to_ascii_uppercase();
        matches!(
            profile.as_str(),
            "RTP/AVP" | "RTP/AVP/UDP" | "RTP/AVP/TCP" | "RTP/AVPF" | "RTP/AVPF/UDP" | "RTP/AVPF/TCP"
        )
    }

    /// As it stands in a header.
    pub fn write(&self) -> String {
        let mut out = self.profile.clone();
        out.push_str(if self.multicast { ";multicast" } else { ";unicast" });
        let pairs =
            [("client_port", self.client_port), ("server_port", self.server_port), ("port", self.port)];
        let channels = self.interleaved.map(|(first, second)| (first.into(), second.into()));
        for (name, pair) in pairs.into_iter().chain([("interleaved", channels)]) {
            if let Some((first, second)) = pair {
                // Writing to a string cannot fail.
                let _ = write!(out, ";{name}={first}-{second}");
            }
        }
        for (name, address) in [("destination", self.destination), ("source", self.source)] {
            if let Some(address) = address {
                let _ = write!(out, ";{name}={address}");
            }
        }
        if let Some(ttl) = self.ttl {
            let _ = write!(out, ";ttl={ttl}");
        }
        if let Some(ssrc) = self.ssrc {
            let _ = write!(out, ";ssrc={ssrc:08X}");
        }
        if self.record {
            out.push_str(";mode=record");
        }
        out
    }
}

/// The parts of a text between signs that stand outside of quotes.
fn outside_quotes(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == sign && !is_quoted
    })
}

/// Two ports; `None` for port 0, which some cameras name when they mean none.
fn ports(name: &str, value: &str) -> Result<Option<(u16, u16)>, Error> {
    pair(name, value).map(|ports| Some(ports).filter(|(first, _)| *first != 0))
}

/// `a-b`, or `a`, which means the next one too.
fn pair<T: TryFrom<u32>>(name: &str, value: &str) -> Result<(T, T), Error> {
    let (first, second) =
        value.split_once('-').map_or((value, None), |(first, second)| (first, Some(second)));
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let read = || {
        let first = number(first)?;
        let second = second.map_or(Some(first.checked_add(1)?), number)?;
        Some((T::try_from(first).ok()?, T::try_from(second).ok()?))
    };
    read().ok_or_else(|| {
        let shown: String = value.chars().take(40).collect();
        Error::malformed(format!("Transport has {name}={shown:?}, expected FIRST-LAST"), SPEC)
    })
}

/// RTSP 2.0: the ports of `"192.0.2.5:3456"/"192.0.2.5:3457"`, or of one of the two.
fn addresses(text: &str) -> Option<(u16, u16)> {
    let ports = outside_quotes(text, '/').map(|address| address.trim().trim_matches('"').rsplit_once(':'));
    let mut ports = ports.map(|parts| parts.and_then(|(_, port)| port.parse::<u16>().ok()));
    let first = ports.next()?.filter(|port| *port != 0)?;
    Some((first, ports.next().flatten().unwrap_or(first.saturating_add(1))))
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Hexadecimal; decimal where that is too long for it, as some cameras write it. RTSP 2.0 may have several.
fn ssrc(text: &str) -> Option<u32> {
    let first = text.split('/').next().unwrap_or_default().trim();
    let digits = first.strip_prefix("0x").or_else(|| first.strip_prefix("0X")).unwrap_or(first);
    u32::from_str_radix(digits, 16).ok().or_else(|| first.parse().ok())
}
