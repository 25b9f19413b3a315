//! One listening socket of a worker: bounded per turn, and paused rather than spinning when descriptors run out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use rtmpd_core::Instant;

use crate::system::{self, Spare};

/// Most connections accepted per turn, so that those which are there already are not kept waiting.
const PER_TURN: usize = 64;

/// How long accepting rests when there is no descriptor left.
const PAUSE: Duration = Duration::from_millis(250);

/// A listening socket and whether anybody may be waiting there.
#[derive(Debug)]
pub(crate) struct Acceptor {
    socket: TcpListener,
    /// Index of the listener it belongs to.
    listener: usize,
    /// The other workers have no socket of their own for this listener.
    deals: bool,
    /// An edge said that there are connections, and we have not come to the last one.
    waiting: bool,
}

/// Whether a worker may accept at all: descriptors are the process's, not one listener's.
#[derive(Debug)]
pub(crate) struct Gate {
    spare: Spare,
    closed_until: Option<Instant>,
    /// The log knows that descriptors ran out.
    told: bool,
    /// For the log.
    worker: usize,
}

impl Acceptor {
    pub(crate) fn new(listener: usize, socket: TcpListener, deals: bool) -> Self {
        Self { socket, listener, deals, waiting: true }
    }

    pub(crate) fn listener(&self) -> usize {
        self.listener
    }

    /// Whether what comes here is for all workers.
    pub(crate) fn deals(&self) -> bool {
        self.deals
    }

    /// The socket, for registering it.
    pub(crate) fn socket(&mut self) -> &mut TcpListener {
        &mut self.socket
    }

    /// An edge: somebody knocked.
    pub(crate) fn knocked(&mut self) {
        self.waiting = true;
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Accepts a turn's worth into `accepted`.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        gate: &mut Gate,
        accepted: &mut Vec<(TcpStream, SocketAddr)>,
    ) {
        let mut tries = PER_TURN;
        while self.waiting && tries > 0 && gate.is_open(now) {
            tries -= 1;
            match self.socket.accept() {
                Ok((stream, remote)) => accepted.push((stream, plain(remote))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.waiting = false;
                    gate.relieved();
                }
                Err(error) if system::out_of_descriptors(&error) => gate.close(now, &error),
                // This one client's misfortune, such as a reset before we came to it: on to the next.
                Err(error) => log::debug!(target: "rtmpd", "accept failed: {error}"),
            }
        }
    }
}

impl Gate {
    pub(crate) fn new(worker: usize) -> Self {
        Self { spare: Spare::new(), closed_until: None, told: false, worker }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed_until.is_some()
    }

    /// When a closed gate is to be tried again.
    pub(crate) fn reopens_at(&self) -> Option<Instant> {
        self.closed_until
    }

    /// Whether accepting makes sense now; a closed gate opens when a spare descriptor can be had again.
    pub(crate) fn is_open(&mut self, now: Instant) -> bool {
        let Some(until) = self.closed_until else { return true };
        if now < until {
            return false;
        }
        if !self.spare.take_back() {
            self.closed_until = Some(now + PAUSE);
            return false;
        }
        self.closed_until = None;
        true
    }

    pub(crate) fn close(&mut self, now: Instant, error: &io::Error) {
        self.spare.give_up();
        self.closed_until = Some(now + PAUSE);
        if !std::mem::replace(&mut self.told, true) {
            let worker = self.worker;
            log::warn!(target: "rtmpd", "worker {worker}: clients wait until descriptors are free: {error}");
        }
    }

    /// Nobody waits any more.
    fn relieved(&mut self) {
        if std::mem::take(&mut self.told) {
            log::info!(target: "rtmpd", "worker {}: all waiting clients are accepted", self.worker);
        }
    }
}

/// IPv4 clients of a dual-stack socket under their own address.
pub(crate) fn plain(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}
