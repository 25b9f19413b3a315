//! What is sent: datagrams in two pieces, so that a shared body needs no copy.

use std::net::SocketAddr;

/// One datagram to be sent, wherever it is kept: a queue's own entries can be sent as they lie.
pub trait Datagram {
    /// The peer. IPv4 addresses may be given plain to any socket.
    fn to(&self) -> SocketAddr;

    /// What it consists of, one after the other; either may be empty.
    fn pieces(&self) -> [&[u8]; 2];
}

/// A datagram of borrowed pieces: a small head of its own and a shared body, or only one of them.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The peer.
    pub to: SocketAddr,
    /// The first piece.
    pub head: &'a [u8],
    /// The second piece.
    pub body: &'a [u8],
}

impl Datagram for Outgoing<'_> {
    fn to(&self) -> SocketAddr {
        self.to
    }

    fn pieces(&self) -> [&[u8]; 2] {
        [self.head, self.body]
    }
}
