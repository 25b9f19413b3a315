//! Transport by datagrams: what a machine says of the sockets that it shares with others or has for itself.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;

/// Names one transport of a connection, among its own: RTP and RTCP of a track, an SRT socket. A connection that came
/// in by a datagram has that socket as [`Leg::FIRST`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Leg(pub u8);

impl Leg {
    /// The leg that a connection was opened by.
    pub const FIRST: Self = Self(0);

    /// The other of a pair: where RTCP goes when this is where RTP goes.
    #[must_use]
    pub fn companion(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// Most bytes of a [`Head`].
pub const MAX_HEAD: usize = 16;

/// What stands in front of a shared body and is a receiver's own: it lives in the datagram itself, not on the heap.
#[derive(Copy, Clone, PartialEq, Eq, Default)]
pub struct Head {
    bytes: [u8; MAX_HEAD],
    length: u8,
}

impl Head {
    /// No head.
    pub const NONE: Self = Self { bytes: [0; MAX_HEAD], length: 0 };

    /// A head of 16 bytes.
    pub const fn full(bytes: [u8; MAX_HEAD]) -> Self {
        Self { bytes, length: MAX_HEAD as u8 }
    }

    /// Its bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// One datagram on its way out: its head, then its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Where it goes.
    pub to: SocketAddr,
    /// The receiver's own part.
    pub head: Head,
    /// The shared part.
    pub body: Bytes,
}

impl Datagram {
    /// A datagram without a head.
    pub fn new(to: SocketAddr, body: Bytes) -> Self {
        Self { to, head: Head::NONE, body }
    }

    /// Its length in bytes.
    pub fn size(&self) -> usize {
        self.head.as_slice().len() + self.body.len()
    }
}

/// A pair of sockets that a machine asks for: for RTP on an even port and for RTCP on the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bind {
    /// What the machine will call the first; the second is its [`Leg::companion`].
    pub first: Leg,
    /// Whose it is.
    pub way: Way,
    /// Where the peer sends from, as far as is known, by leg: who shares a socket with others is told by it.
    pub remotes: [SocketAddr; 2],
}

/// Whose a pair of sockets is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// One that all connections of the shard share, told apart by where datagrams come from. When there is none, or
    /// somebody else has that address there already, it is one of its own.
    Shared,
    /// One of its own: whatever comes there is for this connection.
    Own,
    /// One of its own, to send to a multicast group, through so many routers at most.
    Multicast(u8),
}

/// What tells whose a datagram is that comes to a socket which many share.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Alias {
    /// Where it comes from.
    From(SocketAddr),
    /// An id in it, which its service knows how to find.
    Id(u64),
}
