//! Connections come in: accepted here, or accepted by worker 0 and dealt.

use std::io;
use std::net::SocketAddr;

use mio::Interest;
use mio::net::TcpStream;
use rtmpd_core::shard::ServiceId;
use rtmpd_core::{Instant, Peer};

use super::Worker;
use super::acceptor::plain;
use super::table::Conn;
use super::token::Subject;
use crate::inbox::Dealt;

impl Worker {
    /// Accepts a turn's worth from each listener that has clients waiting.
    pub(super) fn accept(&mut self, now: Instant) {
        if !self.gate.is_open(now) {
            return;
        }
        let mut accepted = Vec::new();
        for at in 0..self.acceptors.len() {
            let acceptor = &mut self.acceptors[at];
            acceptor.accept(now, &mut self.gate, &mut accepted);
            let (listener, deals) = (acceptor.listener(), acceptor.deals());
            for (stream, remote) in accepted.drain(..) {
                let dealt = Dealt { listener, stream, remote };
                if let Some(mine) = if deals { self.deal(dealt) } else { Some(dealt) } {
                    self.adopt(now, mine);
                }
            }
        }
        if self.gate.is_closed() {
            self.farewells.clear();
        }
    }

    /// Gives the connection to the next worker whose turn it is; back comes one that is ours.
    fn deal(&mut self, dealt: Dealt) -> Option<Dealt> {
        let to = self.turn;
        self.turn = (to + 1) % self.common.inboxes.len();
        if to == self.index {
            return Some(dealt);
        }
        self.common.inboxes[to].deal(dealt).err()
    }

    /// Opens the connection in the shard and watches its socket from now on.
    pub(super) fn adopt(&mut self, now: Instant, dealt: Dealt) {
        let Dealt { listener, stream, remote } = dealt;
        let Some(&service) = self.services.get(listener) else { return };
        if let Err(error) = self.open(now, service, stream, remote) {
            log::debug!(target: "rtmpd", "{remote} was gone before it was served: {error}");
        }
    }

    fn open(
        &mut self,
        now: Instant,
        service: ServiceId,
        mut stream: TcpStream,
        remote: SocketAddr,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let peer = Peer { local: plain(stream.local_addr()?), remote };
        let id = self.shard.open(now, service, peer);
        let both = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut stream, Subject::Conn(id.index()).into(), both);
        let mut conn = Conn::new(id, stream);
        if watched.is_err() {
            conn.broken = true;
            self.shard.lost(now, id);
        }
        self.table.insert(conn);
        watched
    }
}
