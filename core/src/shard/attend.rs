//! Those that go along with streams.

use super::Shard;
use super::conn::{Conn, ConnId, Line};
use super::dial::NOWHERE;
use crate::hub::home::Home;
use crate::machine::Attending;
use crate::request::{Peer, Request, StreamKey};
use crate::time::Instant;

impl Shard {
    /// Asks the attendants for streams that they always want, and again for all streams that are being published here: they
    /// may think otherwise by now. A driver calls it when it begins.
    pub fn attend_anew(&mut self, now: Instant) {
        let of = |home: &Home| {
            home.publisher.as_ref().map(|publisher| (publisher.conn, publisher.request.clone()))
        };
        let publishers: Vec<(ConnId, Request)> = self.homes.iter().filter_map(|(_, home)| of(home)).collect();
        for (conn, request) in publishers {
            self.attend(now, conn, &request);
        }
        let mut made = Vec::new();
        for attendant in &mut self.attendants {
            let mut some = Vec::new();
            attendant.always(now, &mut some);
            made.extend(some.into_iter().map(|one| (attendant.name(), one)));
        }
        for (name, (key, attending)) in made {
            self.go_along(now, (name, NOWHERE), key, attending);
        }
    }

    /// Makes those that go along with a stream and do not yet.
    pub(super) fn attend(&mut self, now: Instant, publisher: ConnId, request: &Request) {
        let Some(peer) = self.conns.find(publisher).map(|state| state.peer) else { return };
        let mut made = Vec::new();
        for attendant in &mut self.attendants {
            let mut some = Vec::new();
            attendant.attend(now, request, &mut some);
            made.extend(some.into_iter().map(|one| (attendant.name(), one)));
        }
        for (name, attending) in made {
            self.go_along(now, (name, peer), request.key.clone(), attending);
        }
    }

    /// Somebody wants a stream that is not there: whether it is fetched from elsewhere.
    pub(super) fn seek(&mut self, now: Instant, request: &Request) -> bool {
        let mut made = Vec::new();
        for attendant in &mut self.attendants {
            let mut some = Vec::new();
            attendant.wanted(now, request, &mut some);
            made.extend(some.into_iter().map(|one| (attendant.name(), one)));
        }
        let is_sought = !made.is_empty();
        for (name, attending) in made {
            self.go_along(now, (name, NOWHERE), request.key.clone(), attending);
        }
        is_sought
    }

    fn go_along(
        &mut self,
        now: Instant,
        (name, peer): (&'static str, Peer),
        key: StreamKey,
        Attending { part, machine }: Attending,
    ) {
        if self.shutting_down || !self.hub.directory().attend(&key, name, &part) {
            return;
        }
        let mut conn = Conn::new(now, machine, name, peer);
        conn.line = Line::None;
        conn.is_ours = true;
        conn.attends = Some((key, part));
        let id = self.conns.insert(conn);
        self.refile(id);
    }
}
