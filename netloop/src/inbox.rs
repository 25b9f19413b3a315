//! What other threads may ask of a worker, and how they wake it.
//!
//! Frames never come this way: they travel through the hub's own mailboxes and only borrow the waker.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::net::TcpStream;
use rtmpd_core::Answer;
use rtmpd_core::shard::ConnId;

/// Most letters that may wait before no more sockets are dealt here: a stuck worker must not collect clients.
const MAX_WAITING: usize = 1024;

/// One request to a worker.
#[derive(Debug)]
pub(crate) enum Letter {
    /// A connection that another worker accepted.
    Socket(Dealt),
    /// The embedding program's answer to a call.
    Answer(ConnId, Answer),
    /// The addresses of a host that was looked up, or why there are none.
    Resolved(u64, Result<Vec<SocketAddr>, String>),
    /// Ask the attendants again.
    Attend,
    /// Say goodbye to everybody and end.
    Stop,
}

/// A freshly accepted socket, registered nowhere.
#[derive(Debug)]
pub(crate) struct Dealt {
    /// Index of its listener.
    pub(crate) listener: usize,
    /// The socket.
    pub(crate) stream: TcpStream,
    /// Its peer.
    pub(crate) remote: SocketAddr,
}

/// The letter boxes of all workers, by their index.
pub(crate) type Inboxes = Arc<[Arc<Inbox>]>;

/// A worker's letter box.
#[derive(Debug)]
pub(crate) struct Inbox {
    letters: Mutex<Vec<Letter>>,
    waker: mio::Waker,
}

impl Inbox {
    pub(crate) fn new(waker: mio::Waker) -> Self {
        Self { letters: Mutex::new(Vec::new()), waker }
    }

    /// Leaves a letter and wakes the worker if it was the first.
    pub(crate) fn post(&self, letter: Letter) {
        let mut letters = self.lock();
        letters.push(letter);
        let first = letters.len() == 1;
        drop(letters);
        if first {
            self.wake();
        }
    }

    /// Leaves a socket, unless too much is waiting already: then it is given back.
    pub(crate) fn deal(&self, dealt: Dealt) -> Result<(), Dealt> {
        if self.lock().len() >= MAX_WAITING {
            return Err(dealt);
        }
        self.post(Letter::Socket(dealt));
        Ok(())
    }

    /// Makes the worker's poll return.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            log::error!(target: "rtmpd", "cannot wake a worker: {error}");
        }
    }

    /// Takes all letters, in the order they came.
    pub(crate) fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
