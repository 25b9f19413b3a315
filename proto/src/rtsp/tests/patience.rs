//! Who is silent for how long.

use super::caller::{Caller, session};
use super::world::Flight;
use crate::rtp::rtcp;

const UDP: &str = "RTP/AVP;unicast;client_port=5000-5001";
const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";

fn end(caller: &Caller, call: usize) -> String {
    caller.seen(call, |seen| seen.end.clone()).unwrap_or_default()
}

#[test]
fn one_who_says_nothing_at_all() {
    let mut caller = Caller::new();
    caller.pass_ms(9_900);
    assert!(!caller.is_closed());
    caller.pass_ms(200);
    assert!(caller.is_closed());
    assert!(end(&caller, 0).contains("a request"), "{}", end(&caller, 0));
}

#[test]
fn half_a_request_is_none() {
    let mut caller = Caller::new();
    for byte in b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n" {
        caller.world.say(caller.wire, &[*byte]);
        caller.pass_ms(400);
    }
    assert!(caller.is_closed(), "a byte now and then is not a greeting");
}

#[test]
fn half_a_request_later_on() {
    let mut caller = Caller::new();
    assert_eq!(caller.status("OPTIONS", "x"), 200);
    caller.world.say(caller.wire, b"DESCRIBE rtsp://10.0.0.1/live/cam RTSP/1.0\r\nCSeq: 2\r\n");
    caller.pass_ms(59_000);
    assert!(!caller.is_closed());
    caller.pass_ms(2000);
    assert!(caller.is_closed());
}

#[test]
fn a_player_by_datagrams_has_to_give_signs_of_life() {
    for signs in [None, Some("GET_PARAMETER"), Some("OPTIONS"), Some("SET_PARAMETER"), Some("PLAY")] {
        let mut caller = Caller::with_camera();
        let id = session(&caller.set_up("cam/trackID=0", UDP));
        caller.ask_all([caller.request("PLAY", "cam")]);
        for _ in 0..5 {
            caller.pass_ms(4_500);
            if let Some(method) = signs {
                let answer = caller.ask(caller.request(method, "cam").with("Session", &id));
                assert_eq!(answer.status, 200, "{method}");
            }
        }
        assert_eq!(caller.is_closed(), signs.is_none(), "{signs:?}");
    }
}

#[test]
fn reports_are_signs_of_life() {
    let mut caller = Caller::with_camera();
    let answer = caller.set_up("cam/trackID=0", UDP);
    let transport = answer.header("Transport").unwrap();
    assert!(transport.contains("server_port=6000-6001"), "{transport}");
    caller.ask_all([caller.request("PLAY", "cam")]);
    let server = caller.world.address(caller.server).ip();
    let report = rtcp::receiver_report(5, &[], "them");
    for (from, lives) in [("192.0.2.7:5001", true), ("192.0.2.8:5001", false)] {
        for _ in 0..5 {
            caller.pass_ms(4_500);
            let flight =
                Flight { from: from.parse().unwrap(), to: (server, 6001).into(), data: report.to_vec() };
            caller.world.network.launch(caller.world.now, flight);
        }
        assert_eq!(!caller.is_closed(), lives, "{from}");
    }
    assert!(end(&caller, 0).contains("a sign of life of the player"));
    assert_eq!(caller.world.connections(caller.server), 1, "the camera stays");
}

#[test]
fn a_player_inside_the_connection_may_be_silent() {
    let mut caller = Caller::with_camera();
    caller.set_up("cam/trackID=0", TCP);
    caller.ask_all([caller.request("PLAY", "cam")]);
    caller.pass_ms(25_000);
    assert!(!caller.is_closed());
}

#[test]
fn a_publisher_that_sends_nothing() {
    for (transport, talks) in [(UDP, true), (TCP, true), (UDP, false), (TCP, false)] {
        let mut caller = Caller::new();
        caller.announce("mine");
        assert_eq!(caller.set_up("mine/trackID=0", transport).status, 200);
        assert_eq!(caller.status("RECORD", "mine"), 200);
        for _ in 0..5 {
            caller.pass_ms(2_200);
            // Words are no media.
            if talks && !caller.is_closed() {
                caller.status("OPTIONS", "mine");
            }
        }
        assert!(caller.is_closed(), "{transport}");
        assert!(end(&caller, 0).contains("media from the publisher"), "{}", end(&caller, 0));
        assert_eq!((caller.world.pairs(caller.server), caller.world.connections(caller.server)), (0, 0));
    }
}

#[test]
fn a_publisher_that_pauses_may_go_on() {
    let mut caller = Caller::new();
    caller.announce("mine");
    caller.set_up("mine/trackID=0", TCP);
    caller.status("RECORD", "mine");
    assert_eq!(caller.status("PAUSE", "mine"), 200);
    caller.pass_ms(50_000);
    assert_eq!(caller.status("RECORD", "mine"), 200);
    caller.pass_ms(9_000);
    assert!(!caller.is_closed());
    caller.pass_ms(2_000);
    assert!(caller.is_closed());
}

#[test]
fn one_who_is_let_in_and_does_nothing() {
    let mut caller = Caller::with_camera();
    caller.status("DESCRIBE", "cam");
    caller.set_up("cam/trackID=0", UDP);
    caller.pass_ms(61_000);
    assert!(caller.is_closed());
}
