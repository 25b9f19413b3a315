//! Connections that machines ask for: the name is looked up, its addresses are tried one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use mio::Interest;
use mio::net::TcpStream;
use rtmpd_core::shard::{ConnId, Outgoing, PortId};
use rtmpd_core::{Dial, Instant, Peer};
use socket2::SockRef;

use super::Worker;
use super::acceptor::plain;
use super::ports::options;
use super::table::Conn;
use super::token::Subject;
use crate::datagram::{Options, Socket};
use crate::resolver::{in_turn, look_up};
use crate::system;

/// Most addresses of a name that are tried.
const MAX_ADDRS: usize = 8;
/// An address has at least so long, though all of them together may have less.
const LEAST: Duration = Duration::from_millis(250);

/// A connection that is being made.
#[derive(Debug)]
struct Dialing {
    conn: ConnId,
    /// Which look-up is its: one that was given up may still be answered.
    number: u64,
    dial: Dial,
    port: Option<PortId>,
    until: Instant,
    /// Addresses that were not tried yet.
    addrs: VecDeque<SocketAddr>,
    attempt: Option<Attempt>,
    /// Why the addresses so far were of no use.
    failures: Vec<String>,
}

/// One address that is being tried.
#[derive(Debug)]
struct Attempt {
    stream: TcpStream,
    remote: SocketAddr,
    until: Instant,
}

/// All connections that are being made, by the index of their [`ConnId`].
#[derive(Debug, Default)]
pub(crate) struct Dials {
    slots: BTreeMap<usize, Dialing>,
    made: u64,
}

impl Dials {
    /// Nobody wants this connection any more.
    pub(crate) fn cancel(&mut self, conn: ConnId) {
        if self.slots.get(&conn.index()).is_some_and(|dialing| dialing.conn == conn) {
            self.slots.remove(&conn.index());
        }
    }

    /// When [`Worker::expire_dials`] is wanted.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.slots.values().map(Dialing::due).min()
    }
}

impl Dialing {
    fn due(&self) -> Instant {
        self.attempt.as_ref().map_or(self.until, |attempt| attempt.until)
    }

    /// What the machine is told.
    fn failure(&self) -> String {
        let why = match self.failures.as_slice() {
            [] => "it has no address".to_owned(),
            failures => failures.join("; "),
        };
        format!("cannot reach {}: {why}", self.dial)
    }
}

impl Worker {
    /// Begins to make a connection.
    pub(super) fn dial(&mut self, now: Instant, outgoing: Outgoing) {
        let Outgoing { conn, dial, port } = outgoing;
        self.dials.made += 1;
        let (number, index) = (self.dials.made, conn.index());
        let until = now + dial.patience;
        let address = dial.host.parse::<IpAddr>().ok();
        let inbox = || Arc::clone(&self.common.inboxes[self.index]);
        let begun = match address {
            Some(_) => Ok(()),
            None => look_up(&dial.host, dial.port, number, inbox()),
        };
        let addrs = address.map(|ip| SocketAddr::new(ip, dial.port)).into_iter().collect();
        let (attempt, failures) = (None, begun.err().into_iter().collect::<Vec<_>>());
        let is_known = address.is_some() || !failures.is_empty();
        let dialing = Dialing { conn, number, dial, port, until, addrs, attempt, failures };
        self.dials.slots.insert(index, dialing);
        if is_known {
            self.try_next(now, index);
        }
    }

    /// A name was looked up.
    pub(super) fn resolved(&mut self, now: Instant, number: u64, found: Result<Vec<SocketAddr>, String>) {
        let mut slots = self.dials.slots.iter_mut();
        let Some((&index, dialing)) = slots.find(|(_, dialing)| dialing.number == number) else { return };
        match found {
            Ok(addrs) => dialing.addrs = in_turn(addrs, dialing.dial.turn, MAX_ADDRS).into(),
            Err(why) => dialing.failures.push(why),
        }
        self.try_next(now, index);
    }

    /// Tries the next address, until one is on its way or none is left.
    fn try_next(&mut self, now: Instant, index: usize) {
        loop {
            let Some(dialing) = self.dials.slots.get_mut(&index) else { return };
            dialing.attempt = None;
            let next = dialing.addrs.pop_front().filter(|_| now < dialing.until);
            let Some(remote) = next else { return self.give_up(now, index) };
            let failure = match dialing.port {
                Some(port) => match self.open_socket(remote, port) {
                    Ok(local) => return self.succeed(now, index, Peer { local, remote }),
                    Err(error) => error,
                },
                None => match self.begin(now, index, remote) {
                    Ok(()) => return,
                    Err(error) => error,
                },
            };
            self.note_failure(index, remote, &failure.to_string());
        }
    }

    fn begin(&mut self, now: Instant, index: usize, remote: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(remote)?;
        system::tune(&SockRef::from(&stream), &self.common.settings);
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Subject::Dial(index).into(), both)?;
        if let Some(dialing) = self.dials.slots.get_mut(&index) {
            let places = u32::try_from(dialing.addrs.len()).unwrap_or(u32::MAX).saturating_add(1);
            let share = (dialing.until.since(now) / places).max(LEAST);
            dialing.attempt = Some(Attempt { stream, remote, until: now + share });
        }
        Ok(())
    }

    /// A socket for datagrams to this address.
    fn open_socket(&mut self, remote: SocketAddr, port: PortId) -> io::Result<SocketAddr> {
        let any: SocketAddr = if remote.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
        // Which of our addresses leads there; nothing is sent.
        let probe = UdpSocket::bind(any)?;
        probe.connect(remote)?;
        let local = SocketAddr::new(probe.local_addr()?.ip(), 0);
        let options = Options { coalesce: true, ..options(&self.common.settings) };
        let socket: Socket = options.bind(local)?;
        let local = socket.local();
        self.ports.open(port, socket, self.poll.registry())?;
        Ok(local)
    }

    /// Something has happened to a socket that is being connected.
    pub(super) fn note_dial(&mut self, now: Instant, index: usize) {
        let attempt = self.dials.slots.get(&index).and_then(|dialing| dialing.attempt.as_ref());
        let Some(Attempt { stream, remote, .. }) = attempt else { return };
        let remote = *remote;
        let error = match (stream.take_error(), stream.peer_addr()) {
            (Ok(Some(error)), _) | (Err(error), _) => error,
            (Ok(None), Ok(_)) => return self.connected(now, index),
            // Not yet: the event was about something else.
            (Ok(None), Err(error)) if error.kind() == io::ErrorKind::NotConnected => return,
            (Ok(None), Err(error)) => error,
        };
        self.note_failure(index, remote, &error.to_string());
        self.try_next(now, index);
    }

    fn connected(&mut self, now: Instant, index: usize) {
        let Some(dialing) = self.dials.slots.get_mut(&index) else { return };
        let Some(Attempt { mut stream, remote, .. }) = dialing.attempt.take() else { return };
        let conn = dialing.conn;
        let both = Interest::READABLE | Interest::WRITABLE;
        let token = Subject::Conn(conn.index()).into();
        let watched = self.poll.registry().reregister(&mut stream, token, both);
        let ready = watched.and_then(|()| stream.set_nodelay(true)).and_then(|()| stream.local_addr());
        match ready {
            Ok(local) => {
                self.table.insert(Conn::new(conn, stream));
                self.succeed(now, index, Peer { local: plain(local), remote });
            }
            Err(error) => {
                self.note_failure(index, remote, &error.to_string());
                self.try_next(now, index);
            }
        }
    }

    fn note_failure(&mut self, index: usize, remote: SocketAddr, why: &str) {
        let Some(dialing) = self.dials.slots.get_mut(&index) else { return };
        let is_host = dialing.dial.host.parse() == Ok(remote.ip());
        dialing.failures.push(if is_host { why.to_owned() } else { format!("{}: {why}", remote.ip()) });
    }

    fn succeed(&mut self, now: Instant, index: usize, peer: Peer) {
        let Some(dialing) = self.dials.slots.remove(&index) else { return };
        self.shard.dialled(now, dialing.conn, Ok(peer));
    }

    fn give_up(&mut self, now: Instant, index: usize) {
        let Some(dialing) = self.dials.slots.remove(&index) else { return };
        self.shard.dialled(now, dialing.conn, Err(dialing.failure()));
    }

    /// Goes on from addresses that do not answer.
    pub(super) fn expire_dials(&mut self, now: Instant) {
        let late = |(&index, dialing): (&usize, &Dialing)| (dialing.due() <= now).then_some(index);
        let late: Vec<usize> = self.dials.slots.iter().filter_map(late).collect();
        for index in late {
            let Some(dialing) = self.dials.slots.get_mut(&index) else { continue };
            match dialing.attempt.take() {
                Some(attempt) => self.note_failure(index, attempt.remote, "no answer in time"),
                None => dialing.failures.push("its name could not be looked up in time".to_owned()),
            }
            self.try_next(now, index);
        }
    }
}
