//! Datagrams in and out, and the sockets that machines ask for.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::conn::{Conn, ConnId, LegAt, Role};
use super::ports::{Owner, PortId};
use super::{Action, ServiceId, Shard};
use crate::datagram::{Alias, Bind, Datagram, Leg, Way};
use crate::error::Refusal;
use crate::machine::{Input, Reply};
use crate::request::Peer;
use crate::stats::Count;
use crate::time::Instant;

/// Most sockets of one connection: a stream's tracks have two each.
const MAX_LEGS: usize = 64;

impl Shard {
    /// Adds a UDP socket on which `service` is spoken.
    ///
    /// # Panics
    /// When `service` is not one of this shard's.
    pub fn add_port(&mut self, service: ServiceId, local: SocketAddr) -> PortId {
        assert!(service.0 < self.services.len(), "no such service");
        self.ports.insert(Owner::Service(service), local)
    }

    /// Adds the pair of UDP sockets that connections share; `local` is the address of the first, the other has the port
    /// behind it.
    pub fn share_pair(&mut self, local: SocketAddr) -> [PortId; 2] {
        let companion = SocketAddr::new(local.ip(), local.port().saturating_add(1));
        let pair = [local, companion].map(|local| self.ports.insert(Owner::Shared, local));
        self.ports.share(pair);
        pair
    }

    /// The result of an [`Action::Bind`]: the port of the first socket, or why there is none.
    pub fn bound(&mut self, now: Instant, pair: [PortId; 2], result: Result<SocketAddr, String>) {
        let [first, second] = pair;
        let Some(Owner::Conn(conn, _)) = self.ports.find(first).map(|port| port.owner) else { return };
        let reply = match result {
            Ok(local) => {
                for (port, number) in [(first, local.port()), (second, local.port().saturating_add(1))] {
                    if let Some(port) = self.ports.find_mut(port) {
                        port.local = SocketAddr::new(local.ip(), number);
                    }
                }
                Ok(local.port())
            }
            Err(why) => {
                if let Some(state) = self.conns.find_mut(conn) {
                    state.legs.retain(|leg| !pair.contains(&leg.port));
                }
                for port in pair {
                    self.ports.remove(port);
                }
                Err(Refusal::NoPort(why))
            }
        };
        self.drive(now, conn, Input::Reply(Reply::Bound(reply)));
    }

    /// A datagram came in.
    pub fn receive_datagram(&mut self, now: Instant, port: PortId, from: SocketAddr, data: &[u8]) {
        self.count(Count::DatagramsIn, 1);
        let Some(socket) = self.ports.find(port) else { return };
        let found = match socket.owner {
            Owner::Conn(conn, leg) => Some((conn, leg)),
            Owner::Shared => self.ports.resolve(port, Alias::From(from)),
            Owner::Service(ServiceId(service)) => {
                let peer = Peer { local: socket.local, remote: from };
                let alias = self.services.get(service).map(|service| service.alias(from, data));
                let known = alias.and_then(|alias| self.ports.resolve(port, alias));
                known.or_else(|| self.stray(now, port, ServiceId(service), peer, data))
            }
        };
        let Some((conn, leg)) = found else { return self.count(Count::DatagramsStray, 1) };
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.bytes_in += data.len() as u64;
        self.count(Count::BytesIn, data.len() as u64);
        self.drive(now, conn, Input::Datagram { leg, from, data });
    }

    /// What is nobody's is answered or begins a connection.
    fn stray(
        &mut self,
        now: Instant,
        port: PortId,
        ServiceId(service): ServiceId,
        peer: Peer,
        data: &[u8],
    ) -> Option<(ConnId, Leg)> {
        if self.shutting_down {
            return None;
        }
        let mut replies = Vec::new();
        let service = self.services.get_mut(service)?;
        let machine = service.stray(now, peer, data, &mut replies);
        let name = service.name();
        for body in replies {
            self.enqueue(port, Datagram::new(peer.remote, body));
        }
        self.wish_to_send_datagrams(port);
        let conn = self.conns.insert(Conn::new(now, machine?, name, peer));
        self.count(Count::Accepted, 1);
        let state = self.conns.find_mut(conn)?;
        state.legs.push(LegAt { leg: Leg::FIRST, port });
        self.alias(conn, Leg::FIRST, Alias::From(peer.remote));
        self.greet(now, conn);
        Some((conn, Leg::FIRST))
    }

    /// What is to be sent by this socket, in order.
    pub fn unsent_datagrams(&self, port: PortId) -> &VecDeque<Datagram> {
        static NONE: VecDeque<Datagram> = VecDeque::new();
        self.ports.find(port).map_or(&NONE, |port| port.queue())
    }

    /// The socket took the first `n` of [`Self::unsent_datagrams`].
    pub fn sent_datagrams(&mut self, port: PortId, n: usize) {
        let Some(socket) = self.ports.find_mut(port) else { return };
        let bytes = socket.sent(n);
        let relieved = socket.relieved();
        self.count(Count::DatagramsOut, n as u64);
        self.count(Count::BytesOut, bytes as u64);
        for conn in relieved {
            self.warm(conn);
        }
        self.wish_to_send_datagrams(port);
    }

    /// The socket takes nothing until [`Self::port_writable`].
    pub fn port_blocked(&mut self, port: PortId) {
        if let Some(socket) = self.ports.find_mut(port) {
            socket.block();
        }
    }

    /// The socket takes datagrams again.
    pub fn port_writable(&mut self, port: PortId) {
        if let Some(socket) = self.ports.find_mut(port) {
            socket.unblock();
            self.wish_to_send_datagrams(port);
        }
    }

    /// Queues what a machine has just sent.
    pub(super) fn post_datagrams(&mut self, conn: ConnId, datagrams: &mut Vec<(Leg, Datagram)>) {
        let Some(state) = self.conns.find_mut(conn) else { return datagrams.clear() };
        let mut to: Option<LegAt> = None;
        for (leg, datagram) in datagrams.drain(..) {
            let same = to.filter(|to| to.leg == leg);
            let Some(found) = same.or_else(|| state.legs.iter().find(|at| at.leg == leg).copied()) else {
                debug_assert!(false, "{leg:?} is not bound");
                continue;
            };
            if let Some(last) = to.filter(|last| last.port != found.port) {
                ask_to_send(&mut self.ports, &mut self.actions, last.port);
            }
            to = Some(found);
            state.bytes_out += datagram.size() as u64;
            if !self.ports.find_mut(found.port).is_some_and(|port| port.push(datagram))
                && let Some(counters) = self.hub.counters(self.id)
            {
                counters.add(Count::DatagramsDropped, 1);
            }
        }
        if let Some(to) = to {
            self.wish_to_send_datagrams(to.port);
        }
    }

    fn enqueue(&mut self, port: PortId, datagram: Datagram) {
        if !self.ports.find_mut(port).is_some_and(|port| port.push(datagram)) {
            self.count(Count::DatagramsDropped, 1);
        }
    }

    fn wish_to_send_datagrams(&mut self, port: PortId) {
        ask_to_send(&mut self.ports, &mut self.actions, port);
    }

    /// A machine asks for a pair of sockets; the answer, if there is one at once.
    pub(super) fn bind(&mut self, conn: ConnId, bind: &Bind) -> Option<Result<u16, Refusal>> {
        let state = self.conns.find_mut(conn)?;
        let local = state.peer.local;
        if state.legs.len() + 2 > MAX_LEGS || state.legs.iter().any(|at| at.leg == bind.first) {
            return Some(Err(Refusal::NoPort(format!("at most {MAX_LEGS} sockets for one connection"))));
        }
        if bind.way == Way::Shared
            && let Some(port) = self.lend(conn, bind)
        {
            return Some(Ok(port));
        }
        let legs = [bind.first, bind.first.companion()];
        let pair = legs.map(|leg| self.ports.insert(Owner::Conn(conn, leg), local));
        let state = self.conns.find_mut(conn)?;
        state.legs.extend(legs.into_iter().zip(pair).map(|(leg, port)| LegAt { leg, port }));
        let (way, remotes) = (bind.way, bind.remotes);
        self.actions.push_back(Action::Bind { pair, local: local.ip(), way, remotes });
        None
    }

    /// Lends the shared pair, if nobody else there has this peer's addresses.
    fn lend(&mut self, conn: ConnId, bind: &Bind) -> Option<u16> {
        let pair = self.ports.shared()?;
        let number = self.ports.find(pair[0])?.local.port();
        let taken =
            |(port, from): (&PortId, &SocketAddr)| self.ports.resolve(*port, Alias::From(*from)).is_some();
        if pair.iter().zip(&bind.remotes).any(taken) {
            return None;
        }
        let legs = [bind.first, bind.first.companion()];
        let state = self.conns.find_mut(conn)?;
        state.legs.extend(legs.into_iter().zip(pair).map(|(leg, port)| LegAt { leg, port }));
        for (leg, from) in legs.into_iter().zip(bind.remotes) {
            self.alias(conn, leg, Alias::From(from));
        }
        Some(number)
    }

    /// What comes to this leg's socket under the alias is for this connection.
    pub(super) fn alias(&mut self, conn: ConnId, leg: Leg, alias: Alias) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Some(at) = state.legs.iter().find(|at| at.leg == leg) else { return };
        if self.ports.alias(at.port, alias, conn, leg) {
            state.aliases.push((at.port, alias));
        }
    }

    /// A connection no longer needs this socket and its companion.
    pub(super) fn unbind(&mut self, conn: ConnId, leg: Leg) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let gone: Vec<LegAt> =
            state.legs.extract_if(.., |at| at.leg == leg || at.leg == leg.companion()).collect();
        let ports = &mut self.ports;
        state.aliases.retain(|(port, alias)| {
            let is_gone =
                ports.resolve(*port, *alias).is_some_and(|(_, of)| gone.iter().any(|at| at.leg == of));
            if is_gone {
                ports.forget(*port, *alias);
            }
            !is_gone
        });
        self.let_go(&gone);
    }

    /// Takes all sockets from a connection.
    pub(super) fn unbind_all(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        for (port, alias) in std::mem::take(&mut state.aliases) {
            self.ports.forget(port, alias);
        }
        let gone = std::mem::take(&mut state.legs);
        self.let_go(&gone);
    }

    fn let_go(&mut self, gone: &[LegAt]) {
        for at in gone {
            if matches!(self.ports.find(at.port).map(|port| port.owner), Some(Owner::Conn(..))) {
                self.actions.push_back(Action::Unbind(at.port));
            }
        }
    }

    /// Whether the sockets by which a viewer gets its media have room; when not, it is fed when they have.
    pub(super) fn ports_have_room(&mut self, conn: ConnId) -> bool {
        let Some(state) = self.conns.find_mut(conn) else { return false };
        for at in &state.legs {
            let Some(port) = self.ports.find_mut(at.port).filter(|port| !port.has_room()) else { continue };
            port.starve(conn);
            if let Role::Viewer(viewing) = &mut state.role {
                viewing.behind = true;
            }
            return false;
        }
        true
    }
}

fn ask_to_send(ports: &mut super::ports::Ports, actions: &mut VecDeque<Action>, port: PortId) {
    if ports.find_mut(port).is_some_and(super::ports::Port::wishes_to_send) {
        actions.push_back(Action::SendDatagrams(port));
    }
}
