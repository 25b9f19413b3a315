//! What is missing, and when to ask for it.
//!
//! Spec: draft-sharabayko-srt §4.8.2.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use rtmpd_core::Instant;

use crate::srt::rtt::Rtt;
use crate::srt::seq::Seq;
use crate::srt::wire::{HEADER, MAX_DATAGRAM, push_range};

/// Asked for again not sooner than this.
const SHORTEST: Duration = Duration::from_millis(5);
/// With this many round trips of latency, waiting for an answer before asking again is good enough.
const MANY_CHANCES: u32 = 8;
/// The longest time that packets are only late and not missing.
const MOST_TOLERANCE: Duration = Duration::from_millis(20);
/// After so many gaps without a late packet, packets are taken for missing sooner.
const FORGET: u32 = 64;

/// Neighbours that are missing.
#[derive(Copy, Clone, Debug)]
struct Gap {
    first: Seq,
    last: Seq,
    /// When it was noticed.
    since: Instant,
    /// When to ask for it.
    ask: Instant,
    asked: u8,
    /// The sender has given it up.
    gone: bool,
}

/// All gaps, in order.
#[derive(Debug)]
pub(super) struct Losses {
    gaps: VecDeque<Gap>,
    /// The earliest time to ask; may be too early.
    ask: Option<Instant>,
    /// How long packets may be late before they are missing.
    tolerance: Duration,
    most_tolerance: Duration,
    calm: u32,
    latency: Duration,
}

impl Losses {
    pub(super) fn new(latency: Duration) -> Self {
        Self {
            gaps: VecDeque::new(),
            ask: None,
            tolerance: Duration::ZERO,
            most_tolerance: MOST_TOLERANCE.min(latency / 8),
            calm: 0,
            latency,
        }
    }

    /// The first packet that is missing and still wanted.
    pub(super) fn first(&self) -> Option<Seq> {
        self.gaps.iter().find(|gap| !gap.gone).map(|gap| gap.first)
    }

    /// The gap that begins with `seq`: its last packet, and whether the sender has given it up.
    pub(super) fn at(&self, seq: Seq) -> Option<(Seq, bool)> {
        self.gaps.front().filter(|gap| gap.first == seq).map(|gap| (gap.last, gap.gone))
    }

    /// How far everything from `seq` on is missing, given up or not: the last packet of that.
    pub(super) fn run(&self, seq: Seq) -> Option<Seq> {
        let mut last = seq.previous();
        for gap in self.gaps.iter().take_while(|gap| gap.first.since(seq) >= 0) {
            if gap.first != last.next() {
                break;
            }
            last = gap.last;
        }
        (last != seq.previous()).then_some(last)
    }

    /// Packets behind all others are missing.
    pub(super) fn push(&mut self, now: Instant, first: Seq, last: Seq) {
        let ask = now + self.tolerance;
        self.calm += 1;
        if self.calm >= FORGET {
            self.calm = 0;
            self.tolerance = self.tolerance * 3 / 4;
        }
        self.wake(ask);
        self.gaps.push_back(Gap { first, last, since: now, ask, asked: 0, gone: false });
    }

    /// The first gap is given up.
    pub(super) fn pop(&mut self) {
        self.gaps.pop_front();
    }

    /// A packet that was missing has come; `late` when it was only late.
    pub(super) fn fill(&mut self, now: Instant, seq: Seq, late: bool) {
        let index = self.gaps.partition_point(|gap| gap.last.since(seq) < 0);
        let Some(gap) = self.gaps.get_mut(index).filter(|gap| seq.since(gap.first) >= 0) else { return };
        if late {
            let wanted = now.since(gap.since) * 5 / 4;
            self.tolerance = self.tolerance.max(wanted.min(self.most_tolerance));
            self.calm = 0;
        }
        let whole = *gap;
        if whole.first == whole.last {
            self.gaps.remove(index);
        } else if seq == whole.first {
            gap.first = seq.next();
        } else if seq == whole.last {
            gap.last = seq.previous();
        } else {
            gap.last = seq.previous();
            self.gaps.insert(index + 1, Gap { first: seq.next(), ..whole });
        }
    }

    /// The sender has given up `from` to `to`: they are not asked for any more. Returns how many that were.
    pub(super) fn give_up(&mut self, from: Seq, to: Seq) -> u64 {
        let mut count = 0;
        let mut index = self.gaps.partition_point(|gap| gap.last.since(from) < 0);
        while let Some(gap) = self.gaps.get_mut(index).filter(|gap| to.since(gap.first) >= 0) {
            let whole = *gap;
            let first = if from.since(whole.first) > 0 { from } else { whole.first };
            let last = if to.since(whole.last) < 0 { to } else { whole.last };
            count += u64::try_from(last.since(first) + 1).unwrap_or_default();
            *gap = Gap { first, last, gone: true, ..whole };
            if first != whole.first {
                self.gaps.insert(index, Gap { last: first.previous(), ..whole });
                index += 1;
            }
            if last != whole.last {
                self.gaps.insert(index + 1, Gap { first: last.next(), ..whole });
            }
            index += 1;
        }
        count
    }

    fn wake(&mut self, at: Instant) {
        self.ask = Some(self.ask.map_or(at, |ask| ask.min(at)));
    }

    /// When to call [`Self::ask`].
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.ask
    }

    /// The list of what is to be asked for now; empty when nothing is.
    pub(super) fn ask(&mut self, now: Instant, rtt: &Rtt) -> BytesMut {
        let mut list = BytesMut::new();
        if self.ask.is_none_or(|ask| ask > now) {
            return list;
        }
        self.ask = None;
        let (patient, urgent) = self.rests(rtt);
        let mut next: Option<Instant> = None;
        for gap in self.gaps.iter_mut().filter(|gap| !gap.gone) {
            if gap.ask <= now && list.len() + HEADER + 8 <= MAX_DATAGRAM {
                push_range(&mut list, gap.first, gap.last);
                gap.asked = gap.asked.saturating_add(1);
                gap.ask = now + if gap.asked == 1 { patient } else { urgent };
            }
            next = Some(next.map_or(gap.ask, |next| next.min(gap.ask)));
        }
        self.ask = next.map(|next| next.max(now + Duration::from_millis(1)));
        list
    }

    /// How long to wait for an answer: the first time, and when the answer did not come either. Then most of the latency
    /// may be over, and a second answer costs less than none.
    fn rests(&self, rtt: &Rtt) -> (Duration, Duration) {
        let least = (self.latency / 4).clamp(SHORTEST, Duration::from_millis(20));
        let patient = (rtt.nearly_all() + Duration::from_millis(2)).max(least);
        if !rtt.is_measured() {
            return (self.latency / 4, self.latency / 8);
        }
        if self.latency >= rtt.mean() * MANY_CHANCES {
            return (patient, patient);
        }
        let patient = patient.min(rtt.mean() * 3 / 2 + least);
        (patient, (rtt.mean() / 6).max(least / 2))
    }
}
