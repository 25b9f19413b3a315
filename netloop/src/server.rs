//! Starts the workers: everything that can fail, fails before the first thread runs.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use mio::Poll;
use rtmpd_core::hub::Hub;

use crate::caller::Caller;
use crate::inbox::{Inbox, Inboxes, Letter};
use crate::listener::{self, Bound, Listener, MakeAttendants, Sockets};
use crate::settings::Settings;
use crate::stopper::Stopper;
use crate::system;
use crate::worker::{self, Acceptor, Common, Prepared, Worker};

/// A running server; dropped, it stops without waiting.
#[derive(Debug)]
pub struct Server {
    addrs: Vec<SocketAddr>,
    stopper: Stopper,
}

impl Server {
    /// Binds all listeners and starts one worker per shard of the hub.
    ///
    /// # Errors
    /// When a listener cannot be bound (the message names it, its address and the cause), when the hub's shards are
    /// not as many as [`Settings::workers`], or when the system refuses a poller or a thread.
    pub fn start(
        settings: Settings,
        hub: Arc<Hub>,
        listeners: Vec<Listener>,
        attendants: MakeAttendants,
        caller: Arc<dyn Caller>,
    ) -> io::Result<Self> {
        let workers = settings.workers();
        if hub.settings().shards != workers {
            let text = format!("the hub has {} shards for {workers} workers", hub.settings().shards);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        match system::raise_descriptor_limit(settings.descriptors) {
            Ok(limit) => log::debug!(target: "rtmpd", "up to {limit} descriptors"),
            Err(error) => log::warn!(target: "rtmpd", "cannot raise the descriptor limit: {error}"),
        }
        let bind = |door| listener::bind(door, &settings, workers.into());
        let bound = listeners.iter().map(bind).collect::<io::Result<Vec<_>>>()?;
        let addrs = bound.iter().map(|bound| bound.addr).collect();
        let (polls, inboxes) = pollers(workers)?;
        let stopper = Stopper::new(Arc::clone(&inboxes), settings.grace);
        let common = Arc::new(Common { settings, hub, listeners, attendants, caller, inboxes });
        let server = Self { addrs, stopper };
        for prepared in prepare(polls, bound) {
            spawn(Arc::clone(&common), prepared, server.stopper.clone())?;
        }
        Ok(server)
    }

    /// The address of each listener, in their order, with the port it really has.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Ends this server from anywhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Has attendants asked again, from anywhere.
    pub fn reminder(&self) -> Reminder {
        Reminder { inboxes: self.stopper.inboxes() }
    }

    /// Asks all connections to say goodbye, and waits as [`Self::join`] does.
    ///
    /// # Errors
    /// As for [`Self::join`].
    pub fn shutdown(self) -> io::Result<()> {
        self.stopper.stop();
        self.join()
    }

    /// Waits until the server has stopped.
    ///
    /// # Errors
    /// When a worker failed (which stops the others), or did not end within the grace.
    pub fn join(self) -> io::Result<()> {
        self.stopper.wait()
    }
}

/// The way to those who go along with streams, when what they go by has changed.
#[derive(Clone, Debug)]
pub struct Reminder {
    inboxes: Inboxes,
}

impl Reminder {
    /// Has every shard ask its attendants for streams that are being published already.
    pub fn ask_anew(&self) {
        for inbox in self.inboxes.iter() {
            inbox.post(Letter::Attend);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}

/// A poller and an inbox for each worker.
fn pollers(workers: u16) -> io::Result<(Vec<Poll>, Inboxes)> {
    let (mut polls, mut inboxes) = (Vec::new(), Vec::new());
    for _ in 0..workers {
        let (poll, waker) = worker::poller()?;
        polls.push(poll);
        inboxes.push(Arc::new(Inbox::new(waker)));
    }
    Ok((polls, inboxes.into()))
}

/// Gives each worker its poller and its sockets.
fn prepare(polls: Vec<Poll>, bound: Vec<Bound>) -> Vec<Prepared> {
    let workers = polls.len();
    let with_index = (0..).zip(polls);
    let mut all: Vec<_> = with_index
        .map(|(index, poll)| Prepared { index, poll, acceptors: Vec::new(), ports: Vec::new() })
        .collect();
    for (listener, bound) in bound.into_iter().enumerate() {
        match bound.sockets {
            Sockets::Tcp(sockets) => {
                let deals = sockets.len() < workers;
                for (prepared, socket) in all.iter_mut().zip(sockets) {
                    prepared.acceptors.push(Acceptor::new(listener, socket, deals));
                }
            }
            Sockets::Udp(sockets) => {
                for (prepared, socket) in all.iter_mut().zip(sockets) {
                    prepared.ports.push((listener, bound.addr, socket));
                }
            }
        }
    }
    all
}

fn spawn(common: Arc<Common>, prepared: Prepared, stopper: Stopper) -> io::Result<()> {
    let name = format!("worker-{}", prepared.index);
    let work = {
        let (name, stopper) = (name.clone(), stopper.clone());
        move || {
            let run = AssertUnwindSafe(|| Worker::new(common, prepared).and_then(Worker::run));
            let outcome = match catch_unwind(run) {
                Ok(result) => result.map_err(|error| format!("{name} failed: {error}")),
                Err(panic) => Err(format!("{name} panicked: {}", text_of(panic.as_ref()))),
            };
            if let Err(text) = &outcome {
                log::error!(target: "rtmpd", "{text}; the server stops");
            }
            stopper.ended(outcome);
        }
    };
    let started = thread::Builder::new().name(name.clone()).spawn(work);
    started.map(drop).inspect_err(|error| stopper.ended(Err(format!("{name} did not start: {error}"))))
}

/// What a panic said.
fn text_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}
