//! How tracks travel: one SETUP after the other.
//!
//! Spec: RFC 2326 §10.4, §C.1.1 (control URLs).

use std::net::SocketAddr;

use rtmpd_core::{Bind, Error, Leg, Way};

use super::{Target, Transport};
use crate::rtsp::transport::{Lower, Transport as Header};
use crate::rtsp::wire::{Method, Request, Response};

/// A track that is being set up.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Track {
    /// Its place among the session's.
    pub(super) place: usize,
    /// RTP of it.
    pub(super) leg: Leg,
}

/// What a SETUP came to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Path {
    /// Channels of the connection, from this one on.
    Tcp(u8),
    /// The server's RTP and RTCP addresses.
    Udp([SocketAddr; 2]),
}

impl Track {
    pub(super) fn new(place: usize) -> Option<Self> {
        let leg = Leg(u8::try_from(place * 2).ok()?);
        Some(Self { place, leg })
    }

    /// The sockets that it needs.
    pub(super) fn bind(self, target: &Target) -> Bind {
        // Which ports the server will send from is known later.
        Bind { first: self.leg, way: Way::Own, remotes: [target.server; 2] }
    }

    /// The SETUP; `port` is that of our RTP socket.
    pub(super) fn request(self, target: &Target, url: &str, port: Option<u16>, record: bool) -> Request {
        let first = self.leg.0;
        let header = match (target.transport, port) {
            (Transport::Udp, Some(port)) => Header {
                profile: "RTP/AVP".into(),
                client_port: Some((port, port.saturating_add(1))),
                record,
                ..Header::default()
            },
            (Transport::Tcp, _) | (Transport::Udp, None) => Header {
                profile: "RTP/AVP/TCP".into(),
                lower: Lower::Tcp,
                interleaved: Some((first, first.saturating_add(1))),
                record,
                ..Header::default()
            },
        };
        Request::new(Method::Setup, url).with("Transport", &header.write())
    }

    /// What the server made of it.
    pub(super) fn path(self, target: &Target, response: &Response) -> Result<Path, Error> {
        let header = Header::parse_all(response.header("Transport").unwrap_or_default())?.into_iter().next();
        match target.transport {
            // Servers may choose other channels than those asked for, and some say nothing.
            Transport::Tcp => {
                let channels = header.and_then(|header| header.interleaved);
                Ok(Path::Tcp(channels.map_or(self.leg.0, |(first, _)| first)))
            }
            Transport::Udp => {
                let ports = header.as_ref().and_then(|header| header.server_port);
                let (rtp, rtcp) = ports.ok_or_else(|| {
                    let what = "the server's Transport has no server_port, expected FIRST-LAST";
                    Error::malformed(what, "RFC 2326 §12.39")
                })?;
                let ip = header.and_then(|header| header.source).unwrap_or(target.server.ip());
                Ok(Path::Udp([SocketAddr::new(ip, rtp), SocketAddr::new(ip, rtcp)]))
            }
        }
    }
}

/// The URL of a track: its control attribute, as it is or behind what it is relative to.
pub(super) fn control_url(base: &str, control: Option<&str>) -> String {
    let control = control.unwrap_or_default().trim();
    if control.is_empty() || control == "*" {
        return base.to_owned();
    }
    if control.contains("://") {
        return control.to_owned();
    }
    // Cameras and servers alike want it behind the base, whatever stands there: not as RFC 3986 §5.2 resolves it.
    format!("{}/{}", base.trim_end_matches('/'), control.trim_start_matches('/'))
}
