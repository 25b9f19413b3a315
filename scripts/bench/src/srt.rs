//! SRT players: callers that take what comes, and count it. One thread, many sockets.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use rtmpd_core::Instant as Time;
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::wire::Cipher;
use rtmpd_proto::srt::{Call, CallerKey, Connection, Event, Settings, Stats};

use crate::error::Fault;
use crate::procfs::{Usage, socket_overflows};

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The listener.
    pub to: SocketAddr,
    /// What is asked for.
    pub stream_id: String,
    /// For encryption.
    pub passphrase: Option<String>,
    /// How many call.
    pub players: usize,
    /// How long they listen, once all are there.
    pub seconds: u64,
    /// How long they hold packets, in ms.
    pub latency: u64,
    /// The server's processes.
    pub watch: Vec<u32>,
}

struct Player {
    socket: UdpSocket,
    connection: Connection,
    open: bool,
    bytes: u64,
}

struct Crowd {
    start: Instant,
    poll: Poll,
    players: Vec<Player>,
}

/// Runs it, and gives the report, as `key=value` words.
///
/// # Errors
/// When not everybody is let in, or somebody has to go.
pub fn run(plan: &Plan) -> Result<String, Fault> {
    let mut crowd = Crowd { start: Instant::now(), poll: Poll::new()?, players: Vec::new() };
    for number in 0..plan.players {
        crowd.add(plan, u32::try_from(number).unwrap_or_default())?;
        crowd.turn(Duration::from_millis(2))?;
    }
    let until = Instant::now() + Duration::from_secs(10);
    while crowd.players.iter().any(|player| !player.open) {
        if Instant::now() > until {
            let open = crowd.players.iter().filter(|player| player.open).count();
            return Err(Fault::new(format!("{open} of {} players were let in", plan.players)));
        }
        crowd.turn(Duration::from_millis(5))?;
    }
    crowd.listen(Duration::from_secs(2))?;
    let (before, own, overflows) = (Usage::of(&plan.watch), Usage::own(), socket_overflows());
    let (bytes, stats, began) = (crowd.bytes(), crowd.stats(), Instant::now());
    crowd.listen(Duration::from_secs(plan.seconds))?;
    let window = began.elapsed().as_secs_f64();
    let (after, own_after) = (Usage::of(&plan.watch), Usage::own());
    let (delivered, now) = (crowd.bytes() - bytes, crowd.stats());
    let gigabytes = delivered as f64 / 1e9;
    let (cpu, own) = (after.cpu_s - before.cpu_s, own_after.cpu_s - own.cpu_s);
    Ok(format!(
        "players={} window_s={window:.3} delivered_bytes={delivered} delivered_mbit_s={:.1} packets={} lost={} dropped={} \
         undecryptable={} udp_overflows={} server_cpu_s={cpu:.2} server_cpu_percent={:.1} cpu_s_per_gb={:.4} \
         load_cpu_s={own:.2} both_cpu_s_per_gb={:.4} server_rss_kb={}\n",
        plan.players,
        delivered as f64 * 8.0 / 1e6 / window,
        now.received - stats.received,
        now.lost - stats.lost,
        now.dropped - stats.dropped,
        now.undecryptable - stats.undecryptable,
        socket_overflows() - overflows,
        cpu / window * 100.0,
        cpu / gigabytes,
        (cpu + own) / gigabytes,
        after.rss_kb,
    ))
}

impl Crowd {
    fn add(&mut self, plan: &Plan, number: u32) -> Result<(), Fault> {
        let any: SocketAddr =
            if plan.to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let mut socket = UdpSocket::bind(any)?;
        socket.connect(plan.to)?;
        let key = match &plan.passphrase {
            Some(text) => {
                let passphrase = Passphrase::new(text).map_err(|error| Fault::new(error.to_string()))?;
                Some(CallerKey { passphrase, length: 16, cipher: Cipher::Ctr })
            }
            None => None,
        };
        let call = Call { id: number + 1, to: plan.to, stream_id: Some(plan.stream_id.clone()), key };
        let settings = Settings { latency: Duration::from_millis(plan.latency), ..Settings::default() };
        let mut secret = [0; 32];
        secret[..4].copy_from_slice(&number.to_be_bytes());
        let connection = Connection::call(self.now(), call, settings, Secret::new(secret));
        let token = Token(self.players.len());
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        self.players.push(Player { socket, connection, open: false, bytes: 0 });
        Ok(())
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn listen(&mut self, time: Duration) -> Result<(), Fault> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.turn(Duration::from_millis(5))?;
        }
        Ok(())
    }

    fn turn(&mut self, patience: Duration) -> Result<(), Fault> {
        let mut events = Events::with_capacity(1024);
        self.poll.poll(&mut events, Some(patience))?;
        let now = self.now();
        let mut buffer = [0; 2048];
        for event in &events {
            if let Some(player) = self.players.get_mut(event.token().0) {
                player.read(now, &mut buffer)?;
            }
        }
        for player in &mut self.players {
            if player.connection.poll_timeout().is_some_and(|at| at <= now) {
                player.connection.handle_timeout(now);
            }
            player.drain()?;
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.players.iter().map(|player| player.bytes).sum()
    }

    fn stats(&self) -> Stats {
        self.players.iter().map(|player| player.connection.stats()).fold(Stats::default(), |sum, one| Stats {
            received: sum.received + one.received,
            lost: sum.lost + one.lost,
            dropped: sum.dropped + one.dropped,
            undecryptable: sum.undecryptable + one.undecryptable,
            ..sum
        })
    }
}

impl Player {
    fn read(&mut self, now: Time, buffer: &mut [u8]) -> Result<(), Fault> {
        loop {
            match self.socket.recv(buffer) {
                Ok(length) => self.connection.handle_datagram(now, &buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(Fault::new(format!("a player's socket: {error}"))),
            }
        }
    }

    fn drain(&mut self) -> Result<(), Fault> {
        while let Some(outgoing) = self.connection.poll_transmit() {
            self.socket.send(&outgoing.to_vec())?;
        }
        while let Some(event) = self.connection.poll_event() {
            match event {
                Event::Opened(_) => self.open = true,
                Event::Data(payload) => self.bytes += payload.len() as u64,
                Event::Rejected(reject) => return Err(Fault::new(format!("a player was refused: {reject}"))),
                Event::Failed(error) => return Err(Fault::new(format!("a player failed: {error}"))),
                Event::PeerGone | Event::Closed => return Err(Fault::new("the server has closed a player")),
                Event::Asked(_) => {}
            }
        }
        Ok(())
    }
}
