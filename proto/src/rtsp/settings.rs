//! What tunes RTSP.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::WallClock;
use rtmpd_core::policy::Roles;

use super::casting::Casts;
use crate::rtp::{ReceiverSettings, ReorderSettings};

/// What tunes RTSP.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A publisher that sends no media for this long, or a player by UDP that gives no sign of life, is closed.
    pub max_idle: Duration,
    /// How long a client may take before it asks for something.
    pub greeting: Duration,
    /// Most packets that wait for one before them which did not come.
    pub reorder: usize,
    /// Calendar time, for sender reports.
    pub wall: WallClock,
    /// Who may publish and play; `None`: everybody.
    pub account: Option<Account>,
    /// Users of the server: the gate decides what each of them may do.
    pub users: Arc<[Account]>,
    /// What is only for users, and for those who show something in the URL.
    pub needs_user: Roles,
    /// Each player by UDP has sockets of its own, and gets media to where its own first packet came from.
    pub follow: bool,
    /// What players outside are told of where media comes from: (our address inside, the one outside).
    pub outside: Option<IpAddr>,
    /// Multicast, if players may have it.
    pub multicast: Option<Arc<Casts>>,
}

/// A name and its password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The name.
    pub user: Arc<str>,
    /// The password.
    pub password: Arc<str>,
    /// What clients show when they ask for the two.
    pub realm: Arc<str>,
}

/// Multicast groups for streams.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Multicast {
    /// The first group; further streams get those behind it.
    pub group: Ipv4Addr,
    /// RTP port of a stream's first track; the next track has the next even one.
    pub port: u16,
    /// How many routers packets may cross.
    pub ttl: u8,
}

impl Settings {
    /// How tracks are received that come by datagrams, or inside the connection.
    pub(super) fn receiver(&self, ssrc: u32, in_order: bool) -> ReceiverSettings {
        let reorder = if in_order {
            ReorderSettings::IN_ORDER
        } else {
            ReorderSettings { depth: self.reorder, ..ReorderSettings::default() }
        };
        ReceiverSettings::new(reorder, ssrc, "smart_rtmpd")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_idle: Duration::from_secs(10),
            greeting: Duration::from_secs(10),
            reorder: 512,
            wall: WallClock::default(),
            account: None,
            users: Arc::default(),
            needs_user: Roles::default(),
            follow: false,
            outside: None,
            multicast: None,
        }
    }
}
