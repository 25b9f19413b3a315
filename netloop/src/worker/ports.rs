//! UDP sockets of a worker, each at the index of its [`PortId`], and datagrams in and out, in batches.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::event::Event;
use mio::net::UdpSocket;
use mio::{Interest, Registry};
use rtmpd_core::shard::PortId;
use rtmpd_core::{Instant, Way};

use super::Worker;
use super::token::Subject;

/// Most datagrams read from one socket in one turn of the loop.
const PER_TURN: usize = 512;
/// The largest datagram that is taken whole.
const LARGEST: usize = 64 << 10;

/// A socket and what the loop must remember of it.
#[derive(Debug)]
struct Port {
    id: PortId,
    socket: UdpSocket,
    /// Waits in the list of those to be read.
    queued: bool,
    blocked: bool,
}

/// All UDP sockets of a worker.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    slots: Vec<Option<Port>>,
    /// Indexes of those to be read.
    pending: Vec<usize>,
    buffer: Vec<u8>,
}

impl Ports {
    /// Watches a socket from now on.
    pub(crate) fn open(&mut self, id: PortId, mut socket: UdpSocket, registry: &Registry) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut socket, Subject::Port(id.index()).into(), both)?;
        if id.index() >= self.slots.len() {
            self.slots.resize_with(id.index() + 1, || None);
        }
        self.slots[id.index()] = Some(Port { id, socket, queued: false, blocked: false });
        Ok(())
    }

    pub(crate) fn close(&mut self, id: PortId) {
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.take_if(|port| port.id == id);
        }
    }

    fn at(&mut self, index: usize) -> Option<&mut Port> {
        self.slots.get_mut(index)?.as_mut()
    }

    fn find(&mut self, id: PortId) -> Option<&mut Port> {
        self.at(id.index()).filter(|port| port.id == id)
    }

    /// Remembers what an event says; gives the socket back if it takes datagrams again.
    pub(crate) fn note(&mut self, index: usize, event: &Event) -> Option<PortId> {
        let port = self.slots.get_mut(index)?.as_mut()?;
        // An error is what the network says of an earlier datagram: reading takes it away.
        if (event.is_readable() || event.is_error()) && !std::mem::replace(&mut port.queued, true) {
            self.pending.push(index);
        }
        (event.is_writable() && std::mem::take(&mut port.blocked)).then_some(port.id)
    }

    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }
}

impl Worker {
    /// Reads from every socket that has something, from each its part.
    pub(super) fn receive_datagrams(&mut self) {
        for index in std::mem::take(&mut self.ports.pending) {
            if self.receive_from(index) {
                self.ports.pending.push(index);
            }
        }
    }

    /// Reads from one; true when there may be more.
    fn receive_from(&mut self, index: usize) -> bool {
        let mut buffer = std::mem::take(&mut self.ports.buffer);
        buffer.resize(LARGEST, 0);
        let now = self.clock.now();
        let mut left = PER_TURN;
        while left > 0 {
            let Some(port) = self.ports.at(index) else { break };
            let id = port.id;
            match port.socket.recv_from(&mut buffer) {
                Ok((n, from)) => {
                    left -= 1;
                    let from = super::acceptor::plain(from);
                    self.shard.receive_datagram(now, id, from, &buffer[..n]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // What became of a datagram sent earlier: its receiver's own business.
                Err(_) => left -= 1,
            }
        }
        self.ports.buffer = buffer;
        if let Some(port) = self.ports.at(index).filter(|_| left > 0) {
            port.queued = false;
        }
        left == 0
    }

    /// Sends what waits at a socket.
    pub(super) fn send_datagrams(&mut self, id: PortId) {
        let Some(port) = self.ports.find(id) else { return };
        let waiting = self.shard.unsent_datagrams(id);
        let mut sent = 0;
        for datagram in waiting {
            let bytes = [datagram.head.as_slice(), &datagram.body].concat();
            match port.socket.send_to(&bytes, datagram.to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    port.blocked = true;
                    break;
                }
                _ => sent += 1,
            }
        }
        let blocked = port.blocked;
        self.shard.sent_datagrams(id, sent);
        if blocked {
            self.shard.port_blocked(id);
        }
    }

    /// Binds a pair of sockets for a connection.
    pub(super) fn bind(&mut self, now: Instant, pair: [PortId; 2], local: IpAddr, _way: Way) {
        let bound = self.bind_pair(pair, local);
        self.shard.bound(now, pair, bound.map_err(|error| error.to_string()));
    }

    fn bind_pair(&mut self, pair: [PortId; 2], local: IpAddr) -> io::Result<SocketAddr> {
        for port in (30_000..65_534).step_by(2) {
            let Ok(first) = UdpSocket::bind(SocketAddr::new(local, port)) else { continue };
            let Ok(second) = UdpSocket::bind(SocketAddr::new(local, port + 1)) else { continue };
            self.ports.open(pair[0], first, self.poll.registry())?;
            self.ports.open(pair[1], second, self.poll.registry())?;
            return Ok(SocketAddr::new(local, port));
        }
        Err(io::Error::other("none is free"))
    }
}
