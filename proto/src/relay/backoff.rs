//! How long to wait before the next try: at most a second at first, then twice as long each time, up to five.
//! Each pause is cut by chance, so that those who lost one server do not all come back at once.

use std::time::Duration;

use rtmpd_core::Dice;

const FIRST: Duration = Duration::from_secs(1);
/// A server that is there again has its streams within five seconds.
const LONGEST: Duration = Duration::from_millis(4800);
/// A pause is at least so many percent of what it could be.
const LEAST: u64 = 50;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Backoff {
    dice: Dice,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, next: FIRST }
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        let percent = LEAST + self.dice.next_u64() % (101 - LEAST);
        let pause = self.next * u32::try_from(percent).unwrap_or(100) / 100;
        self.next = (self.next * 2).min(LONGEST);
        pause
    }

    /// It went well: the next pause is a first one.
    pub(super) fn reset(&mut self) {
        self.next = FIRST;
    }
}
