//! What one source has sent, and how much of it came.
//!
//! Spec: RFC 3550 §6.4.1, §A.1, §A.3, §A.8.

use std::time::Duration;

use rtmpd_core::Instant;
use rtmpd_core::media::timebase;

use crate::rtp::Header;
use crate::rtp::rtcp::Block;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Source {
    ssrc: u32,
    clock_rate: u32,
    /// Sequence numbers without wraps.
    first: u64,
    highest: u64,
    received: u64,
    /// What was expected and received when the last report was made.
    reported: (u64, u64),
    /// Arrival minus timestamp of the last packet, in ticks.
    transit: Option<u32>,
    /// Sixteen times the jitter, in ticks.
    jitter: u32,
    /// The middle of the last sender report's NTP time, and when it came.
    last_sr: Option<(u32, Instant)>,
}

impl Source {
    pub(super) fn new(first: &Header, clock_rate: u32) -> Self {
        let sequence = u64::from(first.sequence);
        Self {
            ssrc: first.ssrc,
            clock_rate,
            first: sequence,
            highest: sequence,
            received: 0,
            reported: (0, 0),
            transit: None,
            jitter: 0,
            last_sr: None,
        }
    }

    /// Counts a packet of this source that is near the others, be it in its turn, a duplicate or late.
    pub(super) fn received(&mut self, now: Instant, header: &Header) {
        self.received += 1;
        let ahead = header.sequence.wrapping_sub(self.highest as u16);
        // Half of the numbers are ahead, half behind.
        if ahead.cast_signed() > 0 {
            self.highest += u64::from(ahead);
        }
        let arrival = timebase::rescale(now.as_micros().cast_signed(), 1_000_000, self.clock_rate);
        let transit = (arrival as u32).wrapping_sub(header.timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let d = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            // A jump of the timestamps by more than the field can say of itself is no jitter.
            if d < self.clock_rate.saturating_mul(60) {
                self.jitter =
                    self.jitter.saturating_add(d).saturating_sub(self.jitter.saturating_add(8) >> 4);
            }
        }
    }

    /// A sender report came.
    pub(super) fn heard(&mut self, now: Instant, ntp: u64) {
        self.last_sr = Some(((ntp >> 16) as u32, now));
    }

    pub(super) fn jitter(&self) -> Duration {
        let micros = timebase::rescale(i64::from(self.jitter >> 4), self.clock_rate, 1_000_000);
        Duration::from_micros(micros.cast_unsigned())
    }

    /// What a report says of this source; the next one's fraction begins here.
    pub(super) fn block(&mut self, now: Instant) -> Block {
        let expected = self.highest - self.first + 1;
        let (expected_before, received_before) =
            std::mem::replace(&mut self.reported, (expected, self.received));
        let expected_since = expected - expected_before;
        let lost_since = expected_since.saturating_sub(self.received - received_before);
        let fraction = (lost_since << 8).checked_div(expected_since).unwrap_or(0);
        let lost = expected.cast_signed() - self.received.cast_signed();
        let (last_sr, delay) = self.last_sr.map_or((0, 0), |(middle, at)| (middle, delay(now.since(at))));
        Block {
            ssrc: self.ssrc,
            fraction_lost: fraction.min(255) as u8,
            lost: lost.clamp(-0x80_0000, 0x7F_FFFF) as i32,
            highest: self.highest as u32,
            jitter: self.jitter >> 4,
            last_sr,
            delay,
        }
    }
}

/// In 1/65536 s.
fn delay(since: Duration) -> u32 {
    let units = (since.as_micros() << 16) / 1_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}
