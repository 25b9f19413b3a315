//! Sockets as they are opened: buffers, shared ports, pairs of ports.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::harness::{loopback, take};
use crate::datagram::{BufferAdvice, Multicast, Options, Outgoing, Ports, Receiver, Sender};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn the_buffers_are_as_large_as_can_be_had() {
    let socket = Options::default().bind(loopback()).expect("a free port");
    let few = Options { recv_buffer: 20_000, send_buffer: 20_000, ..Options::default() };
    let small = few.bind(loopback()).expect("a free port");
    assert!(socket.buffers().recv > small.buffers().recv);
    assert!(socket.buffers().send > small.buffers().send);
    assert_eq!(small.buffer_advice(), None);
    if cfg!(windows) {
        return; // Which grants whatever is asked for.
    }
    let greedy = Options { recv_buffer: usize::MAX, ..Options::default() };
    let advice = greedy.bind(loopback()).expect("a free port").buffer_advice().expect("nobody has so much");
    assert!(advice.got >= 64 * 1024 && advice.wanted == usize::MAX);
}

#[test]
fn the_advice_names_what_helps() {
    let advice = BufferAdvice { got: 212_992, wanted: 4 << 20 }.to_string();
    assert!(
        advice.starts_with("the receive buffer of UDP sockets is 208 KiB instead of 4096 KiB"),
        "{advice}"
    );
    if cfg!(target_os = "linux") {
        assert!(advice.ends_with("raise net.core.rmem_max to 4194304"), "{advice}");
    }
}

#[test]
fn workers_share_a_port_and_nobody_else_does() {
    let options = Options::default();
    let sockets = options.bind_shared(loopback(), 3).expect("a free port");
    let addr = sockets[0].local();
    assert!(sockets.len() == 3 || sockets.len() == 1);
    assert!(sockets.iter().all(|socket| socket.local() == addr));
    for workers in [1, 2] {
        let error = options.bind_shared(addr, workers).expect_err("the port is taken");
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
    // Each peer finds one of them.
    for _ in 0..20 {
        let from = options.bind(loopback()).expect("a free port");
        let batch = [Outgoing { to: addr, head: b"to", body: b"any" }];
        assert_eq!(Sender::new().send(&from, &batch).expect("the socket works"), 1);
    }
    let mut count = 0;
    for socket in &sockets {
        Receiver::new().receive(socket, |_, _| count += 1).expect("the socket works");
    }
    assert_eq!(count, 20);
}

#[test]
fn a_port_alone_is_not_shared() {
    let socket = Options::default().bind(loopback()).expect("a free port");
    let error = Options::default().bind(socket.local()).expect_err("the port is taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn pairs_are_an_even_port_and_the_next_one_within_the_range() {
    // Somewhere in the range other programs may hold ports: pairs are those that can be had.
    for (low, high) in [(20_000, 20_039), (20_001, 20_040), (21_001, 21_039)] {
        let mut ports = Ports::new(low..=high, 7).expect("there are pairs");
        let mut held = Vec::new();
        let error = loop {
            match ports.pair(HERE, &Options::default()) {
                Ok(pair) => held.push(pair),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&format!("between {low} and {high}")), "{error}");
        let firsts: BTreeSet<u16> = held.iter().map(|(rtp, _)| rtp.local().port()).collect();
        assert_eq!(firsts.len(), held.len());
        assert!(!held.is_empty() && held.len() <= 20);
        for (rtp, rtcp) in &held {
            let (rtp, rtcp) = (rtp.local(), rtcp.local());
            assert!(rtp.port() % 2 == 0 && rtcp.port() == rtp.port() + 1 && rtp.ip() == HERE);
            assert!(low <= rtp.port() && rtcp.port() <= high);
        }
        // One that is given up is found again.
        let given_up = held.swap_remove(0).0.local();
        assert_eq!(ports.pair(HERE, &Options::default()).expect("one is free").0.local(), given_up);
    }
}

#[test]
fn ports_rest_before_they_are_dealt_out_again() {
    let mut ports = Ports::new(22_000..=22_199, 3).expect("there are pairs");
    let dealt: Vec<u16> =
        (0..10).map(|_| ports.one(HERE, &Options::default()).expect("one is free").local().port()).collect();
    assert_eq!(dealt.iter().collect::<BTreeSet<_>>().len(), 10, "{dealt:?}");
    assert!(dealt.iter().all(|port| port % 2 == 0));
}

#[test]
fn neighbours_begin_far_from_each_other() {
    let options = Options::default();
    let begin = |seed| {
        let mut ports = Ports::new(20_000..=29_999, seed).expect("there are pairs");
        ports.one(HERE, &options).expect("one is free").local().port()
    };
    let mut begins = [0, 1, 2, 3].map(begin);
    begins.sort_unstable();
    assert!(begins.windows(2).all(|two| two[1] - two[0] > 1000), "{begins:?}");
}

#[test]
fn a_range_without_a_pair_is_refused() {
    for (low, high) in [(5001, 5001), (5000, 5000), (5001, 5002), (5002, 5000), (0, 0), (65_535, 65_535)] {
        let error = Ports::new(low..=high, 0).expect_err("no pair");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{low} to {high}");
    }
    assert!(Ports::new(65_534..=65_535, u64::MAX).is_ok());
    assert!(Ports::new(0..=u16::MAX, u64::MAX).is_ok());
}

#[cfg(unix)] // Wine lets everybody bind to every address.
#[test]
fn an_address_that_is_not_ours_ends_the_search() {
    let mut ports = Ports::new(20_000..=29_999, 0).expect("there are pairs");
    let error = ports.pair(Ipv4Addr::new(192, 0, 2, 1).into(), &Options::default()).expect_err("not ours");
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
}

#[test]
fn a_group_on_this_machine_is_reached() {
    let group = Ipv4Addr::new(239, 255, 77, 3);
    let member = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    if member.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST).is_err() {
        return; // A system whose loopback has no groups.
    }
    let to = SocketAddr::new(group.into(), member.local_addr().expect("it is bound").port());
    let from = Options::default().bind(loopback()).expect("a free port");
    let multicast = Multicast {
        ttl: Some(0),
        loopback: Some(true),
        interface_v4: Some(Ipv4Addr::LOCALHOST),
        interface_v6: None,
    };
    from.set_multicast(&multicast).expect("the loopback is there");
    let batch = [Outgoing { to, head: b"to ", body: b"all" }];
    assert_eq!(Sender::new().send(&from, &batch).expect("the socket works"), 1);
    let mut buffer = [0; 16];
    member.set_read_timeout(Some(std::time::Duration::from_secs(5))).expect("a timeout can be set");
    let (length, _) = member.recv_from(&mut buffer).expect("it comes");
    assert_eq!(&buffer[..length], b"to all");
}

#[test]
fn link_local_scopes_are_kept() {
    use crate::datagram::address::{canonical, for_socket};
    let scoped = "[fe80::1%3]:5000".parse().expect("an address");
    assert_eq!(canonical(scoped), scoped);
    assert_eq!(for_socket(scoped, true), scoped);
    let plain = "127.0.0.1:9".parse().expect("an address");
    let mapped = "[::ffff:127.0.0.1]:9".parse().expect("an address");
    assert_eq!(canonical(mapped), plain);
    assert_eq!(for_socket(plain, true), mapped);
    assert_eq!(for_socket(mapped, false), plain);
}

#[test]
fn a_socket_wakes_its_poll() {
    let mut poll = mio::Poll::new().expect("a poll");
    let mut socket = Options::default().bind(loopback()).expect("a free port");
    poll.registry().register(&mut socket, mio::Token(3), mio::Interest::READABLE).expect("it can be watched");
    let batch = [Outgoing { to: socket.local(), head: b"", body: b"hello" }];
    assert_eq!(Sender::new().send(&socket, &batch).expect("the socket works"), 1);
    let mut events = mio::Events::with_capacity(4);
    poll.poll(&mut events, Some(std::time::Duration::from_secs(5))).expect("the poll works");
    assert_eq!(events.iter().next().expect("an event").token(), mio::Token(3));
    assert_eq!(take(&mut Receiver::new(), &socket, 1)[0].1, b"hello");
}
