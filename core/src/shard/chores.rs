//! Deadlines of streams and stalled sockets, looked at a few times a second while there is anything to look at.

use std::time::Duration;

use super::Shard;
use crate::error::{Close, Refusal};
use crate::hub::mail::Mail;
use crate::hub::replica::Replica;
use crate::machine::{Input, Reply};
use crate::time::Instant;

/// How often.
const PERIOD: Duration = Duration::from_millis(250);

impl Shard {
    /// There may be something to look after.
    pub(super) fn want_chores(&mut self, now: Instant) {
        self.chores_at.get_or_insert(now + PERIOD);
    }

    pub(super) fn do_chores(&mut self, now: Instant) {
        self.hub.tally().sample(now, || self.hub.totals().bytes_out);
        self.close_stalled(now);
        self.end_homes(now);
        self.refuse_overdue(now);
        self.drop_replicas(now);
        let idle = self.homes.is_empty()
            && self.replicas.is_empty()
            && self.blocked.is_empty()
            && !self.mail_waits();
        self.chores_at = (!idle).then(|| now + PERIOD);
    }

    /// Closes peers that have accepted no byte for too long.
    fn close_stalled(&mut self, now: Instant) {
        let mut blocked = std::mem::take(&mut self.blocked);
        blocked.retain(|&conn| self.conns.find(conn).is_some_and(|state| state.blocked));
        blocked.sort_unstable();
        blocked.dedup();
        for &conn in &blocked {
            let stalled = self.conns.find(conn).is_some_and(|state| {
                let settings = &self.settings;
                let limit = if state.held_call.is_some() { settings.file_stall } else { settings.stall };
                now.since(state.progress_at) >= limit
            });
            let why = "it accepted no byte for the stall time";
            if stalled && !self.break_line(now, conn, Some(why)) {
                self.begin_close(now, conn, Close::SlowConsumer);
            }
        }
        self.blocked.append(&mut blocked);
    }

    /// Ends streams whose publisher did not come back, and packagings that nobody wants.
    fn end_homes(&mut self, now: Instant) {
        let mut over = Vec::new();
        for (index, home) in &mut self.homes {
            home.drop_unwanted(now, self.settings.linger);
            if home.ends_at.is_some_and(|at| at <= now) {
                over.push(index);
            }
        }
        for index in over {
            if let Some(home) = self.homes.get_mut(index) {
                home.end();
            }
            self.flush_home(index);
            self.mail_subscribers(index, |key| Mail::Ended { key });
            self.dirty_homes.retain(|&dirty| dirty != index);
            let home = self.homes.remove(index);
            self.home_index.remove(&home.key);
            self.hub.directory().release(&home.key, self.id);
        }
    }

    /// Refuses players whose patience is over.
    fn refuse_overdue(&mut self, now: Instant) {
        let (mut overdue, mut unserved) = (Vec::new(), Vec::new());
        for (_, replica) in &mut self.replicas {
            let key = replica.key.clone();
            replica.waiting.retain(|&(until, conn)| {
                if until <= now {
                    overdue.push((conn, key.clone()));
                }
                until > now
            });
            unserved.extend(replica.parked.extract_if(.., |waiter| waiter.until <= now));
            if replica.is_unused() {
                replica.empty_since.get_or_insert(now);
            }
        }
        for (conn, key) in overdue {
            self.refuse_waiting(now, conn, Refusal::NotFound(key.to_string()));
        }
        for waiter in unserved {
            let refusal = Refusal::NotYet(waiter.name.to_string());
            self.drive(now, waiter.conn, Input::Reply(Reply::Fetch(Err(refusal))));
        }
    }

    /// Lets go of replicas that had no viewer for a while.
    fn drop_replicas(&mut self, now: Instant) {
        let (linger, shelf_linger) = (self.settings.linger, self.settings.shelf_linger);
        let expired = |replica: &Replica| {
            let linger = if replica.is_fetched { shelf_linger } else { linger };
            replica.empty_since.is_some_and(|since| now.since(since) >= linger)
        };
        let unused: Vec<usize> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.is_unused() && expired(replica))
            .map(|(index, _)| index)
            .collect();
        for index in unused {
            let replica = self.replicas.remove(index);
            self.replica_index.remove(&(replica.key.clone(), replica.packaging));
            if let Some(home) = replica.home {
                let (key, packaging) = (replica.key.clone(), replica.packaging);
                self.send_mail(home, Mail::Unsubscribe { key, packaging, from: self.id });
            }
            if !self.has_replica(&replica.key) {
                self.hub.directory().drop_interest(&replica.key, self.id);
            }
        }
    }
}
