//! Capture files.

use proptest::prelude::*;

use super::making::{block, pcap};
use crate::replay::pcap::{Packet, Packets, PcapError};

fn read(file: &[u8]) -> Result<Vec<Packet<'_>>, PcapError> {
    let mut packets = Packets::open(file)?;
    let mut all = Vec::new();
    while let Some(packet) = packets.next_packet()? {
        all.push(packet);
    }
    Ok(all)
}

const TIME: u64 = 1_700_000_000_123_456_789;

#[test]
fn classic_in_both_orders_and_units() {
    for big in [false, true] {
        for nanos in [false, true] {
            let file = pcap(big, nanos, &[(TIME, vec![1, 2, 3]), (TIME + 1_000_000, vec![])]);
            let packets = read(&file).unwrap();
            let first = if nanos { TIME } else { TIME / 1000 * 1000 };
            assert_eq!(packets[0], Packet { at_ns: first, link: 101, data: &[1, 2, 3] });
            assert_eq!(packets[1], Packet { at_ns: first + 1_000_000, link: 101, data: &[] });
        }
    }
}

/// One section with an interface of Ethernet in ns, shifted by 2 s, and packets in all three kinds of blocks.
fn section(big: bool) -> Vec<u8> {
    let four = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let two = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let eight = |n: i64| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let high_low = |ns: u64| [four((ns >> 32) as u32), four(ns as u32)].concat();
    let header = [&four(0x1A2B_3C4D)[..], &two(1), &two(0), &[0xFF; 8]].concat();
    let resolution = [&two(9)[..], &two(1), &[9, 0, 0, 0]].concat();
    let offset = [&two(14)[..], &two(8), &eight(2)].concat();
    let interface = [&two(1)[..], &two(0), &four(2), &resolution, &offset, &[0; 4]].concat();
    let enhanced = [&four(0)[..], &high_low(TIME), &four(3), &four(9), &[1, 2, 3]].concat();
    let simple = [&four(3)[..], &[4, 5]].concat();
    let obsolete = [&two(0)[..], &two(7), &high_low(TIME + 5), &four(1), &four(1), &[6]].concat();
    [
        block(big, 0x0A0D_0D0A, &header),
        block(big, 1, &interface),
        block(big, 6, &enhanced),
        block(big, 5, &[0; 12]),
        block(big, 3, &simple),
        block(big, 2, &obsolete),
    ]
    .concat()
}

#[test]
fn pcapng_sections_of_both_orders() {
    let file = [section(false), section(true), section(false)].concat();
    let packets = read(&file).unwrap();
    assert_eq!(packets.len(), 9);
    for three in packets.chunks(3) {
        let time = TIME + 2_000_000_000;
        assert_eq!(three[0], Packet { at_ns: time, link: 1, data: &[1, 2, 3] });
        assert_eq!(three[1], Packet { at_ns: time, link: 1, data: &[4, 5] });
        assert_eq!(three[2], Packet { at_ns: time + 5, link: 1, data: &[6] });
    }
}

#[test]
fn errors_name_the_place() {
    let text = |file: &[u8]| read(file).unwrap_err().to_string();
    assert_eq!(text(b"ab"), "the file is 2 bytes long, a capture file has at least 24 (byte 0 of the file)");
    assert_eq!(
        text(b"FLV\x01 and more"),
        "file begins with 0x01564c46, expected the magic number of pcap or pcapng (byte 0 of the file)"
    );
    let mut file = pcap(false, false, &[(TIME, vec![7; 40])]);
    file.pop();
    assert_eq!(text(&file), "the file ends in the middle of the packet that begins at byte 24");
    file[35] = 9;
    assert_eq!(text(&file), "packet of 150994984 bytes, at most 1048576 are believed (byte 24 of the file)");
    let lonely = [&section(false)[..28], &block(false, 6, &[0; 20])].concat();
    assert_eq!(text(&lonely), "packet of interface 0, the section has 0 (byte 28 of the file)");
}

proptest! {
    #[test]
    fn any_bytes_end(file in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&file);
    }

    #[test]
    fn any_damage_ends(at in 0_usize..1000, byte in any::<u8>(), cut in 0_usize..1000, ng in any::<bool>()) {
        let mut file = if ng {
            [section(true), section(false)].concat()
        } else {
            pcap(false, true, &[(TIME, vec![1; 20]), (TIME, vec![2; 20])])
        };
        let at = at % file.len();
        file[at] = byte;
        file.truncate(file.len() - cut % file.len());
        let _ = read(&file);
    }
}
