//! `<rtsp>`.

use std::net::IpAddr;

use crate::value;
use crate::xml::Section;

/// RTSP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rtsp {
    /// `<enable>`: whether there is a listener.
    pub enable: bool,
    /// `<ip>`: where to listen; `None` = all addresses, IPv4 and IPv6.
    pub ip: Option<IpAddr>,
    /// `<port>` (TCP).
    pub port: u16,
    /// `<ssl>`: whether RTSPS is spoken on the same port too.
    pub ssl: bool,
    /// `<hasrtmp>`: whether what is pushed by RTSP plays by RTMP and all the rest.
    pub has_rtmp: bool,
    /// `<maxidle>`: seconds of silence after which a publisher is closed.
    pub max_idle_s: u32,
}

impl Default for Rtsp {
    fn default() -> Self {
        Self { enable: true, ip: None, port: 8554, ssl: false, has_rtmp: true, max_idle_s: 10 }
    }
}

impl Rtsp {
    pub(crate) fn read(section: &mut Section) -> Self {
        let default = Self::default();
        Self {
            enable: section.take("enable", value::truth, default.enable),
            ip: section.take("ip", value::ip, default.ip),
            port: section.take("port", value::port, default.port),
            ssl: section.take("ssl", value::truth, default.ssl),
            has_rtmp: section.take("hasrtmp", value::truth, default.has_rtmp),
            max_idle_s: section.take("maxidle", value::number(1..=86_400, "(seconds)"), default.max_idle_s),
        }
    }
}
