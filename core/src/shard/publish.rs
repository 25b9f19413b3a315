//! The publisher's side: who may publish, who takes over, and what becomes of the frames.

use std::sync::Arc;
use std::time::Duration;

use super::Shard;
use super::conn::{Claim, ConnId, Publishing, Role, Tenure};
use crate::error::{Close, Refusal};
use crate::hub::ShardId;
use crate::hub::home::{Change, Home, Publisher};
use crate::hub::mail::{Cession, Legacy, Mail};
use crate::machine::{Input, NoteLevel, Reply};
use crate::media::{Description, Frame, Repair};
use crate::policy::{Contest, check_app, check_route, contest};
use crate::report::News;
use crate::request::{Request, StreamKey};
use crate::stats::Count;
use crate::time::Instant;

/// How often a claim follows a stream whose home moves away under it.
const MAX_TRIES: u8 = 8;
/// After a jump of a publisher's time was logged, its further jumps are only counted for so long.
const JUMP_QUIET: Duration = Duration::from_secs(10);

impl Shard {
    /// A connection asks to publish; `None` when another shard must be asked first.
    pub(super) fn publish(
        &mut self,
        now: Instant,
        conn: ConnId,
        request: Request,
    ) -> Option<Result<(), Refusal>> {
        self.leave(now, conn, None);
        let checked = check_app(request.key.app()).and_then(|()| check_route(&request, self.settings.origin));
        let refusal = if self.shutting_down { Some(Refusal::ShuttingDown) } else { checked.err() };
        if let Some(refusal) = refusal {
            return Some(self.refuse_publish(conn, request, refusal));
        }
        self.claim(now, conn, Claim { request, tries: 0 })
    }

    /// Looks for the stream's home and takes it, or asks the shard that has it.
    fn claim(&mut self, now: Instant, conn: ConnId, mut claim: Claim) -> Option<Result<(), Refusal>> {
        let key = claim.request.key.clone();
        let home = self.hub.directory().claim(&key, self.id);
        if home == self.id {
            return Some(self.publish_here(now, conn, claim.request));
        }
        claim.tries += 1;
        if claim.tries > MAX_TRIES {
            let busy = Refusal::Busy(key.to_string());
            return Some(self.refuse_publish(conn, claim.request, busy));
        }
        let params = claim.request.params.clone();
        self.conns.find_mut(conn)?.role = Role::Claiming(Box::new(claim));
        self.send_mail(home, Mail::Claim { key, from: self.id, conn, params });
        None
    }

    /// This shard is the stream's home: the connection becomes its publisher unless a better one is there.
    fn publish_here(&mut self, now: Instant, conn: ConnId, request: Request) -> Result<(), Refusal> {
        let index = self.home_of(&request.key, Legacy::default());
        let Some(home) = self.homes.get_mut(index) else { return Ok(()) };
        let present = home.publisher.as_ref().map(|publisher| publisher.conn);
        if let Err(refusal) =
            judge(now, home.publisher.as_ref(), &request.params, &self.settings, &request.key)
        {
            return self.refuse_publish(conn, request, refusal);
        }
        home.adopt(now, conn, request.clone());
        self.count(Count::Publishes, 1);
        if let Some(old) = present {
            self.begin_close(now, old, Close::TakenOver);
            self.mail_subscribers(index, |key| Mail::Left { key });
        }
        self.attend(now, conn, &request);
        let Some(state) = self.conns.find_mut(conn) else { return Ok(()) };
        let tenure = Tenure { request, description: None, since: now, bytes_before: state.bytes_in };
        state.role = Role::Publisher(Box::new(Publishing {
            home: index,
            tenure,
            reported: false,
            jump_logged_at: None,
        }));
        Ok(())
    }

    fn refuse_publish(&mut self, conn: ConnId, request: Request, refusal: Refusal) -> Result<(), Refusal> {
        self.count(Count::Refused, 1);
        self.report(conn, News::Refused(Box::new(request), refusal.clone()));
        Err(refusal)
    }

    /// The home of `key` on this shard, made if there is none; tells shards with viewers where it is.
    fn home_of(&mut self, key: &StreamKey, legacy: Legacy) -> usize {
        if let Some(&index) = self.home_index.get(key) {
            return index;
        }
        let index = self.homes.insert(Home::new(key.clone(), legacy));
        self.home_index.insert(key.clone(), index);
        for shard in self.hub.directory().interested(key) {
            self.send_mail(shard, Mail::Homed { key: key.clone(), home: self.id });
        }
        index
    }

    /// A second publisher, on shard `from`, asks for a stream whose home is here.
    pub(super) fn cede(&mut self, now: Instant, key: StreamKey, from: ShardId, conn: ConnId, params: &str) {
        let cession = match self.home_index.get(&key).copied() {
            None => Cession::Gone,
            Some(index) => self.try_cede(now, index, from, params),
        };
        self.send_mail(from, Mail::Ceded { key, conn, cession });
    }

    fn try_cede(&mut self, now: Instant, index: usize, to: ShardId, params: &str) -> Cession {
        let Some(home) = self.homes.get(index) else { return Cession::Gone };
        if let Err(refusal) = judge(now, home.publisher.as_ref(), params, &self.settings, &home.key) {
            return Cession::Refused(refusal);
        }
        let legacy = home.legacy();
        let old = home.publisher.as_ref().map(|publisher| publisher.conn);
        if let Some(old) = old {
            self.begin_close(now, old, Close::TakenOver);
        }
        self.flush_home(index);
        let home = self.homes.remove(index);
        self.home_index.remove(&home.key);
        self.dirty_homes.retain(|&dirty| dirty != index);
        self.hub.directory().transfer(&home.key, to);
        Cession::Granted(legacy)
    }

    /// Another shard has answered this shard's claim.
    pub(super) fn ceded(&mut self, now: Instant, key: &StreamKey, conn: ConnId, cession: Cession) {
        let claim = self.take_claim(conn);
        let result = match (cession, claim) {
            (Cession::Granted(legacy), claim) => {
                // The stream lives here now, even if the one who asked has gone in the meantime.
                let index = self.home_of(key, legacy);
                if self.homes.get_mut(index).is_some_and(|home| home.inherit(now, legacy)) {
                    self.flush_home(index);
                    self.restart_lanes(now, index);
                }
                match claim {
                    Some(claim) => Some(self.publish_here(now, conn, claim.request)),
                    None => {
                        self.hold(now, index);
                        None
                    }
                }
            }
            (Cession::Refused(refusal), Some(claim)) => {
                Some(self.refuse_publish(conn, claim.request, refusal))
            }
            (Cession::Gone, Some(claim)) => self.claim(now, conn, claim),
            (Cession::Refused(_) | Cession::Gone, None) => None,
        };
        if let Some(result) = result {
            self.drive(now, conn, Input::Reply(Reply::Publish(result)));
        }
    }

    fn take_claim(&mut self, conn: ConnId) -> Option<Claim> {
        let state = self.conns.find_mut(conn)?;
        match std::mem::replace(&mut state.role, Role::Idle) {
            Role::Claiming(claim) => Some(*claim),
            other @ (Role::Idle | Role::Publisher(_) | Role::Viewer(_)) => {
                state.role = other;
                None
            }
        }
    }

    /// A publisher's tracks are known, or have changed.
    pub(super) fn describe(&mut self, now: Instant, conn: ConnId, described: &Arc<Description>) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Role::Publisher(publishing) = &mut state.role else { return };
        let index = publishing.home;
        let first = !std::mem::replace(&mut publishing.reported, true);
        publishing.tenure.description = Some(described.clone());
        let session = first.then(|| publishing.tenure.session());
        self.flush_home(index);
        let Some(home) = self.homes.get_mut(index) else { return };
        let change = home.describe(described);
        if change == Change::Tracks {
            for lane in &mut home.lanes {
                lane.seal();
            }
        }
        self.restart_lanes(now, index);
        match (session, change) {
            (Some(session), _) => self.report(conn, News::Publishing(session)),
            (None, Change::Tracks) => {
                self.report(conn, News::Note(NoteLevel::Info, format!("tracks now: {described}")));
            }
            // Some encoders repeat their metadata all the time.
            (None, Change::Words) => {}
        }
        self.want_chores(now);
    }

    /// A publisher's next frame.
    pub(super) fn push_frame(&mut self, now: Instant, conn: ConnId, frame: Frame) {
        let Some(state) = self.conns.find(conn) else { return };
        let Role::Publisher(publishing) = &state.role else { return };
        let index = publishing.home;
        let Some(home) = self.homes.get_mut(index) else { return };
        let repair = home.push(now, frame, &self.settings);
        if self.dirty_homes.last() != Some(&index) {
            self.dirty_homes.push(index);
        }
        match repair {
            Repair::None => {}
            Repair::Held(_) => self.count(Count::TimeRepairs, 1),
            Repair::Moved(by) => {
                self.count(Count::TimeRepairs, 1);
                self.log_jump(now, conn, by);
            }
        }
    }

    fn log_jump(&mut self, now: Instant, conn: ConnId, by: i64) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Role::Publisher(publishing) = &mut state.role else { return };
        if publishing.jump_logged_at.is_none_or(|at| now.since(at) >= JUMP_QUIET) {
            publishing.jump_logged_at = Some(now);
            let text = format!("its time jumped by {by} ms: what follows is moved to where it left off");
            self.report(conn, News::Note(NoteLevel::Warn, text));
        }
    }

    /// The publisher `conn` has left the home at `index`, which now waits for one.
    pub(super) fn abandon_home(&mut self, now: Instant, conn: ConnId, index: usize) {
        let is_its = |home: &Home| home.publisher.as_ref().is_some_and(|publisher| publisher.conn == conn);
        if self.homes.get(index).is_some_and(is_its) {
            self.flush_home(index);
            self.hold(now, index);
            self.mail_subscribers(index, |key| Mail::Left { key });
        }
    }

    fn hold(&mut self, now: Instant, index: usize) {
        let ends_at = now + self.settings.hold;
        if let Some(home) = self.homes.get_mut(index) {
            home.abandon(ends_at);
        }
        self.flush_home(index);
        self.want_chores(now);
    }
}

/// SPEC §9: whether a publisher with these parameters may have the stream.
fn judge(
    now: Instant,
    present: Option<&Publisher>,
    params: &str,
    settings: &crate::hub::HubSettings,
    key: &StreamKey,
) -> Result<(), Refusal> {
    let Some(present) = present else { return Ok(()) };
    let silent = now.since(present.active_at);
    match contest(silent, settings.silence, &present.request.params, params) {
        Contest::TakeOver => Ok(()),
        Contest::Refuse => Err(Refusal::Busy(key.to_string())),
    }
}
