//! Ways to send and to receive, under one face, and sockets between which nothing gets lost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::datagram::{Options, Outgoing, Received, Receiver, Sender, Socket, portable};

/// A way to send.
pub(super) trait Sends {
    fn send(&mut self, socket: &Socket, batch: &[Outgoing<'_>]) -> io::Result<usize>;
    fn lost(&self) -> u64;
}

/// A way to receive.
pub(super) trait Receives {
    fn receive(&mut self, socket: &Socket, on: &mut dyn FnMut(SocketAddr, &[u8])) -> io::Result<Received>;
    fn truncated(&self) -> u64;
}

impl Sends for Sender {
    fn send(&mut self, socket: &Socket, batch: &[Outgoing<'_>]) -> io::Result<usize> {
        self.send(socket, batch)
    }

    fn lost(&self) -> u64 {
        self.lost()
    }
}

impl Sends for portable::Sender {
    fn send(&mut self, socket: &Socket, batch: &[Outgoing<'_>]) -> io::Result<usize> {
        self.send(socket, batch)
    }

    fn lost(&self) -> u64 {
        self.lost()
    }
}

impl Receives for Receiver {
    fn receive(&mut self, socket: &Socket, on: &mut dyn FnMut(SocketAddr, &[u8])) -> io::Result<Received> {
        self.receive(socket, on)
    }

    fn truncated(&self) -> u64 {
        self.truncated()
    }
}

impl Receives for portable::Receiver {
    fn receive(&mut self, socket: &Socket, on: &mut dyn FnMut(SocketAddr, &[u8])) -> io::Result<Received> {
        self.receive(socket, on)
    }

    fn truncated(&self) -> u64 {
        self.truncated()
    }
}

/// A free port of the loopback.
pub(super) fn loopback() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
}

/// All ways to send, each with a socket of its own.
pub(super) fn senders(at: SocketAddr) -> Vec<(&'static str, Box<dyn Sends>, Socket)> {
    let socket = |segment| Options { segment, ..Options::default() }.bind(at).expect("a free port");
    vec![
        ("cut by the kernel", Box::new(Sender::new()), socket(true)),
        ("many for one call", Box::new(Sender::new()), socket(false)),
        ("one by one", Box::new(portable::Sender::default()), socket(false)),
    ]
}

/// All ways to receive, each with a socket of its own.
pub(super) fn receivers(at: SocketAddr) -> Vec<(&'static str, Box<dyn Receives>, Socket)> {
    let socket = |coalesce| Options { coalesce, ..Options::default() }.bind(at).expect("a free port");
    vec![
        ("put together by the kernel", Box::new(Receiver::new()), socket(true)),
        ("many for one call", Box::new(Receiver::new()), socket(false)),
        ("one by one", Box::new(portable::Receiver::default()), socket(false)),
    ]
}

/// All that comes until there are so many datagrams; fails the test when they do not come.
pub(super) fn take(receiver: &mut dyn Receives, socket: &Socket, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let began = Instant::now();
    let mut all = Vec::new();
    while all.len() < count {
        let before = all.len();
        let received = receiver.receive(socket, &mut |from, data| all.push((from, data.to_vec())));
        assert_eq!(received.expect("the socket works").datagrams, all.len() - before);
        assert!(began.elapsed() < Duration::from_secs(10), "{} of {count} datagrams have come", all.len());
    }
    all
}

/// Wants that nothing else has come.
pub(super) fn assert_dry(receiver: &mut dyn Receives, socket: &Socket) {
    let received = receiver.receive(socket, &mut |_, data| panic!("{} bytes too many", data.len()));
    assert_eq!(received.expect("the socket works"), Received { datagrams: 0, dry: true });
}

/// Bytes that differ from those with another seed.
pub(super) fn pattern(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (seed * 131 + at * 7 + at / 251) as u8).collect()
}
