//! From a captured packet to the TCP segment or UDP datagram in it: link header, IP header, TCP or UDP header.
//!
//! Specs: the LINKTYPE registry of tcpdump.org; IEEE 802.1Q; RFC 791, RFC 8200 §4, RFC 9293 §3.1,
//! RFC 768. Checksums are not
//! looked at: network cards fill them in after the capture.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A TCP segment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Segment<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// The sequence number of the first byte, or of the SYN.
    pub seq: u32,
    /// It opens this direction.
    pub syn: bool,
    /// It answers something: a SYN without it comes from the client.
    pub ack: bool,
    /// It ends this direction after its payload.
    pub fin: bool,
    /// It ends both directions at once.
    pub rst: bool,
    /// What was captured of the payload.
    pub payload: &'a [u8],
    /// How long the payload was on the wire, in bytes.
    pub length: u32,
}

/// A UDP datagram.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// What it holds; less than that when the capture cut it.
    pub payload: &'a [u8],
}

/// What a packet holds.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Held<'a> {
    /// Part of a TCP connection.
    Segment(Segment<'a>),
    /// UDP.
    Datagram(Datagram<'a>),
}

/// The link types that can be read, for error texts.
pub const LINKS: &str =
    "Ethernet (1), loopback (0, 108), raw IP (12, 14, 101, 228, 229), Linux cooked (113, 276)";

/// Whether packets of this LINKTYPE can be read.
pub fn is_known(link: u32) -> bool {
    matches!(link, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
}

/// The TCP segment or UDP datagram in a packet; `None` when it holds neither, is a fragment or is damaged.
pub fn held(link: u32, data: &[u8]) -> Option<Held<'_>> {
    match link {
        1 => ethernet(data),
        // The address family in front is in the byte order of the captured machine; the IP version says the same.
        0 | 108 => ip(data.get(4..)?),
        12 | 14 | 101 | 228 | 229 => ip(data),
        113 => typed(be16(data, 14)?, data.get(16..)?),
        276 => typed(be16(data, 0)?, data.get(20..)?),
        _ => None,
    }
}

fn ethernet(data: &[u8]) -> Option<Held<'_>> {
    typed(be16(data, 12)?, data.get(14..)?)
}

/// What an EtherType says follows; VLAN tags are taken off, at most two as in 802.1ad.
fn typed(mut ether_type: u16, mut data: &[u8]) -> Option<Held<'_>> {
    for _ in 0..2 {
        if matches!(ether_type, 0x8100 | 0x88A8 | 0x9100) {
            ether_type = be16(data, 2)?;
            data = data.get(4..)?;
        }
    }
    matches!(ether_type, 0x0800 | 0x86DD).then(|| ip(data))?
}

fn ip(data: &[u8]) -> Option<Held<'_>> {
    match data.first()? >> 4 {
        4 => ipv4(data),
        6 => ipv6(data),
        _ => None,
    }
}

/// RFC 791 §3.1.
fn ipv4(data: &[u8]) -> Option<Held<'_>> {
    let header = usize::from(data.first()? & 0x0F) * 4;
    let is_fragment = be16(data, 6)? & 0x3FFF != 0;
    if header < 20 || is_fragment {
        return None;
    }
    let address = |at: usize| Some(Ipv4Addr::from(data.get(at..at + 4).and_then(four)?));
    let total = match usize::from(be16(data, 2)?) {
        // Segmentation is left to the network card: the length is not filled in yet.
        0 => data.len(),
        total => total,
    };
    let (from, to) = (IpAddr::V4(address(12)?), IpAddr::V4(address(16)?));
    transport(*data.get(9)?, [from, to], data.get(header..)?, total.checked_sub(header)?)
}

/// RFC 8200 §3 and §4: hop-by-hop, routing and destination options are passed over.
fn ipv6(data: &[u8]) -> Option<Held<'_>> {
    let address = |at: usize| Some(Ipv6Addr::from(<[u8; 16]>::try_from(data.get(at..at + 16)?).ok()?));
    let (from, to) = (IpAddr::V6(address(8)?), IpAddr::V6(address(24)?));
    let mut left = match usize::from(be16(data, 4)?) {
        0 => data.len().checked_sub(40)?,
        length => length,
    };
    let mut next = *data.get(6)?;
    let mut rest = data.get(40..)?;
    for _ in 0..8 {
        if !matches!(next, 0 | 43 | 60) {
            break;
        }
        next = *rest.first()?;
        let length = (usize::from(*rest.get(1)?) + 1) * 8;
        rest = rest.get(length..)?;
        left = left.checked_sub(length)?;
    }
    transport(next, [from, to], rest, left)
}

/// `length` is that of header and payload on the wire.
fn transport(protocol: u8, [from, to]: [IpAddr; 2], data: &[u8], length: usize) -> Option<Held<'_>> {
    match protocol {
        6 => tcp(from, to, data, length).map(Held::Segment),
        17 => udp(from, to, data).map(Held::Datagram),
        _ => None,
    }
}

/// RFC 768.
fn udp(from: IpAddr, to: IpAddr, data: &[u8]) -> Option<Datagram<'_>> {
    let length = usize::from(be16(data, 4)?).checked_sub(8)?;
    let captured = data.get(8..)?;
    Some(Datagram {
        from: SocketAddr::new(from, be16(data, 0)?),
        to: SocketAddr::new(to, be16(data, 2)?),
        payload: captured.get(..length).unwrap_or(captured),
    })
}

/// RFC 9293 §3.1. `length` is that of header and payload on the wire.
fn tcp(from: IpAddr, to: IpAddr, data: &[u8], length: usize) -> Option<Segment<'_>> {
    let header = usize::from(*data.get(12)? >> 4) * 4;
    let flags = *data.get(13)?;
    let length = length.checked_sub(header)?;
    let captured = data.get(header..)?;
    if header < 20 {
        return None;
    }
    Some(Segment {
        from: SocketAddr::new(from, be16(data, 0)?),
        to: SocketAddr::new(to, be16(data, 2)?),
        seq: u32::from_be_bytes(data.get(4..8).and_then(four)?),
        fin: flags & 1 != 0,
        syn: flags & 2 != 0,
        rst: flags & 4 != 0,
        ack: flags & 16 != 0,
        // Short Ethernet frames are padded behind the IP packet.
        payload: captured.get(..length).unwrap_or(captured),
        length: u32::try_from(length).ok()?,
    })
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn four(data: &[u8]) -> Option<[u8; 4]> {
    data.try_into().ok()
}
