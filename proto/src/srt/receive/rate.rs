//! How much comes, and how much could.
//!
//! Spec: draft-sharabayko-srt §3.2.4 (rates in acknowledgements), §5.1.1 (pairs of packets).

use std::time::Duration;

use rtmpd_core::Instant;

use crate::srt::seq::Seq;

/// Packets are counted for this long.
const WINDOW: Duration = Duration::from_millis(500);
/// Of so many packets one is followed by the next without a pause.
const PAIR: u32 = 16;

/// Counts packets and bytes.
#[derive(Debug)]
pub(super) struct Rate {
    since: Instant,
    packets: u64,
    bytes: u64,
    /// Per second, as last measured.
    measured: (u32, u32),
    /// When the first of a pair came.
    pair: Option<(Seq, Instant)>,
    /// Mean time between the two of a pair, in eighths of µs; 0 when there was no pair.
    spacing: u64,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, packets: 0, bytes: 0, measured: (0, 0), pair: None, spacing: 0 }
    }

    /// A packet has come, for the first time.
    pub(super) fn count(&mut self, now: Instant, seq: Seq, length: usize) {
        self.packets += 1;
        self.bytes += length as u64;
        if seq.value().is_multiple_of(PAIR) {
            self.pair = Some((seq, now));
        } else if let Some((_, before)) = self.pair.take_if(|(first, _)| first.next() == seq) {
            let gap = u64::try_from(now.since(before).as_micros()).unwrap_or_default();
            // Both were read in one go when there is none.
            if gap > 0 {
                self.spacing =
                    if self.spacing == 0 { gap * 8 } else { self.spacing - self.spacing / 8 + gap };
            }
        }
    }

    /// Packets and bytes per second.
    pub(super) fn rates(&mut self, now: Instant) -> (u32, u32) {
        let passed = now.since(self.since);
        if passed >= WINDOW {
            let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
            let per_second =
                |count: u64| u32::try_from(count.saturating_mul(1_000_000) / micros).unwrap_or(u32::MAX);
            self.measured = (per_second(self.packets), per_second(self.bytes));
            (self.since, self.packets, self.bytes) = (now, 0, 0);
        }
        self.measured
    }

    /// Packets per second that the link could carry, as far as is known.
    pub(super) fn capacity(&self) -> u32 {
        match self.spacing {
            0 => self.measured.0,
            spacing => u32::try_from(8_000_000 / spacing).unwrap_or(u32::MAX).max(self.measured.0),
        }
    }
}
