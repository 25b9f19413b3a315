//! Makes packets and capture files.

use std::net::{IpAddr, SocketAddr};

use crate::replay::link::Segment;

/// A TCP segment without link header, IPv4 or IPv6 after its addresses.
pub(super) fn packet(segment: &Segment<'_>) -> Vec<u8> {
    let mut tcp = Vec::new();
    tcp.extend(segment.from.port().to_be_bytes());
    tcp.extend(segment.to.port().to_be_bytes());
    tcp.extend(segment.seq.to_be_bytes());
    tcp.extend([0; 4]);
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    let flags = flag(segment.fin, 1) | flag(segment.syn, 2) | flag(segment.rst, 4) | flag(segment.ack, 16);
    // A header of 24 bytes: with one option.
    tcp.extend([0x60, flags, 0xFF, 0xFF, 0, 0, 0, 0, 2, 4, 5, 0xB4]);
    tcp.extend(segment.payload);
    let mut packet = Vec::new();
    match (segment.from.ip(), segment.to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend([0x45, 0]);
            packet.extend(u16::try_from(20 + tcp.len()).unwrap().to_be_bytes());
            packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
            packet.extend(from.octets());
            packet.extend(to.octets());
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend(u16::try_from(8 + tcp.len()).unwrap().to_be_bytes());
            packet.extend([0, 64]);
            packet.extend(from.octets());
            packet.extend(to.octets());
            // A hop-by-hop header of padding, then TCP.
            packet.extend([6, 0, 1, 4, 0, 0, 0, 0]);
        }
        _ => panic!("addresses of two kinds"),
    }
    packet.extend(tcp);
    packet
}

/// A segment with payload and no flags but ACK.
pub(super) fn data<'a>(from: SocketAddr, to: SocketAddr, seq: u32, payload: &'a [u8]) -> Segment<'a> {
    let length = u32::try_from(payload.len()).unwrap();
    Segment { from, to, seq, syn: false, ack: true, fin: false, rst: false, payload, length }
}

/// A classic pcap file of raw IP packets with times in ns.
pub(super) fn pcap(big: bool, nanos: bool, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let four = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let two = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    file.extend(four(if nanos { 0xA1B2_3C4D } else { 0xA1B2_C3D4 }));
    file.extend(two(2));
    file.extend(two(4));
    file.extend([0; 8]);
    file.extend(four(262_144));
    file.extend(four(101));
    for (ns, packet) in packets {
        let length = u32::try_from(packet.len()).unwrap();
        let ticks = if nanos { ns % 1_000_000_000 } else { ns % 1_000_000_000 / 1000 };
        file.extend(four(u32::try_from(ns / 1_000_000_000).unwrap()));
        file.extend(four(u32::try_from(ticks).unwrap()));
        file.extend(four(length));
        file.extend(four(length));
        file.extend(packet);
    }
    file
}

/// A pcapng block with padding.
pub(super) fn block(big: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let four = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let padded = body.len().next_multiple_of(4);
    let length = four(u32::try_from(padded + 12).unwrap());
    let mut block = Vec::new();
    block.extend(four(kind));
    block.extend(length);
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}

/// A UDP datagram without link header, of IPv4.
pub(super) fn datagram(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let (IpAddr::V4(sender), IpAddr::V4(receiver)) = (from.ip(), to.ip()) else { panic!("IPv4 only") };
    let length = |more: usize| u16::try_from(payload.len() + more).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0];
    packet.extend(length(28));
    packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    packet.extend(sender.octets());
    packet.extend(receiver.octets());
    packet.extend(from.port().to_be_bytes());
    packet.extend(to.port().to_be_bytes());
    packet.extend(length(8));
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}
