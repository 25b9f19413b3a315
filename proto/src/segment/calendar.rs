//! What the wall clock said when a frame was taken. Specs: RFC 8216bis §4.4.4.6 (EXT-X-PROGRAM-DATE-TIME).

use rtmpd_core::{Instant, WallClock};

/// A publisher's clock may stray from ours by this much before the dates follow, in µs.
const MAX_DRIFT: i64 = 500_000;

/// Dates of a stream's frames: they follow its own time, so that they do not jitter with the network.
#[derive(Debug)]
pub struct Calendar {
    wall: WallClock,
    now: Instant,
    /// A decoding time and its date, in µs since 1970.
    anchor: Option<(i64, i64)>,
}

impl Calendar {
    /// Dates by this clock.
    pub fn new(wall: WallClock) -> Self {
        Self { wall, now: Instant::ZERO, anchor: None }
    }

    /// What time it is.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
    }

    /// Now, in µs since 1970.
    pub fn now(&self) -> i64 {
        i64::try_from(self.wall.unix_micros(self.now)).unwrap_or(i64::MAX)
    }

    /// The date of the frame that has just come in, in µs since 1970.
    pub fn date(&mut self, dts: i64) -> i64 {
        let now = self.now();
        let by_anchor = self.anchor.map(|(at, date)| date + micros(dts - at));
        match by_anchor.filter(|date| (now - date).abs() <= MAX_DRIFT) {
            Some(date) => date,
            None => {
                self.anchor = Some((dts, now));
                now
            }
        }
    }

    /// Forgets the stream's time: it begins anew.
    pub fn reset(&mut self) {
        self.anchor = None;
    }
}

fn micros(ticks: i64) -> i64 {
    ticks.saturating_mul(100) / 9
}
