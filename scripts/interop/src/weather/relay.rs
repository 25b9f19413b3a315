//! Bad weather between any number of peers and one UDP address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::UdpSocket;
use socket2::SockRef;

use super::engine::{Engine, Order};
use super::{Counts, Weather};

/// A running relay on a free port of the loopback. Dropping it ends it.
#[derive(Debug)]
pub struct Relay {
    engine: Engine,
    addr: SocketAddr,
}

impl Relay {
    /// Starts a relay to this address. To the server each peer is a port of its own.
    pub fn start(target: SocketAddr, weather: Weather) -> Self {
        let socket = bind(free(target)).expect("a free port");
        let addr = socket.local_addr().expect("it is bound");
        let engine = Engine::start(weather);
        engine.order(Order::Everybody(socket, target));
        Self { engine, addr }
    }

    /// Starts a relay to this address and to the next port, for RTP and RTCP: the relay's are [`Relay::addr`], which
    /// is even, and the next one.
    pub fn start_pair(target: SocketAddr, weather: Weather) -> Self {
        let [(rtp, port), (rtcp, _)] = pair(free(target).ip());
        let engine = Engine::start(weather);
        engine.order(Order::Everybody(rtp, target));
        engine.order(Order::Everybody(rtcp, SocketAddr::new(target.ip(), target.port() + 1)));
        Self { engine, addr: SocketAddr::new(free(target).ip(), port) }
    }

    /// Where peers are to send.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.engine.counts()
    }
}

/// Any free port of the loopback, in the family of the target.
pub(super) fn free(target: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if target.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    SocketAddr::new(ip, 0)
}

/// A socket that loses little by itself.
pub(super) fn bind(addr: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(addr)?;
    // The system gives what it has: that is a matter of luck, not of the test.
    SockRef::from(&socket).set_recv_buffer_size(4 << 20).ok();
    Ok(socket)
}

/// Two sockets and their ports: an even one and the next.
pub(super) fn pair(ip: IpAddr) -> [(UdpSocket, u16); 2] {
    let mut odd = Vec::new();
    for _ in 0..200 {
        let first = bind(SocketAddr::new(ip, 0)).expect("a free port");
        let port = first.local_addr().expect("it is bound").port();
        if port % 2 == 1 {
            // Kept until a pair is found, so that it does not come again.
            odd.push(first);
        } else if let Ok(second) = bind(SocketAddr::new(ip, port + 1)) {
            return [(first, port), (second, port + 1)];
        }
    }
    panic!("no free pair of ports in 200 tries")
}
