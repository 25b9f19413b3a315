//! The players' side: who is served, who waits, and feeding them.

use std::sync::Arc;
use std::time::Duration;

use super::conn::{Conn, ConnId, Outputs, Role, Tenure, Viewing};
use super::{Shard, conn};
use crate::error::{Close, Refusal};
use crate::hub::mail::Mail;
use crate::hub::replica::Replica;
use crate::machine::{Input, Media, Reply};
use crate::media::{Description, Packaging, Step};
use crate::policy::check_app;
use crate::report::News;
use crate::request::{Request, StreamKey};
use crate::stats::Count;
use crate::time::Instant;

/// So many datagrams of one viewer at most before it is the next one's turn.
const DATAGRAMS_PER_FEED: usize = 256;

/// How long a player waits for a stream that is fetched from elsewhere.
pub(super) const SOUGHT: Duration = Duration::from_secs(10);

impl Shard {
    /// A connection asks to play; `None` when it has to wait for a publisher.
    pub(super) fn play(
        &mut self,
        now: Instant,
        conn: ConnId,
        mut request: Request,
        packaging: Packaging,
    ) -> Option<Result<Arc<Description>, Refusal>> {
        self.leave(now, conn, None);
        let checked = check_app(request.key.app());
        let refusal = if self.shutting_down { Some(Refusal::ShuttingDown) } else { checked.err() };
        if let Some(refusal) = refusal {
            return Some(Err(self.refuse_play(conn, request, refusal)));
        }
        let place = (request.key.clone(), packaging);
        let is_live = self
            .replica_index
            .get(&place)
            .and_then(|&index| self.replicas.get(index))
            .is_some_and(|r| r.live);
        let goes_along = self.conns.find(conn).is_some_and(|state| state.attends.is_some());
        if !is_live && !goes_along && self.seek(now, &request) {
            request.patience = request.patience.max(SOUGHT);
        }
        if request.patience == Duration::ZERO && !self.hub.directory().has_home(&request.key) {
            let refusal = Refusal::NotFound(request.key.to_string());
            return Some(Err(self.refuse_play(conn, request, refusal)));
        }
        if let Err(refusal) = self.take_seat(conn, &request.key) {
            return Some(Err(self.refuse_play(conn, request, refusal)));
        }
        let index = self.replica_of(&request.key, packaging);
        let replica = self.replicas.get_mut(index)?;
        // A stream that is between two publishers, or whose tracks are not known yet, is worth waiting for.
        let patience = if replica.home.is_some() { self.settings.hold } else { request.patience };
        let state = self.conns.find_mut(conn)?;
        let tenure = Tenure { request, description: None, since: now, bytes_before: state.bytes_out };
        state.role = Role::Viewer(Viewing {
            replica: index,
            cursor: None,
            revision: None,
            paused: false,
            behind: false,
            gaps: 0,
            tenure: Box::new(tenure),
        });
        replica.empty_since = None;
        self.want_chores(now);
        if let Some(replica) = self.replicas.get_mut(index).filter(|replica| !replica.live) {
            replica.waiting.push((now + patience, conn));
            return None;
        }
        self.attach(now, conn, index).map(Ok)
    }

    fn refuse_play(&mut self, conn: ConnId, request: Request, refusal: Refusal) -> Refusal {
        // Those who go along with a stream only want to know.
        if self.conns.find(conn).is_some_and(|state| state.attends.is_none()) {
            self.count(Count::Refused, 1);
            self.report(conn, News::Refused(Box::new(request), refusal.clone()));
        }
        refusal
    }

    /// This shard's replica of a lane, made and subscribed if there is none.
    pub(super) fn replica_of(&mut self, key: &StreamKey, packaging: Packaging) -> usize {
        if let Some(&index) = self.replica_index.get(&(key.clone(), packaging)) {
            return index;
        }
        let mut replica = Replica::new(key.clone(), packaging, self.settings.ring);
        replica.home = self.hub.directory().add_interest(key, self.id);
        let home = replica.home;
        let index = self.replicas.insert(replica);
        self.replica_index.insert((key.clone(), packaging), index);
        if let Some(home) = home {
            self.send_mail(home, Mail::Subscribe { key: key.clone(), packaging, from: self.id });
        }
        index
    }

    /// Puts a viewer on a live replica's ring.
    fn attach(&mut self, now: Instant, conn: ConnId, index: usize) -> Option<Arc<Description>> {
        let replica = self.replicas.get_mut(index)?;
        let description = replica.start()?.description.clone();
        let state = self.conns.find_mut(conn)?;
        let Role::Viewer(viewing) = &mut state.role else { return None };
        viewing.cursor = Some(replica.ring.join());
        viewing.behind = true;
        viewing.tenure.description = Some(description.clone());
        viewing.tenure.since = now;
        let session = viewing.tenure.session();
        let attends = state.attends.is_some();
        replica.viewers.push(conn);
        if !attends {
            self.count(Count::Plays, 1);
            self.report(conn, News::Playing(session));
        }
        self.warm(conn);
        Some(description)
    }

    /// A replica went live: those who waited are served.
    pub(super) fn serve_waiting(&mut self, now: Instant, index: usize) {
        let Some(replica) = self.replicas.get_mut(index) else { return };
        for (_, conn) in std::mem::take(&mut replica.waiting) {
            if let Some(description) = self.attach(now, conn, index) {
                self.drive(now, conn, Input::Reply(Reply::Play(Ok(description))));
            }
        }
    }

    /// A viewer waited in vain.
    pub(super) fn refuse_waiting(&mut self, now: Instant, conn: ConnId, refusal: Refusal) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        if let Some(key) = state.watches.take() {
            self.hub.tally().unwatch(&key);
        }
        if let Role::Viewer(viewing) = std::mem::replace(&mut state.role, Role::Idle) {
            let refusal = self.refuse_play(conn, viewing.tenure.request, refusal);
            self.drive(now, conn, Input::Reply(Reply::Play(Err(refusal))));
        }
    }

    /// The stream of a replica is over.
    pub(super) fn end_replica(&mut self, now: Instant, index: usize) {
        let Some(replica) = self.replicas.get_mut(index) else { return };
        replica.home = None;
        replica.lull();
        let key = replica.key.to_string();
        let viewers = replica.viewers.clone();
        let waiting = std::mem::take(&mut replica.waiting);
        let parked = std::mem::take(&mut replica.parked);
        for waiter in parked {
            let refusal = Refusal::NotFound(format!("{key}: {}", waiter.name));
            self.drive(now, waiter.conn, Input::Reply(Reply::Fetch(Err(refusal))));
        }
        for conn in viewers {
            self.drive(now, conn, Input::Media(Media::Ended));
            self.begin_close(now, conn, Close::StreamEnded);
        }
        for (_, conn) in waiting {
            self.refuse_waiting(now, conn, Refusal::NotFound(key.clone()));
        }
    }

    /// A player stops or resumes the flow: where it stopped, or at the newest keyframe if that is further on.
    pub(super) fn pause(&mut self, conn: ConnId, paused: bool) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Role::Viewer(viewing) = &mut state.role else { return };
        if std::mem::replace(&mut viewing.paused, paused) && !paused {
            let ring = self.replicas.get(viewing.replica).map(|replica| &replica.ring);
            if let Some((ring, cursor)) = ring.zip(viewing.cursor) {
                let (cursor, jumped) = ring.rejoin(cursor);
                viewing.cursor = Some(cursor);
                viewing.behind = true;
                if jumped {
                    viewing.revision = None;
                }
            }
            self.warm(conn);
        }
    }

    /// Feeds a viewer that joins or catches up without waiting for the next round, if it has room.
    pub(super) fn warm(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Role::Viewer(viewing) = &state.role else { return };
        let has_room = !viewing.paused && state.has_room(self.settings.max_queue);
        if viewing.behind && has_room && !state.hot && state.closing.is_none() {
            state.hot = true;
            self.hot.push(conn);
        }
    }

    pub(super) fn feed_hot(&mut self, now: Instant) {
        for conn in std::mem::take(&mut self.hot) {
            if let Some(state) = self.conns.find_mut(conn) {
                state.hot = false;
                self.feed(now, conn);
            }
        }
    }

    /// One round: feeds the viewers of every replica with news.
    pub(super) fn feed_all(&mut self, now: Instant) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for index in dirty.drain(..) {
            self.feed_replica(now, index);
        }
        dirty.append(&mut self.dirty);
        self.dirty = dirty;
    }

    fn feed_replica(&mut self, now: Instant, index: usize) {
        let Some(replica) = self.replicas.get_mut(index).filter(|replica| replica.dirty) else { return };
        replica.dirty = false;
        // The list is lent out, so that a viewer that leaves meanwhile does not move the others.
        let viewers = std::mem::take(&mut replica.viewers);
        for &conn in &viewers {
            self.feed(now, conn);
        }
        let conns = &self.conns;
        let watches = |conn: ConnId| {
            let role = conns.find(conn).map(|state| &state.role);
            matches!(role, Some(Role::Viewer(viewing)) if viewing.replica == index)
        };
        if let Some(replica) = self.replicas.get_mut(index) {
            replica.return_viewers(viewers, watches);
        }
    }

    /// Gives one viewer what it has room for.
    fn feed(&mut self, now: Instant, conn: ConnId) {
        if !self.ports_have_room(conn) {
            return;
        }
        let Some(state) = self.conns.find_mut(conn).filter(|state| state.closing.is_none()) else { return };
        let mut outputs = std::mem::take(&mut self.outputs);
        let gaps = feed_from(now, state, &self.replicas, self.settings.max_queue, &mut outputs);
        if gaps > 0 {
            self.count(Count::Gaps, gaps);
        }
        self.settle(now, conn, &mut outputs);
        self.outputs = outputs;
        self.warm(conn);
    }
}

/// Moves packets from the ring to the viewer's machine while its queue has room; returns how many gaps there were.
fn feed_from(
    now: Instant,
    state: &mut Conn,
    replicas: &slab::Slab<Replica>,
    max_queue: usize,
    outputs: &mut Outputs,
) -> u64 {
    let mut gaps = 0;
    while state.has_room(max_queue) && outputs.rest.is_empty() && outputs.datagrams.len() < DATAGRAMS_PER_FEED
    {
        let Role::Viewer(viewing) = &mut state.role else { break };
        let Some(replica) = replicas.get(viewing.replica) else { break };
        let Some(cursor) = viewing.cursor.as_mut().filter(|_| !viewing.paused) else { break };
        match replica.ring.step(cursor) {
            Step::Empty => break,
            Step::Gap => {
                gaps += 1;
                viewing.gaps += 1;
                state.turn(now, Input::Media(Media::Gap), outputs);
            }
            Step::Packet(packet) => {
                if viewing.revision != Some(packet.revision) {
                    viewing.revision = Some(packet.revision);
                    conn::restart(now, state, replica, packet.revision, outputs);
                }
                state.turn(now, Input::Media(Media::Packet(packet)), outputs);
            }
        }
    }
    if let Role::Viewer(viewing) = &mut state.role {
        let ring = replicas.get(viewing.replica).map(|replica| &replica.ring);
        viewing.behind = ring.zip(viewing.cursor).is_some_and(|(ring, cursor)| ring.is_behind(cursor));
    }
    gaps
}
