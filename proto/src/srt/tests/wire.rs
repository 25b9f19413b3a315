//! Packets ⇄ bytes.

use bytes::BytesMut;
use proptest::prelude::*;

use super::pair::{address, secret};
use crate::srt::wire::{
    Ack, Control, DataHead, Extensions, Features, Handshake, Hello, KeySlot, KeyState, Losses, Packet,
    Report, Stage, destination, push_range,
};
use crate::srt::{Answer, Call, Connection, Door, Seq, Settings};

#[test]
fn a_data_packet_as_it_is_on_the_wire() {
    let head = DataHead {
        seq: Seq::new(0x0102_0304),
        message: 0x0030_2010,
        solo: true,
        in_order: true,
        key: KeySlot::Odd,
        retransmitted: true,
        timestamp: 0x0A0B_0C0D,
        destination: 0x1122_3344,
    };
    let wire = [1, 2, 3, 4, 0xF4, 0x30, 0x20, 0x10, 0x0A, 0x0B, 0x0C, 0x0D, 0x11, 0x22, 0x33, 0x44];
    assert_eq!(head.write(), wire);
    let data = [&wire[..], b"payload"].concat();
    assert_eq!(Packet::parse(&data).unwrap(), Packet::Data(head, b"payload"));
    assert_eq!(destination(&data), Some(0x1122_3344));
    assert_eq!(destination(&data[..15]), None);
}

#[test]
fn control_packets_go_there_and_back() {
    let report = Report { rtt: 1, rtt_variance: 2, room: 3, packet_rate: 4, capacity: 5, byte_rate: 6 };
    let mut list = BytesMut::new();
    push_range(&mut list, Seq::new(5), Seq::new(5));
    push_range(&mut list, Seq::new(7), Seq::new(9));
    assert_eq!(list[..], [0, 0, 0, 5, 0x80, 0, 0, 7, 0, 0, 0, 9]);
    let controls = [
        Control::KeepAlive,
        Control::Ack(Ack { number: 0, next: Seq::new(9), report: None }),
        Control::Ack(Ack { number: 8, next: Seq::new(9), report: Some(report) }),
        Control::Nak(Losses::new(&list)),
        Control::Congestion,
        Control::Shutdown,
        Control::AckAck(7),
        Control::DropRequest { message: 1, first: Seq::new(2), last: Seq::new(3) },
        Control::PeerError(4000),
        Control::KeyRequest(b"abcd"),
        Control::KeyResponse(b"abcd"),
    ];
    for control in controls {
        let data = control.write(123, 456).to_vec();
        let parsed = Packet::parse(&data).unwrap();
        assert_eq!(parsed, Packet::Control { control, timestamp: 123, destination: 456 });
    }
}

#[test]
fn lists_of_losses_leave_out_what_makes_no_sense() {
    let list = [0x80, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 3, 0x80, 0, 0, 4];
    let ranges: Vec<_> = Losses::new(&list).ranges().collect();
    assert_eq!(ranges, [(Seq::new(3), Seq::new(3))]);
}

#[test]
fn the_draft_says_where_everything_in_a_handshake_stands() {
    let call = Call { id: 0x0506_0708, to: address(), stream_id: Some("abcde".to_owned()), key: None };
    let door = Door::new(&secret(1), Settings::default());
    let now = rtmpd_core::Instant::from_millis(3);
    let mut caller = Connection::call(now, call, Settings::default(), secret(2));
    let induction = caller.poll_transmit().unwrap().to_vec();
    assert_eq!(induction.len(), 64);
    assert_eq!(induction[..8], [0x80, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(induction[16..24], [0, 0, 0, 4, 0, 0, 0, 2], "version 4, datagrams");
    assert_eq!(induction[28..36], [0, 0, 0x05, 0xDC, 0, 0, 0x40, 0], "MTU 1500, window 16384");
    assert_eq!(induction[36..44], [0, 0, 0, 1, 5, 6, 7, 8], "induction, our id");
    let Answer::Reply(cookie) = door.answer(now, address(), &induction) else { panic!() };
    let cookie = cookie.to_vec();
    assert_eq!(cookie[12..24], [5, 6, 7, 8, 0, 0, 0, 5, 0, 0, 0x4A, 0x17]);
    caller.handle_datagram(now, &cookie);
    let conclusion = caller.poll_transmit().unwrap().to_vec();
    assert_eq!(conclusion[16..24], [0, 0, 0, 5, 0, 0, 0, 5], "version 5, hello and more");
    assert_eq!(conclusion[36..40], [0xFF; 4]);
    assert_eq!(conclusion[44..48], cookie[44..48]);
    assert_eq!(conclusion[64..80], [0, 1, 0, 3, 0, 1, 5, 4, 0, 0, 0, 0x3F, 0, 120, 0, 120]);
    assert_eq!(conclusion[80..], [0, 5, 0, 2, b'd', b'c', b'b', b'a', 0, 0, 0, b'e']);
}

#[test]
fn extensions_are_bounded() {
    assert!(Extensions::parse(&[0, 1, 0, 4, 0, 0]).is_err(), "longer than what is there");
    assert!(Extensions::parse(&[0, 1, 0, 1, 0, 0, 0, 0]).is_err(), "HSREQ of 4 bytes");
    let long = [&[0u8, 5, 0, 129][..], &[b'a'; 516]].concat();
    assert!(Extensions::parse(&long).is_err(), "a stream id of 516 bytes");
    assert!(Extensions::parse(&[0, 5, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]).is_err(), "no UTF-8");
    let unknown = Extensions::parse(&[0, 99, 0, 1, 1, 2, 3, 4, 0, 8, 0, 0]).unwrap();
    assert_eq!(unknown, Extensions { group: true, ..Extensions::default() });
}

#[test]
fn states_of_keys() {
    for state in [
        KeyState::Unsecured,
        KeyState::Securing,
        KeyState::Secured,
        KeyState::NoSecret,
        KeyState::BadSecret,
        KeyState::BadCipher,
    ] {
        assert_eq!(KeyState::parse(&state.write()), Some(state));
    }
    assert_eq!(KeyState::parse(b"abc"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_packet_or_an_error(mut data in prop::collection::vec(any::<u8>(), 0..200), control in any::<bool>()) {
        if let Some(first) = data.first_mut().filter(|_| control) {
            *first = 0x80;
        }
        match Packet::parse(&data) {
            Ok(Packet::Data(head, body)) => {
                let again = [&head.write()[..], body].concat();
                prop_assert_eq!(Packet::parse(&again).unwrap(), Packet::Data(head, body));
            }
            Ok(Packet::Control { control, timestamp, destination }) => {
                if let Control::Nak(losses) = &control {
                    prop_assert!(losses.ranges().count() <= data.len() / 4);
                }
                if let Control::Handshake(body) = &control {
                    let _ = Handshake::parse(body);
                }
                let again = control.write(timestamp, destination).to_vec();
                prop_assert_eq!(Packet::parse(&again).unwrap(), Packet::Control { control, timestamp, destination });
            }
            Err(_) => prop_assert!(data.len() < 28),
        }
    }

    #[test]
    fn handshakes_go_there_and_back(
        text in "[ -~]{0,100}", flags in any::<u32>(), delays in any::<(u16, u16)>(), keys in prop::collection::vec(any::<u8>(), 0..20),
        id in any::<u32>(), cookie in any::<u32>(), address in any::<[u8; 16]>(),
    ) {
        let hello = Hello { version: 0x01_0504, features: Features(flags), receive_delay: delays.0, send_delay: delays.1 };
        let mut keys = keys;
        keys.truncate(keys.len() / 4 * 4);
        let extensions = Extensions {
            request: Some(hello),
            key_request: Some(keys),
            stream_id: Some(text.trim_end_matches('\0').to_owned()),
            ..Extensions::default()
        };
        let handshake = Handshake {
            version: 5, encryption: 2, extension: 7, first: Seq::new(9), mtu: 1500, window: 8192,
            stage: Stage::Conclusion, id, cookie, address,
        };
        let data = handshake.write(&extensions);
        prop_assert_eq!(Handshake::parse(&data).unwrap(), (handshake, extensions));
    }

    #[test]
    fn any_bytes_are_extensions_or_an_error(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Extensions::parse(&data);
    }
}
