//! Admission: who is let in at once, who waits for an answer from outside, and who asks for it.

use std::collections::VecDeque;

use bytes::Bytes;

use super::conn::ConnId;
use super::{Action, Shard};
use crate::admission::{Ask, Gate, Role, Verdict};
use crate::error::{Close, Error, Refusal};
use crate::machine::{Input, NoteLevel, Reply};
use crate::media::Packaging;
use crate::policy::check_app;
use crate::report::News;
use crate::request::{Request, StreamKey};
use crate::stats::Count;
use crate::time::Instant;

/// Most askers of a shard: each has a connection of its own.
const MAX_ASKERS: usize = 32;
/// Most questions that wait for an asker.
const MAX_QUESTIONS: usize = 10_000;

/// What a connection does when it is let in.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    Publish(Box<Request>),
    Play(Box<Request>, Packaging),
    Ask,
}

/// A connection that waits to be let in.
pub(crate) struct Asking {
    number: u64,
    ask: Ask,
    pub(crate) wish: Wish,
}

/// A question, and whose.
struct Question {
    number: u64,
    conn: ConnId,
    until: Instant,
    text: Bytes,
}

struct Asker {
    conn: ConnId,
    /// The question it was handed.
    asks: Option<u64>,
}

/// What somebody is told at the end of the turn.
enum Notice {
    Question(Bytes),
    Answer(u64, Result<(), String>),
}

/// A shard's gate, those who ask for it, and those who wait.
pub(crate) struct Gatehouse {
    gate: Box<dyn Gate>,
    askers: Vec<Asker>,
    /// Questions that no asker has yet.
    queue: VecDeque<Question>,
    /// Whose questions askers have, and until when they wait.
    out: VecDeque<(Instant, u64, ConnId)>,
    notices: VecDeque<(ConnId, Notice)>,
    number: u64,
}

impl Gatehouse {
    pub(crate) fn new(gate: Box<dyn Gate>) -> Self {
        Self {
            gate,
            askers: Vec::new(),
            queue: VecDeque::new(),
            out: VecDeque::new(),
            notices: VecDeque::new(),
            number: 0,
        }
    }

    /// When it is to be looked after next.
    pub(crate) fn due(&self) -> Option<Instant> {
        if !self.notices.is_empty() {
            return Some(Instant::ZERO);
        }
        let queued = self.queue.front().map(|question| question.until);
        let out = self.out.front().map(|(until, ..)| *until);
        queued.into_iter().chain(out).min()
    }

    /// A question has its answer.
    fn resolve(&mut self, number: u64, answer: Result<(), String>) {
        if let Some(at) = self.out.iter().position(|(_, other, _)| *other == number)
            && let Some((_, _, conn)) = self.out.remove(at)
        {
            self.notices.push_back((conn, Notice::Answer(number, answer)));
        }
    }

    /// Refuses those who have waited long enough.
    fn expire(&mut self, now: Instant) {
        let ms = self.gate.patience().as_millis();
        while let Some((_, number, _)) = self.out.front().copied().filter(|(until, ..)| *until <= now) {
            self.resolve(number, Err(format!("the auth server gave no answer in {ms} ms")));
        }
        while let Some(question) = self.queue.pop_front_if(|question| question.until <= now) {
            let why =
                format!("the auth server left others without an answer, so it was not asked in {ms} ms");
            self.notices.push_back((question.conn, Notice::Answer(question.number, Err(why))));
        }
    }
}

impl Shard {
    /// A connection has come in: it is closed again when it may not be here, or when there are enough from its address.
    pub(super) fn greet(&mut self, now: Instant, conn: ConnId) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let address = state.peer.remote.ip();
        let mut checked = match &mut self.gatehouse {
            Some(house) => house.gate.lets_connect(address),
            None => Ok(()),
        };
        if checked.is_ok() {
            state.is_counted = self.hub.tally().connect(address);
            if !state.is_counted {
                let most = self.settings.limits.per_address;
                checked = Err(format!("there are {most} connections of its address already"));
            }
        }
        if let Err(why) = checked {
            self.count(Count::Refused, 1);
            self.report(conn, News::Note(NoteLevel::Warn, format!("refused: {why}")));
            self.begin_close(now, conn, Close::Error(Error::Refused(Refusal::Denied)));
        }
    }

    /// A connection has ended.
    pub(super) fn see_off(&mut self, conn: ConnId) {
        if let Some(state) = self.conns.find_mut(conn)
            && std::mem::take(&mut state.is_counted)
        {
            self.hub.tally().disconnect(state.peer.remote.ip());
        }
    }

    /// A player wants to be one of the stream's.
    pub(super) fn take_seat(&mut self, conn: ConnId, key: &StreamKey) -> Result<(), Refusal> {
        let Some(state) = self.conns.find_mut(conn).filter(|state| !state.is_ours) else { return Ok(()) };
        if self.hub.tally().is_saturated() {
            return Err(Refusal::Full("the server sends as much as it may".to_owned()));
        }
        if !self.hub.tally().watch(key) {
            let most = self.settings.limits.viewers;
            return Err(Refusal::Full(format!("stream '{key}' has {most} players already")));
        }
        state.watches = Some(key.clone());
        Ok(())
    }

    /// A connection wants to publish or to play: it does when it is let in.
    pub(super) fn admit(&mut self, now: Instant, conn: ConnId, wish: Wish) -> Option<Reply> {
        let (request, role) = match &wish {
            Wish::Publish(request) => (request, Role::Publisher),
            Wish::Play(request, _) => (request, Role::Player),
            Wish::Ask => return None,
        };
        self.leave(now, conn, None);
        let state = self.conns.find_mut(conn)?;
        let is_let_in = state.is_ours
            || state.admitted.take().is_some_and(|admitted| admitted == (role, request.key.clone()));
        // What there cannot be is refused without asking anybody.
        if is_let_in || self.shutting_down || check_app(request.key.app()).is_err() {
            return self.grant(now, conn, wish);
        }
        let ask = Ask::of(request, role, state.peer.remote);
        self.judge(now, conn, ask, wish)
    }

    /// A machine wants to know whether its peer may come in.
    pub(super) fn ask(&mut self, now: Instant, conn: ConnId, ask: Ask) -> Option<Reply> {
        self.conns.find_mut(conn)?.admitted = None;
        self.judge(now, conn, ask, Wish::Ask)
    }

    fn judge(&mut self, now: Instant, conn: ConnId, ask: Ask, wish: Wish) -> Option<Reply> {
        let Some(house) = &mut self.gatehouse else { return self.let_in(now, conn, ask, wish) };
        let text = match house.gate.judge(now, &ask) {
            Verdict::Yes => return self.let_in(now, conn, ask, wish),
            Verdict::No(why) => return Some(self.turn_away(conn, ask, &wish, why)),
            Verdict::Ask(text) => text,
        };
        if house.queue.len() >= MAX_QUESTIONS {
            let why = format!("{MAX_QUESTIONS} others wait for an answer already");
            return Some(self.turn_away(conn, ask, &wish, why));
        }
        house.number += 1;
        let (number, until) = (house.number, now + house.gate.patience());
        house.queue.push_back(Question { number, conn, until, text });
        self.conns.find_mut(conn)?.asking = Some(Box::new(Asking { number, ask, wish }));
        self.hand_out(now);
        None
    }

    fn let_in(&mut self, now: Instant, conn: ConnId, ask: Ask, wish: Wish) -> Option<Reply> {
        if matches!(wish, Wish::Ask) {
            self.conns.find_mut(conn)?.admitted = ask.key.map(|key| (ask.role, key));
        }
        self.grant(now, conn, wish)
    }

    fn grant(&mut self, now: Instant, conn: ConnId, wish: Wish) -> Option<Reply> {
        match wish {
            Wish::Publish(request) => self.publish(now, conn, *request).map(Reply::Publish),
            Wish::Play(request, packaging) => self.play(now, conn, *request, packaging).map(Reply::Play),
            Wish::Ask => Some(Reply::Asked(Ok(()))),
        }
    }

    fn turn_away(&mut self, conn: ConnId, ask: Ask, wish: &Wish, why: String) -> Reply {
        self.count(Count::Refused, 1);
        self.report(conn, News::Denied(Box::new(ask), why));
        match wish {
            Wish::Publish(_) => Reply::Publish(Err(Refusal::Denied)),
            Wish::Play(..) => Reply::Play(Err(Refusal::Denied)),
            Wish::Ask => Reply::Asked(Err(Refusal::Denied)),
        }
    }

    /// Gives questions to askers that have none.
    fn hand_out(&mut self, now: Instant) {
        let Some(mut house) = self.gatehouse.take() else { return };
        while let Some(question) = house.queue.pop_front() {
            // One that nobody waits for any more is not asked.
            let asking = self.conns.find(question.conn).and_then(|state| state.asking.as_ref());
            if asking.is_none_or(|asking| asking.number != question.number) {
                continue;
            }
            let free = house.askers.iter().position(|asker| asker.asks.is_none());
            if free.is_none() && house.askers.len() < MAX_ASKERS {
                let conn = self.spawn(now, "auth", house.gate.asker());
                house.askers.push(Asker { conn, asks: None });
            }
            let index = free.unwrap_or(house.askers.len().saturating_sub(1));
            let Some(asker) = house.askers.get_mut(index).filter(|asker| asker.asks.is_none()) else {
                house.queue.push_front(question);
                break;
            };
            asker.asks = Some(question.number);
            house.out.push_back((question.until, question.number, question.conn));
            house.notices.push_back((asker.conn, Notice::Question(question.text)));
        }
        self.gatehouse = Some(house);
    }

    /// An asker has its answer.
    pub(super) fn answered(&mut self, now: Instant, conn: ConnId, answer: Result<(), String>) {
        let Some(house) = &mut self.gatehouse else { return };
        let asker = house.askers.iter_mut().find(|asker| asker.conn == conn);
        if let Some(number) = asker.and_then(|asker| asker.asks.take()) {
            house.resolve(number, answer);
        }
        self.hand_out(now);
    }

    /// A connection ends: it may be an asker's.
    pub(super) fn lose_asker(&mut self, now: Instant, conn: ConnId) {
        let Some(house) = &mut self.gatehouse else { return };
        let Some(index) = house.askers.iter().position(|asker| asker.conn == conn) else { return };
        let asker = house.askers.swap_remove(index);
        if let Some(number) = asker.asks {
            house.resolve(number, Err("the connection to the auth server has failed".to_owned()));
        }
        if !self.shutting_down {
            self.hand_out(now);
        }
    }

    /// Refuses those who have waited too long, and tells everybody what there is to tell.
    pub(super) fn look_after_gate(&mut self, now: Instant) {
        let Some(house) = &mut self.gatehouse else { return };
        house.expire(now);
        for _ in 0..house.notices.len() {
            let notice = self.gatehouse.as_mut().and_then(|house| house.notices.pop_front());
            match notice {
                Some((conn, Notice::Question(text))) => self.drive(now, conn, Input::Handed(&text)),
                Some((conn, Notice::Answer(number, answer))) => self.tell(now, conn, number, answer),
                None => return,
            }
        }
    }

    fn tell(&mut self, now: Instant, conn: ConnId, number: u64, answer: Result<(), String>) {
        let Some(state) = self.conns.find_mut(conn) else { return };
        let Some(asking) = state.asking.take_if(|asking| asking.number == number) else { return };
        let Asking { ask, wish, .. } = *asking;
        if matches!(wish, Wish::Ask) {
            self.actions.push_back(Action::Read(conn));
        }
        let reply = match answer {
            Ok(()) => self.let_in(now, conn, ask, wish),
            Err(why) => Some(self.turn_away(conn, ask, &wish, why)),
        };
        if let Some(reply) = reply {
            self.drive(now, conn, Input::Reply(reply));
        }
    }
}
