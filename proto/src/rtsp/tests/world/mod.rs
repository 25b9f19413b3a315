//! Hosts with real shards, and a network between them that cuts bytes and loses, doubles and reorders datagrams, all from
//! a seed and in simulated time.

mod camera;
mod network;
mod scene;
mod spy;

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtmpd_core::hub::{Hub, HubSettings, ShardId};
use rtmpd_core::media::MakePackager;
use rtmpd_core::shard::{Action, ConnId, PortId, ServiceId, Shard};
use rtmpd_core::{Dice, Instant, Machine, Peer, Request, Service, StreamKey, WallClock};

pub(super) use camera::Camera;
pub(super) use network::{Cut, Flight, Network, Weather, WireId};
use network::{MachineAt, Side};
pub(super) use scene::{AUDIO_RATE, Scene, VIDEO_RATE};
pub(super) use spy::{Seen, Spy};

use crate::rtp::{RTP, RtpPackager};
use crate::rtsp::{Casters, RtspService, Settings};
use spy::SpyService;

/// Which of a [`World`]'s hosts.
pub(super) type HostId = usize;

const RTSP: ServiceId = ServiceId(0);
const GUESTS: ServiceId = ServiceId(1);
/// Where each shard's shared pair is, and so many ports behind that the next one's.
const SHARED: u16 = 6000;
/// First port of the pairs that machines have for themselves.
const OWN: u16 = 20_000;

/// See the module's text.
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) hosts: Vec<Host>,
    pub(super) network: Network,
    /// What the shards reported.
    pub(super) log: Vec<String>,
}

/// One host: the shards of one hub.
pub(super) struct Host {
    ip: IpAddr,
    pub(super) hub: Arc<Hub>,
    shards: Vec<Shard>,
    wakes: Vec<bool>,
    /// UDP sockets by number: whose shard's, which.
    ports: BTreeMap<u16, (usize, PortId)>,
    /// So many pairs of one's own may be open.
    pub(super) most_pairs: usize,
    /// The most that ever were.
    pub(super) pairs_seen: usize,
    guests: Guests,
    /// What the machines of accepted RTSP connections say, in the order of connections.
    pub(super) seen: Arc<Mutex<Vec<Arc<Mutex<Seen>>>>>,
}

/// Machines that a shard did not make itself: our clients, cameras.
type Guests = Arc<Mutex<VecDeque<Box<dyn Machine>>>>;

struct GuestService(Guests);

impl Service for GuestService {
    fn name(&self) -> &'static str {
        "guest"
    }

    fn accept(&mut self, _now: Instant, _peer: Peer) -> Box<dyn Machine> {
        self.0.lock().unwrap().pop_front().unwrap()
    }
}

fn make_packager(seed: u64) -> MakePackager {
    Arc::new(move |packaging, _| match packaging {
        RTP => Some(Box::new(RtpPackager::new(Dice::new(seed)))),
        _ => None,
    })
}

pub(super) fn wish(name: &str) -> Request {
    Request {
        vhost: "host".into(),
        key: StreamKey::new("live", name).unwrap(),
        params: "".into(),
        protocol: "rtsp",
        agent: "".into(),
        patience: Duration::ZERO,
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now: Instant::from_millis(1000),
            hosts: Vec::new(),
            network: Network::new(seed),
            log: Vec::new(),
        }
    }

    /// A host more, with so many shards. An RTSP service with these settings listens there.
    pub(super) fn host(&mut self, shards: u16, settings: &Settings) -> HostId {
        let id = self.hosts.len();
        let seed = id as u64 + 1;
        let hub_settings = HubSettings { shards, elapse: Duration::ZERO, ..HubSettings::default() };
        let hub = Hub::new(hub_settings, make_packager(seed));
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, u8::try_from(id + 1).unwrap()));
        let (guests, seen) = (Guests::default(), Arc::default());
        let mut host = Host {
            ip,
            hub: hub.clone(),
            shards: Vec::new(),
            wakes: vec![false; shards.into()],
            ports: BTreeMap::new(),
            most_pairs: 1000,
            pairs_seen: 0,
            guests,
            seen,
        };
        for number in 0..shards {
            let mut shard = Shard::new(ShardId(number), hub.clone());
            let service = RtspService::new(settings.clone(), Dice::new(seed * 100 + u64::from(number)));
            let spied = SpyService { service: Box::new(service), all: host.seen.clone() };
            assert_eq!(shard.add_service(Box::new(spied)), RTSP);
            assert_eq!(shard.add_service(Box::new(GuestService(host.guests.clone()))), GUESTS);
            if let Some(casts) = &settings.multicast {
                shard.add_attendant(Box::new(Casters::new(casts.clone(), WallClock::default())));
            }
            let first = SHARED + 10 * number;
            for (port, id) in (first..).zip(shard.share_pair(SocketAddr::new(ip, first))) {
                host.ports.insert(port, (number.into(), id));
            }
            host.shards.push(shard);
        }
        self.hosts.push(host);
        id
    }

    pub(super) fn address(&self, host: HostId) -> SocketAddr {
        SocketAddr::new(self.hosts[host].ip, 554)
    }

    /// Puts a camera on a host, which publishes there.
    pub(super) fn camera(&mut self, host: HostId, name: &str, scene: &Scene) {
        let camera = Box::new(Camera::new(wish(name), scene));
        self.hosts[host].shards[0].spawn(self.now, "camera", camera);
        self.run();
    }

    /// A machine of ours on one host connects to the RTSP server of another. Gives the connection and what it says.
    pub(super) fn connect(
        &mut self,
        from: HostId,
        to: HostId,
        machine: impl Machine + 'static,
    ) -> (WireId, Arc<Mutex<Seen>>) {
        let (client, local, seen) = self.guest(from, self.address(to), Box::new(machine));
        let wire = self.accept(to, 0, Side::Machine(client), local);
        self.wake(client);
        (wire, seen)
    }

    /// The same, where the test itself is the server.
    pub(super) fn connect_out(
        &mut self,
        from: HostId,
        to: SocketAddr,
        machine: Box<dyn Machine>,
    ) -> (WireId, Arc<Mutex<Seen>>) {
        let (client, _, seen) = self.guest(from, to, machine);
        let wire = self.network.wire(Side::Test(Vec::new()), Side::Machine(client));
        self.wake(client);
        (wire, seen)
    }

    /// Gives a machine a place on a host; says where, and its address.
    fn guest(
        &mut self,
        host: HostId,
        to: SocketAddr,
        machine: Box<dyn Machine>,
    ) -> (MachineAt, SocketAddr, Arc<Mutex<Seen>>) {
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let spy = Spy { machine, seen: seen.clone(), now: self.now };
        self.hosts[host].guests.lock().unwrap().push_back(Box::new(spy));
        let local = SocketAddr::new(self.hosts[host].ip, self.network.free_port());
        let conn = self.hosts[host].shards[0].open(self.now, GUESTS, Peer { local, remote: to });
        (MachineAt { host, shard: 0, conn }, local, seen)
    }

    /// It has something to say from the beginning.
    fn wake(&mut self, at: MachineAt) {
        self.hosts[at.host].shards[at.shard].receive(self.now, at.conn, b"");
        self.run();
    }

    /// The test itself connects, from this address.
    pub(super) fn call(&mut self, to: HostId, shard: usize, from: SocketAddr) -> WireId {
        self.accept(to, shard, Side::Test(Vec::new()), from)
    }

    fn accept(&mut self, to: HostId, shard: usize, client: Side, from: SocketAddr) -> WireId {
        let peer = Peer { local: self.address(to), remote: from };
        let conn = self.hosts[to].shards[shard].open(self.now, RTSP, peer);
        self.network.wire(client, Side::Machine(MachineAt { host: to, shard, conn }))
    }

    /// What the machine of the `index`th connection accepted by a host has said.
    pub(super) fn served(&self, host: HostId, index: usize) -> Arc<Mutex<Seen>> {
        self.hosts[host].seen.lock().unwrap()[index].clone()
    }

    /// The test says something by a connection of its own.
    pub(super) fn say(&mut self, wire: WireId, data: &[u8]) {
        self.network.send(wire, 0, data);
        self.run();
    }

    /// How many pairs of sockets machines of a host have for themselves.
    pub(super) fn pairs(&self, host: HostId) -> usize {
        self.hosts[host].ports.range(OWN..).count() / 2
    }

    /// Connections of a host.
    pub(super) fn connections(&self, host: HostId) -> usize {
        self.hosts[host].shards.iter().map(Shard::connections).sum()
    }

    /// Lets time pass, a timer at a time.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.run();
            let timers = self.hosts.iter().flat_map(|host| &host.shards).filter_map(Shard::poll_timeout);
            match timers.chain(self.network.next_landing()).min().filter(|at| *at <= end) {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
        }
        self.now = end;
        self.run();
    }

    /// Does everything that can be done without time passing.
    pub(super) fn run(&mut self) {
        for _ in 0..1_000_000 {
            let carried = self.carry();
            let landed = self.land();
            let mut did = carried || landed;
            for host in 0..self.hosts.len() {
                for shard in 0..self.hosts[host].shards.len() {
                    did |= self.turn(host, shard);
                }
            }
            if !did {
                return;
            }
        }
        panic!("the world never settles");
    }

    /// One turn of a shard's driver; whether anything happened.
    fn turn(&mut self, host: HostId, shard: usize) -> bool {
        let Host { shards, wakes, .. } = &mut self.hosts[host];
        let engine = &mut shards[shard];
        let woken = std::mem::take(&mut wakes[shard]);
        if woken {
            engine.handle_mail(self.now);
        }
        let due = engine.poll_timeout().is_some_and(|at| at <= self.now);
        if due {
            engine.handle_timeout(self.now);
        }
        let mut did = woken || due;
        while let Some(action) = self.hosts[host].shards[shard].poll_action() {
            did = true;
            self.act(host, shard, action);
        }
        did
    }

    fn act(&mut self, host: HostId, shard: usize, action: Action) {
        match action {
            Action::Send(conn) => self.write(host, shard, conn),
            Action::Close(conn) => self.network.close(MachineAt { host, shard, conn }),
            Action::Wake(ShardId(id)) => self.hosts[host].wakes[usize::from(id)] = true,
            Action::SendDatagrams(port) => self.send_datagrams(host, shard, port),
            Action::Bind { pair, local, .. } => self.bind(host, shard, pair, local),
            Action::Unbind(port) => self.hosts[host].ports.retain(|_, at| *at != (shard, port)),
            Action::Report(report) => self.log.push(report.to_string()),
            other => panic!("{other:?} is not RTSP's"),
        }
    }

    fn write(&mut self, host: HostId, shard: usize, conn: ConnId) {
        let engine = &mut self.hosts[host].shards[shard];
        let mut slices = [IoSlice::new(&[]); 16];
        let filled = engine.unsent(conn, &mut slices);
        let data: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
        let taken = self.network.send_from(MachineAt { host, shard, conn }, &data);
        if filled > 0 {
            engine.sent(self.now, conn, taken);
        }
    }

    fn send_datagrams(&mut self, host: HostId, shard: usize, port: PortId) {
        let Host { ip, ports, shards, .. } = &mut self.hosts[host];
        let (number, _) = ports.iter().find(|(_, at)| **at == (shard, port)).unwrap();
        let from = SocketAddr::new(*ip, *number);
        let waiting = shards[shard].unsent_datagrams(port);
        let count = waiting.len();
        for datagram in waiting {
            let data = [datagram.head.as_slice(), &datagram.body].concat();
            self.network.launch(self.now, Flight { from, to: datagram.to, data });
        }
        shards[shard].sent_datagrams(port, count);
    }

    fn bind(&mut self, host: HostId, shard: usize, pair: [PortId; 2], local: IpAddr) {
        let open = self.pairs(host);
        let now = self.now;
        let host = &mut self.hosts[host];
        let result = if open < host.most_pairs {
            let free = (OWN..).step_by(2).find(|port| !host.ports.contains_key(port)).unwrap();
            host.ports.extend((free..).zip(pair.map(|id| (shard, id))));
            host.pairs_seen = host.pairs_seen.max(open + 1);
            Ok(SocketAddr::new(local, free))
        } else {
            Err("none is free".to_owned())
        };
        host.shards[shard].bound(now, pair, result);
    }

    /// Gives machines the bytes that are on their way.
    fn carry(&mut self) -> bool {
        let mut did = false;
        while let Some((at, pieces, ended)) = self.network.next_bytes() {
            did = true;
            let MachineAt { host, shard, conn } = at;
            let engine = &mut self.hosts[host].shards[shard];
            pieces.iter().for_each(|piece| engine.receive(self.now, conn, piece));
            if ended {
                engine.receive_eof(self.now, conn);
            }
        }
        did
    }

    /// Gives machines the datagrams that have arrived.
    fn land(&mut self) -> bool {
        let mut did = false;
        while let Some(flight) = self.network.next_landed(self.now) {
            did = true;
            let host = self.hosts.iter_mut().find(|host| host.ip == flight.to.ip());
            match host.and_then(|host| host.ports.get(&flight.to.port()).copied().map(|at| (host, at))) {
                Some((host, (shard, port))) => {
                    host.shards[shard].receive_datagram(self.now, port, flight.from, &flight.data);
                }
                None => self.network.astray.push(flight),
            }
        }
        did
    }
}
