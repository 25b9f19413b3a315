//! The two halves by themselves: clocks that drift, packets that are given up, lists that lie.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rtmpd_core::Instant;

use super::net::Weather;
use super::pair::{PAYLOAD, Pair, Plan};
use crate::srt::wire::{Ack, Control, Losses, Outgoing, Packet, push_range};
use crate::srt::{Event, Seq};

fn control(pair: &mut Pair, control: &Control<'_>) -> Vec<Outgoing> {
    let listener = pair.listener.connection.as_mut().unwrap();
    listener.handle_datagram(pair.now, &control.write(0, 99).to_vec());
    std::iter::from_fn(|| listener.poll_transmit()).collect()
}

/// A listener that has sent `count` packets that are still on their way.
fn sent(count: u64) -> (Pair, Seq) {
    let mut pair =
        Pair::met(Plan::new(1, Weather { delay: Duration::from_millis(200), ..Weather::FINE }).latency(1000));
    for number in 0..count {
        pair.send(false, number);
    }
    let data = loop {
        let at = pair.now + Duration::from_secs(1);
        let data = pair.back.take(at).unwrap();
        if let Ok(Packet::Data(head, _)) = Packet::parse(&data) {
            break head.seq;
        }
    };
    (pair, data)
}

#[test]
fn a_list_that_lies_costs_no_more_than_the_window() {
    let (mut pair, first) = sent(4);
    let mut list = BytesMut::new();
    for _ in 0..150 {
        push_range(&mut list, first, first.plus(0x3000_0000));
    }
    let answer = control(&mut pair, &Control::Nak(Losses::new(&list)));
    assert_eq!(answer.len(), 4, "each packet once");
    assert_eq!(pair.listener.stats().reported_lost, 4);
    // Numbers that were never sent, and acknowledgements of them, are passed over.
    let mut list = BytesMut::new();
    push_range(&mut list, first.plus(500), first.plus(600));
    assert!(control(&mut pair, &Control::Nak(Losses::new(&list))).is_empty());
    let ack = Ack { number: 0, next: first.plus(5), report: None };
    control(&mut pair, &Control::Ack(ack));
    let mut list = BytesMut::new();
    push_range(&mut list, first.plus(3), first.plus(3));
    pair.run(Duration::from_millis(150));
    assert_eq!(control(&mut pair, &Control::Nak(Losses::new(&list))).len(), 2, "still there; sent twice now");
}

#[test]
fn what_was_given_up_is_said_to_be() {
    let (mut pair, first) = sent(4);
    control(&mut pair, &Control::Ack(Ack { number: 0, next: first.plus(2), report: None }));
    let mut list = BytesMut::new();
    push_range(&mut list, first, first.plus(2));
    let answer: Vec<Vec<u8>> =
        control(&mut pair, &Control::Nak(Losses::new(&list))).iter().map(Outgoing::to_vec).collect();
    let [drop, again] = answer.as_slice() else { panic!("{answer:?}") };
    let Ok(Packet::Control { control: Control::DropRequest { first: from, last, .. }, .. }) =
        Packet::parse(drop)
    else {
        panic!("{drop:?}")
    };
    assert_eq!((from, last), (first, first.plus(1)));
    let Ok(Packet::Data(head, _)) = Packet::parse(again) else { panic!("{again:?}") };
    assert!(head.retransmitted && head.seq == first.plus(2));
}

#[test]
fn given_up_packets_are_passed_over_at_once() {
    let mut pair = Pair::met(Plan::new(2, Weather::FINE));
    let first = {
        pair.send(true, 0);
        let data = pair.there.take(pair.now + Duration::from_secs(1)).unwrap();
        pair.listener.connection.as_mut().unwrap().handle_datagram(pair.now, &data);
        let Ok(Packet::Data(head, _)) = Packet::parse(&data) else { panic!() };
        head.seq
    };
    // The second is lost and given up, the third comes; drop requests that make no sense change nothing.
    pair.send(true, 1);
    pair.there.take(pair.now + Duration::from_secs(1)).unwrap();
    pair.send(true, 2);
    control(&mut pair, &Control::DropRequest { message: 0, first: first.next(), last: first.next() });
    control(&mut pair, &Control::DropRequest { message: 0, first: first.plus(9), last: first });
    control(&mut pair, &Control::DropRequest { message: 0, first, last: first.plus(0x2000_0000) });
    pair.run(Duration::from_secs(1));
    let numbers: Vec<u8> = pair.listener.got.iter().map(|(_, data)| data[7]).collect();
    assert_eq!(numbers, [0, 2]);
    let stats = pair.listener.stats();
    assert_eq!((stats.dropped, stats.lost, stats.delivered), (1, 1, 2));
}

#[test]
fn a_peer_that_takes_nothing_stops_us() {
    let mut plan = Plan::new(3, Weather::FINE);
    plan.caller.window = 100;
    let mut pair = Pair::met(plan);
    pair.there.weather.loss = 1000;
    for number in 0..5000 {
        if pair.listener.connection.as_ref().unwrap().has_room() {
            pair.send(false, number);
        }
        pair.run(Duration::from_millis(1));
        let stats = pair.listener.stats();
        assert!(stats.sent <= 100 + stats.send_dropped, "{stats:?}");
    }
    pair.run(Duration::from_secs(5));
    assert!(
        matches!(pair.listener.events.last(), Some(Event::Failed(_))),
        "nothing was heard for five seconds"
    );
}

#[test]
fn a_burst_is_held_up_and_comes_in_time() {
    // Two seconds of 4 Mb/s at once, as a joiner gets them.
    let mut pair = Pair::met(Plan::new(4, Weather { delay: Duration::from_millis(10), ..Weather::FINE }));
    let (begin, mut number) = (pair.now, 0);
    while number < 760 {
        if pair.listener.connection.as_ref().unwrap().has_room() {
            pair.send(false, number);
            number += 1;
        } else {
            assert!(pair.step(begin + Duration::from_secs(5)));
        }
    }
    let took = pair.now.since(begin);
    assert!((500..1000).contains(&took.as_millis()), "{took:?}");
    pair.run(Duration::from_secs(1));
    pair.caller.assert_all(760, Duration::from_millis(120), Duration::from_millis(40));
}

#[test]
fn a_large_picture_leaves_within_a_quarter_of_the_latency() {
    let mut pair = Pair::met(Plan::new(5, Weather { delay: Duration::from_millis(10), ..Weather::FINE }));
    let begin = pair.now;
    for number in 0..200 {
        pair.send(false, number);
    }
    assert!(pair.back.fate.carried < 40, "not all at once: {}", pair.back.fate.carried);
    pair.run_until(begin + Duration::from_millis(34));
    assert_eq!(pair.back.fate.carried, 200);
    pair.run(Duration::from_secs(1));
    pair.caller.assert_all(200, Duration::from_millis(120), Duration::from_millis(10));
}

#[test]
fn a_clock_that_goes_wrong_is_followed() {
    // The caller's clock is 200 ppm fast: after ten minutes that is the whole latency.
    let mut plan = Plan::new(6, Weather::FINE);
    plan.fast = 200;
    let mut pair = Pair::met(plan);
    let begin = pair.now;
    for number in 0..60_000 {
        pair.run_until(begin + Duration::from_millis(number * 10));
        pair.send(true, number);
    }
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.listener.got.len(), 60_000);
    assert_eq!(pair.listener.stats().dropped, 0);
    let late = |(at, data): &(Instant, Bytes)| {
        at.since(Instant::from_micros(u64::from_be_bytes(data[8..16].try_into().unwrap())))
    };
    let last = late(pair.listener.got.last().unwrap());
    assert!((105..135).contains(&last.as_millis()), "{last:?}");
}

#[test]
fn payloads_that_are_too_long_are_an_error() {
    let mut pair = Pair::met(Plan::new(7, Weather::FINE));
    let caller = pair.caller.connection.as_mut().unwrap();
    assert_eq!(caller.max_payload(), 1456);
    assert!(caller.send(pair.now, vec![0; 1457].into()).is_err());
    assert!(caller.send(pair.now, vec![0; 1456].into()).is_ok());
    assert!(caller.send(pair.now, vec![0; PAYLOAD].into()).is_ok());
}

#[test]
fn the_end_waits_for_what_is_on_its_way() {
    let mut pair = Pair::met(
        Plan::new(8, Weather { loss: 200, delay: Duration::from_millis(20), ..Weather::FINE }).latency(400),
    );
    for number in 0..50 {
        pair.send(true, number);
    }
    let now = pair.now;
    pair.caller.connection.as_mut().unwrap().finish(now);
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.caller.events.last(), Some(&Event::Closed));
    pair.listener.assert_all(50, Duration::from_millis(400), Duration::from_millis(22));
}
