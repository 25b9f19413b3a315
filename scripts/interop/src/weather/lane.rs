//! One direction of one flow: which datagrams get lost, come twice, come late, and when.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Path, Tally};

/// Most datagrams on their way in one lane.
const ON_THE_WAY: usize = 4096;

/// A datagram that is held back goes on after this long even if none overtakes it.
const PATIENCE: Duration = Duration::from_millis(200);

/// The datagrams that are on their way.
#[derive(Debug)]
pub(super) struct Lane {
    path: Path,
    dice: u64,
    on_the_way: VecDeque<(Instant, Vec<u8>)>,
    held: Vec<Held>,
}

/// Waits to be overtaken.
#[derive(Debug)]
struct Held {
    /// By so many more.
    overtakers: usize,
    until: Instant,
    data: Vec<u8>,
}

impl Lane {
    pub(super) fn new(path: Path, seed: u64) -> Self {
        Self { path, dice: seed, on_the_way: VecDeque::new(), held: Vec::new() }
    }

    /// A datagram begins its way.
    pub(super) fn push(&mut self, now: Instant, data: &[u8], tally: &mut Tally) {
        tally.came += 1;
        // Always the same number of throws, so that one setting does not change what another one hits.
        let [lost, twice, late, jitter] = [(); 4].map(|()| self.throw());
        if lost < self.path.loss {
            tally.lost += 1;
            tally.lost_fresh += u64::from(is_fresh(data));
            return;
        }
        if self.on_the_way.len() + self.held.len() >= ON_THE_WAY {
            tally.overflowed += 1;
            return;
        }
        if late < self.path.reorder {
            tally.reordered += 1;
            let overtakers = self.path.displacement.max(1);
            self.held.push(Held { overtakers, until: now + self.path.delay + PATIENCE, data: data.to_vec() });
            return;
        }
        let at = self.arrival(now, jitter);
        self.on_the_way.push_back((at, data.to_vec()));
        if twice < self.path.duplicate {
            tally.duplicated += 1;
            self.on_the_way.push_back((at, data.to_vec()));
        }
        for held in &mut self.held {
            held.overtakers -= 1;
        }
        self.let_go(at, |held| held.overtakers == 0);
    }

    /// A datagram that has arrived.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.let_go(now, |held| held.until <= now);
        self.on_the_way.pop_front_if(|(at, _)| *at <= now).map(|(_, data)| data)
    }

    /// When the next one arrives.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let first = self.on_the_way.front().map(|(at, _)| *at);
        self.held.iter().map(|held| held.until).chain(first).min()
    }

    /// Never before the one that began its way before.
    fn arrival(&self, now: Instant, throw: f64) -> Instant {
        let at = now + self.path.delay + self.path.jitter.mul_f64(throw / 100.0);
        self.on_the_way.back().map_or(at, |(last, _)| at.max(*last))
    }

    fn let_go(&mut self, at: Instant, free: impl Fn(&Held) -> bool) {
        let at = self.on_the_way.back().map_or(at, |(last, _)| at.max(*last));
        for held in self.held.extract_if(.., |held| free(held)) {
            self.on_the_way.push_back((at, held.data));
        }
    }

    /// From 0 to below 100: SplitMix64, whose top bits are good.
    fn throw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = mix(self.dice);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64 * 100.0
    }
}

/// Whether this is a data packet of SRT that was not sent before (draft-sharabayko-srt-01 §3.1).
fn is_fresh(data: &[u8]) -> bool {
    data.len() > 16 && data[0] & 0x80 == 0 && data[4] & 0x04 == 0
}

/// A seed for each lane, so that lanes do not meet the same fate.
pub(super) fn seed(seed: u64, flow: u64, back: bool) -> u64 {
    mix(seed ^ mix(flow * 2 + u64::from(back) + 1))
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
