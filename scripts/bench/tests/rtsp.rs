//! The RTSP player against answers made by hand: any cutting gives the same, what is missing is counted.

use rtmpd_bench::feed::Feed;
use rtmpd_bench::media::{Message, RTP_AUDIO, RTP_VIDEO};
use rtmpd_bench::rtsp::RtspSession;
use rtmpd_bench::target::{RtspTarget, Target};

const SDP: &str = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n\
                   m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/48000/2\r\na=control:rtsp://h/a/b/trackID=1\r\n";

fn target(way: &str) -> RtspTarget {
    match Target::parse(&format!("rtsp-{way}://127.0.0.1:8554/a/b")).expect("a URL") {
        Target::Rtsp(target) => target,
        Target::Rtmp(_) | Target::Http(_) => panic!("not RTSP"),
    }
}

fn answer(more: &str, body: &str) -> Vec<u8> {
    format!("RTSP/1.0 200 OK\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Answers up to that to PLAY.
fn answers() -> Vec<u8> {
    let set_up = |channels| {
        format!("Session: 7;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved={channels}\r\n")
    };
    [answer("", ""), answer("", SDP), answer(&set_up("0-1"), ""), answer(&set_up("4-5"), ""), answer("", "")]
        .concat()
}

fn frame(channel: u8, number: u16, time: u32, payload: &[u8]) -> Vec<u8> {
    let length = 12 + payload.len() as u16;
    let mut out = vec![b'$', channel];
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&[0x80, 96]);
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&time.to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, 9]);
    out.extend_from_slice(payload);
    out
}

fn output(session: &mut RtspSession) -> String {
    String::from_utf8(session.take_output()).expect("text")
}

#[test]
fn any_cutting_gives_the_same_packets() {
    let reports = [b'$', 1, 0, 8, 0x80, 200, 0, 1, 0, 0, 0, 9];
    let wire = [
        answers(),
        frame(0, 65_535, 1000, &[0x65, 1, 2]),
        reports.to_vec(),
        frame(4, 7, 50, &[0, 16]),
        frame(0, 0, 91_000, &[0x5c, 0x85, 3]),
    ]
    .concat();
    let message = |kind, timestamp, payload: &[u8]| Message { kind, timestamp, payload: payload.to_vec() };
    for step in [1, 7, 100, wire.len()] {
        let mut session = RtspSession::new(&target("tcp"));
        wire.chunks(step).for_each(|piece| session.push(piece).unwrap());
        let found: Vec<_> = std::iter::from_fn(|| session.next_media()).collect();
        let expected = [
            message(RTP_VIDEO, 0, &[0x65, 1, 2]),
            message(RTP_AUDIO, 0, &[0, 16]),
            message(RTP_VIDEO, 1000, &[0x5c, 0x85, 3]),
        ];
        assert_eq!(found, expected);
        assert!(session.is_live() && found[0].is_keyframe() && found[2].is_keyframe());
        assert_eq!((session.tally().received, session.tally().lost()), (3, 0));
    }
}

#[test]
fn requests_go_to_where_the_description_says() {
    let mut session = RtspSession::new(&target("tcp"));
    assert!(output(&mut session).starts_with("OPTIONS rtsp://127.0.0.1:8554/a/b RTSP/1.0\r\nCSeq: 1\r\n"));
    session.push(&answers()).unwrap();
    let text = output(&mut session);
    let firsts: Vec<_> =
        text.split("\r\n\r\n").map(|request| request.lines().next().unwrap_or_default()).collect();
    let expected = [
        "DESCRIBE rtsp://127.0.0.1:8554/a/b RTSP/1.0",
        "SETUP rtsp://127.0.0.1:8554/a/b/trackID=0 RTSP/1.0",
        "SETUP rtsp://h/a/b/trackID=1 RTSP/1.0",
        "PLAY rtsp://127.0.0.1:8554/a/b RTSP/1.0",
        "",
    ];
    assert_eq!(firsts, expected);
    assert!(text.ends_with("Session: 7\r\n\r\n"));
}

#[test]
fn what_is_missing_is_counted_without_a_look_at_the_rest() {
    let mut session = RtspSession::new(&target("tcp"));
    session.push(&answers()).unwrap();
    let packets =
        [frame(0, 65_534, 0, &[1; 50]), frame(0, 1, 0, &[2; 900]), frame(4, 9, 0, &[3; 20])].concat();
    // The first piece of a packet comes before the change, the rest afterwards.
    session.push(&packets[..70]).unwrap();
    session.count_only().unwrap();
    packets[70..].chunks(13).for_each(|piece| session.push(piece).unwrap());
    let tally = session.tally();
    assert_eq!((tally.received, tally.expected, tally.lost()), (3, 5, 2));
    assert!(session.next_media().is_none());
    let fault = session.push(b"RTSP/1.0 200 OK\r\n\r\n").unwrap_err();
    assert_eq!(fault.to_string(), "interleaved frame: 0x52, expected 0x24");
}

#[test]
fn datagrams_late_or_twice_are_not_lost() {
    let mut session = RtspSession::new(&target("udp"));
    session.push(&[answer("", ""), answer("", SDP)].concat()).unwrap();
    assert_eq!(session.wants_ports(), Some(2));
    session.give_ports(vec![(4000, 4001), (4002, 4003)]);
    assert!(output(&mut session).contains("client_port=4000-4001\r\n"));
    let set_up = |ports| answer(&format!("Transport: RTP/AVP;unicast;server_port={ports}\r\n"), "");
    session.push(&[set_up("6970-6971"), set_up("6972-6973"), answer("", "")].concat()).unwrap();
    assert!(session.is_live() && session.wants_ports().is_none());
    for number in [10, 12, 11, 11, 15] {
        session.packet(0, &frame(0, number, 0, &[])[4..]);
    }
    let tally = session.tally();
    assert_eq!((tally.received, tally.expected, tally.lost()), (5, 6, 1));
    let (report, port) = session.report(0).unwrap();
    assert_eq!(
        (report[1], report[8..12].to_vec(), report[16..20].to_vec(), port),
        (201, vec![0, 0, 0, 9], vec![0, 0, 0, 15], 6971)
    );
    assert_eq!((report[33], report.len()), (202, 52));
}

#[test]
fn nonsense_is_a_fault_with_a_reason() {
    let faults = [
        ("RTSP/1.0 404 Not Found\r\n\r\n", "rtsp status: \"404\" to Options, expected 200"),
        ("HTTP/1.1 200 OK\r\n\r\n", "rtsp status line: \"HTTP/1.1 200 OK\", expected RTSP/1.0 and a status"),
        ("RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n", "rtsp Content-Length: expected at most 65536"),
        ("RTSP/1.0 200 OK\r\n\r\nRTSP/1.0 200 OK\r\n\r\n", "rtsp description: no tracks"),
    ];
    for (wire, expected) in faults {
        let mut feed = Feed::new(&Target::Rtsp(target("tcp")));
        assert_eq!(feed.push(wire.as_bytes()).unwrap_err().to_string(), expected);
    }
    let mut feed = Feed::new(&Target::Rtsp(target("tcp")));
    assert!(feed.push(&[b'R'; 20_000]).is_err());
}
