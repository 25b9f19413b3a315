//! Clients that mean no good.

use super::caller::Caller;
use super::world::Scene;
use crate::rtp::Header;
use crate::rtsp::Settings;
use crate::rtsp::wire::Message;

const UDP: &str = "RTP/AVP;unicast;client_port=5000-5001";
const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";

#[test]
fn ten_thousand_setups_at_once() {
    let mut caller = Caller::with_camera();
    let requests = (0..10_000).map(|n| {
        let track = caller.request("SETUP", &format!("cam/trackID={}", n % 40));
        track.with("Transport", if n % 3 == 0 { TCP } else { UDP })
    });
    let requests: Vec<_> = requests.collect();
    caller.ask_all(requests);
    let end = caller.seen(0, |seen| seen.end.clone());
    assert!(end.is_none_or(|end| end.contains("bytes came while an answer was due")));
    caller.world.network.hang_up(caller.wire);
    caller.pass_ms(3000);
    assert_eq!(caller.world.pairs(caller.server), 0);
    assert!(caller.world.hosts[caller.server].pairs_seen <= 2);
}

#[test]
fn ten_thousand_setups_one_by_one() {
    for publishes in [false, true] {
        let mut caller = Caller::with_camera();
        let path = if publishes { "mine" } else { "cam" };
        let first = if publishes { caller.announce(path).status } else { caller.status("DESCRIBE", path) };
        assert_eq!(first, 200);
        let mut answers = [0; 3];
        for n in 0..10_000 {
            let transport = if n % 7 == 6 { TCP } else { UDP };
            match caller.set_up(&format!("{path}/trackID={}", n % 40), transport).status {
                200 => answers[0] += 1,
                404 => answers[1] += 1,
                _ => answers[2] += 1,
            }
            assert!(caller.world.pairs(caller.server) <= 2);
        }
        // Two tracks are there, and may be set up anew as often as one likes.
        assert_eq!(answers, [500, 9500, 0]);
        caller.world.network.hang_up(caller.wire);
        caller.pass_ms(1000);
        assert_eq!(caller.world.pairs(caller.server), 0);
    }
}

#[test]
fn a_track_may_change_how_it_travels() {
    let mut caller = Caller::with_camera();
    assert_eq!(caller.announce("mine").status, 200);
    for transport in [UDP, TCP, UDP, UDP, TCP, UDP] {
        let answer = caller.set_up("mine/trackID=0", transport);
        assert_eq!(answer.status, 200, "{transport}");
        assert_eq!(caller.world.pairs(caller.server), usize::from(transport == UDP), "{transport}");
    }
}

#[test]
fn a_header_of_a_megabyte() {
    let mut caller = Caller::new();
    caller.world.say(caller.wire, b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: ");
    for _ in 0..1024 {
        caller.world.say(caller.wire, &[b'x'; 1024]);
    }
    assert_eq!(caller.heard()[0].status, 400);
    assert!(caller.is_closed());
    let end = caller.seen(0, |seen| seen.end.clone()).unwrap();
    assert!(end.contains("start line and headers of a message are longer than 16384 bytes"), "{end}");
    let totals = caller.world.hosts[caller.server].hub.totals();
    assert!(totals.bytes_in < 1 << 21 && totals.faults == 1);
}

#[test]
fn bodies_longer_than_anything() {
    for length in ["9223372036854775808", "18446744073709551616", "-1", "1e3", "70000000", "4294967297"] {
        let mut caller = Caller::new();
        let request = caller.request("ANNOUNCE", "s").with("Content-Length", length);
        let answer = caller.ask(request);
        assert!(matches!(answer.status, 400 | 413), "{length}: {answer:?}");
        assert_eq!(answer.header("Connection"), Some("close"));
        assert!(caller.is_closed(), "{length}");
    }
}

#[test]
fn answers_that_nobody_reads() {
    let mut caller = Caller::new();
    caller.world.network.stick(caller.wire);
    for _ in 0..20_000 {
        let request = caller.request("OPTIONS", "s").write();
        caller.world.say(caller.wire, &request);
    }
    caller.pass_ms(5000);
    assert_eq!(caller.world.connections(caller.server), 0);
    let totals = caller.world.hosts[caller.server].hub.totals();
    assert_eq!(totals.slow_consumers, 1);
}

/// A caller who records two tracks inside the connection.
fn recording() -> Caller {
    let mut caller = Caller::new();
    assert_eq!(caller.announce("mine").status, 200);
    for track in 0..2 {
        let transport =
            format!("RTP/AVP/TCP;unicast;interleaved={}-{};mode=record", track * 2, track * 2 + 1);
        assert_eq!(caller.set_up(&format!("mine/trackID={track}"), &transport).status, 200);
    }
    assert_eq!(caller.status("RECORD", "mine"), 200);
    caller
}

/// A picture in one packet.
fn picture(sequence: u16, timestamp: u32, marker: bool, payload: &[u8]) -> Vec<u8> {
    let header = Header { marker, payload_type: 96, sequence, timestamp, ssrc: 1 };
    [&header.write()[..], payload].concat()
}

#[test]
fn a_publisher_that_stops_in_the_middle_of_a_picture() {
    let mut caller = recording();
    caller.interleave(0, &picture(1, 0, true, &[0x65, 0x88, 1, 2, 3]));
    caller.interleave(0, &picture(2, 3600, true, &[0x41, 0x9A, 1, 2, 3]));
    // Two of three fragments, and half a frame of the connection.
    caller.interleave(0, &picture(3, 7200, false, &[0x7C, 0x81, 0x9A, 1, 2, 3]));
    caller.interleave(0, &picture(4, 7200, false, &[0x7C, 0x01, 4, 5, 6]));
    caller.world.say(caller.wire, &[b'$', 0, 0x10, 0, 1, 2, 3]);
    caller.world.network.hang_up(caller.wire);
    caller.pass_ms(100);
    let sizes =
        caller.seen(0, |seen| seen.frames.iter().map(|(_, frame)| frame.data.len()).collect::<Vec<_>>());
    assert_eq!(sizes, [9, 9], "what is not whole is not passed on");
    assert_eq!(caller.world.connections(caller.server), 0);
}

#[test]
fn channels_that_nobody_set_up() {
    let mut caller = recording();
    let whole = picture(1, 0, true, &[0x65, 0x88, 1, 2, 3]);
    for channel in 4..=255 {
        caller.interleave(channel, &whole);
    }
    // RTP on the channel of reports, and the other way round.
    caller.interleave(1, &whole);
    caller.interleave(0, &[0x80, 200, 0, 6, 0, 0, 0, 1]);
    assert!(caller.seen(0, |seen| seen.frames.is_empty()));
    caller.interleave(0, &whole);
    caller.interleave(0, &picture(2, 3600, true, &[0x41, 0x9A, 1, 2, 3]));
    caller.pass_ms(3000);
    assert_eq!(caller.seen(0, |seen| seen.frames.len()), 2);
    assert!(!caller.is_closed());
}

#[test]
fn packets_of_nothing_and_of_everything() {
    let mut caller = recording();
    for length in [0, 1, 11, 12, 13, 1400, 65_535] {
        for byte in [0x00, 0x80, 0xB0, 0xFF] {
            for channel in 0..4 {
                caller.interleave(channel, &vec![byte; length]);
            }
        }
    }
    caller.pass_ms(100);
    assert!(!caller.is_closed(), "one broken sender's packet is not the end of a stream");
}

#[test]
fn media_before_record_is_passed_over() {
    let mut caller = Caller::new();
    caller.announce("mine");
    caller.set_up("mine/trackID=0", TCP);
    caller.interleave(0, &picture(1, 0, true, &[0x65, 0x88, 1, 2, 3]));
    caller.interleave(0, &picture(2, 3600, true, &[0x41, 0x9A, 1, 2, 3]));
    assert!(caller.seen(0, |seen| seen.frames.is_empty()));
    assert_eq!(caller.status("RECORD", "mine"), 200);
}

#[test]
fn what_is_no_rtsp_is_told_so() {
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\0\x01\x02\n",
        b"HELO\r\n\r\n",
    ] {
        let mut caller = Caller::new();
        caller.world.say(caller.wire, bytes);
        caller.pass_ms(15_000);
        assert!(caller.is_closed(), "{bytes:?}");
        assert_eq!(caller.world.hosts[caller.server].hub.totals().bugs, 0);
    }
}

#[test]
fn a_player_cannot_aim_media_at_others() {
    let mut caller = Caller::with_camera();
    let victim = "RTP/AVP;unicast;destination=198.51.100.9;client_port=5000-5001";
    assert_eq!(caller.set_up("cam/trackID=0", victim).status, 200);
    caller.ask_all([caller.request("PLAY", "cam")]);
    caller.pass_ms(1000);
    let astray = &caller.world.network.astray;
    assert!(astray.len() > 10 && astray.iter().all(|flight| flight.to.ip() == caller.from.ip()));
}

#[test]
fn one_bad_client_does_not_harm_another() {
    let scene = Scene::new(30);
    let mut caller = Caller::with(&Settings::default());
    caller.world.camera(caller.server, "cam", &scene);
    caller.pass_ms(100);
    caller.set_up("cam/trackID=0", TCP);
    caller.ask_all([caller.request("PLAY", "cam")]);
    for n in 0..50_u8 {
        let other = caller.world.call(caller.server, usize::from(n % 2), ([192, 0, 2, 99], 1000).into());
        let noise: Vec<u8> = (0..2000_u32).map(|at| ((at * u32::from(n)) >> 3) as u8 ^ n).collect();
        caller.world.say(other, &noise);
        caller.pass_ms(20);
        caller.world.network.hang_up(other);
    }
    caller.pass_ms(1000);
    let before: Vec<Message> = caller.world.network.messages(caller.wire);
    assert!(before.len() > 50, "{}", before.len());
    assert_eq!(caller.world.hosts[caller.server].hub.totals().bugs, 0);
}
