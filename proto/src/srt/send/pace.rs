//! How fast packets may go.
//!
//! Spec: draft-sharabayko-srt §5.1.1: the rate of what comes in, and a quarter more for what is sent again.

use std::time::Duration;

use rtmpd_core::Instant;

/// How long input is counted before its rate is known.
const WINDOW: Duration = Duration::from_millis(250);
/// What may go at once, bytes, whatever the rate: a usual picture.
const BURST: u64 = 16 << 10;
/// As time: what may go at once is at least what the rate gives in this time.
const BURST_TIME: Duration = Duration::from_millis(10);
/// Sending goes on after a pause of this long at least: one timer for several packets.
const REST: Duration = Duration::from_millis(2);
/// What may be taken in at once, as time at the rate.
const INTAKE_TIME: Duration = Duration::from_millis(50);

/// Two buckets: one for what goes out, one for what is taken in.
#[derive(Debug)]
pub(super) struct Pace {
    /// Never less than this, bytes per second.
    floor: u64,
    /// Bytes per second, without what is sent again.
    input: u64,
    /// Input is counted since then.
    since: Instant,
    counted: u64,
    /// Bytes that may be sent; negative when more was sent.
    tokens: i64,
    /// Bytes that may be taken in.
    intake: i64,
    filled: Instant,
    /// What waits must have gone within this time.
    drain: Duration,
    /// Bytes per second that do that; 0 when nothing waits.
    hurry: u64,
}

impl Pace {
    pub(super) fn new(now: Instant, floor: u64, drain: Duration) -> Self {
        let mut pace = Self {
            floor: floor.max(1),
            input: 0,
            since: now,
            counted: 0,
            tokens: 0,
            intake: 0,
            filled: now,
            drain: drain.max(Duration::from_millis(1)),
            hurry: 0,
        };
        pace.tokens = pace.most_tokens();
        pace.intake = pace.most_intake();
        pace
    }

    /// Bytes per second on the average.
    fn rate(&self) -> u64 {
        (self.input + self.input / 4).max(self.floor)
    }

    fn sending_rate(&self) -> u64 {
        self.rate().max(self.hurry)
    }

    /// `length` bytes were taken in, and `waiting` bytes wait now.
    pub(super) fn take(&mut self, now: Instant, length: usize, waiting: usize) {
        self.fill(now);
        self.intake -= signed(length as u64);
        self.counted += length as u64;
        let counted_for = now.since(self.since);
        if counted_for >= WINDOW {
            let measured = per_second(self.counted, counted_for);
            // Up at once, down slowly: a still picture is followed by another one.
            self.input = measured.max((3 * self.input + measured) / 4);
            (self.since, self.counted) = (now, 0);
        }
        self.hurry = self.hurry.max(per_second(waiting as u64, self.drain));
    }

    /// Nothing waits any more.
    pub(super) fn relax(&mut self) {
        self.hurry = 0;
    }

    /// `length` bytes were sent.
    pub(super) fn spend(&mut self, length: usize) {
        self.tokens -= signed(length as u64);
    }

    /// Time has passed.
    pub(super) fn fill(&mut self, now: Instant) {
        let passed = now.since(self.filled);
        self.filled = now;
        let sent = signed(amount(self.sending_rate(), passed));
        self.tokens = self.tokens.saturating_add(sent).min(self.most_tokens());
        let taken = signed(amount(self.rate(), passed));
        self.intake = self.intake.saturating_add(taken).min(self.most_intake());
    }

    pub(super) fn may_send(&self) -> bool {
        self.tokens > 0
    }

    pub(super) fn may_take(&self) -> bool {
        self.intake > 0
    }

    /// When sending may go on.
    pub(super) fn sends_at(&self) -> Instant {
        self.filled + wait(self.tokens, self.sending_rate())
    }

    /// When taking may go on.
    pub(super) fn takes_at(&self) -> Instant {
        self.filled + wait(self.intake, self.rate())
    }

    fn most_tokens(&self) -> i64 {
        signed(amount(self.sending_rate(), BURST_TIME).max(BURST))
    }

    fn most_intake(&self) -> i64 {
        signed(amount(self.rate(), INTAKE_TIME).max(BURST))
    }
}

/// How long until a bucket that fills at this rate holds something.
fn wait(bucket: i64, rate: u64) -> Duration {
    let missing = u64::try_from(1_i64.saturating_sub(bucket)).unwrap_or_default();
    Duration::from_micros(missing.saturating_mul(1_000_000) / rate).max(REST)
}

/// What a rate gives in a time.
fn amount(rate: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(1_000_000);
    rate.saturating_mul(micros) / 1_000_000
}

/// The rate that gives this in a time.
fn per_second(bytes: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    bytes.saturating_mul(1_000_000) / micros
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
