//! One connection, from its first handshake to its end.
//!
//! Spec: draft-sharabayko-srt §4.
//!
//! ```text
//! listener:  Connection::answer ─▶ Asked ──accept──▶ Open ──▶ Closed
//!                                    └────reject────────────────▲ ▲
//! caller:    Connection::call ───▶ Calling ─────────▶ Open ─────┘ │
//!                                    └────────────────────────────┘
//! ```
//!
//! After each call that takes the time, drain [`Connection::poll_transmit`] and [`Connection::poll_event`], then read
//! [`Connection::poll_timeout`].

mod event;
mod session;

use std::collections::VecDeque;

use bytes::Bytes;
use rtmpd_core::{Error, Instant};

pub use event::{Event, Opened};
use session::Session;

use super::crypto::{Agreed, Passphrase, Secret};
use super::handshake::{Arrival, Call, Caller, Link, Step, accept, agree};
use super::reject::Reject;
use super::settings::Settings;
use super::stats::Stats;
use super::wire::{Control, HANDSHAKE, HEADER, Outgoing, Packet};

/// See the module's text.
#[derive(Debug)]
pub struct Connection {
    stage: Stage,
    settings: Settings,
    secret: Secret,
    now: Instant,
    /// Datagrams that do not wait for anything.
    out: VecDeque<Outgoing>,
    events: VecDeque<Event>,
    stats: Stats,
}

/// Where the connection stands.
#[derive(Debug)]
enum Stage {
    /// We call.
    Calling(Box<Caller>),
    /// We were called; it is to be decided whether we want to.
    Asked(Box<Arrival>, u32, Option<Agreed>),
    /// Payloads flow.
    Open(Box<Session>),
    /// It is over.
    Closed,
}

impl Connection {
    /// Answers a caller; our socket id will be `id`: not 0, and below 2^30. There is an [`Event::Asked`] at once, and
    /// [`Self::accept`] or [`Self::reject`] is to follow. `secret` is for this connection alone.
    pub fn answer(now: Instant, arrival: Box<Arrival>, id: u32, settings: Settings, secret: Secret) -> Self {
        let asked = arrival.asked();
        let mut connection = Self::new(now, Stage::Asked(arrival, id, None), settings, secret);
        connection.events.push_back(Event::Asked(Box::new(asked)));
        connection
    }

    /// Calls a listener. With a passphrase this takes a millisecond. `secret` is for this connection alone.
    pub fn call(now: Instant, call: Call, settings: Settings, secret: Secret) -> Self {
        let (caller, question) = Caller::new(now, call, settings, &secret);
        let mut connection = Self::new(now, Stage::Calling(Box::new(caller)), settings, secret);
        connection.out.push_back(question);
        connection
    }

    /// Begins with this number.
    #[cfg(test)]
    pub(super) fn begin_with(&mut self, first: super::seq::Seq) {
        if let Stage::Calling(caller) = &mut self.stage {
            caller.begin_with(first);
        }
    }

    fn new(now: Instant, stage: Stage, settings: Settings, secret: Secret) -> Self {
        let (out, events) = (VecDeque::new(), VecDeque::new());
        Self { stage, settings, secret, now, out, events, stats: Stats::default() }
    }

    /// Says yes to a caller, who must know the same passphrase, or none. With a passphrase this takes a millisecond.
    pub fn accept(&mut self, now: Instant, passphrase: Option<&Passphrase>) {
        match self.prove(passphrase) {
            Ok(()) => self.grant(now),
            Err(reject) => self.reject(now, reject),
        }
    }

    /// Whether a caller knows this passphrase, or wants none where there is none; [`Self::grant`] or [`Self::reject`] is to
    /// follow. With a passphrase this takes a millisecond.
    ///
    /// # Errors
    /// What to reject it with.
    pub fn prove(&mut self, passphrase: Option<&Passphrase>) -> Result<(), Reject> {
        if let Stage::Asked(arrival, _, agreed) = &mut self.stage {
            *agreed = agree(arrival, passphrase)?;
        }
        Ok(())
    }

    /// Says yes to a caller who has proved what is to be known.
    pub fn grant(&mut self, now: Instant) {
        self.now = now;
        let Stage::Asked(arrival, id, agreed) = &mut self.stage else { return };
        let (link, reply) = accept(now, arrival, *id, agreed.take(), &self.settings);
        let caller = arrival.caller();
        self.out.push_back(reply.clone());
        self.open(link, Some((caller, reply)));
    }

    /// Says no to a caller.
    pub fn reject(&mut self, now: Instant, reject: Reject) {
        self.now = now;
        if let Stage::Asked(arrival, ..) = &self.stage {
            self.out.push_back(arrival.reject(reject));
            self.end(Event::Rejected(reject));
        }
    }

    /// Takes a datagram of the peer: for our socket id, or a repeated conclusion for id 0. What makes no sense is
    /// counted and forgotten, since anybody can send datagrams.
    pub fn handle_datagram(&mut self, now: Instant, data: &[u8]) {
        self.now = now;
        let Ok(packet) = Packet::parse(data) else {
            self.stats.malformed += 1;
            return;
        };
        match (&mut self.stage, packet) {
            (Stage::Open(session), Packet::Data(head, body)) => {
                session.handle_data(now, &head, body, &mut self.stats);
            }
            (stage, Packet::Control { control: Control::Handshake(body), timestamp, .. }) => {
                if !matches!(stage, Stage::Closed) {
                    self.handle_handshake(timestamp, body);
                }
            }
            (Stage::Open(session), Packet::Control { control, timestamp, .. }) => {
                let end = session.handle_control(now, &control, timestamp, &mut self.out, &mut self.stats);
                if let Some(end) = end {
                    self.end(end);
                }
            }
            (
                Stage::Calling(_) | Stage::Asked(..) | Stage::Closed,
                Packet::Data(..) | Packet::Control { .. },
            ) => {}
        }
        self.work();
    }

    fn handle_handshake(&mut self, timestamp: u32, body: &[u8]) {
        match &mut self.stage {
            Stage::Calling(caller) => match caller.handle(self.now, timestamp, body) {
                Ok(Step::Wait) => {}
                Ok(Step::Send(question)) => self.out.push_back(question),
                Ok(Step::Open(link)) => self.open(*link, None),
                Ok(Step::Rejected(reject)) => self.end(Event::Rejected(reject)),
                Err(_) => self.stats.malformed += 1,
            },
            Stage::Open(session) if body.len() >= HANDSHAKE => {
                self.out.extend(session.answer_again(self.now))
            }
            Stage::Open(_) | Stage::Asked(..) | Stage::Closed => {}
        }
    }

    fn open(&mut self, link: Link, reply: Option<(u32, Outgoing)>) {
        let opened = Opened {
            peer_version: link.peer_version,
            receive_latency: link.receive_latency,
            send_latency: link.send_latency,
            encrypted: link.agreed.as_ref().map(|agreed| agreed.wrapper.length()),
        };
        self.stage = Stage::Open(Box::new(Session::new(self.now, link, reply, &self.settings, &self.secret)));
        self.events.push_back(Event::Opened(opened));
    }

    /// The time has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        match &mut self.stage {
            Stage::Calling(caller) => match caller.handle_timeout(now) {
                Ok(question) => self.out.extend(question),
                Err(error) => self.end(Event::Failed(error)),
            },
            Stage::Open(session) => {
                let end = session.handle_timeout(now, &mut self.out, &mut self.stats);
                if let Some(end) = end {
                    self.end(end);
                }
            }
            Stage::Asked(..) | Stage::Closed => {}
        }
        self.work();
    }

    /// What is due whenever the connection is looked at.
    fn work(&mut self) {
        if let Stage::Open(session) = &mut self.stage {
            session.work(self.now, &mut self.out);
        }
    }

    /// Sends a payload: at most [`Self::max_payload`] bytes. The peer delivers it when it is as old as the latency.
    ///
    /// # Errors
    /// When it is too long.
    pub fn send(&mut self, now: Instant, payload: Bytes) -> Result<(), Error> {
        self.now = now;
        if payload.len() > self.max_payload() {
            let what =
                format!("payload has {} bytes, expected at most {}", payload.len(), self.max_payload());
            return Err(Error::limit(what, "draft-sharabayko-srt §3.1"));
        }
        if let Stage::Open(session) = &mut self.stage {
            session.send(now, payload);
        }
        Ok(())
    }

    /// Longest payload, bytes; 0 as long as there is no peer.
    pub fn max_payload(&self) -> usize {
        match &self.stage {
            Stage::Open(session) => session.max_payload(),
            Stage::Calling(_) | Stage::Asked(..) | Stage::Closed => 0,
        }
    }

    /// Whether more should be sent now: look again after each input.
    pub fn has_room(&self) -> bool {
        match &self.stage {
            Stage::Open(session) => session.has_room(),
            Stage::Calling(_) | Stage::Asked(..) | Stage::Closed => false,
        }
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        let next = match (self.out.pop_front(), &mut self.stage) {
            (Some(datagram), Stage::Open(session)) => {
                session.sent(self.now);
                Some(datagram)
            }
            (Some(datagram), Stage::Calling(_) | Stage::Asked(..) | Stage::Closed) => Some(datagram),
            (None, Stage::Open(session)) => session.poll_transmit(self.now, &mut self.out, &mut self.stats),
            (None, Stage::Calling(_) | Stage::Asked(..) | Stage::Closed) => None,
        };
        debug_assert!(next.as_ref().is_none_or(|next| next.head.len() == HEADER));
        next
    }

    /// The next thing that has happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        match &mut self.stage {
            Stage::Open(session) => session.pop(self.now, &mut self.stats).map(Event::Data),
            Stage::Calling(_) | Stage::Asked(..) | Stage::Closed => None,
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Calling(caller) => Some(caller.poll_timeout()),
            Stage::Open(session) => Some(session.poll_timeout()),
            Stage::Asked(..) | Stage::Closed => None,
        }
    }

    /// Ends the connection when all that was sent has arrived, or could have.
    pub fn finish(&mut self, now: Instant) {
        self.now = now;
        match &mut self.stage {
            Stage::Open(session) => session.finish(now),
            Stage::Calling(_) | Stage::Asked(..) => self.close(now),
            Stage::Closed => {}
        }
    }

    /// Ends the connection now.
    pub fn close(&mut self, now: Instant) {
        self.now = now;
        match &self.stage {
            Stage::Open(session) => {
                self.out.push_back(session.goodbye(now));
                self.end(Event::Closed);
            }
            Stage::Asked(..) => self.reject(now, Reject::CLOSE),
            Stage::Calling(_) => self.end(Event::Closed),
            Stage::Closed => {}
        }
    }

    fn end(&mut self, event: Event) {
        if let Stage::Open(session) = &mut self.stage {
            self.stats = session.stats(self.stats);
            // An early payload is better than none.
            self.events.extend(session.rest(&mut self.stats).into_iter().map(Event::Data));
        }
        self.stage = Stage::Closed;
        self.events.push_back(event);
    }

    /// What has been counted.
    pub fn stats(&self) -> Stats {
        match &self.stage {
            Stage::Open(session) => session.stats(self.stats),
            Stage::Calling(_) | Stage::Asked(..) | Stage::Closed => self.stats,
        }
    }
}
