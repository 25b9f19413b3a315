//! An open connection: both halves, keys and timers.
//!
//! Spec: draft-sharabayko-srt §4.
//!
//! Timers are few. The tick looks at everything that is slow: silence, keep-alives, what is too old, keys. It moves by
//! itself and not with every packet.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Error, Instant};

use super::Event;
use crate::srt::crypto::{Opener, Sealer, Secret};
use crate::srt::handshake::Link;
use crate::srt::receive::Receiver;
use crate::srt::rtt::Rtt;
use crate::srt::send::{Route, Sender, timestamp};
use crate::srt::settings::Settings;
use crate::srt::stats::Stats;
use crate::srt::wire::{Control, DataHead, Features, HEADER, KeyState, Losses, Outgoing, UDP_HEADERS};

/// Whoever has sent nothing for this long says that he is there.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// The tick, when something is under way.
const BUSY: std::ops::RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_millis(100);

/// See the module's text.
#[derive(Debug)]
pub(super) struct Session {
    peer: u32,
    start: Instant,
    payload: usize,
    sender: Sender,
    receiver: Receiver,
    sealer: Option<Sealer>,
    opener: Option<Opener>,
    rtt: Rtt,
    heard: Instant,
    spoke: Instant,
    tick: Instant,
    max_idle: Duration,
    /// When the wait for what was sent is over.
    finishing: Option<Instant>,
    /// When the peer will have delivered what was sent last: some do not do so after a farewell.
    delivered: Instant,
    send_latency: Duration,
    /// New keys that the peer has not confirmed yet, and when to send them again.
    announced: Option<(Bytes, Instant)>,
    /// Our answer to the handshake, in case it was lost.
    reply: Option<Outgoing>,
}

impl Session {
    pub(super) fn new(
        now: Instant,
        link: Link,
        reply: Option<(u32, Outgoing)>,
        settings: &Settings,
        secret: &Secret,
    ) -> Self {
        let route = Route {
            peer: link.peer,
            start: link.start,
            first: link.first_out,
            window: link.peer_window.min(settings.window),
            latency: link.send_latency,
            peer_repeats: link.features.has(Features::PERIODIC_NAK),
        };
        let keys = link.agreed.as_ref();
        let sealer = keys.and_then(|keys| Sealer::new(keys, secret.clone(), settings.refresh));
        let headers = UDP_HEADERS + HEADER + sealer.as_ref().map_or(0, Sealer::overhead);
        Self {
            peer: link.peer,
            start: link.start,
            payload: (link.mtu as usize).saturating_sub(headers),
            sender: Sender::new(now, route, settings.join_rate),
            receiver: Receiver::new(now, &link, settings.window),
            opener: keys.map(Opener::new),
            sealer,
            rtt: Rtt::new(),
            heard: now,
            spoke: now,
            tick: now + KEEP_ALIVE,
            max_idle: settings.max_idle,
            finishing: None,
            delivered: now,
            send_latency: link.send_latency,
            announced: None,
            reply: reply.map(|(_, reply)| reply),
        }
    }

    /// Takes a data packet.
    pub(super) fn handle_data(&mut self, now: Instant, head: &DataHead, body: &[u8], stats: &mut Stats) {
        self.heard = now;
        if body.is_empty() || body.len() > self.payload + HEADER {
            stats.malformed += 1;
            return;
        }
        self.receiver.take(now, head, body, self.opener.as_ref(), stats);
    }

    /// Takes anything else. Returns why the connection ends, if it does.
    pub(super) fn handle_control(
        &mut self,
        now: Instant,
        control: &Control<'_>,
        stamp: u32,
        out: &mut VecDeque<Outgoing>,
        stats: &mut Stats,
    ) -> Option<Event> {
        self.heard = now;
        match control {
            Control::Ack(ack) => {
                self.sender.handle_ack(now, ack);
                if let Some(report) = &ack.report {
                    self.rtt.adopt(report.rtt, report.rtt_variance);
                    out.push_back(self.write(now, &Control::AckAck(ack.number)));
                }
            }
            Control::AckAck(number) => self.receiver.handle_answer(now, *number, stamp, &mut self.rtt),
            Control::Nak(losses) => {
                for (first, last) in self.sender.handle_nak(now, losses, &self.rtt, stats) {
                    out.push_back(self.write(now, &Control::DropRequest { message: 0, first, last }));
                }
            }
            Control::DropRequest { first, last, .. } => self.receiver.handle_drop(now, *first, *last, stats),
            Control::KeyRequest(body) => {
                let reply = self.take_keys(now, body, stats);
                out.push_back(self.write(now, &Control::KeyResponse(&reply)));
            }
            Control::KeyResponse(body) => {
                self.announced.take_if(|(sent, _)| sent == body);
            }
            Control::Shutdown => return Some(Event::PeerGone),
            Control::Handshake(_)
            | Control::KeepAlive
            | Control::Congestion
            | Control::PeerError(_)
            | Control::OldHello
            | Control::Unknown(_) => {}
        }
        None
    }

    /// The answer to new keys: the same again, or why they are of no use.
    fn take_keys(&mut self, now: Instant, body: &[u8], stats: &mut Stats) -> Vec<u8> {
        let taken = self.opener.as_mut().map(|opener| opener.announce(now, body));
        if let Some(Ok(())) = taken {
            return body.to_vec();
        }
        stats.keys_refused += 1;
        let state = if taken.is_none() { KeyState::NoSecret } else { KeyState::BadSecret };
        state.write().to_vec()
    }

    /// A timer has come. Returns why the connection ends, if it does.
    pub(super) fn handle_timeout(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Outgoing>,
        stats: &mut Stats,
    ) -> Option<Event> {
        if now < self.tick {
            return None;
        }
        if now.since(self.heard) >= self.max_idle {
            out.push_back(self.goodbye(now));
            return Some(Event::Failed(Error::TimedOut("any SRT packet")));
        }
        self.sender.handle_tick(now, &self.rtt, stats);
        let done = self.sender.is_idle() && self.delivered <= now;
        if self.finishing.is_some_and(|end| end <= now || done) {
            out.push_back(self.goodbye(now));
            return Some(Event::Closed);
        }
        if let Some((keys, again)) = self.announced.take_if(|(_, again)| *again <= now) {
            out.push_back(self.write(now, &Control::KeyRequest(&keys)));
            self.announced = Some((keys, again.max(now) + self.key_patience()));
        }
        if now.since(self.spoke) >= KEEP_ALIVE {
            out.push_back(self.write(now, &Control::KeepAlive));
            self.spoke = now;
        }
        self.tick = now + self.next_tick(now);
        None
    }

    /// How long until the next tick.
    fn next_tick(&self, now: Instant) -> Duration {
        if self.finishing.is_some() || self.announced.is_some() || !self.sender.is_idle() {
            let probe = self.sender.probe_at(&self.rtt).map_or(*BUSY.end(), |at| at.since(now));
            return probe.clamp(*BUSY.start(), *BUSY.end());
        }
        let silent = KEEP_ALIVE.saturating_sub(now.since(self.spoke));
        let idle = self.max_idle.saturating_sub(now.since(self.heard));
        silent.min(idle).max(*BUSY.start())
    }

    fn key_patience(&self) -> Duration {
        self.rtt.nearly_all().max(*BUSY.end())
    }

    /// Sends what the receiving half owes, and lets time pass for the sending half.
    pub(super) fn work(&mut self, now: Instant, out: &mut VecDeque<Outgoing>) {
        self.sender.refill(now);
        let asked = self.receiver.ask(now, &self.rtt);
        if !asked.is_empty() {
            out.push_back(self.write(now, &Control::Nak(Losses::new(&asked))));
        }
        if let Some(ack) = self.receiver.acknowledge(now, &self.rtt) {
            out.push_back(self.write(now, &Control::Ack(ack)));
        }
    }

    pub(super) fn send(&mut self, now: Instant, payload: Bytes) {
        if payload.is_empty() || self.finishing.is_some() {
            return;
        }
        self.sender.push(now, payload);
        self.delivered = now + self.send_latency + *BUSY.end();
        self.tick = self.tick.min(now + self.rtt.nearly_all().clamp(*BUSY.start(), *BUSY.end()));
    }

    pub(super) fn max_payload(&self) -> usize {
        self.payload
    }

    pub(super) fn has_room(&self) -> bool {
        self.finishing.is_none() && self.sender.has_room()
    }

    pub(super) fn poll_transmit(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Outgoing>,
        stats: &mut Stats,
    ) -> Option<Outgoing> {
        if self.sealer.as_ref().is_some_and(Sealer::is_due) {
            self.turn_keys(now, out, stats);
        }
        let packet = out.pop_front().or_else(|| self.sender.poll(now, &mut self.sealer, stats))?;
        self.spoke = now;
        Some(packet)
    }

    fn turn_keys(&mut self, now: Instant, out: &mut VecDeque<Outgoing>, stats: &mut Stats) {
        let next = self.sender.next();
        let Some(sealer) = &mut self.sealer else { return };
        match sealer.turn(next) {
            Some(keys) => {
                let keys = Bytes::from(keys);
                out.push_back(self.write(now, &Control::KeyRequest(&keys)));
                self.announced = Some((keys, now + self.key_patience()));
                self.tick = self.tick.min(now + self.key_patience());
            }
            None => stats.keys_changed += u64::from(!sealer.is_due()),
        }
    }

    /// A datagram went out.
    pub(super) fn sent(&mut self, now: Instant) {
        self.spoke = now;
    }

    pub(super) fn pop(&mut self, now: Instant, stats: &mut Stats) -> Option<Bytes> {
        self.receiver.pop(now, stats)
    }

    /// What has come and was not due yet: nothing more will come.
    pub(super) fn rest(&mut self, stats: &mut Stats) -> Vec<Bytes> {
        self.receiver.rest(stats)
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        [self.receiver.poll_timeout(), self.sender.poll_timeout()]
            .into_iter()
            .flatten()
            .fold(self.tick, Instant::min)
    }

    pub(super) fn finish(&mut self, now: Instant) {
        self.finishing.get_or_insert(now + self.send_latency + KEEP_ALIVE);
        self.tick = self.tick.min(now);
    }

    /// The last word.
    pub(super) fn goodbye(&self, now: Instant) -> Outgoing {
        self.write(now, &Control::Shutdown)
    }

    /// The answer to the caller's handshake again, at this time.
    pub(super) fn answer_again(&self, now: Instant) -> Option<Outgoing> {
        let reply = self.reply.as_ref()?;
        Some(self.write(now, &Control::Handshake(&reply.body)))
    }

    pub(super) fn stats(&self, stats: Stats) -> Stats {
        Stats { rtt: self.rtt.mean(), ..stats }
    }

    fn write(&self, now: Instant, control: &Control<'_>) -> Outgoing {
        control.write(timestamp(self.start, now), self.peer)
    }
}
