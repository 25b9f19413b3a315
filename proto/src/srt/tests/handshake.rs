//! How the two meet, and how they don't.

use std::time::Duration;

use rtmpd_core::Error;

use super::net::Weather;
use super::pair::{Pair, Plan, address, secret};
use crate::srt::wire::Outgoing;
use crate::srt::{Answer, Arrival, Asked, Call, Connection, Door, Event, Reject, Settings};
use rtmpd_core::Instant;

#[test]
fn each_direction_is_as_slow_as_the_slower_side_wants() {
    let mut plan = Plan::new(1, Weather::FINE);
    plan.caller.latency = Duration::from_millis(20);
    plan.listener.latency = Duration::from_millis(700);
    let pair = Pair::met(plan);
    for end in [&pair.caller, &pair.listener] {
        let [Event::Opened(opened)] = end.events.as_slice() else { panic!("{:?}", end.events) };
        assert_eq!(opened.send_latency, Duration::from_millis(700));
        assert_eq!(opened.receive_latency, Duration::from_millis(700));
        assert_eq!((opened.peer_version, opened.encrypted), (0x01_0504, None));
    }
}

#[test]
fn latencies_from_20_ms_to_5_s_are_kept() {
    for millis in [20, 120, 2000, 5000] {
        let mut pair = Pair::met(
            Plan::new(2, Weather { delay: Duration::from_millis(2), ..Weather::FINE }).latency(millis),
        );
        pair.stream(true, 200, Duration::from_millis(5));
        pair.run(Duration::from_secs(6));
        pair.listener.assert_all(200, Duration::from_millis(millis), Duration::from_millis(4));
    }
}

#[test]
fn every_handshake_may_be_lost() {
    let mut met = 0;
    for seed in 0..200 {
        let mut pair = Pair::new(Plan::new(seed, Weather { loss: 300, ..Weather::FINE }));
        pair.run(Duration::from_secs(4));
        if pair.caller.is_open() {
            met += 1;
            assert!(pair.listener.is_open());
            let at = pair.now;
            (pair.there.weather.loss, pair.back.weather.loss) = (0, 0);
            pair.stream(true, 20, Duration::from_millis(1));
            pair.run(Duration::from_secs(1));
            pair.listener.assert_all(20, Duration::from_millis(120), Duration::from_millis(3));
            assert!(pair.now > at);
        } else {
            assert_eq!(pair.caller.events, [Event::Failed(Error::TimedOut("SRT handshake"))]);
        }
    }
    assert!(met > 190, "{met} of 200");
}

#[test]
fn nobody_answers() {
    let mut pair = Pair::new(Plan::new(3, Weather { loss: 1000, ..Weather::FINE }));
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.caller.events, [Event::Failed(Error::TimedOut("SRT handshake"))]);
    assert_eq!(pair.caller.connection.as_ref().unwrap().poll_timeout(), None);
}

/// A caller and its conclusion as it arrives.
fn arrival(stream_id: &str) -> (Connection, Box<Arrival>) {
    let now = Instant::from_millis(7);
    let door = Door::new(&secret(1), Settings::default());
    let call = Call { id: 5, to: address(), stream_id: Some(stream_id.to_owned()), key: None };
    let mut caller = Connection::call(now, call, Settings::default(), secret(2));
    let question = caller.poll_transmit().unwrap().to_vec();
    let Answer::Reply(cookie) = door.answer(now, address(), &question) else { panic!() };
    caller.handle_datagram(now, &cookie.to_vec());
    let conclusion = caller.poll_transmit().unwrap().to_vec();
    let Answer::Arrival(arrival) = door.answer(now, address(), &conclusion) else { panic!() };
    (caller, arrival)
}

#[test]
fn the_listener_asks_before_it_answers_and_its_no_has_a_number() {
    let id = "#!::r=live/stream,m=publish";
    for reject in [Reject::NOT_FOUND, Reject::FORBIDDEN, Reject::CONFLICT, Reject::new(2042)] {
        let now = Instant::from_millis(8);
        let (mut caller, arrival) = arrival(id);
        assert_eq!(arrival.caller(), 5);
        let mut listener = Connection::answer(now, arrival, 99, Settings::default(), secret(3));
        let asked = Asked { stream_id: id.to_owned(), encrypted: None, version: 0x01_0504 };
        assert_eq!(listener.poll_event(), Some(Event::Asked(Box::new(asked))));
        assert_eq!(listener.poll_transmit(), None);
        listener.reject(now, reject);
        caller.handle_datagram(now, &listener.poll_transmit().unwrap().to_vec());
        assert_eq!(caller.poll_event(), Some(Event::Rejected(reject)));
        assert_eq!(listener.poll_event(), Some(Event::Rejected(reject)));
        assert_eq!((listener.poll_transmit(), listener.poll_timeout()), (None, None));
    }
}

#[test]
fn a_repeated_conclusion_is_answered_again_with_the_time_of_the_answer() {
    let now = Instant::from_millis(8);
    let (_, arrival) = arrival("x");
    let door = Door::new(&secret(1), Settings::default());
    let mut listener = Connection::answer(now, arrival, 99, Settings::default(), secret(3));
    listener.accept(now, None);
    let first: Outgoing = listener.poll_transmit().unwrap();
    let mut caller = {
        let call = Call { id: 5, to: address(), stream_id: Some("x".to_owned()), key: None };
        Connection::call(now, call, Settings::default(), secret(2))
    };
    let question = caller.poll_transmit().unwrap().to_vec();
    let Answer::Reply(cookie) = door.answer(now, address(), &question) else { panic!() };
    caller.handle_datagram(now, &cookie.to_vec());
    let conclusion = caller.poll_transmit().unwrap().to_vec();
    let later = now + Duration::from_millis(250);
    listener.handle_datagram(later, &conclusion);
    let again = listener.poll_transmit().unwrap();
    assert_eq!(again.body, first.body);
    assert_eq!(first.head[8..12], [0; 4]);
    assert_eq!(again.head[8..12], 250_000u32.to_be_bytes());
}

#[test]
fn an_address_is_written_as_libsrt_writes_it() {
    let field = crate::srt::wire::address_field("127.0.0.1".parse().unwrap());
    assert_eq!(field[..5], [1, 0, 0, 127, 0]);
    let field = crate::srt::wire::address_field("::1".parse().unwrap());
    assert_eq!(field[12..], [1, 0, 0, 0]);
}

#[test]
fn numbers_of_refusals_go_there_and_back() {
    for code in 0..3000 {
        assert_eq!(Reject::from_wire(Reject::new(code).wire()).code(), code);
    }
    assert_eq!(Reject::NOT_FOUND.wire(), 2404);
    assert_eq!(Reject::BAD_SECRET.to_string(), "10 wrong passphrase");
}
