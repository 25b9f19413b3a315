//! Socket addresses as the kernel writes them.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::datagram::address::{canonical, for_socket};

/// Room for an address of either family. `sockaddr_in` is told in terms of `sockaddr_in6`, whose first eight bytes
/// are the same but for the name: family, port, and then the IPv4 address where IPv6 has the flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    raw: libc::sockaddr_in6,
    length: libc::socklen_t,
}

/// Length of the room.
pub(super) const ROOM: libc::socklen_t = mem::size_of::<libc::sockaddr_in6>() as libc::socklen_t;
const ROOM_V4: libc::socklen_t = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;

// The fields of both families lie in the same places, and the shorter one fits.
const _: () = {
    assert!(
        mem::offset_of!(libc::sockaddr_in, sin_family) == mem::offset_of!(libc::sockaddr_in6, sin6_family)
    );
    assert!(mem::offset_of!(libc::sockaddr_in, sin_port) == mem::offset_of!(libc::sockaddr_in6, sin6_port));
    assert!(
        mem::offset_of!(libc::sockaddr_in, sin_addr) == mem::offset_of!(libc::sockaddr_in6, sin6_flowinfo)
    );
    assert!(ROOM_V4 < ROOM);
};

impl Name {
    /// Room for the kernel to write an address to.
    pub(super) const EMPTY: Self = Self { raw: raw(0, 0, 0, [0; 16], 0), length: ROOM };

    /// The address of a peer, as a socket of this family must be told.
    pub(super) fn new(to: SocketAddr, ipv6: bool) -> Self {
        match for_socket(to, ipv6) {
            SocketAddr::V4(v4) => {
                let word = u32::from_ne_bytes(v4.ip().octets());
                Self { raw: raw(libc::AF_INET, v4.port(), word, [0; 16], 0), length: ROOM_V4 }
            }
            SocketAddr::V6(v6) => {
                let octets = v6.ip().octets();
                let raw = raw(libc::AF_INET6, v6.port(), v6.flowinfo(), octets, v6.scope_id());
                Self { raw, length: ROOM }
            }
        }
    }

    /// The length of the address.
    pub(super) fn length(&self) -> libc::socklen_t {
        self.length
    }

    /// Where it lies.
    pub(super) fn pointer(&mut self) -> *mut libc::c_void {
        (&raw mut self.raw).cast()
    }

    /// The address that the kernel wrote, if it is one of the internet; IPv4 ones plain.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        let port = u16::from_be(self.raw.sin6_port);
        match i32::from(self.raw.sin6_family) {
            libc::AF_INET => {
                let ip = Ipv4Addr::from(self.raw.sin6_flowinfo.to_ne_bytes());
                Some(SocketAddrV4::new(ip, port).into())
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(self.raw.sin6_addr.s6_addr);
                Some(canonical(SocketAddrV6::new(ip, port, 0, self.raw.sin6_scope_id).into()))
            }
            _ => None,
        }
    }
}

const fn raw(family: i32, port: u16, flow: u32, octets: [u8; 16], scope: u32) -> libc::sockaddr_in6 {
    libc::sockaddr_in6 {
        sin6_family: family as libc::sa_family_t,
        sin6_port: port.to_be(),
        sin6_flowinfo: flow,
        sin6_addr: libc::in6_addr { s6_addr: octets },
        sin6_scope_id: scope,
    }
}
