//! Several shards and a driver that steps them in seeded order, with sockets that can be told to take nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::toy::{ToyService, make_packager};
use crate::hub::{Hub, HubSettings, ShardId};
use crate::machine::Machine;
use crate::request::Peer;
use crate::shard::{Action, ConnId, Outgoing, PortId, ServiceId, Shard};
use crate::{Answer, Call, Dial, Dice, Instant, MakeGate};

/// Names a connection of a [`Cluster`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Link(usize, ConnId);

pub(super) struct Cluster {
    pub(super) hub: Arc<Hub>,
    pub(super) now: Instant,
    pub(super) shards: Vec<Shard>,
    sockets: BTreeMap<Link, Socket>,
    wakes: BTreeSet<usize>,
    dice: Dice,
    pub(super) log: Vec<String>,
    /// Questions to the driver, which stay open until a test answers them.
    pub(super) calls: Vec<(Link, Call)>,
    /// Who may be read again.
    pub(super) reads: Vec<Link>,
    pub(super) network: Network,
    /// Connections that the driver is to make.
    pub(super) dials: Vec<(usize, Outgoing)>,
}

/// The UDP sockets of the shards. Shard *n* serves the toy protocol on port 700*n* and lends the pair from 7*n*10 on.
#[derive(Default)]
pub(super) struct Network {
    ports: BTreeMap<u16, (usize, PortId)>,
    /// What was sent: from which port, to whom, what.
    pub(super) sent: Vec<(u16, String, String)>,
    /// How many more datagrams a socket takes; those which are not here take everything.
    pub(super) room: BTreeMap<u16, usize>,
    /// There are no more sockets.
    pub(super) exhausted: bool,
}

#[derive(Default)]
struct Socket {
    received: String,
    /// How many more bytes it takes.
    room: Option<usize>,
    closed: bool,
    hung_up: bool,
    writes: usize,
}

impl Cluster {
    pub(super) fn new(shards: u16) -> Self {
        Self::with(HubSettings { shards, elapse: Duration::ZERO, ..HubSettings::default() }, 1)
    }

    pub(super) fn with(settings: HubSettings, seed: u64) -> Self {
        Self::around(Hub::new(settings, make_packager()), seed)
    }

    /// Each shard has such a gate.
    pub(super) fn guarded(shards: u16, make_gate: MakeGate) -> Self {
        let settings = HubSettings { shards, elapse: Duration::ZERO, ..HubSettings::default() };
        Self::around(Hub::guarded(settings, make_packager(), make_gate), 1)
    }

    fn around(hub: Arc<Hub>, seed: u64) -> Self {
        let settings = hub.settings();
        let shards = (0..settings.shards)
            .map(|id| {
                let mut shard = Shard::new(ShardId(id), hub.clone());
                assert_eq!(shard.add_service(Box::new(ToyService)), ServiceId(0));
                shard
            })
            .collect();
        Self {
            hub,
            now: Instant::from_millis(1),
            shards,
            sockets: BTreeMap::new(),
            wakes: BTreeSet::new(),
            dice: Dice::new(seed),
            log: Vec::new(),
            calls: Vec::new(),
            reads: Vec::new(),
            network: Network::default(),
            dials: Vec::new(),
        }
    }

    /// Gives each shard its UDP sockets.
    pub(super) fn with_udp(mut self) -> Self {
        for (index, shard) in self.shards.iter_mut().enumerate() {
            let number = u16::try_from(index).unwrap();
            let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
            let door = shard.add_port(ServiceId(0), local(7000 + number));
            self.network.ports.insert(7000 + number, (index, door));
            let first = 7010 + 100 * number;
            for (port, id) in (first..).zip(shard.share_pair(local(first))) {
                self.network.ports.insert(port, (index, id));
            }
        }
        self
    }

    /// A datagram comes to one of the sockets.
    pub(super) fn datagram(&mut self, port: u16, from: &str, text: &str) {
        let (index, id) = self.network.ports[&port];
        self.shards[index].receive_datagram(self.now, id, from.parse().unwrap(), text.as_bytes());
        self.run();
    }

    /// What was sent by UDP since this was last asked.
    pub(super) fn datagrams(&mut self) -> String {
        let sent = std::mem::take(&mut self.network.sent);
        let line = |(port, to, text): &(u16, String, String)| format!("{port}>{to} {}", text.trim_end());
        sent.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    /// The socket takes datagrams again.
    pub(super) fn free(&mut self, port: u16) {
        self.network.room.remove(&port);
        let (index, id) = self.network.ports[&port];
        self.shards[index].port_writable(id);
        self.run();
    }

    pub(super) fn bound_ports(&self) -> usize {
        self.network.ports.len()
    }

    pub(super) fn open(&mut self, shard: usize) -> Link {
        let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let peer = Peer { local: address, remote: address };
        let link = Link(shard, self.shards[shard].open(self.now, ServiceId(0), peer));
        assert!(self.sockets.insert(link, Socket::default()).is_none_or(|socket| socket.closed));
        link
    }

    /// A machine that makes its own connections, on the first shard.
    pub(super) fn spawn(&mut self, machine: Box<dyn Machine>) -> Link {
        let link = Link(0, self.shards[0].spawn(self.now, "caller", machine));
        self.sockets.insert(link, Socket::default());
        link
    }

    /// What became of the only connection that is being made.
    pub(super) fn dialled(&mut self, result: Result<&str, &str>) -> Dial {
        assert_eq!(self.dials.len(), 1);
        let (index, Outgoing { conn, dial, port }) = self.dials.pop().unwrap();
        let local = SocketAddr::from(([127, 0, 0, 1], 8000));
        let result = result.map(|remote| Peer { local, remote: remote.parse().unwrap() });
        if let Some(id) = port.filter(|_| result.is_ok()) {
            self.network.ports.insert(8000, (index, id));
        }
        if let Some(socket) = self.sockets.get_mut(&Link(index, conn)) {
            socket.hung_up = result.is_err();
        }
        self.shards[index].dialled(self.now, conn, result.map_err(str::to_owned));
        self.run();
        dial
    }

    /// The connection is made, with a socket that takes so much.
    pub(super) fn dialled_with_room(&mut self, remote: &str, room: Option<usize>) {
        let (index, outgoing) = &self.dials[0];
        if let Some(socket) = self.sockets.get_mut(&Link(*index, outgoing.conn)) {
            socket.room = room;
        }
        self.dialled(Ok(remote));
        for socket in self.sockets.values_mut() {
            socket.room = None;
        }
    }

    /// Whether the machine has given up the connection that it made.
    pub(super) fn is_hung_up(&self, link: Link) -> bool {
        self.sockets[&link].hung_up
    }

    /// Sends lines to the server and lets everything settle.
    pub(super) fn send(&mut self, link: Link, text: &str) {
        self.shards[link.0].receive(self.now, link.1, format!("{text}\n").as_bytes());
        self.run();
    }

    /// Sends without letting anything happen yet.
    pub(super) fn send_quietly(&mut self, link: Link, text: &str) {
        self.shards[link.0].receive(self.now, link.1, format!("{text}\n").as_bytes());
    }

    pub(super) fn hang_up(&mut self, link: Link) {
        self.shards[link.0].receive_eof(self.now, link.1);
        self.run();
    }

    pub(super) fn wants_read(&self, link: Link) -> bool {
        self.shards[link.0].wants_read(link.1)
    }

    pub(super) fn answer(&mut self, link: Link, answer: Answer) {
        self.shards[link.0].answer(self.now, link.1, answer);
        self.run();
    }

    /// The connection breaks.
    pub(super) fn lose(&mut self, link: Link) {
        self.shards[link.0].lost(self.now, link.1);
        self.run();
    }

    /// The socket takes `room` more bytes, then nothing; `None`: everything.
    pub(super) fn limit(&mut self, link: Link, room: Option<usize>) {
        if let Some(socket) = self.sockets.get_mut(&link) {
            socket.room = room;
        }
        self.shards[link.0].writable(self.now, link.1);
        self.run();
    }

    pub(super) fn shutdown(&mut self) {
        for shard in &mut self.shards {
            shard.shutdown(self.now);
        }
        self.run();
    }

    pub(super) fn spent(&mut self, shard: usize, busy: Duration) {
        self.shards[shard].spent(busy);
    }

    /// What the client has got since this was last asked.
    pub(super) fn take(&mut self, link: Link) -> String {
        self.sockets.get_mut(&link).map(|socket| std::mem::take(&mut socket.received)).unwrap_or_default()
    }

    pub(super) fn writes(&self, link: Link) -> usize {
        self.sockets[&link].writes
    }

    pub(super) fn is_closed(&self, link: Link) -> bool {
        self.sockets[&link].closed
    }

    pub(super) fn connections(&self) -> usize {
        self.shards.iter().map(Shard::connections).sum()
    }

    /// Nobody is connected and nothing is kept for anybody.
    pub(super) fn assert_bare(&self) {
        for shard in &self.shards {
            assert_eq!((shard.conns.len(), shard.homes.len(), shard.replicas.len()), (0, 0, 0));
            assert!(shard.home_index.is_empty() && shard.replica_index.is_empty());
            assert!(shard.hot.is_empty() && shard.blocked.is_empty() && shard.dirty.is_empty());
            assert!(shard.ports.aliases.is_empty());
            assert!(shard.outbox.is_empty() && shard.local.is_empty());
            assert_eq!(shard.poll_timeout(), None, "nothing is waited for");
        }
        assert!(self.hub.directory().is_empty());
    }

    /// Lets time pass, a timer at a time.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let next = self.shards.iter().filter_map(Shard::poll_timeout).min().filter(|&at| at <= end);
            match next {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
            self.run();
        }
        self.now = end;
        self.run();
    }

    /// Steps shards in random order until nothing is left to do.
    pub(super) fn run(&mut self) {
        for _ in 0..10_000 {
            let busy: Vec<usize> = (0..self.shards.len()).filter(|&index| self.is_busy(index)).collect();
            let idle = busy.is_empty();
            let pick = if idle {
                (0..self.shards.len()).collect()
            } else {
                vec![busy[usize::try_from(self.dice.next_u64() % busy.len() as u64).unwrap()]]
            };
            let did: usize = pick.into_iter().map(|index| self.step(index)).sum();
            if idle && did == 0 {
                return;
            }
        }
        panic!("the cluster never settles");
    }

    fn is_busy(&self, index: usize) -> bool {
        self.wakes.contains(&index) || self.shards[index].poll_timeout().is_some_and(|at| at <= self.now)
    }

    /// One driver turn; returns how many actions there were.
    pub(super) fn step(&mut self, index: usize) -> usize {
        let shard = &mut self.shards[index];
        if self.wakes.remove(&index) {
            shard.handle_mail(self.now);
        }
        if shard.poll_timeout().is_some_and(|at| at <= self.now) {
            shard.handle_timeout(self.now);
        }
        let mut actions = 0;
        while let Some(action) = self.shards[index].poll_action() {
            actions += 1;
            self.act(index, action);
        }
        actions
    }

    fn act(&mut self, index: usize, action: Action) {
        match action {
            Action::Send(conn) => self.write(index, conn),
            // Connections that began with a datagram have no socket here.
            Action::Close(conn) => {
                self.dials.retain(|(at, outgoing)| (*at, outgoing.conn) != (index, conn));
                if let Some(socket) = self.sockets.get_mut(&Link(index, conn)) {
                    socket.closed = true;
                }
            }
            Action::Dial(outgoing) => self.dials.push((index, *outgoing)),
            Action::HangUp(conn) => {
                self.dials.retain(|(at, outgoing)| (*at, outgoing.conn) != (index, conn));
                if let Some(socket) = self.sockets.get_mut(&Link(index, conn)) {
                    socket.hung_up = true;
                }
            }
            Action::Wake(ShardId(id)) => assert!(self.wakes.insert(usize::from(id)), "one wake is enough"),
            Action::Call(conn, call) => self.calls.push((Link(index, conn), call)),
            Action::Read(conn) => self.reads.push(Link(index, conn)),
            Action::SendDatagrams(port) => self.send_datagrams(index, port),
            Action::Bind { pair, local, .. } => {
                let free = (8000..).step_by(2).find(|port| !self.network.ports.contains_key(port)).unwrap();
                let result = if self.network.exhausted {
                    Err("none is free".to_owned())
                } else {
                    for (number, id) in (free..).zip(pair) {
                        self.network.ports.insert(number, (index, id));
                    }
                    Ok(SocketAddr::new(local, free))
                };
                self.shards[index].bound(self.now, pair, result);
            }
            Action::Unbind(port) => {
                let bound = self.network.ports.len();
                self.network.ports.retain(|_, &mut (at, id)| (at, id) != (index, port));
                // One that could not be dialled has none.
                let unbound = bound - self.network.ports.len();
                assert!(unbound == 1 || self.dials.is_empty(), "each is unbound once");
            }
            Action::Report(report) => self.log.push(report.to_string()),
        }
    }

    fn send_datagrams(&mut self, index: usize, port: PortId) {
        let (&number, _) = self.network.ports.iter().find(|(_, at)| **at == (index, port)).unwrap();
        let shard = &mut self.shards[index];
        let waiting = shard.unsent_datagrams(port);
        let taken = self.network.room.get(&number).map_or(waiting.len(), |room| waiting.len().min(*room));
        let (all, network) = (waiting.len(), &mut self.network);
        for datagram in waiting.iter().take(taken) {
            let text = String::from_utf8_lossy(&datagram.body).into_owned();
            network.sent.push((number, datagram.to.to_string(), text));
        }
        network.room.entry(number).and_modify(|room| *room -= taken);
        shard.sent_datagrams(port, taken);
        if taken < all {
            shard.port_blocked(port);
        }
    }

    fn write(&mut self, index: usize, conn: ConnId) {
        let shard = &mut self.shards[index];
        let socket = self.sockets.get_mut(&Link(index, conn)).unwrap();
        let mut slices = [IoSlice::new(&[]); 8];
        let filled = shard.unsent(conn, &mut slices);
        let mut taken = 0;
        for slice in &slices[..filled] {
            let room = socket.room.map_or(slice.len(), |room| room.min(slice.len()));
            socket.received.push_str(std::str::from_utf8(&slice[..room]).unwrap());
            socket.room = socket.room.map(|left| left - room);
            taken += room;
        }
        socket.writes += 1;
        if filled > 0 {
            shard.sent(self.now, conn, taken);
        }
    }
}
