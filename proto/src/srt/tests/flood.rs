//! Many who do not mean it, and one who comes often.

use std::net::SocketAddr;
use std::time::Duration;

use rtmpd_core::{Dice, Instant};

use super::net::Weather;
use super::pair::{Pair, Plan, address, secret};
use crate::srt::wire::{Control, Handshake, Packet, Stage};
use crate::srt::{Answer, Call, Connection, Door, Event, Settings};

fn spoofed(number: u32) -> SocketAddr {
    let [a, b, c, d] = number.to_be_bytes();
    SocketAddr::from(([10, b, c, d], 1024 + u16::from(a)))
}

#[test]
fn a_hundred_thousand_inductions_leave_nothing_behind() {
    // There is nothing to leave it in: the door is not even mutable.
    let door = Door::new(&secret(1), Settings::default());
    let call = Call { id: 5, to: address(), stream_id: None, key: None };
    let now = Instant::from_millis(1);
    let mut caller = Connection::call(now, call, Settings::default(), secret(2));
    let question = caller.poll_transmit().unwrap().to_vec();
    for number in 0..100_000 {
        let Answer::Reply(reply) = door.answer(now, spoofed(number), &question) else { panic!() };
        assert_eq!(reply.to_vec().len(), question.len(), "no amplification");
    }
    let mut pair = Pair::met(Plan::new(1, Weather::FINE));
    pair.send(true, 0);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.listener.got.len(), 1);
}

fn conclusion(door: &Door, now: Instant, from: SocketAddr) -> Vec<u8> {
    let call = Call { id: 5, to: address(), stream_id: None, key: None };
    let mut caller = Connection::call(now, call, Settings::default(), secret(2));
    let question = caller.poll_transmit().unwrap().to_vec();
    let Answer::Reply(cookie) = door.answer(now, from, &question) else { panic!() };
    caller.handle_datagram(now, &cookie.to_vec());
    caller.poll_transmit().unwrap().to_vec()
}

#[test]
fn cookies_are_good_for_one_address_and_for_a_minute_or_two() {
    let door = Door::new(&secret(1), Settings::default());
    let now = Instant::from_millis(30_000);
    let (one, other) = (spoofed(1), spoofed(2));
    let question = conclusion(&door, now, one);
    let arrives = |door: &Door, at, from| matches!(door.answer(at, from, &question), Answer::Arrival(_));
    assert!(arrives(&door, now, one));
    assert!(arrives(&door, now + Duration::from_secs(60), one));
    assert!(!arrives(&door, now + Duration::from_secs(120), one));
    assert!(!arrives(&door, now, other));
    assert!(!arrives(&door, now, SocketAddr::new(one.ip(), 9)));
    assert!(!arrives(&Door::new(&secret(9), Settings::default()), now, one));
}

#[test]
fn random_conclusions_are_passed_over_in_silence() {
    let door = Door::new(&secret(1), Settings::default());
    let now = Instant::from_millis(1);
    let mut question = conclusion(&door, now, spoofed(1));
    let mut dice = Dice::new(1);
    for number in 0..10_000 {
        dice.fill(&mut question[16 + 28..16 + 32]);
        assert!(matches!(door.answer(now, spoofed(number), &question), Answer::Nothing));
    }
}

#[test]
fn two_hundred_quick_reconnects() {
    for seed in 0..200 {
        let mut pair = Pair::met(Plan::new(seed, Weather { loss: 50, ..Weather::FINE }));
        pair.send(true, 0);
        pair.run(Duration::from_millis(1000));
        assert_eq!(pair.listener.got.len(), 1, "seed {seed}");
        let now = pair.now;
        pair.caller.connection.as_mut().unwrap().close(now);
        pair.run(Duration::from_secs(10));
        let end = pair.listener.events.last().unwrap();
        // The farewell may be lost; then silence tells.
        assert!(matches!(end, Event::PeerGone | Event::Failed(_)), "{end:?}");
        assert_eq!(pair.listener.connection.as_ref().unwrap().poll_timeout(), None);
        assert_eq!(pair.caller.connection.as_ref().unwrap().poll_timeout(), None);
    }
}

#[test]
fn rendezvous_and_old_versions_are_refused_with_a_number() {
    let door = Door::new(&secret(1), Settings::default());
    let now = Instant::from_millis(1);
    let question = conclusion(&door, now, spoofed(1));
    let Ok(Packet::Control { control: Control::Handshake(body), .. }) = Packet::parse(&question) else {
        panic!()
    };
    let (handshake, extensions) = Handshake::parse(body).unwrap();
    let refused = |handshake: &Handshake, edit: &dyn Fn(&mut crate::srt::wire::Extensions)| {
        let mut extensions = extensions.clone();
        edit(&mut extensions);
        let question = Control::Handshake(&handshake.write(&extensions)).write(0, 0).to_vec();
        let Answer::Reply(reply) = door.answer(now, spoofed(1), &question) else { panic!() };
        let reply = reply.to_vec();
        let Ok(Packet::Control { control: Control::Handshake(body), destination: 5, .. }) =
            Packet::parse(&reply)
        else {
            panic!()
        };
        let Stage::Rejection(word) = Handshake::parse(body).unwrap().0.stage else { panic!("not refused") };
        word
    };
    let none = |_: &mut crate::srt::wire::Extensions| {};
    assert_eq!(refused(&Handshake { stage: Stage::WaveAhand, ..handshake.clone() }, &none), 1004);
    assert_eq!(refused(&Handshake { version: 4, ..handshake.clone() }, &none), 1008);
    assert_eq!(refused(&handshake, &|e| e.request.as_mut().unwrap().version = 0x01_02_00), 1008);
    assert_eq!(refused(&handshake, &|e| e.request = None), 1004);
    assert_eq!(refused(&handshake, &|e| e.request.as_mut().unwrap().features.0 |= 0x40), 1012);
    assert_eq!(refused(&handshake, &|e| e.congestion = Some("file".to_owned())), 1013);
    assert_eq!(refused(&handshake, &|e| e.filter = Some("fec,cols:10,rows:5".to_owned())), 1014);
    assert_eq!(refused(&handshake, &|e| e.key_request = Some(vec![1, 2, 3, 4])), 1017);
}
