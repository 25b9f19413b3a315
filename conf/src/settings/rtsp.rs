//! `<rtsp>`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

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
    /// `<maxidle>`: seconds of silence after which a publisher, or a player by UDP, is closed.
    pub max_idle_s: u32,
    /// `<auth>`: who may publish and play; `None`: nobody is asked.
    pub auth: Option<Account>,
    /// `<multicast>`: where players that want it get streams; `None`: nobody does.
    pub multicast: Option<Multicast>,
}

/// A name and its password; the latter is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
    /// What clients show when they ask for the two.
    pub realm: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// Multicast groups for streams.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Multicast {
    /// The first group; further streams get the addresses behind it.
    pub group: Ipv4Addr,
    /// The RTP port of a stream's first track; the next track has the next even one.
    pub port: u16,
    /// How many routers packets may cross.
    pub ttl: u8,
}

impl Default for Rtsp {
    fn default() -> Self {
        Self {
            enable: true,
            ip: None,
            port: 8554,
            ssl: false,
            has_rtmp: true,
            max_idle_s: 10,
            auth: None,
            multicast: None,
        }
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
            auth: Account::read(section),
            multicast: Multicast::read(section),
        }
    }
}

impl Account {
    fn read(section: &mut Section) -> Option<Self> {
        let user = section.take("auth_user", word, String::new());
        let password = section.take_secret("auth_password", word, String::new());
        let realm = section.take("auth_realm", word, "smart_rtmpd".into());
        match (user.is_empty(), password.is_empty()) {
            (true, true) => return None,
            (true, false) => section.refuse("auth_password", "expected user beside it"),
            (false, true) => section.refuse("auth_user", "expected password beside it"),
            (false, false) => {}
        }
        Some(Self { user, password, realm })
    }
}

/// What may stand in a quoted string of a header, and in front of a colon (RFC 7616 §3.4).
fn word(text: &str) -> Result<String, String> {
    let good = text.len() <= 128 && text.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\' | ':'));
    good.then(|| text.into())
        .ok_or_else(|| "at most 128 characters, without quotes, backslashes and colons".into())
}

impl Multicast {
    fn read(section: &mut Section) -> Option<Self> {
        let on = section.take("multicast", value::truth, false);
        let group = section.take("multicast_group", group, Ipv4Addr::new(239, 255, 42, 1));
        let port = section.take("multicast_port", even_port, 5_004);
        let ttl = section.take("multicast_ttl", value::number(0..=255, "(routers)"), 1);
        on.then(|| Self { group, port, ttl: u8::try_from(ttl).unwrap_or(u8::MAX) })
    }
}

fn group(text: &str) -> Result<Ipv4Addr, String> {
    let group = text.parse::<Ipv4Addr>().ok().filter(Ipv4Addr::is_multicast);
    group.ok_or_else(|| "an IPv4 multicast group 224.0.0.0-239.255.255.255".into())
}

fn even_port(text: &str) -> Result<u16, String> {
    let port = value::port(text).ok().filter(|port| port % 2 == 0 && *port <= 65_500);
    port.ok_or_else(|| "an even port number 2-65500".into())
}
