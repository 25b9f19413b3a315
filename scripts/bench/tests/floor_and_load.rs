//! The two programs against each other, in one process: everything the floor sends is counted.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rtmpd_bench::floor::{Floor, Pace, Rhythm};
use rtmpd_bench::flv::Trace;
use rtmpd_bench::load::{self, Plan};
use rtmpd_bench::target::Target;

/// Two seconds of video at 12.5 frames per second, every tenth a keyframe.
fn trace() -> Trace {
    let mut file = b"FLV\x01\x01\0\0\0\x09\0\0\0\0".to_vec();
    for number in 0..25_u8 {
        let body: Vec<u8> =
            [if number % 10 == 0 { 0x17 } else { 0x27 }, 1, 0, 0, 0].into_iter().chain([7; 95]).collect();
        let time = u16::from(number) * 80;
        file.extend_from_slice(&[9, 0, 0, 100, 0, (time >> 8) as u8, time as u8, 0, 0, 0, 0]);
        file.extend_from_slice(&body);
        file.extend_from_slice(&[0, 0, 0, 111]);
    }
    Trace::parse(&file).expect("a well-formed file")
}

#[test]
fn the_loop_closes_without_a_gap() {
    let trace = trace();
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
    let trace = trace();
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
    let mut floor = Floor::new("127.0.0.1:0".parse().unwrap(), trace(), Rhythm::EveryFrame).unwrap();
    let addr = floor.local_addr().unwrap();
    let server = thread::spawn(move || floor.run(Duration::from_secs(30)).unwrap());
    let plan = Plan {
        target: Target::parse(&format!("http://{addr}/x.flv")).unwrap(),
        players: 20,
        slow: 2,
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
    };
    let report = load::run(plan, &mut std::io::sink()).unwrap();
    assert_eq!(report.outcomes.len(), 20);
    let cut: Vec<_> =
        report.outcomes.iter().filter(|one| one.end.is_some() || one.window_bytes == 0).collect();
    assert!(cut.is_empty(), "{cut:?}");
    assert!(report.outcomes.iter().any(|outcome| outcome.keyframe.is_some()));
    assert!(report.expected().is_some() && report.expected_by_source().is_some());
    assert!(report.text().contains("players=20 live=20 failed=0 disconnected=0 stalled=0"));
    TcpStream::connect(addr).unwrap().write_all(b"GET /stop HTTP/1.1\r\n\r\n").unwrap();
    let counts = server.join().unwrap();
    assert_eq!(counts.players, 22);
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
    let plan = Plan {
        target: Target::parse(&format!("http://{addr}/x.flv")).unwrap(),
        players: 1,
        slow: 0,
        sample: 0,
        window: Duration::from_millis(50),
        ramp: 10,
        ramp_limit: Duration::from_secs(10),
        settle: Duration::ZERO,
        read_every: Duration::ZERO,
        threads: 1,
        watch: Vec::new(),
        source_bps: None,
        idle_rss_kb: None,
    };
    let report = load::run(plan, &mut std::io::sink()).unwrap();
    server.join().unwrap();
    assert_eq!(report.outcomes[0].end.as_deref(), Some("http status: \"503\", expected 200 (in set-up)"));
}
