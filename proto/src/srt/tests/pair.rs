//! A caller and a listener with a net between them.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::Instant;

use super::net::{Net, Weather};
use crate::srt::crypto::{Passphrase, Secret};
use crate::srt::wire::Cipher;
use crate::srt::{Answer, Call, CallerKey, Connection, Door, Event, Seq, Settings};

pub(super) const PAYLOAD: usize = 1316;

/// What is agreed on before.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) weather: Weather,
    pub(super) caller: Settings,
    pub(super) listener: Settings,
    pub(super) stream_id: Option<String>,
    pub(super) caller_key: Option<(String, usize, Cipher)>,
    pub(super) listener_key: Option<String>,
    pub(super) begin: Instant,
    /// The caller's first number, when it matters.
    pub(super) first: Option<Seq>,
    /// How fast the caller's clock is, in millionths.
    pub(super) fast: u64,
}

impl Plan {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        Self {
            seed,
            weather,
            caller: Settings::default(),
            listener: Settings::default(),
            stream_id: Some("live/stream".to_owned()),
            caller_key: None,
            listener_key: None,
            begin: Instant::from_millis(5),
            first: None,
            fast: 0,
        }
    }

    pub(super) fn latency(mut self, millis: u64) -> Self {
        self.caller.latency = Duration::from_millis(millis);
        self.listener.latency = self.caller.latency;
        self
    }

    pub(super) fn keyed(mut self, length: usize, cipher: Cipher) -> Self {
        self.caller_key = Some(("correct horse".to_owned(), length, cipher));
        self.listener_key = Some("correct horse".to_owned());
        self
    }
}

/// One end, and what came out of it.
pub(super) struct End {
    pub(super) connection: Option<Connection>,
    /// When which payload was delivered.
    pub(super) got: Vec<(Instant, Bytes)>,
    pub(super) events: Vec<Event>,
    /// How fast its clock is, in millionths.
    fast: u64,
}

/// See the module's text.
pub(super) struct Pair {
    pub(super) now: Instant,
    plan: Plan,
    door: Door,
    pub(super) caller: End,
    pub(super) listener: End,
    /// To the listener.
    pub(super) there: Net,
    /// To the caller.
    pub(super) back: Net,
}

pub(super) fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 40000))
}

pub(super) fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

impl Pair {
    pub(super) fn new(plan: Plan) -> Self {
        let key = plan.caller_key.as_ref().map(|(passphrase, length, cipher)| CallerKey {
            passphrase: Passphrase::new(passphrase.as_str()).unwrap(),
            length: *length,
            cipher: *cipher,
        });
        let call = Call { id: 77, to: address(), stream_id: plan.stream_id.clone(), key };
        let mut connection =
            Connection::call(plan.begin, call, plan.caller, secret(1).child("caller", plan.seed));
        if let Some(first) = plan.first {
            connection.begin_with(first);
        }
        let end = |connection, fast| End { connection, got: Vec::new(), events: Vec::new(), fast };
        let mut pair = Self {
            now: plan.begin,
            door: Door::new(&secret(2), plan.listener),
            caller: end(Some(connection), plan.fast),
            listener: end(None, 0),
            there: Net::new(plan.seed * 2, plan.weather),
            back: Net::new(plan.seed * 2 + 1, plan.weather),
            plan,
        };
        pair.drain();
        pair
    }

    /// A pair that has met.
    pub(super) fn met(plan: Plan) -> Self {
        let mut pair = Self::new(plan);
        while !(pair.caller.is_open() && pair.listener.is_open()) {
            assert!(pair.step(pair.plan.begin + Duration::from_secs(10)), "the two have not met");
        }
        pair
    }

    fn drain(&mut self) {
        self.caller.drain(self.now, &mut self.there);
        self.listener.drain(self.now, &mut self.back);
    }

    fn next(&self) -> Option<Instant> {
        let timeout = |end: &End| Some(end.world(end.connection.as_ref()?.poll_timeout()?));
        [timeout(&self.caller), timeout(&self.listener), self.there.next(), self.back.next()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Goes on to the next thing that happens, if it happens before `end`.
    pub(super) fn step(&mut self, end: Instant) -> bool {
        let Some(next) = self.next().filter(|next| *next <= end) else {
            self.now = end;
            return false;
        };
        self.now = self.now.max(next);
        while let Some(data) = self.there.take(self.now) {
            self.arrive(&data);
            self.drain();
        }
        while let Some(data) = self.back.take(self.now) {
            let now = self.caller.clock(self.now);
            if let Some(caller) = &mut self.caller.connection {
                caller.handle_datagram(now, &data);
            }
            self.drain();
        }
        for end in [&mut self.caller, &mut self.listener] {
            let now = end.clock(self.now);
            if let Some(connection) = &mut end.connection
                && connection.poll_timeout().is_some_and(|at| at <= now)
            {
                connection.handle_timeout(now);
            }
        }
        self.drain();
        true
    }

    pub(super) fn run_until(&mut self, end: Instant) {
        while self.step(end) {}
    }

    pub(super) fn run(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    fn arrive(&mut self, data: &[u8]) {
        let id = crate::srt::wire::destination(data).unwrap();
        let arrives = matches!(self.door.answer(self.now, address(), data), Answer::Arrival(_));
        if let Some(listener) = self.listener.connection.as_mut().filter(|_| id != 0 || arrives) {
            listener.handle_datagram(self.now, data);
            return;
        }
        match self.door.answer(self.now, address(), data) {
            Answer::Nothing => {}
            Answer::Reply(reply) => self.back.send(self.now, &reply),
            Answer::Arrival(arrival) => {
                let secret = secret(3).child("listener", self.plan.seed);
                let mut connection = Connection::answer(self.now, arrival, 99, self.plan.listener, secret);
                let passphrase =
                    self.plan.listener_key.as_ref().map(|text| Passphrase::new(text.as_str()).unwrap());
                assert!(matches!(connection.poll_event(), Some(Event::Asked(_))));
                connection.accept(self.now, passphrase.as_ref());
                self.listener.connection = Some(connection);
            }
        }
    }

    /// Payload number `number` from the caller or the listener.
    pub(super) fn send(&mut self, from_caller: bool, number: u64) {
        let end = if from_caller { &mut self.caller } else { &mut self.listener };
        let now = end.clock(self.now);
        end.connection.as_mut().unwrap().send(now, payload(self.now, number)).unwrap();
        self.drain();
    }

    /// `count` payloads at a steady rate.
    pub(super) fn stream(&mut self, from_caller: bool, count: u64, spacing: Duration) {
        let begin = self.now;
        for number in 0..count {
            let at = begin + Duration::from_nanos(spacing.as_nanos() as u64 * number);
            self.run_until(at);
            self.send(from_caller, number);
        }
    }
}

impl End {
    /// What its clock says.
    fn clock(&self, now: Instant) -> Instant {
        now + Duration::from_micros(now.as_micros() * self.fast / 1_000_000)
    }

    /// When its clock will say this.
    fn world(&self, clock: Instant) -> Instant {
        Instant::from_micros(
            clock.as_micros() * 1_000_000 / (1_000_000 + self.fast) + u64::from(self.fast > 0),
        )
    }

    pub(super) fn is_open(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Opened(_)))
    }

    pub(super) fn stats(&self) -> crate::srt::Stats {
        self.connection.as_ref().unwrap().stats()
    }

    fn drain(&mut self, now: Instant, net: &mut Net) {
        let Some(connection) = &mut self.connection else { return };
        while let Some(event) = connection.poll_event() {
            if let Event::Data(payload) = event {
                self.got.push((now, payload));
            } else {
                self.events.push(event);
            }
        }
        while let Some(datagram) = connection.poll_transmit() {
            net.send(now, &datagram);
        }
    }

    /// Every payload came, in order, unchanged, and not before or after its time.
    pub(super) fn assert_all(&self, count: u64, latency: Duration, way: Duration) {
        assert_eq!(self.got.len() as u64, count);
        for (number, (at, data)) in self.got.iter().enumerate() {
            let sent = Instant::from_micros(u64::from_be_bytes(data[8..16].try_into().unwrap()));
            assert_eq!(*data, payload(sent, number as u64), "payload {number}");
            let age = at.since(sent);
            assert!(age + Duration::from_millis(1) >= latency, "payload {number} came after {age:?}");
            assert!(age <= latency + way + Duration::from_millis(10), "payload {number} came after {age:?}");
        }
    }
}

fn payload(now: Instant, number: u64) -> Bytes {
    let mut data = vec![number as u8; PAYLOAD];
    data[..8].copy_from_slice(&number.to_be_bytes());
    data[8..16].copy_from_slice(&now.as_micros().to_be_bytes());
    data.into()
}
