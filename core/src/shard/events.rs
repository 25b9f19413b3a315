//! What machines ask for.

use std::sync::Arc;

use super::conn::{ConnId, Role};
use super::gatehouse::Wish;
use super::{Action, Shard};
use crate::error::Close;
use crate::files::FileCall;
use crate::hub::mail::Mail;
use crate::machine::{Call, Event, Note, Reply};
use crate::report::{News, Report};
use crate::time::Instant;

impl Shard {
    /// Does what a machine asked for; returns the answer if there is one at once.
    pub(super) fn handle_event(&mut self, now: Instant, conn: ConnId, event: Event) -> Option<Reply> {
        match event {
            Event::Publish(request) => self.admit(now, conn, Wish::Publish(request)),
            Event::Play(request, packaging) => self.admit(now, conn, Wish::Play(request, packaging)),
            Event::Ask(ask) => self.ask(now, conn, *ask),
            Event::Answer(answer) => {
                self.answered(now, conn, answer);
                None
            }
            Event::Fetch(fetch) => self.fetch(now, conn, *fetch).map(Reply::Fetch),
            Event::Stop => {
                self.leave(now, conn, None);
                None
            }
            Event::Pause(paused) => {
                self.pause(conn, paused);
                None
            }
            Event::Tracks(description) => {
                self.describe(now, conn, &description);
                None
            }
            Event::Frame(frame) => {
                self.push_frame(now, conn, frame);
                None
            }
            Event::Call(call) => {
                self.call(conn, call);
                None
            }
            Event::Bind(bind) => self.bind(conn, &bind).map(Reply::Bound),
            Event::Unbind(leg) => {
                self.unbind(conn, leg);
                None
            }
            Event::Dial(dial) => self.dial(conn, *dial).map(Reply::Dialled),
            Event::Watched(key) => Some(Reply::Watched(!self.hub.directory().interested(&key).is_empty())),
            Event::HangUp => {
                self.hang_up(conn);
                None
            }
            Event::Alias(leg, alias) => {
                self.alias(conn, leg, alias);
                None
            }
            Event::Meet(name) => {
                self.meet(conn, name);
                None
            }
            Event::Hand(name, data) => {
                if let Some((shard, conn)) = self.hub.directory().met(&name) {
                    self.send_mail(shard, Mail::Handed { conn, data });
                }
                None
            }
            Event::Count(counted, n) => {
                self.count(counted.into(), n);
                None
            }
            Event::Note(Note { level, text }) => {
                self.report(conn, News::Note(level, text));
                None
            }
        }
    }

    fn meet(&mut self, conn: ConnId, name: Arc<str>) {
        self.part(conn);
        if let Some(state) = self.conns.find_mut(conn) {
            state.meets = Some(name.clone());
            self.hub.directory().meet(name, (self.id, conn));
        }
    }

    /// Nobody hands this connection bytes any more.
    pub(super) fn part(&mut self, conn: ConnId) {
        if let Some(name) = self.conns.find_mut(conn).and_then(|state| state.meets.take()) {
            self.hub.directory().part(&name, (self.id, conn));
        }
    }

    /// Passes a question on, unless its answer must wait for room.
    fn call(&mut self, conn: ConnId, call: Call) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        match call {
            Call::File(FileCall::Read { .. }) if state.queue.bytes() >= self.settings.max_queue => {
                state.held_call = Some(Box::new(call));
                return;
            }
            Call::File(FileCall::Write(_)) => state.writing = true,
            Call::File(_) | Call::Page { .. } | Call::Streams => {}
        }
        self.actions.push_back(Action::Call(conn, call));
    }

    /// There is room again: a question that waited for it is passed on.
    pub(super) fn release_call(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        if let Some(call) = state.held_call.take() {
            self.actions.push_back(Action::Call(conn, *call));
        }
    }

    /// Takes the connection out of the hub, with its line in the log; `why` is `None` when it asked to stop.
    pub(super) fn leave(&mut self, now: Instant, conn: ConnId, why: Option<&Close>) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.asking = None;
        if let Some(key) = state.watches.take() {
            self.hub.tally().unwatch(&key);
        }
        let (bytes_in, bytes_out) = (state.bytes_in, state.bytes_out);
        let attends = state.attends.is_some();
        match std::mem::replace(&mut state.role, Role::Idle) {
            Role::Idle | Role::Claiming(_) => {}
            Role::Publisher(publishing) => {
                let ended = publishing.tenure.ended(now, bytes_in, why.cloned());
                self.report(conn, News::Published(publishing.tenure.session(), ended));
                self.abandon_home(now, conn, publishing.home);
            }
            Role::Viewer(viewing) => {
                if viewing.cursor.is_some() && !attends {
                    let ended = viewing.tenure.ended(now, bytes_out, why.cloned());
                    self.report(conn, News::Played(viewing.tenure.session(), ended, viewing.gaps));
                }
                if let Some(replica) = self.replicas.get_mut(viewing.replica) {
                    replica.remove(now, conn);
                }
                self.want_chores(now);
            }
        }
    }

    pub(super) fn report(&mut self, conn: ConnId, news: News) {
        let Some(state) = self.conns.find(conn) else { return };
        let report = Report { service: state.service, peer: state.peer.remote, news };
        self.actions.push_back(Action::Report(Box::new(report)));
    }
}
