//! The addresses of a dual-stack socket: IPv4 peers go by their own address everywhere but at the system's door.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

/// The address as the socket must be told: mapped (RFC 4291 §2.5.5.2) for a socket of IPv6, plain for one of IPv4.
pub(super) fn for_socket(to: SocketAddr, ipv6: bool) -> SocketAddr {
    match (to, ipv6) {
        (SocketAddr::V4(v4), true) => SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0).into(),
        (SocketAddr::V6(_), false) => canonical(to),
        (SocketAddr::V4(_), false) | (SocketAddr::V6(_), true) => to,
    }
}

/// The peer's own address: a mapped one as IPv4, any other as it is, with the scope of a link-local one.
pub(super) fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), addr.port()),
        IpAddr::V6(_) => addr,
    }
}
