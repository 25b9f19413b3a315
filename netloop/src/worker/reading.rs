//! Bytes in. Sockets are edge-triggered: one that is left unread, because others wait too, stays on a list.

use std::io::{self, Read};

use super::Worker;
use super::table::Conn;
use crate::system::SHORT_IS_DRY;

/// Size of a worker's only read buffer, in bytes.
const BUFFER: usize = 128 * 1024;

/// Who is to be read, and into what.
#[derive(Debug)]
pub(crate) struct Reading {
    buffer: Box<[u8]>,
    /// Indexes into the table.
    pending: Vec<usize>,
    /// The list of the turn before, kept for its memory.
    last: Vec<usize>,
    budget: usize,
}

impl Reading {
    pub(crate) fn new(budget: usize) -> Self {
        Self { buffer: vec![0; BUFFER].into(), pending: Vec::new(), last: Vec::new(), budget: budget.max(1) }
    }

    /// Puts a connection on the list of those to be read.
    pub(crate) fn queue(&mut self, conn: &mut Conn) {
        if !std::mem::replace(&mut conn.queued, true) {
            self.pending.push(conn.id.index());
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The buffer, for whoever wants to throw bytes away.
    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        &mut self.buffer
    }
}

impl Worker {
    /// Reads from everybody who is on the list, to each its budget.
    pub(super) fn read(&mut self) {
        let mut list = std::mem::replace(&mut self.reading.pending, std::mem::take(&mut self.reading.last));
        for index in list.drain(..) {
            self.read_one(index);
        }
        self.reading.last = list;
    }

    fn read_one(&mut self, index: usize) {
        let Some(conn) = self.table.at(index) else { return };
        if !std::mem::take(&mut conn.queued) || conn.finished || conn.broken {
            return;
        }
        // The shard says when it may be read: what is in the socket till then stays there.
        if !self.shard.wants_read(conn.id) {
            return;
        }
        let now = self.clock.now();
        let mut left = self.reading.budget;
        while left > 0 {
            let room = left.min(BUFFER);
            match conn.stream.read(&mut self.reading.buffer[..room]) {
                Ok(0) => {
                    conn.finished = true;
                    return self.shard.receive_eof(now, conn.id);
                }
                Ok(n) => {
                    self.shard.receive(now, conn.id, &self.reading.buffer[..n]);
                    if SHORT_IS_DRY && n < room && !conn.hung_up {
                        return;
                    }
                    left -= n;
                    if !self.shard.wants_read(conn.id) {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    conn.broken = true;
                    return self.shard.lost(now, conn.id);
                }
            }
        }
        self.reading.queue(conn);
    }
}
