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
    /// All alternatives of a header, the one that is liked best first.
    ///
    /// # Errors
    /// [`Error::Malformed`] when a port or channel is none. What is not known is passed over.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Error> {
        let alternatives = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        alternatives.take(MAX_ALTERNATIVES).map(Self::parse).collect()
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(';').map(str::trim);
        let profile = parts.next().unwrap_or_default().to_owned();
        let mut transport = Self { profile, ..Self::default() };
        if transport.profile.to_ascii_uppercase().ends_with("/TCP") {
            transport.lower = Lower::Tcp;
        }
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            transport.take(&name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'))?;
        }
        // The older form of what clients mean that ask for channels.
        if transport.interleaved.is_some() {
            transport.lower = Lower::Tcp;
        }
        Ok(transport)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "multicast" => self.multicast = true,
            "unicast" => self.multicast = false,
            "client_port" => self.client_port = Some(pair(name, value)?),
            "server_port" => self.server_port = Some(pair(name, value)?),
            "port" => self.port = Some(pair(name, value)?),
            "interleaved" => self.interleaved = Some(pair(name, value)?),
            // RTSP 2.0: `":3456"/":3457"`
            "dest_addr" => {
                let mut ports = value.split('/').filter_map(|address| {
                    address.trim_matches('"').rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok())
                });
                if let Some(first) = ports.next() {
                    self.client_port = Some((first, ports.next().unwrap_or(first.saturating_add(1))));
                }
            }
            "source" => self.source = value.parse().ok(),
            "destination" => self.destination = value.parse().ok(),
            "ttl" => self.ttl = value.parse().ok(),
            // Hexadecimal; some servers put blanks in front.
            "ssrc" => self.ssrc = u32::from_str_radix(value.trim_start_matches("0x"), 16).ok(),
            // VLC and live555 quote it, ffmpeg sends `mode=record`, some send `receive`.
            "mode" => self.record = matches!(value.to_ascii_lowercase().as_str(), "record" | "receive"),
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
