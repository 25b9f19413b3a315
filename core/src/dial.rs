//! Connections that we make: what a machine says of the server it wants to talk to.

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take to be made, unless a machine says otherwise.
pub const DIAL_PATIENCE: Duration = Duration::from_secs(10);

/// A server to connect to. Displayed as `host:port`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    /// Name or address; IPv6 without brackets.
    pub host: Arc<str>,
    /// The server's port.
    pub port: u16,
    /// By what.
    pub transport: Transport,
    /// A name may have several addresses: with which of them to begin, counted round. By TCP the others are tried
    /// too; by UDP nothing tells whether one was right, so the machine counts on when it heard nothing.
    pub turn: usize,
    /// How long all of it may take: looking up the name, and every address.
    pub patience: Duration,
}

/// What carries a connection that we make.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// A stream of bytes.
    Tcp,
    /// Datagrams, by a socket of the machine's own: [`crate::Leg::FIRST`].
    Udp,
}

impl Dial {
    /// A connection by TCP.
    pub fn tcp(host: impl Into<Arc<str>>, port: u16) -> Self {
        Self { host: host.into(), port, transport: Transport::Tcp, turn: 0, patience: DIAL_PATIENCE }
    }

    /// Datagrams to a server.
    pub fn udp(host: impl Into<Arc<str>>, port: u16) -> Self {
        Self { transport: Transport::Udp, ..Self::tcp(host, port) }
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => write!(f, "[{address}]:{}", self.port),
            Err(_) => write!(f, "{}:{}", self.host, self.port),
        }
    }
}
