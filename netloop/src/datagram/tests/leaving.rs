//! What is sent arrives byte by byte and in order, whatever way it went.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::harness::{assert_dry, loopback, pattern, receivers, senders, take};
use crate::datagram::{Options, Outgoing, Receiver};

/// Lengths that make runs of all kinds: equal ones, a shorter end, longer ones, empty ones, single ones.
const LENGTHS: [usize; 16] = [1200, 1200, 1200, 700, 1200, 1200, 1300, 1, 1, 0, 0, 8000, 8000, 20, 9000, 5];

#[test]
fn batches_of_mixed_sizes_and_peers_arrive_as_they_were_sent() {
    for (way, mut sender, socket) in senders(loopback()) {
        for (how, mut receiver, first) in receivers(loopback()) {
            let second = Options::default().bind(loopback()).expect("a free port");
            let bodies: Vec<Vec<u8>> = LENGTHS.iter().enumerate().map(|(n, len)| pattern(n, *len)).collect();
            let mut batch = Vec::new();
            for peer in [&first, &second, &first] {
                batch.extend(bodies.iter().map(|body| {
                    let (head, body) = body.split_at(body.len().min(12));
                    Outgoing { to: peer.local(), head, body }
                }));
            }
            assert_eq!(sender.send(&socket, &batch).expect("the socket works"), batch.len());
            let wanted: Vec<_> = bodies.iter().map(|body| (socket.local(), body.clone())).collect();
            let twice = [&wanted[..], &wanted[..]].concat();
            assert!(take(receiver.as_mut(), &first, 32) == twice, "{way}, {how}");
            assert!(take(&mut Receiver::new(), &second, 16) == wanted, "{way}");
            assert_dry(receiver.as_mut(), &first);
            assert_eq!(receiver.truncated(), 0);
            assert_eq!(sender.lost(), 0);
        }
    }
}

#[test]
fn frames_for_a_hundred_peers_arrive_whole() {
    let body = pattern(3, 1188);
    for (way, mut sender, socket) in senders(loopback()) {
        let peers: Vec<_> =
            (0..100).map(|_| Options::default().bind(loopback()).expect("a free port")).collect();
        let heads: Vec<Vec<u8>> = (0..1000).map(|n| pattern(n, 12)).collect();
        let batch: Vec<_> = heads
            .iter()
            .enumerate()
            .map(|(n, head)| Outgoing { to: peers[n / 10].local(), head, body: &body })
            .collect();
        assert_eq!(sender.send(&socket, &batch).expect("the socket works"), 1000);
        for (peer, heads) in peers.iter().zip(heads.chunks(10)) {
            let got = take(&mut Receiver::new(), peer, 10);
            let wanted = heads.iter().map(|head| [&head[..], &body[..]].concat());
            assert!(got.into_iter().map(|(_, data)| data).eq(wanted), "{way}");
        }
    }
}

#[test]
fn long_runs_are_cut_at_the_bounds_of_a_message() {
    for length in [1, 64, 1016, 9000] {
        let body = pattern(1, length);
        let peer = Options::default().bind(loopback()).expect("a free port");
        let most = 64.min(65_000 / length);
        let batch = vec![Outgoing { to: peer.local(), head: &[], body: &body }; most + 3];
        for (way, mut sender, socket) in senders(loopback()) {
            assert_eq!(sender.send(&socket, &batch).expect("the socket works"), most + 3);
            let got = take(&mut Receiver::new(), &peer, most + 3);
            assert!(got.iter().all(|(_, data)| *data == body), "{way}: {length}");
        }
    }
}

#[test]
fn dual_stack_sockets_reach_ipv4_and_see_its_own_addresses() {
    let any = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0);
    for (way, mut sender, socket) in senders(any) {
        for (how, mut receiver, peer) in receivers(any) {
            let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), peer.local().port());
            let from = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), socket.local().port());
            let body = pattern(5, 900);
            let batch = [Outgoing { to, head: &[1, 2], body: &body }; 5];
            assert_eq!(sender.send(&socket, &batch).expect("the socket works"), 5);
            let wanted = (from, [&[1, 2], &body[..]].concat());
            assert!(take(receiver.as_mut(), &peer, 5).iter().all(|got| *got == wanted), "{way}, {how}");
        }
    }
}

#[test]
fn peers_that_cannot_be_reached_do_not_stop_the_others() {
    let peer = Options::default().bind(loopback()).expect("a free port");
    let closed = Options::default().bind(loopback()).expect("a free port").local();
    let body = pattern(2, 100);
    let long = pattern(2, 65_600);
    let to = |to| Outgoing { to, head: &[], body: &body };
    let nowhere = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    for (way, mut sender, socket) in senders(loopback()) {
        for round in 1..=10 {
            let too_long = Outgoing { body: &long, ..to(peer.local()) };
            let batch = [
                [to(peer.local()); 3],
                [to(closed); 3],
                [to(nowhere); 3],
                [too_long, to(peer.local()), to(peer.local())],
            ];
            assert_eq!(sender.send(&socket, batch.as_flattened()).expect("the socket works"), 12, "{way}");
            assert_eq!(take(&mut Receiver::new(), &peer, 5).len(), 5);
            assert_dry(&mut Receiver::new(), &peer);
            assert_eq!(sender.lost(), 4 * round, "{way}");
            assert_dry(&mut Receiver::new(), &socket);
        }
    }
}

#[test]
fn nothing_to_send_is_nothing_sent() {
    for (_, mut sender, socket) in senders(loopback()) {
        assert_eq!(sender.send(&socket, &[]).expect("the socket works"), 0);
    }
}
