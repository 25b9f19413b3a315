//! The sockets of a worker's connections, each at the index of its [`ConnId`]: a lookup is one array access.

use mio::net::TcpStream;
use rtmpd_core::shard::ConnId;

/// A connection's socket and what the loop must remember of it.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) id: ConnId,
    pub(crate) stream: TcpStream,
    /// The last write found the send buffer full; the next writable edge clears it.
    pub(crate) blocked: bool,
    /// The peer will send no more: nothing is read.
    pub(crate) finished: bool,
    /// The connection is lost: nothing is read or written, and there is nobody to say farewell to.
    pub(crate) broken: bool,
    /// The last event said that the peer closed its side: read up to the end, for no other event will come.
    pub(crate) hung_up: bool,
    /// Waits in the list of those to be read.
    pub(crate) queued: bool,
}

impl Conn {
    pub(crate) fn new(id: ConnId, stream: TcpStream) -> Self {
        Self { id, stream, blocked: false, finished: false, broken: false, hung_up: false, queued: false }
    }
}

/// All sockets of a worker.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Option<Conn>>,
}

impl Table {
    pub(crate) fn insert(&mut self, conn: Conn) {
        let index = conn.id.index();
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        debug_assert!(self.slots[index].is_none(), "the slot of a connection that was not closed");
        self.slots[index] = Some(conn);
    }

    /// Whoever is at this index now: events name no generation, and a false alarm does no harm.
    pub(crate) fn at(&mut self, index: usize) -> Option<&mut Conn> {
        self.slots.get_mut(index)?.as_mut()
    }

    pub(crate) fn find(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.at(id.index()).filter(|conn| conn.id == id)
    }

    pub(crate) fn remove(&mut self, id: ConnId) -> Option<Conn> {
        self.slots.get_mut(id.index())?.take_if(|conn| conn.id == id)
    }
}
