//! What this shard and the others tell each other.

use super::Shard;
use crate::error::Refusal;
use crate::hub::ShardId;
use crate::hub::mail::{Mail, Posted};
use crate::machine::{Input, Reply};
use crate::media::Packaging;
use crate::request::StreamKey;
use crate::shard::Action;
use crate::stats::Count;
use crate::time::Instant;

impl Shard {
    /// Sends control mail, which is never lost and keeps its order.
    pub(super) fn send_mail(&mut self, to: ShardId, mail: Mail) {
        if to == self.id {
            self.local.push_back(mail);
        } else {
            self.outbox.push_back((to, mail));
        }
    }

    /// Sends control mail to every shard that has viewers of the stream at `index`, for each of its packagings' sake
    /// but once.
    pub(super) fn mail_subscribers(&mut self, index: usize, letter: impl Fn(StreamKey) -> Mail) {
        let Some(home) = self.homes.get(index) else { return };
        let mut shards: Vec<ShardId> =
            home.lanes.iter().flat_map(|lane| lane.subscribers.iter().map(|s| s.shard)).collect();
        shards.sort_unstable();
        shards.dedup();
        let key = home.key.clone();
        for shard in shards {
            self.send_mail(shard, letter(key.clone()));
        }
    }

    /// Tells all subscribers of the stream at `index` how its tracks are from here on.
    pub(super) fn restart_lanes(&mut self, now: Instant, index: usize) {
        let Some(home) = self.homes.get_mut(index) else { return };
        let key = home.key.clone();
        let starts = home.restart_lanes(now);
        let mut letters = Vec::new();
        for (lane, start) in home.lanes.iter().zip(starts) {
            for subscriber in &lane.subscribers {
                let (key, packaging) = (key.clone(), lane.packaging);
                letters.push((subscriber.shard, Mail::Start { key, packaging, start: start.clone() }));
            }
        }
        for (shard, letter) in letters {
            self.send_mail(shard, letter);
        }
    }

    /// Mails this turn's packets of the stream at `index`: one letter per packaging and shard.
    pub(super) fn flush_home(&mut self, index: usize) {
        self.post_outbox();
        let Some(home) = self.homes.get_mut(index) else { return };
        for lane in &mut home.lanes {
            let Some(packets) = lane.take_pending() else { continue };
            for subscriber in &mut lane.subscribers {
                let (key, packaging) = (home.key.clone(), lane.packaging);
                let behind = self.outbox.iter().any(|(to, _)| *to == subscriber.shard);
                let packets = match (subscriber.lost, packets.iter().position(|packet| packet.key)) {
                    (false, _) => packets.clone(),
                    (true, Some(from)) => packets.iter().skip(from).cloned().collect(),
                    (true, None) => continue,
                };
                let gap = subscriber.lost;
                let mail = Mail::Packets { key, packaging, packets, gap };
                if subscriber.shard == self.id {
                    self.local.push_back(mail);
                    continue;
                }
                // Packets must not overtake control mail, and are not worth waiting for.
                let posted = if behind {
                    Posted::Full(mail)
                } else {
                    self.hub.mailboxes().post(subscriber.shard, mail)
                };
                match posted {
                    Posted::Done { wake } => {
                        subscriber.lost = false;
                        if wake {
                            self.actions.push_back(Action::Wake(subscriber.shard));
                        }
                    }
                    Posted::Full(_) => {
                        subscriber.lost = true;
                        if let Some(counters) = self.hub.counters(self.id) {
                            counters.add(Count::MailDrops, 1);
                        }
                    }
                }
            }
        }
        // After the packets, which must not find control mail before them in the way.
        self.mail_changes(index);
    }

    /// Mails this turn's changes of shelves: they are few, and nobody can do without one.
    fn mail_changes(&mut self, index: usize) {
        let Some(home) = self.homes.get_mut(index) else { return };
        let mut letters = Vec::new();
        for lane in &mut home.lanes {
            let Some(changes) = lane.take_changes() else { continue };
            for subscriber in &lane.subscribers {
                let (key, packaging, changes) = (home.key.clone(), lane.packaging, changes.clone());
                letters.push((subscriber.shard, Mail::Shelve { key, packaging, changes, anew: false }));
            }
        }
        for (shard, letter) in letters {
            self.send_mail(shard, letter);
        }
    }

    /// Posts what this turn has for other shards.
    pub(super) fn post_mail(&mut self) {
        self.post_outbox();
        for index in std::mem::take(&mut self.dirty_homes) {
            self.flush_home(index);
        }
        self.post_outbox();
    }

    fn post_outbox(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let mut full: Vec<ShardId> = Vec::new();
        for (to, mail) in std::mem::take(&mut self.outbox) {
            if full.contains(&to) {
                self.outbox.push_back((to, mail));
                continue;
            }
            match self.hub.mailboxes().post(to, mail) {
                Posted::Done { wake: true } => self.actions.push_back(Action::Wake(to)),
                Posted::Done { wake: false } => {}
                Posted::Full(mail) => {
                    full.push(to);
                    self.outbox.push_back((to, mail));
                }
            }
        }
    }

    /// Reads what other shards have posted.
    pub(super) fn read_mail(&mut self, now: Instant) {
        let Some(inbox) = self.inbox.take() else { return };
        inbox.open();
        while let Some(mail) = inbox.take() {
            self.handle_letter(now, mail);
        }
        self.inbox = Some(inbox);
    }

    /// Hands over what this shard has for itself.
    pub(super) fn deliver_local(&mut self, now: Instant) {
        self.post_mail();
        while let Some(mail) = self.local.pop_front() {
            self.handle_letter(now, mail);
        }
    }

    fn handle_letter(&mut self, now: Instant, mail: Mail) {
        match mail {
            Mail::Subscribe { key, packaging, from } => self.subscribe(now, &key, packaging, from),
            Mail::Unsubscribe { key, packaging, from } => self.unsubscribe(now, &key, packaging, from),
            Mail::Start { key, packaging, start } => {
                let Some(&index) = self.replica_index.get(&(key, packaging)) else { return };
                let Some(replica) = self.replicas.get_mut(index) else { return };
                replica.begin(start);
                self.serve_waiting(now, index);
            }
            Mail::Shelve { key, packaging, changes, anew } => {
                self.shelve(now, (key, packaging), &changes, anew);
            }
            Mail::Packets { key, packaging, packets, gap } => {
                let Some(&index) = self.replica_index.get(&(key, packaging)) else { return };
                let Some(replica) = self.replicas.get_mut(index) else { return };
                if replica.append(&packets, gap) {
                    self.dirty.push(index);
                }
            }
            Mail::Unsupported { key, packaging } => {
                let refusal =
                    Refusal::Unsupported(format!("packaging '{packaging}' cannot be made of '{key}'"));
                self.refuse_replica(now, &key, packaging, &refusal);
            }
            Mail::Left { key } => {
                for index in self.replicas_of(&key) {
                    if let Some(replica) = self.replicas.get_mut(index) {
                        replica.lull();
                    }
                }
            }
            Mail::Ended { key } => {
                for index in self.replicas_of(&key) {
                    self.end_replica(now, index);
                }
            }
            Mail::Homed { key, home } => self.follow_home(&key, home),
            Mail::Claim { key, from, conn, params } => self.cede(now, key, from, conn, &params),
            Mail::Handed { conn, data } => self.drive(now, conn, Input::Handed(&data)),
            Mail::Ceded { key, conn, cession } => self.ceded(now, &key, conn, cession),
        }
    }

    /// A shard has viewers of a packaging of a stream whose home is here.
    fn subscribe(&mut self, now: Instant, key: &StreamKey, packaging: Packaging, from: ShardId) {
        // If the home has moved on, the one it moved to tells all who are interested.
        let Some(&index) = self.home_index.get(key) else { return };
        // What is pending is in the backlog too: those who are subscribed get it first.
        self.flush_home(index);
        let Some(home) = self.homes.get_mut(index) else { return };
        let Some(lane) = home.lane(now, packaging, self.hub.make_packager(), &self.settings) else {
            self.send_mail(from, Mail::Unsupported { key: key.clone(), packaging });
            return;
        };
        if !lane.subscribe(from) {
            return;
        }
        let stock = lane.stock();
        let start = lane.start().cloned();
        let packets = lane.backlog();
        let live = home.publisher.is_some();
        let letter = Mail::Shelve { key: key.clone(), packaging, changes: stock, anew: true };
        self.send_mail(from, letter);
        if let Some(start) = start.filter(|_| live) {
            self.send_mail(from, Mail::Start { key: key.clone(), packaging, start });
            if !packets.is_empty() {
                self.send_mail(from, Mail::Packets { key: key.clone(), packaging, packets, gap: false });
            }
        }
    }

    fn unsubscribe(&mut self, now: Instant, key: &StreamKey, packaging: Packaging, from: ShardId) {
        let Some(home) = self.home_index.get(key).and_then(|&index| self.homes.get_mut(index)) else {
            return;
        };
        if let Some(lane) = home.lanes.iter_mut().find(|lane| lane.packaging == packaging) {
            lane.unsubscribe(now, from);
        }
    }

    fn follow_home(&mut self, key: &StreamKey, home: ShardId) {
        for index in self.replicas_of(key) {
            let Some(replica) = self.replicas.get_mut(index) else { continue };
            replica.home = Some(home);
            let packaging = replica.packaging;
            self.send_mail(home, Mail::Subscribe { key: key.clone(), packaging, from: self.id });
        }
    }

    fn refuse_replica(&mut self, now: Instant, key: &StreamKey, packaging: Packaging, refusal: &Refusal) {
        let Some(&index) = self.replica_index.get(&(key.clone(), packaging)) else { return };
        let Some(replica) = self.replicas.get_mut(index) else { return };
        let parked = std::mem::take(&mut replica.parked);
        for (_, conn) in std::mem::take(&mut replica.waiting) {
            self.refuse_waiting(now, conn, refusal.clone());
        }
        for waiter in parked {
            self.drive(now, waiter.conn, Input::Reply(Reply::Fetch(Err(refusal.clone()))));
        }
    }

    /// This shard's replicas of a stream, one per packaging.
    fn replicas_of(&self, key: &StreamKey) -> Vec<usize> {
        self.replica_index
            .range((key.clone(), Packaging(""))..)
            .take_while(|((of, _), _)| of == key)
            .map(|(_, &index)| index)
            .collect()
    }

    /// Whether this shard has any replica of a stream.
    pub(super) fn has_replica(&self, key: &StreamKey) -> bool {
        self.replica_index.range((key.clone(), Packaging(""))..).next().is_some_and(|((of, _), _)| of == key)
    }

    /// Whether control mail waits for room in another shard's box.
    pub(super) fn mail_waits(&self) -> bool {
        !self.outbox.is_empty()
    }
}
