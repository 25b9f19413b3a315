//! A UDP socket that knows what its system can do for it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use mio::event::Source;
use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::here::offload;
use super::{Multicast, Options};

/// A bound, nonblocking UDP socket; register it with `mio` as it is.
#[derive(Debug)]
pub struct Socket {
    inner: UdpSocket,
    local: SocketAddr,
    segments: bool,
    coalesces: bool,
    wanted: Buffers,
}

/// Sizes of a socket's buffers in the system, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffers {
    /// For what has come.
    pub recv: usize,
    /// For what is to go.
    pub send: usize,
}

impl Socket {
    pub(super) fn new(socket: socket2::Socket, options: &Options) -> io::Result<Self> {
        let Some(local) = socket.local_addr()?.as_socket() else {
            return Err(io::Error::other("the socket has no internet address"));
        };
        let segments = options.segment && offload::can_segment(&socket);
        let coalesces = options.coalesce && offload::coalesce(&socket);
        let wanted = Buffers { recv: options.recv_buffer, send: options.send_buffer };
        Ok(Self { inner: UdpSocket::from_std(socket.into()), local, segments, coalesces, wanted })
    }

    /// The address it is bound to; a dual-stack one is bound to `[::]`.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Whether the kernel cuts messages into datagrams for it.
    pub fn segments(&self) -> bool {
        self.segments
    }

    /// Whether the kernel puts datagrams together for it.
    pub fn coalesces(&self) -> bool {
        self.coalesces
    }

    /// The sizes that its buffers really have; 0 where the system does not tell.
    pub fn buffers(&self) -> Buffers {
        let socket = SockRef::from(&self.inner);
        let bytes = |size: io::Result<usize>| size.unwrap_or(0) / offload::BUFFER_UNIT;
        Buffers { recv: bytes(socket.recv_buffer_size()), send: bytes(socket.send_buffer_size()) }
    }

    /// What to tell the operator when the system gave less receive buffer than was wanted: bursts would be lost.
    pub fn buffer_advice(&self) -> Option<BufferAdvice> {
        let (got, wanted) = (self.buffers().recv, self.wanted.recv);
        (0 < got && got < wanted).then_some(BufferAdvice { got, wanted })
    }

    /// Sets how datagrams for groups leave.
    ///
    /// # Errors
    /// What the system says: there is no such interface, or the socket's family is not the interface's.
    pub fn set_multicast(&self, multicast: &Multicast) -> io::Result<()> {
        let socket = SockRef::from(&self.inner);
        let ipv6 = self.local.is_ipv6();
        // A dual-stack socket sends to groups of IPv4 too, if the system lets it be told about them.
        let v4 = |result: io::Result<()>| if ipv6 { Ok(()) } else { result };
        if let Some(ttl) = multicast.ttl {
            v4(socket.set_multicast_ttl_v4(ttl.into()))?;
            if ipv6 {
                socket.set_multicast_hops_v6(ttl.into())?;
            }
        }
        if let Some(loopback) = multicast.loopback {
            v4(socket.set_multicast_loop_v4(loopback))?;
            if ipv6 {
                socket.set_multicast_loop_v6(loopback)?;
            }
        }
        if let Some(interface) = &multicast.interface_v4 {
            socket.set_multicast_if_v4(interface)?;
        }
        if let Some(interface) = multicast.interface_v6 {
            socket.set_multicast_if_v6(interface)?;
        }
        Ok(())
    }

    pub(super) fn inner(&self) -> &UdpSocket {
        &self.inner
    }

    /// Whether the system wants addresses of IPv6 from us.
    pub(super) fn is_ipv6(&self) -> bool {
        self.local.is_ipv6()
    }
}

/// A receive buffer that is smaller than it should be, and what helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BufferAdvice {
    /// What the system gave, in bytes.
    pub got: usize,
    /// What was asked for, in bytes.
    pub wanted: usize,
}

impl fmt::Display for BufferAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { got, wanted } = self;
        write!(
            f,
            "the receive buffer of UDP sockets is {} KiB instead of {} KiB",
            got / 1024,
            wanted / 1024
        )?;
        match offload::BUFFER_BOUND {
            Some(bound) => write!(f, ": bursts may be lost; raise {bound} to {wanted}"),
            None => write!(f, ": bursts may be lost"),
        }
    }
}

impl Source for Socket {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.inner.register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.inner.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.inner.deregister(registry)
    }
}
