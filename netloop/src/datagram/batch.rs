//! Sending and receiving in batches, as the system at hand does it best.

use std::io;
use std::net::SocketAddr;

use super::{Datagram, Socket, here};

/// Sends batches; one for all sockets of a thread.
#[derive(Debug, Default)]
pub struct Sender(here::Sender);

/// Takes what has come; one for all sockets of a thread.
#[derive(Debug, Default)]
pub struct Receiver(here::Receiver);

/// What a [`Receiver`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received {
    /// Datagrams passed on.
    pub datagrams: usize,
    /// Nothing is left: readiness will tell when more comes. Otherwise the socket is to be asked again.
    pub dry: bool,
}

impl Sender {
    /// A new one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Datagrams that were taken and lost at once, since the beginning: the peer's machine or its port was known to
    /// be unreachable, or a datagram was too long for any way.
    pub fn lost(&self) -> u64 {
        self.0.lost()
    }

    /// Sends as many datagrams of `batch` as the socket takes, in order, and gives how many that were. When it is
    /// fewer than all, the socket is full: the rest can go when it is writable again. A datagram that its peer
    /// cannot have is passed over as [lost](Self::lost), as the network would do. Datagrams for one peer are
    /// cheapest in a row, of one length but for the last.
    ///
    /// # Errors
    /// Only when nothing was taken and the socket itself is of no use any more.
    pub fn send<D: Datagram>(&mut self, socket: &Socket, batch: &[D]) -> io::Result<usize> {
        self.0.send(socket, batch)
    }
}

impl Receiver {
    /// A new one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Datagrams that were longer than a buffer, since the beginning: they are dropped. Those of 9,216 bytes fit
    /// everywhere.
    pub fn truncated(&self) -> u64 {
        self.0.truncated()
    }

    /// Takes what has come, so much as is fit for one call, and hands each datagram to `on` with the address it
    /// came from; empty ones too. IPv4 addresses are plain. What the network tells about datagrams sent before is
    /// passed over.
    ///
    /// # Errors
    /// Only when the socket itself is of no use any more.
    pub fn receive(&mut self, socket: &Socket, on: impl FnMut(SocketAddr, &[u8])) -> io::Result<Received> {
        self.0.receive(socket, on)
    }
}
