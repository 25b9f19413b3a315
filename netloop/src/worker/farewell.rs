//! Sockets that the shard is done with. Closing one with unread input resets the connection, and the peer may lose
//! our last words; so we close our side only and read on for a moment, until the peer closes its own.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry};
use rtmpd_core::Instant;
use slab::Slab;

use super::token::Subject;
use crate::system;

/// How long a peer has to close its side.
const PATIENCE: Duration = Duration::from_secs(1);

/// Most bytes that are read and thrown away meanwhile.
const MAX_BYTES: usize = 4 << 20;

#[derive(Debug)]
struct Farewell {
    stream: TcpStream,
    left: usize,
    until: Instant,
}

/// All sockets that wait for their peer's end.
#[derive(Debug, Default)]
pub(crate) struct Farewells {
    sockets: Slab<Farewell>,
    /// In the order of their deadlines, which are all equally far.
    order: VecDeque<(Instant, usize)>,
}

impl Farewells {
    /// Ends our side of this connection and waits for the peer's end if that is not here already.
    pub(crate) fn add(&mut self, now: Instant, stream: TcpStream, registry: &Registry, scratch: &mut [u8]) {
        if stream.shutdown(Shutdown::Write).and_then(|()| system::bound_farewell(&stream)).is_err() {
            return;
        }
        let until = now + PATIENCE;
        let mut farewell = Farewell { stream, left: MAX_BYTES, until };
        if farewell.drain(scratch) {
            return;
        }
        let entry = self.sockets.vacant_entry();
        let (index, token) = (entry.key(), Subject::Farewell(entry.key()).into());
        if registry.reregister(&mut farewell.stream, token, Interest::READABLE).is_ok() {
            entry.insert(farewell);
            self.order.push_back((until, index));
        }
    }

    /// Something came from the peer.
    pub(crate) fn readable(&mut self, index: usize, scratch: &mut [u8]) {
        if self.sockets.get_mut(index).is_some_and(|farewell| farewell.drain(scratch)) {
            self.sockets.remove(index);
        }
    }

    /// Closes those whose time is up.
    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some((until, index)) = self.order.pop_front_if(|(until, _)| *until <= now) {
            if self.sockets.get(index).is_some_and(|farewell| farewell.until == until) {
                self.sockets.remove(index);
            }
        }
    }

    /// Closes all: somebody needs the descriptors more.
    pub(crate) fn clear(&mut self) {
        self.sockets.clear();
        self.order.clear();
    }

    /// When [`Self::expire`] is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.order.front().map(|(until, _)| *until)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }
}

impl Farewell {
    /// Reads what is there; true when this socket can be closed.
    fn drain(&mut self, scratch: &mut [u8]) -> bool {
        while self.left > 0 {
            match self.stream.read(scratch) {
                Ok(0) => return true,
                Ok(n) => self.left = self.left.saturating_sub(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
        true
    }
}
