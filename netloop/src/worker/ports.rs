//! UDP sockets of a worker, each at the index of its [`PortId`], and datagrams in and out, in batches.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::event::Event;
use mio::{Interest, Registry};
use rtmpd_core::shard::{PortId, Shard};
use rtmpd_core::{Instant, Way};

use super::Worker;
use super::token::Subject;
use crate::datagram::{Datagram, Multicast, Options, Ports as Numbers, Receiver, Sender, Socket};
use crate::settings::Settings;

/// Batches read from one socket in one turn of the loop.
const BATCHES_PER_TURN: usize = 8;

/// A socket and what the loop must remember of it.
#[derive(Debug)]
struct Port {
    id: PortId,
    socket: Socket,
    /// Waits in the list of those to be read.
    queued: bool,
    blocked: bool,
}

/// All UDP sockets of a worker.
#[derive(Debug)]
pub(crate) struct Ports {
    slots: Vec<Option<Port>>,
    /// Indexes of those to be read.
    pending: Vec<usize>,
    /// Deals out the ports of RTP.
    numbers: Option<Numbers>,
    options: Options,
    sender: Sender,
    receiver: Receiver,
}

impl Datagram for rtmpd_core::Datagram {
    fn to(&self) -> SocketAddr {
        self.to
    }

    fn pieces(&self) -> [&[u8]; 2] {
        [self.head.as_slice(), &self.body]
    }
}

impl Ports {
    /// No sockets yet; `seed` says where in the range the first ones are looked for.
    pub(crate) fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            pending: Vec::new(),
            numbers: Numbers::new(settings.rtp_ports.clone(), seed).ok(),
            options: options(settings),
            sender: Sender::new(),
            receiver: Receiver::new(),
        }
    }

    /// Watches a socket from now on.
    pub(crate) fn open(&mut self, id: PortId, mut socket: Socket, registry: &Registry) -> io::Result<()> {
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

    /// Opens the pair that the shard lends to its connections.
    pub(crate) fn share(&mut self, shard: &mut Shard, registry: &Registry) -> io::Result<()> {
        let any = [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
        let bound = any.into_iter().map(|ip| self.pair(ip)).find(Result::is_ok);
        let (first, second) = bound.unwrap_or_else(|| Err(io::Error::other("no address of this machine")))?;
        if let Some(advice) = first.buffer_advice() {
            log::debug!(target: "rtmpd", "{advice}");
        }
        let [one, other] = shard.share_pair(first.local());
        self.open(one, first, registry)?;
        self.open(other, second, registry)
    }

    fn pair(&mut self, ip: IpAddr) -> io::Result<(Socket, Socket)> {
        let none = || io::Error::other("the range of RTP ports holds no pair");
        self.numbers.as_mut().ok_or_else(none)?.pair(ip, &self.options)
    }
}

/// How UDP sockets are opened.
pub(crate) fn options(settings: &Settings) -> Options {
    Options { recv_buffer: settings.recv_buffer, send_buffer: settings.send_buffer, ..Options::default() }
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
        let now = self.clock.now();
        let Self { ports, shard, .. } = self;
        let Some(port) = ports.slots.get_mut(index).and_then(Option::as_mut) else { return false };
        for _ in 0..BATCHES_PER_TURN {
            let id = port.id;
            let on = |from: SocketAddr, data: &[u8]| shard.receive_datagram(now, id, from, data);
            match ports.receiver.receive(&port.socket, on) {
                Ok(received) if received.dry => {
                    port.queued = false;
                    return false;
                }
                Ok(_) => {}
                Err(error) => {
                    log::debug!(target: "rtmpd", "UDP socket {}: {error}", port.socket.local());
                    port.queued = false;
                    return false;
                }
            }
        }
        true
    }

    /// Sends what waits at a socket.
    pub(super) fn send_datagrams(&mut self, id: PortId) {
        let Self { ports, shard, .. } = self;
        let Some(port) = ports.slots.get_mut(id.index()).and_then(Option::as_mut) else { return };
        let (batch, behind) = shard.unsent_datagrams(id).as_slices();
        let mut sent = 0;
        for part in [batch, behind] {
            match ports.sender.send(&port.socket, part) {
                Ok(n) => {
                    sent += n;
                    port.blocked = n < part.len();
                }
                Err(error) => {
                    // A socket of no use: what waits for it is lost, as on a network that is down.
                    log::debug!(target: "rtmpd", "UDP socket {}: {error}", port.socket.local());
                    sent += part.len();
                }
            }
            if port.blocked {
                break;
            }
        }
        let blocked = port.blocked;
        shard.sent_datagrams(id, sent);
        if blocked {
            shard.port_blocked(id);
        }
    }

    /// Binds a pair of sockets for a connection.
    pub(super) fn bind(&mut self, now: Instant, pair: [PortId; 2], local: IpAddr, way: Way) {
        let bound = self.bind_pair(pair, local, way);
        self.shard.bound(now, pair, bound.map_err(|error| error.to_string()));
    }

    fn bind_pair(&mut self, [one, other]: [PortId; 2], local: IpAddr, way: Way) -> io::Result<SocketAddr> {
        let ip = match way {
            Way::Multicast(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Way::Own | Way::Shared => local,
        };
        let (first, second) = self.ports.pair(ip)?;
        if let Way::Multicast(ttl) = way {
            for socket in [&first, &second] {
                socket.set_multicast(&Multicast { ttl: Some(ttl), ..Multicast::default() })?;
            }
        }
        let local = first.local();
        self.ports.open(one, first, self.poll.registry())?;
        self.ports.open(other, second, self.poll.registry())?;
        Ok(local)
    }
}
