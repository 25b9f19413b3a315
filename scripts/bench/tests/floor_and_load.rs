//! The two programs against each other, in one process: everything the floor sends is counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rtmpd_bench::error::Fault;
use rtmpd_bench::floor::{Counts, Floor, Pace, Rhythm};
use rtmpd_bench::flv::Trace;
use rtmpd_bench::load::{self, Plan, Report};
use rtmpd_bench::target::Target;

/// Two seconds of video at 12.5 frames per second, every tenth a keyframe, each of this many bytes.
fn trace(size: u16) -> Trace {
    let mut file = b"FLV\x01\x01\0\0\0\x09\0\0\0\0".to_vec();
    for number in 0..25_u8 {
        let (kind, unit) = if number % 10 == 0 { (0x17, 5) } else { (0x27, 1) };
        let mut body = vec![kind, 1, 0, 0, 0, 0, 0];
        body.extend_from_slice(&(size - 9).to_be_bytes());
        body.push(unit);
        body.resize(usize::from(size), 7);
        let time = u16::from(number) * 80;
        let (size, time) = (size.to_be_bytes(), time.to_be_bytes());
        file.extend_from_slice(&[9, 0, size[0], size[1], 0, time[0], time[1], 0, 0, 0, 0]);
        file.extend_from_slice(&body);
        file.extend_from_slice(&[0; 4]);
    }
    Trace::parse(&file).expect("a well-formed file")
}

/// Runs a floor in its own thread until it is stopped.
fn start(
    build: impl FnOnce(SocketAddr) -> Result<Floor, Fault> + Send + 'static,
) -> (SocketAddr, JoinHandle<Counts>) {
    let (tell, told) = mpsc::channel();
    let server = thread::spawn(move || {
        let mut floor = build(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a floor");
        tell.send(floor.local_addr().expect("an address")).expect("somebody who waits");
        floor.run(Duration::from_secs(30)).expect("a run")
    });
    (told.recv().expect("an address"), server)
}

fn stop(addr: SocketAddr, server: JoinHandle<Counts>) -> Counts {
    let mut socket = TcpStream::connect(addr).expect("a connection");
    socket.write_all(b"GET /stop HTTP/1.1\r\n\r\n").expect("a request");
    server.join().expect("the floor's end")
}

fn plan(url: &str, players: usize) -> Plan {
    Plan {
        target: Target::parse(url).expect("a URL"),
        players,
        slow: 0,
        sample: 5,
        window: Duration::from_secs(2),
        ramp: 1000,
        ramp_limit: Duration::from_secs(10),
        settle: Duration::from_millis(300),
        read_every: Duration::from_millis(5),
        threads: 2,
        watch: Vec::new(),
        source_bps: Some(10_000),
        idle_rss_kb: None,
    }
}

/// All of them played to the end, and all were sent something.
fn assert_all_played(report: &Report) {
    let cut: Vec<_> =
        report.outcomes.iter().filter(|one| one.end.is_some() || one.window_bytes == 0).collect();
    assert!(cut.is_empty(), "{cut:?}");
    assert!(report.outcomes.iter().any(|outcome| outcome.keyframe.is_some()));
    assert!(report.expected().is_some() && report.expected_by_source().is_some());
}

#[test]
fn the_loop_closes_without_a_gap() {
    let trace = trace(100);
    assert_eq!(
        (trace.due_ms(0), trace.due_ms(24), trace.due_ms(25), trace.due_ms(50)),
        (0, 1920, 2000, 4000)
    );
    let (head, tail) = trace.pieces(24, 27);
    assert_eq!((head.len(), tail.len()), (115, 230));
    assert_eq!(trace.payload_bps(), 10_000);
}

#[test]
fn each_rhythm_makes_its_number_of_writes() {
    let trace = trace(100);
    let writes = |rhythm| {
        let mut pace = Pace::new(rhythm);
        let mut frames = 0;
        let mut count = 0;
        for now in 0..10_000 {
            while let Some((from, to)) = pace.take(&trace, now) {
                assert_eq!(from, frames);
                frames = to;
                count += 1;
            }
        }
        count
    };
    assert_eq!(writes(Rhythm::EveryFrame), 125);
    assert_eq!(writes(Rhythm::PerSecond(10.0)), 100);
    assert_eq!(writes(Rhythm::EveryMs(100)), 100);
}

#[test]
fn every_player_is_counted() {
    let (addr, server) = start(|addr| Floor::new(addr, trace(100), Rhythm::EveryFrame));
    let plan = Plan { slow: 2, ..plan(&format!("http://{addr}/x.flv"), 20) };
    let report = load::run(plan, &mut std::io::sink()).unwrap();
    assert_eq!(report.outcomes.len(), 20);
    assert_all_played(&report);
    assert!(report.text().contains("players=20 live=20 failed=0 disconnected=0 stalled=0"));
    let counts = stop(addr, server);
    assert_eq!(counts.players, 22);
    assert!(counts.bytes >= report.delivered());
}

#[test]
fn every_datagram_is_counted() {
    // Frames of three packets.
    let (addr, server) = start(|addr| Floor::by_datagrams(addr, trace(4000), Rhythm::EveryFrame));
    let report = load::run(plan(&format!("rtsp-udp://{addr}/x"), 20), &mut std::io::sink()).unwrap();
    assert_eq!(report.outcomes.len(), 20);
    assert_all_played(&report);
    let packets = report.packets();
    assert_eq!((packets.received, packets.lost()), (packets.expected, 0));
    let counts = stop(addr, server);
    assert_eq!((counts.players, counts.dropped), (20, 0));
    assert!(counts.bytes >= report.delivered());
}

#[test]
fn a_refused_player_is_a_failure_with_a_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let _ = socket.read(&mut request).unwrap();
        socket.write_all(b"HTTP/1.1 503 Busy\r\n\r\n").unwrap();
    });
    let window = Duration::from_millis(50);
    let plan = Plan { window, settle: Duration::ZERO, ..plan(&format!("http://{addr}/x.flv"), 1) };
    let report = load::run(plan, &mut std::io::sink()).unwrap();
    server.join().unwrap();
    assert_eq!(report.outcomes[0].end.as_deref(), Some("http status: \"503\", expected 200 (in set-up)"));
}
