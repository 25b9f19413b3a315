//! One worker: a thread, its poller and its shard. [`Worker::run`] is the loop.
//!
//! - [`token`]: what an event is about
//! - [`table`]: the sockets of the connections
//! - [`acceptor`]: listening sockets, paused when descriptors run out
//! - [`dialing`]: connections that machines ask for
//! - [`door`]: connections come in, by accept or dealt by another worker
//! - [`reading`]: bytes in, a bounded part per connection and turn
//! - [`writing`]: bytes out, one vectored write per connection, and everything else that a shard asks for
//! - [`ports`]: UDP sockets, and datagrams in and out
//! - [`farewell`]: connections that are over, until the peer has read our last words

mod acceptor;
mod dialing;
mod door;
mod farewell;
mod ports;
mod reading;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod writing;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Interest, Poll, Token, Waker};
use rtmpd_core::Instant;
use rtmpd_core::hub::{Hub, ShardId};
use rtmpd_core::shard::{ServiceId, Shard};

use crate::caller::Caller;
use crate::clock::Clock;
use crate::datagram::Socket;
use crate::inbox::{Inboxes, Letter};
use crate::listener::{Listener, MakeAttendants};
use crate::settings::Settings;
pub(crate) use acceptor::Acceptor;
use acceptor::Gate;
use dialing::Dials;
use farewell::Farewells;
use ports::Ports;
pub(crate) use ports::options;
use reading::Reading;
use table::Table;
use token::Subject;

/// Most events taken from the system at once.
const EVENTS: usize = 1024;

/// What all workers have in common.
pub(crate) struct Common {
    pub(crate) settings: Settings,
    pub(crate) hub: Arc<Hub>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) attendants: MakeAttendants,
    pub(crate) caller: Arc<dyn Caller>,
    pub(crate) inboxes: Inboxes,
}

/// A worker before its thread runs: everything that can fail at start has not failed.
pub(crate) struct Prepared {
    pub(crate) index: u16,
    pub(crate) poll: Poll,
    pub(crate) acceptors: Vec<Acceptor>,
    /// UDP sockets, each with its listener and address.
    pub(crate) ports: Vec<(usize, SocketAddr, Socket)>,
}

/// A poller, and the waker that makes it return.
pub(crate) fn poller() -> io::Result<(Poll, Waker)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), Subject::Wake.into())?;
    Ok((poll, waker))
}

pub(crate) struct Worker {
    common: Arc<Common>,
    index: usize,
    clock: Clock,
    poll: Poll,
    shard: Shard,
    /// By listener.
    services: Vec<ServiceId>,
    acceptors: Vec<Acceptor>,
    gate: Gate,
    /// The worker that the next dealt connection goes to.
    turn: usize,
    table: Table,
    reading: Reading,
    ports: Ports,
    farewells: Farewells,
    dials: Dials,
    /// Set once the end has come: the latest it may be.
    until: Option<Instant>,
}

impl Worker {
    /// Builds the shard, on the thread that will run it.
    pub(crate) fn new(common: Arc<Common>, prepared: Prepared) -> io::Result<Self> {
        let Prepared { index, poll, mut acceptors, ports: sockets } = prepared;
        let mut shard = Shard::new(ShardId(index), Arc::clone(&common.hub));
        let index = usize::from(index);
        let services: Vec<ServiceId> =
            common.listeners.iter().map(|door| shard.add_service((door.make)(index))).collect();
        for attendant in (common.attendants)() {
            shard.add_attendant(attendant);
        }
        shard.attend_anew(Clock::process().now());
        for (at, acceptor) in acceptors.iter_mut().enumerate() {
            let token: Token = Subject::Listener(at).into();
            poll.registry().register(acceptor.socket(), token, Interest::READABLE)?;
        }
        let mut ports = Ports::new(&common.settings, index as u64);
        for (listener, addr, socket) in sockets {
            ports.open(shard.add_port(services[listener], addr), socket, poll.registry())?;
        }
        if common.settings.share_rtp
            && let Err(error) = ports.share(&mut shard, poll.registry())
        {
            log::warn!(target: "rtmpd", "no UDP ports for RTP that players could share: {error}");
        }
        Ok(Self {
            index,
            clock: Clock::process(),
            poll,
            shard,
            services,
            acceptors,
            gate: Gate::new(index),
            turn: 0,
            table: Table::default(),
            reading: Reading::new(common.settings.read_budget),
            ports,
            farewells: Farewells::default(),
            dials: Dials::default(),
            until: None,
            common,
        })
    }

    /// Turns until the server stops.
    ///
    /// # Errors
    /// When the poller itself fails: without it a worker can do nothing.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        while !self.is_over() {
            match self.poll.poll(&mut events, self.sleep()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            }
            self.turn(&events);
        }
        if self.shard.connections() > 0 {
            let left = self.shard.connections();
            log::info!(target: "rtmpd", "worker {}: {left} connections were cut short", self.index);
        }
        Ok(())
    }

    fn turn(&mut self, events: &Events) {
        let now = self.clock.now();
        let mut woken = false;
        for event in events {
            woken |= self.note(now, event);
        }
        self.accept(now);
        if woken {
            self.open_letters(now);
        }
        self.read();
        self.receive_datagrams();
        if self.dials.due().is_some_and(|due| due <= now) {
            self.expire_dials(now);
        }
        if woken {
            self.shard.handle_mail(self.clock.now());
        }
        self.carry_out();
        self.tick();
        self.farewells.expire(now);
    }

    /// Remembers what an event says; true for the waker's.
    fn note(&mut self, now: Instant, event: &Event) -> bool {
        match Subject::from(event.token()) {
            Subject::Conn(index) => self.note_conn(now, index, event),
            Subject::Listener(index) => {
                if let Some(acceptor) = self.acceptors.get_mut(index) {
                    acceptor.knocked();
                }
            }
            Subject::Farewell(index) => self.farewells.readable(index, self.reading.scratch()),
            Subject::Port(index) => {
                if let Some(port) = self.ports.note(index, event) {
                    self.shard.port_writable(port);
                }
            }
            Subject::Dial(index) => self.note_dial(now, index),
            Subject::Wake => return true,
        }
        false
    }

    fn note_conn(&mut self, now: Instant, index: usize, event: &Event) {
        let Some(conn) = self.table.at(index) else { return };
        if event.is_read_closed() || event.is_error() {
            conn.hung_up = true;
        }
        if event.is_readable() || conn.hung_up {
            self.reading.queue(conn);
        }
        if conn.blocked && event.is_writable() {
            conn.blocked = false;
            self.shard.writable(now, conn.id);
        }
    }

    fn open_letters(&mut self, now: Instant) {
        let inbox = Arc::clone(&self.common.inboxes[self.index]);
        for letter in inbox.take() {
            match letter {
                Letter::Socket(dealt) if self.until.is_none() => self.adopt(now, dealt),
                Letter::Socket(_) => {}
                Letter::Answer(conn, answer) => self.shard.answer(now, conn, answer),
                Letter::Resolved(number, found) => self.resolved(now, number, found),
                Letter::Attend => self.shard.attend_anew(now),
                Letter::Stop => self.stop(now),
            }
        }
    }

    fn stop(&mut self, now: Instant) {
        if self.until.is_none() {
            self.until = Some(now + self.common.settings.grace);
            self.acceptors.clear();
            self.shard.shutdown(now);
        }
    }

    /// Timers and the pump, with what they make to send: this is what adaptive coalescing is steered by.
    fn tick(&mut self) {
        let begun = self.clock.now();
        if self.shard.poll_timeout().is_some_and(|due| due <= begun) {
            self.shard.handle_timeout(begun);
            self.carry_out();
            self.shard.spent(self.clock.now().since(begun));
        }
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| {
            let quiet = self.shard.connections() == 0 && self.farewells.is_empty();
            quiet || until <= self.clock.now()
        })
    }

    /// How long the poll may sleep.
    fn sleep(&self) -> Option<Duration> {
        let knocking = || self.acceptors.iter().any(Acceptor::is_waiting) && !self.gate.is_closed();
        if self.reading.is_pending() || self.ports.is_pending() || knocking() {
            return Some(Duration::ZERO);
        }
        let due = [self.shard.poll_timeout(), self.gate.reopens_at(), self.farewells.due(), self.until];
        let due = due.into_iter().chain([self.dials.due()]).flatten().min()?;
        Some(due.since(self.clock.now()))
    }
}
