//! The relays do what their weather says, and nothing else.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use rtmpd_interop::until;
use rtmpd_interop::weather::{Counts, Path, Relay, RtspRelay, Tally, Weather};

const LONG: Duration = Duration::from_secs(10);

/// A socket on the loopback.
fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LONG)).expect("a timeout can be set");
    socket
}

fn addr(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("it is bound")
}

/// Sends the numbers up to `count` through the relay, and gives those that come, in their order.
fn numbers(relay: &Relay, server: &UdpSocket, count: u32) -> Vec<u32> {
    let client = socket();
    let mut got = Vec::new();
    for number in 0..count {
        client.send_to(&number.to_be_bytes(), relay.addr()).expect("the loopback takes it");
        // In small parts, so that no buffer overflows.
        if number % 50 == 49 {
            until("the relay has them", LONG, || relay.counts().there.came == u64::from(number) + 1);
            take(relay, server, &mut got);
        }
    }
    until("all have left", LONG, || {
        let Tally { came, left, lost, duplicated, .. } = relay.counts().there;
        came == u64::from(count) && left == came - lost + duplicated
    });
    take(relay, server, &mut got);
    got
}

/// Takes what has left the relay.
fn take(relay: &Relay, server: &UdpSocket, got: &mut Vec<u32>) {
    for _ in got.len() as u64..relay.counts().there.left {
        let mut buffer = [0; 4];
        let (length, _) = server.recv_from(&mut buffer).expect("it comes");
        assert_eq!(length, 4);
        got.push(u32::from_be_bytes(buffer));
    }
}

#[test]
fn fair_weather_changes_nothing_and_keeps_peers_apart() {
    let server = socket();
    let relay = Relay::start(addr(&server), Weather::default());
    let clients = [socket(), socket(), socket()];
    let mut seen = BTreeMap::new();
    for round in 0..5_u8 {
        for (client, name) in clients.iter().zip(0..) {
            client.send_to(&[name, round], relay.addr()).expect("the loopback takes it");
            let mut buffer = [0; 16];
            let (length, from) = server.recv_from(&mut buffer).expect("it comes");
            assert_eq!(buffer[..length], [name, round]);
            assert_eq!(*seen.entry(name).or_insert(from), from, "a peer stays the same peer");
            server.send_to(&[b'r', name, round], from).expect("the loopback takes it");
            let (length, from) = client.recv_from(&mut buffer).expect("it comes");
            assert_eq!((&buffer[..length], from), (&[b'r', name, round][..], relay.addr()));
        }
    }
    let each = Tally { came: 15, left: 15, ..Tally::default() };
    assert_eq!(relay.counts(), Counts { there: each, back: each });
    assert_eq!(seen.values().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[test]
fn so_many_are_lost_and_always_the_same() {
    let weather = Weather { seed: 3, there: Path { loss: 10.0, ..Path::default() }, back: Path::default() };
    let runs = [weather, weather, Weather { seed: 4, ..weather }].map(|weather| {
        let server = socket();
        let relay = Relay::start(addr(&server), weather);
        let got = numbers(&relay, &server, 1000);
        let Tally { came, left, lost, .. } = relay.counts().there;
        assert_eq!((came, left + lost), (1000, 1000));
        assert!((60..140).contains(&lost), "{lost} of 1,000 are not about 10 %");
        assert!(got.is_sorted());
        got
    });
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[test]
fn some_come_twice_and_some_late() {
    let path = Path { duplicate: 5.0, reorder: 5.0, displacement: 3, ..Path::default() };
    let server = socket();
    let relay = Relay::start(addr(&server), Weather::both(11, path));
    let got = numbers(&relay, &server, 1000);
    let tally = relay.counts().there;
    assert!((25..90).contains(&tally.duplicated) && (25..90).contains(&tally.reordered), "{tally:?}");
    assert_eq!(got.len() as u64, 1000 + tally.duplicated);
    let all: std::collections::BTreeSet<_> = got.iter().copied().collect();
    assert_eq!(all.len(), 1000, "nothing is lost");
    let late = got.windows(2).filter(|two| two[1] < two[0]).count();
    assert!(late > 10, "{late}");
    for (at, number) in got.iter().enumerate() {
        let overtaken =
            got[..at].iter().filter(|before| *before > number).collect::<std::collections::BTreeSet<_>>();
        // Three go by, and those among them that are late themselves; the last ones are let go together.
        assert!(overtaken.len() <= 8, "{number} was overtaken by {overtaken:?}");
    }
}

#[test]
fn late_ones_come_even_if_nothing_follows() {
    let path = Path { reorder: 100.0, displacement: 5, ..Path::default() };
    let server = socket();
    let relay = Relay::start(addr(&server), Weather::both(1, path));
    assert_eq!(numbers(&relay, &server, 3), [0, 1, 2]);
}

#[test]
fn delay_and_jitter_keep_the_order() {
    let path =
        Path { delay: Duration::from_millis(30), jitter: Duration::from_millis(40), ..Path::default() };
    let server = socket();
    let relay = Relay::start(addr(&server), Weather::both(1, path));
    let began = std::time::Instant::now();
    let got = numbers(&relay, &server, 100);
    assert!(began.elapsed() >= Duration::from_millis(30), "nothing is early");
    assert!(got.iter().copied().eq(0..100));
}

#[test]
fn a_pair_goes_to_a_pair() {
    let (rtp, rtcp) = loop {
        let rtp = socket();
        let port = addr(&rtp).port();
        if port.is_multiple_of(2)
            && let Ok(rtcp) = UdpSocket::bind(("127.0.0.1", port + 1))
        {
            break (rtp, rtcp);
        }
    };
    rtcp.set_read_timeout(Some(LONG)).expect("a timeout can be set");
    let relay = Relay::start_pair(addr(&rtp), Weather::default());
    assert_eq!(relay.addr().port() % 2, 0);
    let client = socket();
    client.send_to(b"rtp", relay.addr()).expect("the loopback takes it");
    client.send_to(b"rtcp", (relay.addr().ip(), relay.addr().port() + 1)).expect("the loopback takes it");
    let mut buffer = [0; 16];
    for (server, wanted) in [(&rtp, &b"rtp"[..]), (&rtcp, b"rtcp")] {
        let (length, _) = server.recv_from(&mut buffer).expect("it comes");
        assert_eq!(&buffer[..length], wanted);
    }
}

/// Reads until the end of a head and so many bytes more.
fn head_and(stream: &mut TcpStream, more: usize) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head comes");
        text.push(byte[0]);
    }
    let mut rest = vec![0; more];
    stream.read_exact(&mut rest).expect("a body comes");
    text.extend(rest);
    String::from_utf8_lossy(&text).into_owned()
}

/// The ports of a parameter that has two.
fn ports(head: &str, name: &str) -> (u16, u16) {
    let (_, rest) = head.split_once(&format!("{name}=")).expect("the parameter is there");
    let value = rest.split([';', '\r', ',']).next().expect("it has a value");
    let (first, last) = value.split_once('-').expect("two ports");
    (first.parse().expect("a number"), last.parse().expect("a number"))
}

/// A client and a server that are connected through the relay.
fn couple(weather: Weather) -> (RtspRelay, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let relay = RtspRelay::start(listener.local_addr().expect("it is bound"), weather);
    let client = TcpStream::connect(relay.addr()).expect("the relay listens");
    let (server, _) = listener.accept().expect("the relay connects");
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(LONG)).expect("a timeout can be set");
    }
    (relay, client, server)
}

#[test]
fn the_media_of_a_session_go_through_the_weather() {
    let (relay, mut client, mut server) = couple(Weather::lossy(5, 0.0));
    let [client_rtp, client_rtcp, server_rtp, server_rtcp] = [(); 4].map(|()| socket());
    // The parties' own ports need not be pairs for the relay to tell which is which: but then they are told alone.
    for (n, (mine, theirs)) in
        [(&client_rtp, &server_rtp), (&client_rtcp, &server_rtcp)].into_iter().enumerate()
    {
        let own = addr(mine).port();
        let url = format!("rtsp://{}/live/one/trackID={n}", relay.addr());
        let setup = format!(
            "SETUP {url} RTSP/1.0\r\nCSeq: {n}\r\ntransport: RTP/AVP;unicast;client_port={own};mode=play\r\n\r\n"
        );
        client.write_all(setup.as_bytes()).expect("the relay reads");
        let asked = head_and(&mut server, 0);
        assert!(asked.starts_with(&format!("SETUP {url} RTSP/1.0\r\nCSeq: {n}\r\n")), "{asked}");
        let (_, told) = asked.split_once("client_port=").expect("the port is told");
        let told: u16 = told.split(';').next().expect("a value").parse().expect("a number");
        assert_ne!(told, own);
        let answer = format!(
            "RTSP/1.0 200 OK\r\nCSeq: {n}\r\nTransport: RTP/AVP;unicast;client_port={told};server_port={}\r\n\r\n",
            addr(theirs).port()
        );
        server.write_all(answer.as_bytes()).expect("the relay reads");
        let answer = head_and(&mut client, 0);
        assert!(answer.contains(&format!("client_port={own};server_port=")), "{answer}");
        let (_, front) = answer.split_once("server_port=").expect("the port is told");
        let front: u16 = front.trim().parse().expect("a number");
        assert_ne!(front, addr(theirs).port());

        theirs.send_to(b"picture", ("127.0.0.1", told)).expect("the loopback takes it");
        let mut buffer = [0; 32];
        let (length, from) = mine.recv_from(&mut buffer).expect("it comes");
        assert_eq!((&buffer[..length], from.port()), (&b"picture"[..], front));
        mine.send_to(b"report", ("127.0.0.1", front)).expect("the loopback takes it");
        let (length, from) = theirs.recv_from(&mut buffer).expect("it comes");
        assert_eq!((&buffer[..length], from.port()), (&b"report"[..], told));
    }
    let each = Tally { came: 2, left: 2, ..Tally::default() };
    assert_eq!(relay.counts(), Counts { there: each, back: each });
}

#[test]
fn port_pairs_stay_pairs_and_are_lost_as_told() {
    let (relay, mut client, mut server) = couple(Weather::lossy(5, 100.0));
    client
        .write_all(b"SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/UDP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1\r\n\r\n")
        .expect("the relay reads");
    let asked = head_and(&mut server, 0);
    let (rtp, rtcp) = ports(&asked, "client_port");
    assert!(rtp.is_multiple_of(2) && rtcp == rtp + 1 && rtp != 5000, "{asked}");
    assert!(asked.ends_with(",RTP/AVP/TCP;interleaved=0-1\r\n\r\n"), "{asked}");
    let from = socket();
    let port = addr(&from).port();
    let answer = format!(
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port={rtp}-{rtcp};server_port={port}-{}\r\n\r\n",
        port.wrapping_add(1)
    );
    server.write_all(answer.as_bytes()).expect("the relay reads");
    let answer = head_and(&mut client, 0);
    assert_eq!(ports(&answer, "client_port"), (5000, 5001));
    let (rtp_front, rtcp_front) = ports(&answer, "server_port");
    assert!(rtp_front.is_multiple_of(2) && rtcp_front == rtp_front + 1, "{answer}");
    for _ in 0..20 {
        from.send_to(b"picture", ("127.0.0.1", rtp)).expect("the loopback takes it");
    }
    until("all are lost", LONG, || relay.counts().back == Tally { came: 20, lost: 20, ..Tally::default() });
}

#[test]
fn everything_else_passes_as_it_is() {
    let (_relay, mut client, mut server) = couple(Weather::lossy(5, 100.0));
    // A body that looks like a head, interleaved data that looks like a request, a transport over TCP.
    let body = "Transport: RTP/AVP;client_port=1-2\r\n\r\n$";
    let announce =
        format!("ANNOUNCE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let setup =
        "SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
    let data = "$\u{1}\0\u{a}SETUP x\r\n\r";
    let sent = format!("\r\n{announce}{setup}{data}{setup}");
    for part in sent.as_bytes().chunks(7) {
        client.write_all(part).expect("the relay reads");
    }
    let mut got = vec![0; sent.len()];
    server.read_exact(&mut got).expect("all comes");
    assert_eq!(String::from_utf8_lossy(&got), sent);
    server.write_all(sent.as_bytes()).expect("the relay reads");
    client.read_exact(&mut got).expect("all comes");
    assert_eq!(String::from_utf8_lossy(&got), sent);
    drop(server);
    assert_eq!(client.read(&mut got).expect("an end"), 0, "a closed end is passed on");
}

#[test]
fn what_is_no_rtsp_is_cut_off() {
    let (_relay, mut client, mut server) = couple(Weather::default());
    client.write_all(b"SETUP x RTSP/1.0\r\nContent-Length: 99999999999\r\n\r\n").expect("the relay reads");
    assert_eq!(server.read(&mut [0; 9]).expect("an end"), 0);
}

#[test]
fn relays_end_when_they_are_dropped() {
    let server = socket();
    let relay = Relay::start(addr(&server), Weather::lossy(1, 1.0));
    let port = relay.addr();
    drop(relay);
    UdpSocket::bind(port).expect("the port is free again");
    let (relay, mut client, _server) = couple(Weather::default());
    let port = relay.addr();
    drop(relay);
    assert_eq!(client.read(&mut [0; 9]).expect("an end"), 0);
    TcpStream::connect(port).expect_err("nobody listens");
}
