//! Objects that players fetch by name: who is answered, who waits.

use std::time::Duration;

use super::Shard;
use super::conn::ConnId;
use super::play::SOUGHT;
use crate::error::Refusal;
use crate::hub::replica::Parked;
use crate::machine::{Fetch, Input, Reply};
use crate::media::{Fetched, Look, Packaging, Shelf, Shelved};
use crate::policy::check_app;
use crate::request::StreamKey;
use crate::stats::Count;
use crate::time::Instant;

/// Most players of one packaging that wait on one shard.
const MAX_PARKED: usize = 100_000;

impl Shard {
    /// A connection asks for an object; `None` when it has to wait for it.
    pub(super) fn fetch(
        &mut self,
        now: Instant,
        conn: ConnId,
        fetch: Fetch,
    ) -> Option<Result<Fetched, Refusal>> {
        let answer = self.look(now, conn, fetch)?;
        self.count(if answer.is_ok() { Count::Fetches } else { Count::Refused }, 1);
        Some(answer)
    }

    fn look(&mut self, now: Instant, conn: ConnId, fetch: Fetch) -> Option<Result<Fetched, Refusal>> {
        let Fetch { mut request, packaging, name, at_least, from, wait } = fetch;
        let key = request.key.clone();
        if self.shutting_down {
            return Some(Err(Refusal::ShuttingDown));
        }
        if let Err(refusal) = check_app(key.app()) {
            return Some(Err(refusal));
        }
        let known = self.replica_index.get(&(key.clone(), packaging)).copied();
        let is_live = known.and_then(|index| self.replicas.get(index)).is_some_and(|replica| replica.live);
        if !is_live && self.seek(now, &request) {
            request.patience = request.patience.max(SOUGHT);
        }
        if known.is_none() && request.patience == Duration::ZERO && !self.hub.directory().has_home(&key) {
            return Some(Err(Refusal::NotFound(key.to_string())));
        }
        let index = known.unwrap_or_else(|| self.replica_of(&key, packaging));
        let replica = self.replicas.get_mut(index)?;
        replica.is_fetched = true;
        replica.empty_since = None;
        let until = match replica.shelf.look(&name, at_least, from) {
            Look::Found(fetched) => {
                self.want_chores(now);
                return Some(Ok(fetched));
            }
            Look::Absent if !replica.shelf.is_empty() => {
                return Some(Err(Refusal::NotFound(format!("{key}: {name}"))));
            }
            Look::Wait | Look::Absent if replica.home.is_some() => now + wait,
            Look::Wait | Look::Absent if request.patience > Duration::ZERO => now + request.patience,
            Look::Wait | Look::Absent => return Some(Err(Refusal::NotFound(key.to_string()))),
        };
        if replica.parked.len() >= MAX_PARKED {
            return Some(Err(Refusal::NotYet(format!("{name}: {MAX_PARKED} players wait already, so it"))));
        }
        replica.parked.push(Parked { conn, until, name, at_least, from });
        self.want_chores(now);
        None
    }

    /// Changes of a replica's shelf have come: those who waited for them are answered.
    pub(super) fn shelve(
        &mut self,
        now: Instant,
        place: (StreamKey, Packaging),
        changes: &[Shelved],
        anew: bool,
    ) {
        let Some(&index) = self.replica_index.get(&place) else { return };
        let Some(replica) = self.replicas.get_mut(index) else { return };
        if anew {
            replica.shelf = Shelf::default();
        }
        for change in changes {
            replica.shelf.apply(change.clone());
        }
        let shelf = &replica.shelf;
        if shelf.is_empty() {
            return;
        }
        let mut served = Vec::new();
        replica.parked.retain(|waiter| match shelf.look(&waiter.name, waiter.at_least, waiter.from) {
            Look::Wait => true,
            Look::Found(fetched) => {
                served.push((waiter.conn, Ok(fetched)));
                false
            }
            Look::Absent => {
                let refusal = Refusal::NotFound(format!("{}: {}", place.0, waiter.name));
                served.push((waiter.conn, Err(refusal)));
                false
            }
        });
        for (conn, answer) in served {
            self.count(if answer.is_ok() { Count::Fetches } else { Count::Refused }, 1);
            self.drive(now, conn, Input::Reply(Reply::Fetch(answer)));
        }
    }
}
