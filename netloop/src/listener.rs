//! Doors: where clients knock, bound before any worker runs so that a taken port is a clear error at start.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rtmpd_core::{Attendant, Service};
use socket2::{Domain, Protocol, Type};

use crate::datagram::{Options, Socket};
use crate::settings::Settings;
use crate::system;
use crate::worker::options;

/// Makes a worker's own service; the argument is the worker's index.
pub type MakeService = Arc<dyn Fn(usize) -> Box<dyn Service> + Send + Sync>;

/// Makes a worker's own attendants: what goes along with its streams.
pub type MakeAttendants = Arc<dyn Fn() -> Vec<Box<dyn Attendant>> + Send + Sync>;

/// An address and what is spoken there.
#[derive(Clone)]
pub struct Listener {
    /// Its name in logs and errors, such as `rtmp`.
    pub name: String,
    /// Where to listen; port 0 takes any free one. `[::]` takes IPv4 as well, and where there is no IPv6, IPv4
    /// alone.
    pub addr: SocketAddr,
    /// Makes each worker's service.
    pub make: MakeService,
    /// What clients knock with.
    pub transport: Transport,
}

/// What a listener takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// TCP connections.
    Tcp,
    /// UDP datagrams.
    Udp,
}

impl Listener {
    /// A listener on all addresses of the machine, IPv6 and IPv4.
    pub fn any(name: impl Into<String>, port: u16, make: MakeService) -> Self {
        Self::tcp(name, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), make)
    }

    /// A listener for TCP connections.
    pub fn tcp(name: impl Into<String>, addr: SocketAddr, make: MakeService) -> Self {
        Self { name: name.into(), addr, make, transport: Transport::Tcp }
    }

    /// A listener for UDP datagrams.
    pub fn udp(name: impl Into<String>, addr: SocketAddr, make: MakeService) -> Self {
        Self { name: name.into(), addr, make, transport: Transport::Udp }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("name", &self.name)
            .field("addr", &self.addr)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// A bound listener: one socket for each worker, or one for worker 0 alone, which then deals.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The address it really has.
    pub(crate) addr: SocketAddr,
    pub(crate) sockets: Sockets,
}

/// The sockets of a listener, by worker.
#[derive(Debug)]
pub(crate) enum Sockets {
    Tcp(Vec<mio::net::TcpListener>),
    Udp(Vec<Socket>),
}

/// Binds for this many workers.
pub(crate) fn bind(listener: &Listener, settings: &Settings, workers: usize) -> io::Result<Bound> {
    let bound = match listener.transport {
        Transport::Tcp => resolve(listener.addr).and_then(|addr| bind_all(addr, settings, workers)),
        Transport::Udp => bind_udp(listener.addr, settings, workers),
    };
    bound.map_err(|error| explain(listener, &error))
}

fn explain(listener: &Listener, error: &io::Error) -> io::Error {
    let Listener { name, addr, .. } = listener;
    let hints = [
        (io::ErrorKind::AddrInUse, ": another program, or another instance, holds this port"),
        (io::ErrorKind::PermissionDenied, ": ports below 1024 need root or CAP_NET_BIND_SERVICE"),
        (io::ErrorKind::AddrNotAvailable, ": this machine has no such address"),
    ];
    let hint = hints.iter().find(|(kind, _)| *kind == error.kind()).map_or("", |(_, hint)| hint);
    io::Error::new(error.kind(), format!("listener {name} cannot listen on {addr}: {error}{hint}"))
}

/// The address as this machine can have it, after making sure that nobody holds it: sockets that share ports would
/// let a second instance of the server in without a word.
fn resolve(addr: SocketAddr) -> io::Result<SocketAddr> {
    match open(addr, false) {
        Ok(_probe) => Ok(addr),
        Err(error) if addr.ip() == Ipv6Addr::UNSPECIFIED && !refused(&error) => {
            let addr = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), addr.port());
            open(addr, false).map(|_probe| addr)
        }
        Err(error) => Err(error),
    }
}

/// Whether the address exists but we may not have it.
fn refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

fn bind_all(addr: SocketAddr, settings: &Settings, workers: usize) -> io::Result<Bound> {
    let (first, shared) = open(addr, settings.share_ports && workers > 1)?;
    let addr = address_of(&first)?;
    let mut sockets = vec![listen(first, settings)?];
    if shared {
        for _ in 1..workers {
            sockets.push(listen(open(addr, true)?.0, settings)?);
        }
    }
    Ok(Bound { addr, sockets: Sockets::Tcp(sockets) })
}

/// One socket for each worker where the system gives each peer's datagrams to one of them, always the same; elsewhere
/// worker 0 has them all.
fn bind_udp(addr: SocketAddr, settings: &Settings, workers: usize) -> io::Result<Bound> {
    let workers = if settings.share_ports { workers } else { 1 };
    let options = Options { coalesce: true, ..options(settings) };
    let sockets = options.bind_shared(addr, workers)?;
    let addr = sockets.first().map_or(addr, Socket::local);
    Ok(Bound { addr, sockets: Sockets::Udp(sockets) })
}

fn address_of(socket: &socket2::Socket) -> io::Result<SocketAddr> {
    let addr = socket.local_addr()?.as_socket();
    addr.ok_or_else(|| io::Error::other("the socket has no internet address"))
}

/// A bound socket, and whether others may be bound to its port too.
fn open(addr: SocketAddr, share: bool) -> io::Result<(socket2::Socket, bool)> {
    let socket = socket2::Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(addr.ip() != Ipv6Addr::UNSPECIFIED)?;
    }
    // A restart must not wait for old connections to time out. On Windows the option means something else.
    socket.set_reuse_address(cfg!(unix))?;
    let shared = share && system::balance(&socket);
    socket.bind(&addr.into())?;
    Ok((socket, shared))
}

fn listen(socket: socket2::Socket, settings: &Settings) -> io::Result<mio::net::TcpListener> {
    system::tune(&socket, settings);
    socket.set_nonblocking(true)?;
    socket.listen(settings.backlog)?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}
