//! How a UDP socket is opened: one alone, or one for each worker at the same port.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Type};

use super::Socket;
use super::here::offload;
use crate::system;

/// The least that is asked of a system that refuses large buffers, in bytes.
const LEAST_BUFFER: usize = 64 * 1024;

/// How a UDP socket is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Wanted receive buffer in the system, in bytes; 0 = let the system choose. As much as can be had is taken,
    /// see [`Socket::buffers`].
    pub recv_buffer: usize,
    /// Wanted send buffer in the system, in bytes; 0 = let the system choose.
    pub send_buffer: usize,
    /// The kernel cuts datagrams for one peer out of one message where it can (`UDP_SEGMENT`, Linux).
    pub segment: bool,
    /// The kernel puts datagrams of one peer together where it can (`UDP_GRO`, Linux): good for sockets that few
    /// peers send much to.
    pub coalesce: bool,
}

/// How datagrams for a group leave; the default is the system's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Multicast {
    /// Routers that they may pass; the system's default is 1, which stays in the network.
    pub ttl: Option<u8>,
    /// Whether this machine gets them too.
    pub loopback: Option<bool>,
    /// Address of the interface that they leave by, for groups of IPv4.
    pub interface_v4: Option<Ipv4Addr>,
    /// Index of the interface that they leave by, for groups of IPv6.
    pub interface_v6: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { recv_buffer: 4 << 20, send_buffer: 4 << 20, segment: true, coalesce: false }
    }
}

impl Options {
    /// Opens a socket. Port 0 takes any free one; `[::]` takes IPv4 as well, and where there is no IPv6, it is
    /// IPv4 alone.
    ///
    /// # Errors
    /// What the system says: the port is taken, the address is not ours, no descriptors are left.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<Socket> {
        let (socket, _) = self.open_any(addr, false)?;
        self.finish(socket)
    }

    /// Opens one socket for each of this many workers, all at one port, among which the system spreads the peers;
    /// or one for all of them where it cannot. A port that anybody else holds is an error, a socket that shares
    /// its port too.
    ///
    /// # Errors
    /// What the system says, as for [`Options::bind`].
    pub fn bind_shared(&self, addr: SocketAddr, workers: usize) -> io::Result<Vec<Socket>> {
        if workers <= 1 {
            return Ok(vec![self.bind(addr)?]);
        }
        // Sockets that share ports would let a second instance of the server in without a word.
        drop(self.open_any(addr, false)?);
        let (first, shared) = self.open_any(addr, true)?;
        let first = self.finish(first)?;
        let addr = first.local();
        let mut sockets = vec![first];
        while shared && sockets.len() < workers {
            sockets.push(self.finish(open(addr, true)?.0)?);
        }
        Ok(sockets)
    }

    fn open_any(&self, addr: SocketAddr, share: bool) -> io::Result<(socket2::Socket, bool)> {
        match open(addr, share) {
            Err(error) if addr.ip() == Ipv6Addr::UNSPECIFIED && !is_refusal(&error) => {
                open(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), addr.port()), share)
            }
            opened => opened,
        }
    }

    fn finish(&self, socket: socket2::Socket) -> io::Result<Socket> {
        socket.set_nonblocking(true)?;
        grow(self.recv_buffer, |size| offload::grow_recv(&socket, size));
        grow(self.send_buffer, |size| offload::grow_send(&socket, size));
        Socket::new(socket, self)
    }
}

/// A bound socket, and whether others may be bound to its port too. Never `SO_REUSEADDR`: for UDP it would let
/// anybody take the port over.
fn open(addr: SocketAddr, share: bool) -> io::Result<(socket2::Socket, bool)> {
    let socket = socket2::Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(addr.ip() != Ipv6Addr::UNSPECIFIED)?;
    }
    let shared = share && system::balance(&socket);
    socket.bind(&addr.into())?;
    Ok((socket, shared))
}

/// Whether the address exists but we may not have it.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

/// Asks for less until the system agrees: BSD refuses what is above its bound, Linux takes it and gives less. What
/// it came to is seen in [`Socket::buffers`].
fn grow(wanted: usize, set: impl Fn(usize) -> io::Result<()>) {
    let mut size = wanted;
    while size > 0 && set(size).is_err() {
        size = if size > LEAST_BUFFER { (size / 2).max(LEAST_BUFFER) } else { 0 };
    }
}
