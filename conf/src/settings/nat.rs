//! `<nat>`: the addresses that the outside sees, for a server behind network address translation.

use std::fmt;
use std::net::Ipv6Addr;

use crate::value;
use crate::xml::Section;

/// A host name or address, with or without a port. Displayed as in a URL: IPv6 addresses in brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// Name or address; IPv6 without brackets.
    pub host: String,
    /// Port, if one is given.
    pub port: Option<u16>,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => write!(f, "[{address}]")?,
            Err(_) => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// By service, what outside clients are told; `None`: the same as inside ones.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Nat {
    /// `<rtmp>`.
    pub rtmp: Option<HostPort>,
    /// `<http>`.
    pub http: Option<HostPort>,
    /// `<https>`.
    pub https: Option<HostPort>,
    /// `<rtsp>`.
    pub rtsp: Option<HostPort>,
    /// `<srt>`.
    pub srt: Option<HostPort>,
    /// `<rtp>`: the address in RTSP transports and WebRTC candidates.
    pub rtp: Option<HostPort>,
}

impl Nat {
    pub(crate) fn read(section: &mut Section) -> Self {
        let mut host = |name| section.take(name, value::host_port, None);
        Self {
            rtmp: host("rtmp"),
            http: host("http"),
            https: host("https"),
            rtsp: host("rtsp"),
            srt: host("srt"),
            rtp: host("rtp"),
        }
    }
}
