//! Link, IP and TCP headers.

use proptest::prelude::*;

use super::making::{data, packet};
use crate::replay::link::{Datagram, Held, Segment, held};

fn segment(link: u32, data: &[u8]) -> Option<Segment<'_>> {
    match held(link, data)? {
        Held::Segment(segment) => Some(segment),
        Held::Datagram(_) => None,
    }
}

fn v4() -> Segment<'static> {
    data("10.0.0.1:5000".parse().unwrap(), "10.0.0.2:1935".parse().unwrap(), 0xFFFF_FFFE, b"hello")
}

fn v6() -> Segment<'static> {
    let segment = data("[::1]:5000".parse().unwrap(), "[fe80::2]:8080".parse().unwrap(), 7, b"hello");
    Segment { fin: true, ..segment }
}

#[test]
fn every_link_type() {
    for expected in [v4(), v6()] {
        let ip = packet(&expected);
        let kind: &[u8] = if expected.from.is_ipv4() { &[8, 0] } else { &[0x86, 0xDD] };
        let ethernet = [&[0; 12], kind, &ip].concat();
        let vlan = [&[0; 12][..], &[0x81, 0, 0, 5], kind, &ip].concat();
        let two_vlans = [&[0; 12][..], &[0x88, 0xA8, 0, 5, 0x81, 0, 0, 6], kind, &ip].concat();
        let cooked = [&[0; 14], kind, &ip].concat();
        let cooked2 = [kind, &[0; 18], &ip].concat();
        let null = [&[2, 0, 0, 0][..], &ip].concat();
        for (link, bytes) in [
            (1, &ethernet),
            (1, &vlan),
            (1, &two_vlans),
            (113, &cooked),
            (276, &cooked2),
            (0, &null),
            (101, &ip),
        ] {
            assert_eq!(segment(link, bytes), Some(expected), "link {link}");
        }
    }
}

#[test]
fn padding_cut_and_offload() {
    let mut padded = packet(&v4());
    padded.extend([0; 6]);
    assert_eq!(segment(101, &padded), Some(v4()));
    let whole = packet(&v4());
    let cut = segment(101, &whole[..whole.len() - 3]).unwrap();
    assert_eq!((cut.payload, cut.length), (&b"he"[..], 5));
    let mut offloaded = whole;
    offloaded[2..4].fill(0);
    assert_eq!(segment(101, &offloaded), Some(v4()));
}

#[test]
fn datagrams() {
    let mut bytes = packet(&v4());
    bytes[9] = 17;
    bytes.truncate(20);
    bytes.extend([0x13, 0x88, 0x27, 0x10, 0, 11, 0, 0, 1, 2, 3, 0, 0]);
    let (from, to) = ("10.0.0.1:5000".parse().unwrap(), "10.0.0.2:10000".parse().unwrap());
    assert_eq!(held(101, &bytes), Some(Held::Datagram(Datagram { from, to, payload: &[1, 2, 3] })));
    assert_eq!(held(101, &bytes[..27]), None);
}

#[test]
fn what_is_not_a_whole_segment() {
    let mut fragment = packet(&v4());
    fragment[6] = 0x20;
    assert_eq!(segment(101, &fragment), None);
    let mut icmp = packet(&v4());
    icmp[9] = 1;
    assert_eq!(held(101, &icmp), None);
    assert_eq!(segment(127, &packet(&v4())), None);
}

proptest! {
    #[test]
    fn any_bytes_end(link in 0_u32..300, bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = segment(link, &bytes);
    }

    #[test]
    fn any_damage_ends(at in 0_usize..69, byte in any::<u8>(), length in 0_usize..80, six in any::<bool>()) {
        let mut bytes = packet(&if six { v6() } else { v4() });
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(length);
        let _ = segment(101, &bytes);
    }
}
