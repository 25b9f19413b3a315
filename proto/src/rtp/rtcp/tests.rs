use proptest::prelude::*;

use super::*;

const BLOCK: Block = Block {
    ssrc: 0xCAFE,
    fraction_lost: 26,
    lost: -3,
    highest: 0x0001_FFFF,
    jitter: 77,
    last_sr: 0xAABB_CCDD,
    delay: 65_536,
};

fn messages(data: &[u8]) -> Vec<Message> {
    let compound = Compound::parse(data).unwrap();
    assert_eq!(compound.fault, None);
    compound.messages
}

fn name(ssrc: u32, cname: &str) -> Message {
    Message::Name { ssrc, cname: cname.to_owned() }
}

#[test]
fn what_is_written_reads_back() {
    let sent = SenderReport { ssrc: 7, ntp: 0x0102_0304_0506_0708, timestamp: 9, packets: 10, octets: 11 };
    for cname in ["", "a", "ab", "abc", "abcd", "somebody@somewhere"] {
        let data = sender_report(&sent, &[BLOCK], cname);
        assert_eq!(data.len() % 4, 0);
        assert!(is_rtcp(&data));
        assert_eq!(messages(&data), [Message::Sender(sent, vec![BLOCK]), name(7, cname)]);
        let empty = Message::Receiver { ssrc: 5, blocks: vec![] };
        let data = receiver_report(5, &[BLOCK; 2], cname);
        assert_eq!(messages(&data), [Message::Receiver { ssrc: 5, blocks: vec![BLOCK; 2] }, name(5, cname)]);
        assert_eq!(messages(&bye(5, cname)), [empty.clone(), name(5, cname), Message::Bye(vec![5])]);
        let pli = Message::PictureLoss { media: 6 };
        assert_eq!(messages(&picture_loss(5, 6, cname)), [empty, name(5, cname), pli]);
    }
}

#[test]
fn what_no_field_can_hold_is_cut() {
    let block = Block { lost: i32::MAX, ..BLOCK };
    let data = receiver_report(5, &[block; 40], &"x".repeat(300));
    let [Message::Receiver { blocks, .. }, Message::Name { cname, .. }] = &messages(&data)[..] else {
        panic!()
    };
    assert_eq!((blocks.len(), blocks[0].lost, cname.len()), (31, 0x7F_FFFF, 255));
}

#[test]
fn feedback_alone_is_understood() {
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0x80, 0x01];
    assert_eq!(messages(&nack), [Message::Nack { media: 2, sequences: vec![65_535, 0, 15] }]);
    let fir = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0];
    assert_eq!(messages(&fir), [Message::FullIntra(vec![9])]);
    // APP, an extended report, feedback of another kind.
    let app = [0x80, 204, 0, 2, 0, 0, 0, 1, b'n', b'a', b'm', b'e'];
    assert_eq!(messages(&[&app[..], &[0x80, 207, 0, 0], &[0x8F, 206, 0, 0]].concat()), {
        [204, 207, 206].map(Message::Other)
    });
}

#[test]
fn other_items_stand_before_the_name() {
    let chunks = [
        0x82, 202, 0, 6, 0, 0, 0, 1, 2, 1, b'n', 0, // a name, but not the canonical one
        0, 0, 0, 2, 6, 2, b'v', b'l', 1, 3, b'c', b'a', b'm', 0, 0, 0,
    ];
    assert_eq!(messages(&chunks), [name(2, "cam")]);
}

#[test]
fn padding_is_taken_off_and_false_padding_is_kept() {
    let bye = [0xA1, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4];
    assert_eq!(messages(&bye), [Message::Bye(vec![5])]);
    let bye = [0xA1, 203, 0, 1, 0, 0, 0, 5];
    assert_eq!(messages(&bye), [Message::Bye(vec![5])], "five bytes of padding are more than there are");
}

#[test]
fn a_broken_tail_spoils_nothing_before_it() {
    let mut data = receiver_report(5, &[BLOCK], "x").to_vec();
    data.extend([0x81, 202, 0, 9, 1]);
    let compound = Compound::parse(&data).unwrap();
    assert_eq!(compound.messages.len(), 2);
    assert!(compound.fault.unwrap().to_string().contains("type 202 says 9 words, 1 bytes are there"));
}

#[test]
fn what_is_none_says_why() {
    let says = |data: &[u8]| Compound::parse(data).unwrap_err().to_string();
    assert!(says(&[]).contains("0 bytes is cut short"));
    assert!(says(&[0x40, 200, 0, 0]).contains("version is 1, expected 2"));
    assert!(says(&[0x80, 200, 0, 1, 0, 0, 0, 0]).contains("type 200 is cut short"));
    assert!(says(&[0x85, 201, 0, 1, 0, 0, 0, 0]).contains("4 bytes for 5"));
}

#[test]
fn many_packets_are_not_looked_at() {
    let compound = Compound::parse(&[0x80, 203, 0, 0].repeat(1000)).unwrap();
    assert_eq!(compound.messages.len(), 64);
    assert!(compound.fault.unwrap().to_string().contains("more than 64"));
    let mut nack = vec![0x81, 205, 0xFF, 0xFF];
    nack.resize(4 + 4 * 65_535, 0xFF);
    let [Message::Nack { sequences, .. }] = &messages(&nack)[..] else { panic!() };
    assert_eq!(sequences.len(), MAX_NACKED);
}

#[test]
fn ntp_time_there_and_back() {
    assert_eq!(ntp(0), 2_208_988_800 << 32);
    assert_eq!(ntp(500_000) & 0xFFFF_FFFF, 1 << 31);
    assert_eq!(ntp_micros(ntp(1_700_000_000_000_000)) - ntp_micros(ntp(0)), 1_700_000_000_000_000);
    assert!(ntp_micros(u64::MAX) > 0);
}

#[test]
fn rtp_is_told_from_rtcp() {
    assert!(!is_rtcp(&[0x80, 96]));
    assert!(!is_rtcp(&[0x80, 96 | 0x80]));
    assert!(!is_rtcp(&[0x80]));
    assert!(is_rtcp(&[0x80, 200]));
}

proptest! {
    #[test]
    fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Compound::parse(&data);
        let mut like = data;
        // So that more of it is looked at.
        for chunk in like.chunks_mut(16) {
            chunk[0] = 0x80 | chunk[0] & 0x3F;
            if let [_, kind, high, low, ..] = chunk {
                (*kind, *high, *low) = (200 | *kind & 7, 0, 3);
            }
        }
        if let Ok(compound) = Compound::parse(&like) {
            prop_assert!(compound.messages.len() <= 64);
        }
    }
}
