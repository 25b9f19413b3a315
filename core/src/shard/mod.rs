//! The embeddable engine: one thread's worth of connections and its part of the hub.
//!
//! Feed it with [`Shard::open`], [`Shard::receive`], [`Shard::receive_eof`], [`Shard::lost`], [`Shard::writable`],
//! [`Shard::handle_mail`], [`Shard::handle_timeout`]; then do what [`Shard::poll_action`] says until it says nothing,
//! and look at [`Shard::poll_timeout`]. A driver turn ends with `handle_timeout` whenever that time has come: it may
//! be in the past, which means that media waits to be passed on.
//!
//! - `events`: what machines ask for · `gatehouse`: who may come in · `attend`: those that go along with streams · `publish`, `play`, `fetch`: what becomes of it · `mailroom`: other shards
//! - `datagrams`: UDP · `dial`: connections that machines make · `conn`, `ports`, `queue`, `timers`: the tables · `pace`: when viewers are fed · `chores`: deadlines of streams

mod action;
mod attend;
mod chores;
mod conn;
mod datagrams;
mod dial;
mod events;
mod fetch;
mod gatehouse;
mod mailroom;
mod pace;
mod play;
mod ports;
mod publish;
mod queue;
#[cfg(test)]
pub(crate) mod tests;
mod timers;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;

pub use action::{Action, Outgoing, ServiceId};
pub use conn::ConnId;
pub use ports::PortId;

use crate::error::{Close, Error};
use crate::hub::home::Home;
use crate::hub::mail::{Inbox, Mail};
use crate::hub::replica::Replica;
use crate::hub::{Hub, HubSettings, ShardId};
use crate::machine::{Answer, Attendant, Input, Output, Reply, Service};
use crate::media::Packaging;
use crate::report::News;
use crate::request::{Peer, StreamKey};
use crate::stats::Count;
use crate::time::Instant;
use conn::{Conn, Conns, Line, Outputs};
use gatehouse::Gatehouse;
use pace::Pace;
use ports::Ports;
use timers::Timers;

/// How long a connection that is to end may take to accept what is still queued for it.
const FAREWELL: Duration = Duration::from_secs(2);
/// A peer that asks for answers without reading them has at most this many waiting.
const MAX_QUEUED: usize = 8192;

/// See the module's text.
pub struct Shard {
    id: ShardId,
    hub: Arc<Hub>,
    settings: HubSettings,
    inbox: Option<Inbox>,
    services: Vec<Box<dyn Service>>,
    attendants: Vec<Box<dyn Attendant>>,
    conns: Conns,
    ports: Ports,
    timers: Timers,
    homes: Slab<Home>,
    home_index: HashMap<StreamKey, usize>,
    replicas: Slab<Replica>,
    replica_index: BTreeMap<(StreamKey, Packaging), usize>,
    actions: VecDeque<Action>,
    /// Mail to this shard itself.
    local: VecDeque<Mail>,
    /// Control mail whose box was full, in order.
    outbox: VecDeque<(ShardId, Mail)>,
    /// Homes with packets that were not mailed yet.
    dirty_homes: Vec<usize>,
    /// Viewers to be fed without waiting for the next round.
    hot: Vec<ConnId>,
    /// Connections whose socket took nothing when last asked.
    blocked: Vec<ConnId>,
    /// Replicas with packets that their viewers were not fed yet.
    dirty: Vec<usize>,
    pace: Pace,
    /// `None` where everybody may come in.
    gatehouse: Option<Gatehouse>,
    /// When streams' own deadlines are looked at next.
    chores_at: Option<Instant>,
    /// Outputs of the machine that is being served; kept for its capacity.
    outputs: Outputs,
    shutting_down: bool,
}

impl Shard {
    /// The shard called `id` of a hub. Each id may be used once.
    pub fn new(id: ShardId, hub: Arc<Hub>) -> Self {
        let settings = *hub.settings();
        let inbox = hub.take_inbox(id);
        let gatehouse = hub.make_gate().map(Gatehouse::new);
        debug_assert!(inbox.is_some(), "{id:?} exists already, or the hub has fewer shards");
        Self {
            id,
            hub,
            settings,
            inbox,
            services: Vec::new(),
            attendants: Vec::new(),
            conns: Conns::default(),
            ports: Ports::default(),
            timers: Timers::default(),
            homes: Slab::new(),
            home_index: HashMap::new(),
            replicas: Slab::new(),
            replica_index: BTreeMap::new(),
            actions: VecDeque::new(),
            local: VecDeque::new(),
            outbox: VecDeque::new(),
            dirty_homes: Vec::new(),
            hot: Vec::new(),
            blocked: Vec::new(),
            dirty: Vec::new(),
            pace: Pace::new(settings.elapse),
            gatehouse,
            chores_at: None,
            outputs: Outputs::default(),
            shutting_down: false,
        }
    }

    /// Adds a protocol that connections may be opened with.
    pub fn add_service(&mut self, service: Box<dyn Service>) -> ServiceId {
        self.services.push(service);
        ServiceId(self.services.len() - 1)
    }

    /// Adds one that goes along with streams. All shards of a hub are to have the same.
    pub fn add_attendant(&mut self, attendant: Box<dyn Attendant>) {
        self.attendants.push(attendant);
    }

    /// A connection was accepted by the listener of `service`.
    ///
    /// # Panics
    /// When `service` is not one of this shard's.
    pub fn open(&mut self, now: Instant, service: ServiceId, peer: Peer) -> ConnId {
        let service = &mut self.services[service.0];
        let machine = service.accept(now, peer);
        let service = service.name();
        let id = self.conns.insert(Conn::new(now, machine, service, peer));
        self.count(Count::Accepted, 1);
        self.refile(id);
        self.greet(now, id);
        id
    }

    /// Bytes came in.
    pub fn receive(&mut self, now: Instant, conn: ConnId, data: &[u8]) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.bytes_in += data.len() as u64;
        self.count(Count::BytesIn, data.len() as u64);
        self.drive(now, conn, Input::Bytes(data));
    }

    /// The peer will send no more; it may still read.
    pub fn receive_eof(&mut self, now: Instant, conn: ConnId) {
        self.drive(now, conn, Input::Eof);
    }

    /// The connection is broken: nothing can be read or written any more, so its machine is not asked, but told if it
    /// made the connection itself.
    pub fn lost(&mut self, now: Instant, conn: ConnId) {
        if self.break_line(now, conn, None) {
            return;
        }
        self.begin_close(now, conn, Close::PeerGone);
        // One that was closing already had farewells to send.
        if let Some(state) = self.conns.find_mut(conn) {
            state.queue.clear();
            self.finish_close(conn);
        }
    }

    /// The socket takes bytes again.
    pub fn writable(&mut self, now: Instant, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.blocked = false;
        state.progress_at = now;
        self.wish_to_send(conn);
        self.warm(conn);
    }

    /// Whether bytes of this connection may be read now. When not, an [`Action::Read`] says when.
    pub fn wants_read(&self, conn: ConnId) -> bool {
        self.conns.find(conn).is_none_or(|state| !state.writing && !state.waits_to_go_on())
    }

    /// The result of an [`Action::Call`].
    pub fn answer(&mut self, now: Instant, conn: ConnId, answer: Answer) {
        if let Some(state) = self.conns.find_mut(conn)
            && std::mem::take(&mut state.writing)
        {
            self.actions.push_back(Action::Read(conn));
        }
        self.drive(now, conn, Input::Reply(Reply::Call(answer)));
    }

    /// Reads what other shards have sent.
    pub fn handle_mail(&mut self, now: Instant) {
        self.read_mail(now);
    }

    /// Does what is due: timers, mail to itself, and feeding viewers.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.deliver_local(now);
        // Bounded, so that a machine which asks for the same moment for ever costs time, but never stops the others.
        let mut left = 2 * self.conns.len() + 64;
        while left > 0
            && let Some(conn) = self.timers.take_due(now)
        {
            left -= 1;
            self.ring(now, conn);
        }
        self.look_after_gate(now);
        if self.chores_at.is_some_and(|at| at <= now) {
            self.do_chores(now);
        }
        self.deliver_local(now);
        self.feed_hot(now);
        if !self.dirty.is_empty() && self.pace.next() <= now {
            self.pace.begin(now);
            self.feed_all(now);
        }
    }

    /// Asks every connection to say goodbye; nothing is let in any more.
    pub fn shutdown(&mut self, now: Instant) {
        self.shutting_down = true;
        for conn in self.conns.ids() {
            self.drive(now, conn, Input::Shutdown);
            self.begin_close(now, conn, Close::Shutdown);
        }
    }

    /// The next thing for the driver to do; posts mail to other shards when it runs dry.
    pub fn poll_action(&mut self) -> Option<Action> {
        if self.actions.is_empty() {
            self.post_mail();
        }
        let action = self.actions.pop_front();
        match action {
            Some(Action::Close(conn)) => self.conns.remove(conn),
            Some(Action::HangUp(conn)) => self.hung_up(conn),
            Some(Action::Unbind(port)) => self.ports.remove(port),
            _ => {}
        }
        action
    }

    /// When [`Self::handle_timeout`] is wanted next; at once if it is in the past.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.local.is_empty() || !self.dirty_homes.is_empty() || !self.hot.is_empty() {
            return Some(Instant::ZERO);
        }
        let feed_at = (!self.dirty.is_empty()).then(|| self.pace.next());
        let gate_at = self.gatehouse.as_ref().and_then(Gatehouse::due);
        [self.timers.first(), self.chores_at, feed_at, gate_at].into_iter().flatten().min()
    }

    /// Fills `slices` with what is to be written to `conn`; returns how many were filled.
    pub fn unsent<'a>(&'a self, conn: ConnId, slices: &mut [IoSlice<'a>]) -> usize {
        self.conns.find(conn).map_or(0, |state| state.queue.fill(slices))
    }

    /// The socket took `n` bytes of [`Self::unsent`]; zero means that it takes nothing at present.
    pub fn sent(&mut self, now: Instant, conn: ConnId, n: usize) {
        if n == 0 {
            return self.blocked(conn);
        }
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.sending = false;
        state.progress_at = now;
        state.bytes_out += n as u64;
        state.queue.advance(n);
        let emptied = state.queue.is_empty();
        let closing = state.closing.is_some();
        let released = state.held_call.is_some() && state.queue.bytes() < self.settings.max_queue;
        self.count(Count::BytesOut, n as u64);
        if released {
            self.release_call(conn);
        }
        if !emptied {
            self.wish_to_send(conn);
        } else if closing {
            self.finish_close(conn);
        } else {
            self.warm(conn);
        }
    }

    /// The socket would block: nothing more for this connection until [`Self::writable`].
    pub fn blocked(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.sending = false;
        if !state.blocked && !state.queue.is_empty() {
            state.blocked = true;
            let since = state.progress_at;
            self.blocked.push(conn);
            self.want_chores(since);
        }
    }

    /// How long the last [`Self::handle_timeout`] and the writes that followed took: steers how long frames wait to
    /// share a write. A driver that never says lets every frame go at once.
    pub fn spent(&mut self, busy: Duration) {
        self.pace.spent(busy);
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.conns.len()
    }

    /// Gives one connection's machine an input and does what it asks for.
    fn drive(&mut self, now: Instant, conn: ConnId, input: Input<'_>) {
        let Some(state) = self.conns.find_mut(conn).filter(|state| state.closing.is_none()) else { return };
        let mut outputs = std::mem::take(&mut self.outputs);
        state.turn(now, input, &mut outputs);
        self.settle(now, conn, &mut outputs);
        self.outputs = outputs;
        // It may be one that had no room for media before.
        self.warm(conn);
    }

    /// Does what a machine asked for in its last turn.
    fn settle(&mut self, now: Instant, conn: ConnId, outputs: &mut Outputs) {
        // What was said before a socket is given back still goes out by it.
        self.post_datagrams(conn, &mut outputs.datagrams);
        let mut next = 0;
        while next < outputs.rest.len() {
            let output =
                std::mem::replace(&mut outputs.rest[next], Output::Event(crate::machine::Event::Stop));
            next += 1;
            match output {
                Output::Transmit(_) | Output::Datagram(..) => debug_assert!(false, "these have queues"),
                Output::Event(event) => {
                    if let Some(reply) = self.handle_event(now, conn, event)
                        && let Some(state) = self.conns.find_mut(conn).filter(|state| state.closing.is_none())
                    {
                        state.turn(now, Input::Reply(reply), outputs);
                        // It may go on to close, or to give the socket back.
                        self.post_datagrams(conn, &mut outputs.datagrams);
                    }
                }
                Output::Close(why) => self.begin_close(now, conn, why),
            }
        }
        outputs.rest.clear();
        self.wish_to_send(conn);
        self.refile(conn);
        if self.conns.find(conn).is_some_and(|state| state.queue.len() > MAX_QUEUED) {
            self.begin_close(now, conn, Close::SlowConsumer);
        }
    }

    /// A connection's deadline has come.
    fn ring(&mut self, now: Instant, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        state.timer = None;
        if state.closing.is_some() {
            state.queue.clear();
            self.finish_close(conn);
        } else {
            self.drive(now, conn, Input::Timeout);
        }
    }

    fn refile(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        if state.closing.is_none() {
            let new = state.machine_timeout();
            self.timers.refile(conn, state.timer, new);
            state.timer = new;
        }
    }

    /// Asks the driver to write, unless it was asked already or the socket takes nothing.
    fn wish_to_send(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        match state.line {
            Line::Accepted | Line::Dialled => {}
            Line::Dialling(_) | Line::Parting => return,
            // What was meant for a connection that is gone is for nobody.
            Line::None | Line::Datagrams => return state.queue.clear(),
        }
        if !state.sending && !state.blocked && !state.dead && !state.queue.is_empty() {
            state.sending = true;
            self.actions.push_back(Action::Send(conn));
        }
    }

    /// Takes the connection out of the hub and ends it when what is queued was sent.
    fn begin_close(&mut self, now: Instant, conn: ConnId, why: Close) {
        if self.conns.find(conn).is_none_or(|state| state.closing.is_some()) {
            return;
        }
        self.leave(now, conn, Some(&why));
        self.lose_asker(now, conn);
        let Some(state) = self.conns.find_mut(conn) else { return };
        match &why {
            Close::PeerGone | Close::SlowConsumer => state.queue.clear(),
            Close::Done
            | Close::Error(_)
            | Close::TakenOver
            | Close::StreamEnded
            | Close::Shutdown
            | Close::Bug(_) => {}
        }
        if !matches!(state.line, Line::Accepted | Line::Dialled) {
            state.queue.clear();
        }
        state.closing = Some(why.clone());
        state.held_call = None;
        // Its successor need not wait until the last words were sent.
        if let Some((key, part)) = state.attends.clone() {
            self.hub.directory().dismiss(&key, state.service, &part);
        }
        let flushed = state.queue.is_empty();
        let last_call = state.last_call();
        self.actions.extend(last_call.map(|call| Action::Call(conn, call)));
        let Some(state) = self.conns.find_mut(conn) else { return };
        let deadline = Some(now + FAREWELL);
        self.timers.refile(conn, state.timer, deadline);
        state.timer = deadline;
        self.count_close(&why);
        self.report(conn, News::Closed(why));
        if flushed {
            self.finish_close(conn);
        } else {
            self.wish_to_send(conn);
        }
    }

    fn finish_close(&mut self, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn).filter(|state| !state.dead) else { return };
        state.dead = true;
        self.timers.refile(conn, state.timer, None);
        state.timer = None;
        self.unbind_all(conn);
        self.part(conn);
        self.see_off(conn);
        self.count(Count::Closed, 1);
        self.actions.push_back(Action::Close(conn));
    }

    fn count_close(&self, why: &Close) {
        match why {
            Close::Error(Error::Refused(_)) => {}
            Close::Error(_) => self.count(Count::Faults, 1),
            Close::Bug(_) => self.count(Count::Bugs, 1),
            Close::SlowConsumer => self.count(Count::SlowConsumers, 1),
            Close::Done | Close::PeerGone | Close::TakenOver | Close::StreamEnded | Close::Shutdown => {}
        }
    }

    fn count(&self, count: Count, n: u64) {
        if let Some(counters) = self.hub.counters(self.id) {
            counters.add(count, n);
        }
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard")
            .field("id", &self.id)
            .field("connections", &self.conns.len())
            .finish_non_exhaustive()
    }
}
