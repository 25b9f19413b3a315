//! Datagrams at a pace.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use rtmpd_core::{Instant, Leg, Output};

use crate::rtsp::pacer::Pacer;

const VIDEO: Leg = Leg(0);
const SOUND: Leg = Leg(2);

fn to() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 5000))
}

/// So many packets, packed as for interleaving, each of two bytes: this one and its number.
fn packed(name: u8, count: u8) -> Bytes {
    (0..count).flat_map(|n| [b'$', 0, 0, 2, name, n]).collect()
}

/// What went out: by which leg, which packet.
fn sent(out: &mut VecDeque<Output>) -> Vec<(Leg, u8, u8)> {
    let sent = out.drain(..).map(|output| match output {
        Output::Datagram(leg, datagram) => (leg, datagram.body[0], datagram.body[1]),
        other => panic!("{other:?}"),
    });
    sent.collect()
}

#[test]
fn a_burst_goes_out_step_by_step_in_order() {
    let (mut pacer, mut out) = (Pacer::default(), VecDeque::new());
    let mut now = Instant::from_millis(1000);
    pacer.push(now, VIDEO, to(), &packed(b'a', 100), &mut out);
    pacer.push(now, SOUND, to(), &packed(b'b', 3), &mut out);
    let mut all = sent(&mut out);
    assert_eq!(all.len(), 48);
    assert!(!pacer.is_empty());
    while let Some(at) = pacer.poll_timeout() {
        assert!(at > now, "it waits for later");
        now = at;
        pacer.run(now, &mut out);
        let some = sent(&mut out);
        assert!((1..=48).contains(&some.len()));
        all.extend(some);
    }
    let wanted = (0..100).map(|n| (VIDEO, b'a', n)).chain((0..3).map(|n| (SOUND, b'b', n)));
    assert_eq!(all, wanted.collect::<Vec<_>>());
    assert!(pacer.is_empty());
    assert_eq!(now, Instant::from_millis(1006));
}

#[test]
fn what_is_little_does_not_wait() {
    let (mut pacer, mut out) = (Pacer::default(), VecDeque::new());
    for n in 0..100 {
        pacer.push(Instant::from_millis(1000 + n * 10), VIDEO, to(), &packed(b'a', 48), &mut out);
        assert_eq!(sent(&mut out).len(), 48);
        assert_eq!((pacer.is_empty(), pacer.poll_timeout()), (true, None));
    }
}

#[test]
fn what_goes_nowhere_any_more_is_forgotten() {
    let (mut pacer, mut out) = (Pacer::default(), VecDeque::new());
    let now = Instant::from_millis(1000);
    pacer.push(now, VIDEO, to(), &packed(b'a', 100), &mut out);
    pacer.push(now, SOUND, to(), &packed(b'b', 2), &mut out);
    sent(&mut out);
    pacer.forget(VIDEO);
    pacer.run(Instant::from_millis(1010), &mut out);
    assert_eq!(sent(&mut out), [(SOUND, b'b', 0), (SOUND, b'b', 1)]);
}
