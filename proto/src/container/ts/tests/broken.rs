//! Losses, repetitions, jumps, and what is too much.

use super::reading::{Sender, annex_b};
use super::*;

const VIDEO: (u8, u16, &[u8]) = (0x1B, 0x100, &[]);

fn large(head: u8, fill: u8) -> Vec<u8> {
    [&[head, 0x88][..], &vec![fill; 900]].concat()
}

/// Three pictures of several packets each.
fn sender(bounded: bool) -> Sender {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), bounded, &annex_b(&[SPS, PPS, &large(0x65, 1)]));
    sender.pes(0x100, 0xE0, Some(3_600), bounded, &annex_b(&[&large(0x41, 2)]));
    sender.pes(0x100, 0xE0, Some(7_200), bounded, &annex_b(&[&large(0x41, 3)]));
    sender
}

/// The fillings of the frames that came whole.
fn fillings(demuxed: &Demuxing) -> Vec<u8> {
    demuxed.frames.iter().map(|frame| *frame.data.last().unwrap()).collect()
}

#[test]
fn a_missing_packet_costs_its_picture() {
    for bounded in [false, true] {
        let sent = sender(bounded).out;
        let count = sent.len() / PACKET;
        assert_eq!(count, 2 + 6 + 5 + 5);
        for missing in 8..count {
            let packets = sent.chunks(PACKET).enumerate().filter(|(index, _)| *index != missing);
            let left: Vec<u8> = packets.flat_map(|(_, packet)| packet.to_vec()).collect();
            let demuxed = Demuxing::of([&left[..]]);
            // Without lengths, what is missing might belong to the picture before, too.
            let expected: &[u8] = match missing {
                8 if !bounded => &[],
                13 if !bounded => &[1],
                8..13 => &[1, 3],
                _ => &[1, 2],
            };
            assert_eq!(fillings(&demuxed), expected, "{missing} is missing");
            // Nothing comes behind the very last one, so its gap is not seen; but the picture is not whole.
            assert_eq!(demuxed.counts.gaps, u64::from(missing != count - 1));
        }
    }
}

#[test]
fn a_packet_that_comes_twice_counts_once() {
    let sent = sender(false);
    let twice: Vec<u8> = sent.out.chunks(PACKET).flat_map(|packet| packet.repeat(2)).collect();
    let demuxed = Demuxing::of([&twice[..]]);
    assert_eq!(fillings(&demuxed), [1, 2, 3]);
    assert_eq!(demuxed.counts.duplicates, 16);
    assert_eq!(demuxed.counts.gaps, 0);
    // Three times is more than is allowed.
    let thrice: Vec<u8> = sent.out.chunks(PACKET).flat_map(|packet| packet.repeat(3)).collect();
    assert!(Demuxing::of([&thrice[..]]).counts.gaps > 0);
}

#[test]
fn a_counter_that_comes_round_is_noticed() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let huge: Vec<u8> = (0..30_000_u32).map(|n| ((n * 7) >> 3) as u8 | 1).collect();
    sender.pes(0x100, 0xE0, Some(0), false, &annex_b(&[SPS, PPS, &[0x65, 0x88], &huge]));
    sender.pes(0x100, 0xE0, Some(3_600), true, &annex_b(&[&large(0x41, 2)]));
    let mut left = sender.out.clone();
    left.drain(20 * PACKET..35 * PACKET);
    let demuxed = Demuxing::of([&left[..]]);
    assert_eq!(demuxed.counts.gaps, 1);
    assert!(demuxed.frames.is_empty(), "the parameter sets were in the damaged one");
}

#[test]
fn an_announced_jump_of_the_counter_is_no_loss() {
    let mut sent = sender(false).out;
    // The third picture begins with another counter, and says so.
    let third = 13;
    for (index, packet) in sent.chunks_mut(PACKET).enumerate().skip(third) {
        packet[3] = packet[3] & 0xF0 | (packet[3] + 5) & 0x0F;
        if index == third {
            // A longer adaptation field in place of the first bytes is not needed: this one is rewritten.
            let payload = packet[4..].to_vec();
            packet[3] |= 0x20;
            packet[4] = 1;
            packet[5] = 0x80;
            packet[6..].copy_from_slice(&payload[..182]);
        }
    }
    let demuxed = Demuxing::of([&sent[..]]);
    assert_eq!(demuxed.counts.gaps, 0);
    assert_eq!(fillings(&demuxed), [1, 2, 3]);
}

#[test]
fn scrambled_packets_are_left_out() {
    let mut sent = sender(false).out;
    sent[8 * PACKET + 3] |= 0x80;
    let demuxed = Demuxing::of([&sent[..]]);
    assert_eq!(fillings(&demuxed), [1, 3]);
    assert_eq!((demuxed.counts.scrambled, demuxed.counts.gaps), (1, 0));
    assert_eq!(demuxed.notes, ["scrambled packets left out"]);
}

#[test]
fn packets_that_the_link_knows_to_be_damaged_are_missing() {
    let mut sent = sender(false).out;
    sent[9 * PACKET + 1] |= 0x80;
    let demuxed = Demuxing::of([&sent[..]]);
    assert_eq!(fillings(&demuxed), [1, 3]);
    assert_eq!((demuxed.counts.damaged, demuxed.counts.gaps), (1, 1));
}

#[test]
fn sync_is_found_again() {
    let mut sent = sender(false).out;
    let more = sender(false).out;
    sent.extend_from_slice(&[0x11; 77]);
    sent.extend_from_slice(&more[8 * PACKET..]);
    let demuxed = Demuxing::of(sent.chunks(99));
    assert_eq!(demuxed.counts.sync_losses, 1);
    assert!(fillings(&demuxed).starts_with(&[1, 2]));
    assert!(fillings(&demuxed).ends_with(&[2, 3]));
}

#[test]
fn times_may_jump_and_wrap() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let wrap = 1 << 33;
    for pts in [wrap - 3_600, 0, 3_600, 900_000_000, 900_003_600, 7_200] {
        sender.pes(0x100, 0xE0, Some(pts), true, &annex_b(&[SPS, PPS, &[0x65, 0x88]]));
    }
    let dts: Vec<_> = sender.demuxed().frames.iter().map(|frame| frame.dts).collect();
    assert_eq!(dts, [-3_600, 0, 3_600, 900_000_000, 900_003_600, 7_200].map(|at| at + wrap));
}

#[test]
fn pictures_that_never_end_are_given_up() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), false, &annex_b(&[SPS, PPS, &vec![0x65; 9 << 20]]));
    sender.pes(0x100, 0xE0, Some(3_600), false, &annex_b(&[SPS, PPS, &[0x65, 0x88]]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames.len(), 1);
    assert_eq!(demuxed.counts.lost_units, 1);
    assert_eq!(demuxed.notes, ["frame longer than can be held left out"]);
}

#[test]
fn crumbs_are_not_made_into_a_million_frames() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, &[0x65, 0x88]]));
    sender.pes(0x100, 0xE0, Some(3_600), false, &annex_b(&vec![&[0x41, 0x88][..]; 100_000]));
    sender.pes(0x100, 0xE0, Some(7_200), true, &annex_b(&[&[0x41, 0x88]]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames.len(), 2);
    assert_eq!(demuxed.counts.lost_units, 1);
}

#[test]
fn large_sets_stay_with_their_pictures() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let large = [PPS, &[0x55; 20_000]].concat();
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, &[0x65, 0x88]]));
    sender.pes(0x100, 0xE0, Some(3_600), true, &annex_b(&[&large, &[0x65, 0x88]]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.descriptions.len(), 1);
    assert_eq!(demuxed.frames[1], picture(3_600, 0, &[&large, &[0x65, 0x88]]));
}

#[test]
fn a_join_in_the_middle_begins_with_the_next_picture() {
    let sent = sender(false).out;
    let (tables, rest) = sent.split_at(2 * PACKET);
    let late = [tables, &rest[3 * PACKET..], &rest[..6 * PACKET]].concat();
    let demuxed = Demuxing::of([&late[..]]);
    // The counters jump once, where the stream begins again; parameter sets come then.
    assert_eq!(fillings(&demuxed), [1]);
}
