//! Doors: where clients knock, bound before any worker runs so that a taken port is a clear error at start.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rtmpd_core::{Attendant, Service};
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::Settings;
use crate::system;

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
}

impl Listener {
    /// A listener on all addresses of the machine, IPv6 and IPv4.
    pub fn any(name: impl Into<String>, port: u16, make: MakeService) -> Self {
        Self { name: name.into(), addr: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), make }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("name", &self.name).field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// A bound listener: one socket for each worker, or one for worker 0 alone, which then deals.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The address it really has.
    pub(crate) addr: SocketAddr,
    /// By worker.
    pub(crate) sockets: Vec<mio::net::TcpListener>,
}

/// Binds for this many workers.
pub(crate) fn bind(listener: &Listener, settings: &Settings, workers: usize) -> io::Result<Bound> {
    let addr = resolve(listener.addr).map_err(|error| explain(listener, &error))?;
    bind_all(addr, settings, workers).map_err(|error| explain(listener, &error))
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
    let Some(addr) = first.local_addr()?.as_socket() else {
        return Err(io::Error::other("the socket has no internet address"));
    };
    let mut sockets = vec![listen(first, settings)?];
    if shared {
        for _ in 1..workers {
            sockets.push(listen(open(addr, true)?.0, settings)?);
        }
    }
    Ok(Bound { addr, sockets })
}

/// A bound socket, and whether others may be bound to its port too.
fn open(addr: SocketAddr, share: bool) -> io::Result<(Socket, bool)> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(addr.ip() != Ipv6Addr::UNSPECIFIED)?;
    }
    // A restart must not wait for old connections to time out. On Windows the option means something else.
    socket.set_reuse_address(cfg!(unix))?;
    let shared = share && system::balance(&socket);
    socket.bind(&addr.into())?;
    Ok((socket, shared))
}

fn listen(socket: Socket, settings: &Settings) -> io::Result<mio::net::TcpListener> {
    system::tune(&socket, settings);
    socket.set_nonblocking(true)?;
    socket.listen(settings.backlog)?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}
