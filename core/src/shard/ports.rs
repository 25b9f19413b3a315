//! The shard's side of UDP sockets: whose what comes is, and what waits to be sent.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;

use slab::Slab;

use super::{ConnId, ServiceId};
use crate::datagram::{Alias, Datagram, Leg};

/// Most datagrams that wait for a socket which takes none: what is more is lost, as on any network.
const MAX_QUEUED: usize = 4096;
/// Viewers are fed on as long as fewer wait.
const FEED_BELOW: usize = 512;

/// Names a UDP socket of one shard; never names a later one that took its place.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId {
    index: u32,
    generation: u32,
}

impl PortId {
    /// A small dense number: where drivers keep the socket. It is used again after the [`super::Action::Unbind`] of
    /// this socket.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "u{}.{}", self.index, self.generation)
    }
}

/// Whose a socket is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// A protocol's, which makes connections of what comes.
    Service(ServiceId),
    /// The shard's, lent to connections.
    Shared,
    /// One connection's.
    Conn(ConnId, Leg),
}

pub(crate) struct Port {
    pub(crate) owner: Owner,
    /// Our address there.
    pub(crate) local: SocketAddr,
    queue: VecDeque<Datagram>,
    blocked: bool,
    sending: bool,
    /// Viewers that were not fed because too much waits here.
    starved: Vec<ConnId>,
}

impl Port {
    /// What is to be sent, in order.
    pub(crate) fn queue(&self) -> &VecDeque<Datagram> {
        &self.queue
    }

    pub(crate) fn has_room(&self) -> bool {
        self.queue.len() < FEED_BELOW
    }

    pub(crate) fn starve(&mut self, conn: ConnId) {
        self.starved.push(conn);
    }

    /// Queues a datagram; false when there is no room.
    pub(crate) fn push(&mut self, datagram: Datagram) -> bool {
        let fits = self.queue.len() < MAX_QUEUED;
        if fits {
            self.queue.push_back(datagram);
        }
        fits
    }

    /// Whether the driver is to be asked to send; it is asked once.
    pub(crate) fn wishes_to_send(&mut self) -> bool {
        let wishes = !self.queue.is_empty() && !self.blocked && !self.sending;
        self.sending |= wishes;
        wishes
    }

    /// The first `n` were taken by the socket; returns how many bytes they held.
    pub(crate) fn sent(&mut self, n: usize) -> usize {
        self.sending = false;
        let n = n.min(self.queue.len());
        self.queue.drain(..n).map(|datagram| datagram.size()).sum()
    }

    pub(crate) fn block(&mut self) {
        self.sending = false;
        self.blocked = true;
    }

    pub(crate) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Who may be fed again now.
    pub(crate) fn relieved(&mut self) -> Vec<ConnId> {
        if self.has_room() { std::mem::take(&mut self.starved) } else { Vec::new() }
    }
}

/// All UDP sockets of a shard.
#[derive(Default)]
pub(crate) struct Ports {
    slab: Slab<(u32, Port)>,
    generation: u32,
    /// What tells on a shared socket whose a datagram is.
    pub(crate) aliases: HashMap<(PortId, Alias), (ConnId, Leg)>,
    /// The pair that is lent to connections.
    pair: Option<[PortId; 2]>,
}

impl Ports {
    pub(crate) fn insert(&mut self, owner: Owner, local: SocketAddr) -> PortId {
        self.generation = self.generation.wrapping_add(1);
        let port = Port {
            owner,
            local,
            queue: VecDeque::new(),
            blocked: false,
            sending: false,
            starved: Vec::new(),
        };
        let index = self.slab.insert((self.generation, port));
        PortId { index: u32::try_from(index).unwrap_or(u32::MAX), generation: self.generation }
    }

    pub(crate) fn find(&self, id: PortId) -> Option<&Port> {
        self.slab.get(id.index()).filter(|(generation, _)| *generation == id.generation).map(|(_, port)| port)
    }

    pub(crate) fn find_mut(&mut self, id: PortId) -> Option<&mut Port> {
        let (generation, port) = self.slab.get_mut(id.index())?;
        (*generation == id.generation).then_some(port)
    }

    pub(crate) fn remove(&mut self, id: PortId) {
        if self.find(id).is_some() {
            self.slab.remove(id.index());
        }
    }

    pub(crate) fn share(&mut self, pair: [PortId; 2]) {
        self.pair = Some(pair);
    }

    pub(crate) fn shared(&self) -> Option<[PortId; 2]> {
        self.pair
    }

    /// Whose a datagram with this alias is.
    pub(crate) fn resolve(&self, port: PortId, alias: Alias) -> Option<(ConnId, Leg)> {
        self.aliases.get(&(port, alias)).copied()
    }

    /// Notes an alias; false when another connection has it.
    pub(crate) fn alias(&mut self, port: PortId, alias: Alias, conn: ConnId, leg: Leg) -> bool {
        self.aliases.entry((port, alias)).or_insert((conn, leg)).0 == conn
    }

    pub(crate) fn forget(&mut self, port: PortId, alias: Alias) {
        self.aliases.remove(&(port, alias));
    }
}
