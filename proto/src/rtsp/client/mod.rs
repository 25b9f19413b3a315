//! The client side: our own publisher and player, for forwarding and for cameras.
//!
//! Specs: see [`super`]. Cameras' habits are named where they are taken care of.
//!
//! - `talk`: requests and their answers, with accounts and the session · `ways`: how tracks travel
//! - `player`: a publisher here whose leg is a player there · `publisher`: a viewer here whose leg is a publisher there

mod player;
mod publisher;
mod talk;
mod ways;

use std::net::SocketAddr;
use std::time::Duration;

use crate::bytes::percent_decode;
pub use player::RtspPlayer;
pub use publisher::RtspPublisher;

/// Where to connect to, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// `rtsp://HOST[:PORT]/…`, without name and password.
    pub url: String,
    /// Name and password, if the server wants them.
    pub account: Option<(String, String)>,
    /// How media travels.
    pub transport: Transport,
    /// The server's address, as it was connected to: datagrams go there and come from there.
    pub server: SocketAddr,
    /// How long an answer may take.
    pub patience: Duration,
    /// The servers that the stream has passed, see [`rtmpd_core::policy::mark`]; empty when none.
    pub via: String,
}

/// How media travels.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Inside the connection.
    Tcp,
    /// By datagrams.
    Udp,
}

impl Target {
    /// A target by URL, which may hold name and password; media travels inside the connection.
    pub fn new(url: &str, server: SocketAddr) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("rtsp", url));
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (account, host) = match authority.rsplit_once('@') {
            Some((account, host)) => {
                let (user, password) = account.split_once(':').unwrap_or((account, ""));
                (Some((percent_decode(user), percent_decode(password))), host)
            }
            None => (None, authority),
        };
        Self {
            url: format!("{scheme}://{host}{path}"),
            account,
            transport: Transport::Tcp,
            server,
            patience: Duration::from_secs(10),
            via: String::new(),
        }
    }
}
