//! - `days`: three days of two clocks that drift · `quirks`: what senders get wrong

mod days;
mod quirks;

use rtmpd_core::media::timebase::rescale;
use rtmpd_core::{Dice, Instant};

use super::*;
use crate::rtp::Sent;
use crate::rtp::rtcp::ntp;

const AUDIO: usize = 0;
const VIDEO: usize = 1;
const RATES: [u32; 2] = [48_000, 90_000];
/// 2026, in µs since 1970.
const TODAY: u64 = 1_780_000_000_000_000;

/// A sender with two clocks, and the session that receives it.
struct Bench {
    sync: Sync,
    dice: Dice,
    /// How fast each clock runs, in millionths too much, and where it stood at the beginning, in ticks.
    pace: [i64; 2],
    start: [i64; 2],
    /// How long frames are under way, in µs.
    delay: [u64; 2],
    /// Arrival is later by up to this, in µs.
    jitter: u64,
    unwrap: [Unwrap; 2],
    last: [Option<i64>; 2],
}

impl Bench {
    fn new() -> Self {
        let clock = |track: usize| TrackClock { rate: RATES[track], steady: track == AUDIO };
        Self {
            sync: Sync::new(&[clock(AUDIO), clock(VIDEO)]),
            dice: Dice::new(7),
            pace: [0, 0],
            start: [0xFFFF_0000, 0x1234_5678],
            delay: [20_000, 20_000],
            jitter: 0,
            unwrap: [Unwrap::default(); 2],
            last: [None; 2],
        }
    }

    fn luck(&mut self, most: u64) -> u64 {
        self.dice.next_u64() % (most + 1)
    }

    /// The unwrapped timestamp of what a track captured at `us`.
    fn timestamp(&self, track: usize, us: u64) -> i64 {
        let us = us as i64;
        self.start[track] + rescale(us + us / 1_000_000 * self.pace[track], 1_000_000, RATES[track])
    }

    /// What was captured at `us` comes in; returns its presentation time in µs, and asserts that it is not before others.
    fn frame(&mut self, track: usize, us: u64) -> i64 {
        let timestamp = self.timestamp(track, us) as u32;
        let timestamp = self.unwrap[track].next(timestamp);
        let late = self.luck(self.jitter);
        let pts = self.sync.place(Instant::from_micros(us + self.delay[track] + late), track, timestamp);
        assert!(self.last[track].is_none_or(|last| pts > last), "track {track} goes back at {us} µs");
        self.last[track] = Some(pts);
        rescale(pts, RATES[track], 1_000_000)
    }

    /// A report is sent at `us`, whose NTP time is wrong by `ntp_off` µs and whose timestamp by `time_off` µs.
    fn report(&mut self, track: usize, us: u64, ntp_off: i64, time_off: i64) {
        let timestamp = self.timestamp(track, us) + rescale(time_off, 1_000_000, RATES[track]);
        let last = self.unwrap[track].last().unwrap();
        let timestamp = Unwrap::near(last, timestamp as u32);
        let sent = Sent { ntp: ntp((TODAY + us).saturating_add_signed(ntp_off)), timestamp };
        self.sync.sender_report(Instant::from_micros(us + 10_000), track, &sent);
    }

    /// By how much sound is behind the picture at `us`, in µs.
    fn apart(&mut self, us: u64) -> i64 {
        let first = if self.delay[VIDEO] < self.delay[AUDIO] { VIDEO } else { AUDIO };
        let (one, other) = (self.frame(first, us), self.frame(1 - first, us));
        if first == AUDIO { other - one } else { one - other }
    }

    /// Frames of both from `from` to `to` seconds, reports every five; returns how far apart they were, at the worst and
    /// at the end.
    fn run(&mut self, from: u64, to: u64, report: impl Fn(&mut Self, u64)) -> (i64, i64) {
        let (mut worst, mut last) = (0, 0);
        for second in from..to {
            for part in 0..10 {
                last = self.apart(second * 1_000_000 + part * 100_000);
                worst = worst.max(last.abs());
            }
            if second % 5 == 0 {
                report(self, second * 1_000_000 + 950_000);
            }
        }
        (worst, last)
    }
}

fn good(bench: &mut Bench, us: u64) {
    bench.report(AUDIO, us, 0, 0);
    bench.report(VIDEO, us, 0, 0);
}

fn none(_: &mut Bench, _: u64) {}

#[test]
fn timestamps_have_no_wraps() {
    let mut unwrap = Unwrap::default();
    let given = [0xFFFF_FFF0, 0x10, 0xFFFF_FFFF, 0x7000_0000, 0xE000_0000, 0x10];
    let wrap = 1_i64 << 32;
    let expected =
        [0xFFFF_FFF0, wrap + 0x10, wrap - 1, wrap + 0x7000_0000, wrap + 0xE000_0000, 2 * wrap + 0x10];
    assert_eq!(given.map(|given| unwrap.next(given)), expected);
}

#[test]
fn one_clock_alone_is_only_moved() {
    let mut bench = Bench::new();
    bench.jitter = 50_000;
    for n in 0..1000 {
        assert_eq!(bench.frame(VIDEO, n * 40_000), 1_000_000 + n as i64 * 40_000);
        if n % 125 == 0 {
            bench.report(VIDEO, n * 40_000, n as i64, 0);
        }
    }
}

#[test]
fn pictures_out_of_order_keep_their_distances() {
    let mut bench = Bench::new();
    let mut times = Vec::new();
    for group in 0..100 {
        for at in [3, 1, 0, 2] {
            let n = group * 4 + at;
            times.push(
                bench.sync.place(Instant::from_millis(n as u64 * 40 + 200), VIDEO, n * 3600) - n * 3600,
            );
        }
    }
    assert!(times.iter().all(|time| *time == times[0]));
}
