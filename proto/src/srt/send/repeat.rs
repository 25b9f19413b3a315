//! What is sent again.
//!
//! Spec: draft-sharabayko-srt §4.8.2, §4.10; libsrt's rule to send a packet again at most once in a round trip time.

use std::collections::VecDeque;
use std::time::Duration;

use rtmpd_core::Instant;

use super::sender::Sent;
use crate::srt::rtt::Rtt;
use crate::srt::seq::Seq;
use crate::srt::stats::Stats;
use crate::srt::wire::{Losses, Outgoing};

/// Bit 26 of a data packet's second word: it was sent before.
const RETRANSMITTED: u8 = 0x04;
/// At most so many ranges of packets that were given up are named in answer to one report.
const MOST_DROPS: usize = 8;
/// With this many round trips of latency, each lost packet has many chances.
const MANY_CHANCES: u32 = 8;
/// Without repeated reports by the peer, at most so many packets are sent again at once unasked.
const MOST_UNASKED: usize = 64;

/// The packets that are to be sent again.
#[derive(Debug)]
pub(super) struct Repeats {
    wanted: VecDeque<Seq>,
    /// What is sent a second time at once, as the first repetition was lost too.
    copy: Option<Outgoing>,
    latency: Duration,
    peer_repeats: bool,
    /// When something arrived or was asked for last.
    progress: Instant,
    /// How often there was no progress.
    silent: u32,
}

impl Repeats {
    pub(super) fn new(latency: Duration, peer_repeats: bool) -> Self {
        Self {
            wanted: VecDeque::new(),
            copy: None,
            latency,
            peer_repeats,
            progress: Instant::ZERO,
            silent: 0,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.copy.is_some() || !self.wanted.is_empty()
    }

    /// Something arrived.
    pub(super) fn progress(&mut self, now: Instant) {
        (self.progress, self.silent) = (now, 0);
    }

    /// The next one to send.
    pub(super) fn next(&mut self, now: Instant, first: Seq, window: &mut VecDeque<Sent>) -> Option<Outgoing> {
        if let Some(copy) = self.copy.take() {
            return Some(copy);
        }
        while let Some(seq) = self.wanted.pop_front() {
            // It may have arrived or been given up in the meantime.
            let sent = seq.offset_from(first).and_then(|offset| window.get_mut(offset));
            let Some(sent) = sent.filter(|sent| sent.wanted) else { continue };
            sent.wanted = false;
            sent.last = now;
            let [_, _, _, _, flags, ..] = &mut sent.head;
            *flags |= RETRANSMITTED;
            let packet = Outgoing { head: sent.head, body: sent.body.clone() };
            if sent.repeats > 0 {
                self.copy = Some(packet.clone());
            }
            sent.repeats = sent.repeats.saturating_add(1);
            return Some(packet);
        }
        None
    }

    /// Notes what the peer misses. However long its list is, the work is bounded by the window.
    pub(super) fn handle_nak(
        &mut self,
        (now, rtt, first): (Instant, &Rtt, Seq),
        window: &mut VecDeque<Sent>,
        losses: &Losses<'_>,
        stats: &mut Stats,
    ) -> Vec<(Seq, Seq)> {
        let guard = if self.latency >= rtt.mean() * MANY_CHANCES { rtt.mean() } else { rtt.mean() / 3 };
        let mut left = window.len();
        let mut given_up = Vec::new();
        for (from, to) in losses.ranges() {
            if from.since(first) < 0 && given_up.len() < MOST_DROPS {
                let end = if to.since(first) < 0 { to } else { first.previous() };
                given_up.push((from, end));
            }
            let (Some(end), begin) = (to.offset_from(first), from.offset_from(first).unwrap_or(0)) else {
                continue;
            };
            let count = (end + 1).saturating_sub(begin).min(left);
            left -= count;
            for (sent, offset) in window.iter_mut().skip(begin).take(count).zip(begin..) {
                stats.reported_lost += 1;
                let resting = sent.repeats > 0 && now.since(sent.last) < guard;
                if !sent.wanted && !resting {
                    sent.wanted = true;
                    self.wanted.push_back(first.plus(u32::try_from(offset).unwrap_or_default()));
                }
            }
        }
        self.progress = now;
        given_up
    }

    /// When to call [`Self::probe`]: later and later, but the first time may simply have been lost.
    pub(super) fn probe_at(&self, rtt: &Rtt, newest: &Sent) -> Option<Instant> {
        let patience = (rtt.nearly_all() + Duration::from_millis(20)) * (1 << (self.silent / 2).min(2));
        Some(self.progress.max(newest.last) + patience)
    }

    /// When nothing has arrived for longer than it should take, the last packet goes again: whoever gets it knows what is
    /// missing before it. Those who do not repeat their reports get all of them.
    pub(super) fn probe(&mut self, now: Instant, rtt: &Rtt, first: Seq, window: &mut VecDeque<Sent>) {
        let Some(newest) = window.back() else { return self.progress(now) };
        if self.probe_at(rtt, newest).is_some_and(|at| at > now) {
            return;
        }
        self.progress = now;
        self.silent += 1;
        let skip = if self.peer_repeats { window.len() - 1 } else { 0 };
        for (sent, offset) in window.iter_mut().skip(skip).take(MOST_UNASKED).zip(skip..) {
            if !sent.wanted {
                sent.wanted = true;
                self.wanted.push_back(first.plus(u32::try_from(offset).unwrap_or_default()));
            }
        }
    }
}
