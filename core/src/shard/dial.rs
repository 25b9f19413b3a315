//! Connections that machines ask for. Such a machine outlives its connection: it is told of the end by
//! [`Input::Eof`], and may dial again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::conn::{Conn, ConnId, LegAt, Line};
use super::ports::Owner;
use super::{Action, Outgoing, Shard};
use crate::datagram::Leg;
use crate::dial::{Dial, Transport};
use crate::machine::{Input, Machine, NoteLevel, Reply};
use crate::report::News;
use crate::request::Peer;
use crate::stats::Count;
use crate::time::Instant;

/// The peer of a machine that has none yet.
pub(super) const NOWHERE: Peer = {
    let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    Peer { local: addr, remote: addr }
};

impl Shard {
    /// Adds a machine that has no connection and makes its own, as one that pulls or asks another server does. It first
    /// hears [`Input::Timeout`], when it asked for that.
    pub fn spawn(&mut self, now: Instant, name: &'static str, machine: Box<dyn Machine>) -> ConnId {
        let mut conn = Conn::new(now, machine, name, NOWHERE);
        conn.line = Line::None;
        conn.is_ours = true;
        let id = self.conns.insert(conn);
        self.refile(id);
        id
    }

    /// The result of an [`Action::Dial`]: both ends of the connection, or why there is none. Not called after an
    /// [`Action::HangUp`] or [`Action::Close`] of this connection.
    pub fn dialled(&mut self, now: Instant, conn: ConnId, result: Result<Peer, String>) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Line::Dialling(transport) = state.line else { return };
        // What was said too early is for nobody.
        state.queue.clear();
        let reply = match result {
            Ok(peer) => {
                state.peer = peer;
                state.line = match transport {
                    Transport::Tcp => Line::Dialled,
                    Transport::Udp => Line::Datagrams,
                };
                state.progress_at = now;
                let legs: Vec<LegAt> = state.legs.clone();
                for at in legs {
                    if let Some(port) = self.ports.find_mut(at.port) {
                        port.local = peer.local;
                    }
                }
                self.count(Count::Dialled, 1);
                Ok(peer)
            }
            Err(why) => {
                state.line = Line::None;
                self.unbind_all(conn);
                Err(Arc::from(why))
            }
        };
        self.drive(now, conn, Input::Reply(Reply::Dialled(reply)));
    }

    /// A machine wants a connection; the answer, if there is one at once.
    pub(super) fn dial(&mut self, conn: ConnId, dial: Dial) -> Option<Result<Peer, Arc<str>>> {
        if self.conns.find(conn)?.line == Line::Accepted {
            return Some(Err(format!("cannot dial {dial}: this connection was accepted").into()));
        }
        self.hang_up(conn);
        let port = match dial.transport {
            Transport::Tcp => None,
            Transport::Udp => Some(self.own_port(conn)?),
        };
        self.conns.find_mut(conn)?.line = Line::Dialling(dial.transport);
        self.actions.push_back(Action::Dial(Box::new(Outgoing { conn, dial, port })));
        None
    }

    /// The socket of a machine that sends datagrams to a server.
    fn own_port(&mut self, conn: ConnId) -> Option<super::PortId> {
        let leg = Leg::FIRST;
        let state = self.conns.find_mut(conn)?;
        let port = self.ports.insert(Owner::Conn(conn, leg), state.peer.local);
        state.legs.push(LegAt { leg, port });
        Some(port)
    }

    /// A machine gives its connection up. What is queued is given to the socket as far as that takes it at once.
    pub(super) fn hang_up(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find(conn) else { return };
        match state.line {
            Line::Accepted | Line::None | Line::Parting => return,
            Line::Dialled => self.wish_to_send(conn),
            Line::Dialling(_) | Line::Datagrams => {}
        }
        self.drop_line(conn);
    }

    /// The connection of a machine that made it has broken: true when it was one of these, which are told.
    pub(super) fn break_line(&mut self, now: Instant, conn: ConnId, why: Option<&str>) -> bool {
        let is_open = |state: &&mut Conn| state.line == Line::Dialled && state.closing.is_none();
        let Some(state) = self.conns.find_mut(conn).filter(is_open) else { return false };
        state.queue.clear();
        self.drop_line(conn);
        if let Some(why) = why {
            self.report(conn, News::Note(NoteLevel::Warn, why.to_owned()));
        }
        self.drive(now, conn, Input::Eof);
        true
    }

    fn drop_line(&mut self, conn: ConnId) {
        self.unbind_all(conn);
        if let Some(state) = self.conns.find_mut(conn) {
            state.line = Line::Parting;
            self.actions.push_back(Action::HangUp(conn));
        }
    }

    /// The driver has heard of an [`Action::HangUp`].
    pub(super) fn hung_up(&mut self, conn: ConnId) {
        if let Some(state) = self.conns.find_mut(conn) {
            if state.line == Line::Parting {
                state.line = Line::None;
            }
            state.queue.clear();
            (state.sending, state.blocked) = (false, false);
        }
    }
}
