//! Requests in and out of their order.

use super::caller::{Caller, session};
use crate::rtsp::wire::{Method, Request};

const UDP: &str = "RTP/AVP;unicast;client_port=5000-5001";
const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";

#[test]
fn what_is_out_of_order_is_answered_and_changes_nothing() {
    let mut caller = Caller::with_camera();
    for method in ["PLAY", "PAUSE", "RECORD"] {
        assert_eq!(caller.status(method, "cam"), 455, "{method} before anything");
    }
    assert_eq!(caller.set_up("none/trackID=0", TCP).status, 404, "neither announced nor there");
    assert_eq!(caller.status("DESCRIBE", "cam"), 200);
    for method in ["PLAY", "PAUSE", "RECORD"] {
        assert_eq!(caller.status(method, "cam"), 455, "{method} before SETUP");
    }
    assert_eq!(caller.set_up("cam/trackID=0", TCP).status, 200);
    assert_eq!(caller.status("RECORD", "cam"), 455);
    assert_eq!(caller.announce("cam").status, 455);
    assert_eq!(caller.status("PLAY", "cam"), 200);
    assert_eq!(caller.status("RECORD", "cam"), 455);
    assert_eq!(caller.set_up("cam/trackID=1", "RTP/AVP/TCP;interleaved=2-3").status, 455);
    caller.pass_ms(500);
    caller.heard();
    assert!(caller.packets.len() > 5, "it plays all the while");
}

#[test]
fn one_who_publishes() {
    let mut caller = Caller::new();
    assert_eq!(caller.announce("mine").status, 200);
    assert_eq!(caller.announce("mine").status, 455, "a second time");
    for (method, what) in
        [("RECORD", "before SETUP"), ("PLAY", "is not what it is here for"), ("DESCRIBE", "is not either")]
    {
        assert_eq!(caller.status(method, "mine"), 455, "{method} {what}");
    }
    assert_eq!(caller.set_up("mine/trackID=0", TCP).status, 200);
    assert_eq!(caller.status("PLAY", "mine"), 455);
    assert_eq!(caller.status("RECORD", "mine"), 200);
    assert_eq!(caller.status("RECORD", "mine"), 200, "again");
    assert_eq!(caller.status("PAUSE", "mine"), 200);
    assert_eq!(caller.status("RECORD", "mine"), 200);
    assert_eq!(caller.set_up("mine/trackID=1", UDP).status, 455);
    assert_eq!(caller.status("TEARDOWN", "mine"), 200);
    assert_eq!(caller.announce("mine").status, 200, "and again");
}

#[test]
fn one_who_looked_first_may_publish() {
    let mut caller = Caller::with_camera();
    assert_eq!(caller.status("DESCRIBE", "cam"), 200);
    assert_eq!(caller.announce("mine").status, 200);
    assert_eq!(caller.status("DESCRIBE", "mine"), 455);
}

#[test]
fn a_stream_that_is_taken() {
    let mut caller = Caller::with_camera();
    let answer = caller.announce("cam");
    assert_eq!(answer.status, 406);
    assert!(!answer.body.is_empty());
    assert_eq!(caller.announce("mine").status, 200, "another one is free");
}

#[test]
fn two_streams_by_one_connection() {
    let mut caller = Caller::with_camera();
    caller.world.camera(caller.server, "other", &super::world::Scene::sound(30));
    caller.pass_ms(100);
    let sound = |body: &[u8]| !String::from_utf8_lossy(body).contains("m=video");
    let first = caller.ask(caller.request("DESCRIBE", "cam"));
    assert_eq!((first.status, sound(&first.body)), (200, false));
    let second = caller.ask(caller.request("DESCRIBE", "other"));
    assert_eq!((second.status, sound(&second.body)), (200, true), "what is asked for is described");
    assert_eq!(caller.set_up("other/trackID=0", TCP).status, 200);
    assert_eq!(caller.status("DESCRIBE", "cam"), 455, "it is about another one");
    assert_eq!(caller.status("DESCRIBE", "other"), 200);
    assert_eq!(caller.status("PLAY", "other"), 200);
}

#[test]
fn sessions() {
    let mut caller = Caller::with_camera();
    caller.status("DESCRIBE", "cam");
    let answer = caller.set_up("cam/trackID=0", TCP);
    assert_eq!(answer.header("Session").unwrap().split_once(';').unwrap().1, "timeout=10");
    let id = session(&answer);
    for method in ["SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "OPTIONS", "TEARDOWN"] {
        let request = caller.request(method, "cam").with("Session", "nobody's");
        assert_eq!(caller.ask(request).status, 454, "{method}");
    }
    let again =
        caller.ask(caller.request("SETUP", "cam/trackID=0").with("Session", &id).with("Transport", TCP));
    assert_eq!((again.status, session(&again)), (200, id.clone()));
    let request = caller.request("PLAY", "cam").with("Session", &format!("{id};timeout=60"));
    assert_eq!(caller.ask(request).status, 200, "with what was said besides");
    assert_eq!(caller.ask(caller.request("TEARDOWN", "cam").with("Session", &id)).status, 200);
    assert_eq!(caller.ask(caller.request("TEARDOWN", "cam").with("Session", &id)).status, 200, "again");
    assert_eq!(caller.ask(caller.request("PLAY", "cam").with("Session", &id)).status, 454);
    caller.status("DESCRIBE", "cam");
    assert_ne!(session(&caller.set_up("cam/trackID=0", TCP)), id);
}

#[test]
fn pausing_and_going_on() {
    let mut caller = Caller::with_camera();
    caller.status("DESCRIBE", "cam");
    caller.set_up("cam/trackID=0", TCP);
    caller.set_up("cam/trackID=1", "RTP/AVP/TCP;unicast;interleaved=2-3");
    let answer = caller.ask(caller.request("PLAY", "cam").with("Range", "npt=0.000-"));
    let info = answer.header("RTP-Info").unwrap();
    assert_eq!(info.matches("url=rtsp://10.0.0.1/live/cam/trackID=").count(), 2, "{info}");
    assert_eq!(info.matches(";rtptime=").count(), 2, "{info}");
    assert_eq!(answer.header("Range"), Some("npt=now-"));
    caller.pass_ms(1000);
    caller.heard();
    let channels: Vec<u8> = caller.packets.drain(..).map(|(channel, _)| channel).collect();
    assert!((0..4).all(|channel| channels.contains(&channel)), "media and reports of both");
    assert_eq!(caller.status("PAUSE", "cam"), 200);
    caller.packets.clear();
    caller.pass_ms(1000);
    caller.heard();
    assert_eq!(caller.packets, []);
    assert_eq!(caller.status("PLAY", "cam"), 200);
    caller.pass_ms(1000);
    caller.heard();
    assert!(caller.packets.len() > 50);
    assert_eq!(caller.status("TEARDOWN", "cam"), 200);
    caller.pass_ms(100);
    caller.heard();
    caller.packets.clear();
    caller.pass_ms(1000);
    caller.heard();
    assert_eq!((caller.packets.len(), caller.is_closed()), (0, false));
}

#[test]
fn ranges() {
    let mut caller = Caller::with_camera();
    caller.status("DESCRIBE", "cam");
    caller.set_up("cam/trackID=0", TCP);
    let play =
        |caller: &mut Caller, range| caller.ask(caller.request("PLAY", "cam").with("Range", range)).status;
    assert_eq!(play(&mut caller, "npt=x-"), 457);
    assert_eq!(play(&mut caller, "npt=5-"), 200, "live is played from now on");
}

#[test]
fn small_talk() {
    let mut caller = Caller::with_camera();
    let options = Request::new(Method::Options, "*");
    let answer = caller.ask(options);
    assert_eq!(answer.status, 200);
    assert!(
        ["DESCRIBE", "ANNOUNCE", "GET_PARAMETER"]
            .iter()
            .all(|word| answer.header("Public").unwrap().contains(word))
    );
    assert_eq!(caller.status("GET_PARAMETER", "cam"), 200, "a sign of life before there is a session");
    assert_eq!(caller.status("SET_PARAMETER", "cam"), 200);
    let parameter =
        caller.request("SET_PARAMETER", "cam").with_body("text/parameters", "volume: 3\r\n".into());
    assert_eq!(caller.ask(parameter).status, 451);
    assert_eq!(caller.status("REDIRECT", "cam"), 501);
    assert_eq!(caller.status("DANCE", "cam"), 501);
    let required = caller.ask(caller.request("SETUP", "cam").with("Require", "play.scale"));
    assert_eq!((required.status, required.header("Unsupported")), (551, Some("play.scale")));
    assert_eq!(caller.status("DESCRIBE", "nothing"), 404);
    assert_eq!(caller.status("DESCRIBE", "a/b/c/../d"), 404);
    assert_eq!(caller.set_up("cam/trackID=7", TCP).status, 404);
    assert_eq!(caller.set_up("cam/trackID=0", "RAW/RAW/UDP;unicast;client_port=1-2").status, 461);
    assert_eq!(caller.set_up("cam/trackID=0", "RTP/AVP;multicast").status, 461);
    assert_eq!(caller.set_up("cam/trackID=0", "RTP/AVP;unicast;client_port=no").status, 400);
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let mut caller = Caller::with_camera();
    let requests = [
        caller.request("OPTIONS", "cam"),
        caller.request("DESCRIBE", "cam"),
        caller.request("SETUP", "cam/trackID=0").with("Transport", TCP),
        caller.request("SETUP", "cam/trackID=1").with("Transport", "RTP/AVP/TCP;interleaved=2-3"),
        caller.request("PLAY", "cam"),
        caller.request("GET_PARAMETER", "cam"),
        caller.request("PAUSE", "cam"),
        caller.request("TEARDOWN", "cam"),
    ];
    let answers = caller.ask_all(requests);
    let numbers: Vec<&str> = answers.iter().map(|answer| answer.header("CSeq").unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[test]
fn channels_that_are_taken_are_not_given_twice() {
    let mut caller = Caller::with_camera();
    caller.status("DESCRIBE", "cam");
    for (track, wanted, given) in
        [(0, "0-1", "0-1"), (1, "1-2", "2-3"), (1, "0-1", "2-3"), (0, "9-10", "9-10")]
    {
        let transport = format!("RTP/AVP/TCP;unicast;interleaved={wanted}");
        let answer = caller.set_up(&format!("cam/trackID={track}"), &transport);
        let got = answer.header("Transport").unwrap().to_owned();
        assert!(got.contains(&format!("interleaved={given}")), "{wanted}: {got}");
    }
}

#[test]
fn players_of_other_shards() {
    for transport in [TCP, UDP] {
        let mut caller = Caller::with_camera();
        caller.wire = caller.world.call(caller.server, 1, caller.from);
        let answer = caller.set_up("cam/trackID=0", transport);
        let ports = answer.header("Transport").unwrap().contains("server_port=6010-6011");
        assert_eq!((answer.status, ports), (200, transport == UDP), "its shard's own pair");
        assert_eq!(caller.status("PLAY", "cam"), 200);
        caller.pass_ms(1000);
        caller.heard();
        assert!(caller.packets.len() + caller.world.network.astray.len() > 50);
        assert_eq!(caller.status("TEARDOWN", "cam"), 200);
        caller.pass_ms(100);
        caller.world.network.astray.clear();
        caller.pass_ms(1000);
        assert_eq!(caller.world.network.astray, []);
    }
}

#[test]
fn two_players_by_datagrams_from_one_address() {
    let mut caller = Caller::with_camera();
    caller.set_up("cam/trackID=0", UDP);
    caller.status("PLAY", "cam");
    let first = caller.wire;
    // The ports it asks for are in use by the other: it gets sockets of its own, so that both can be told apart.
    caller.wire = caller.world.call(caller.server, 0, caller.from);
    let answer = caller.set_up("cam/trackID=0", UDP);
    assert!(answer.header("Transport").unwrap().contains("server_port=20000-20001"), "{answer:?}");
    caller.status("PLAY", "cam");
    caller.pass_ms(500);
    let from: Vec<u16> = caller.world.network.astray.iter().map(|flight| flight.from.port()).collect();
    assert!(from.contains(&6000) && from.contains(&20_000));
    caller.world.network.hang_up(first);
    caller.pass_ms(100);
    caller.world.network.astray.clear();
    caller.pass_ms(500);
    assert!(caller.world.network.astray.iter().all(|flight| flight.from.port() >= 20_000));
}
