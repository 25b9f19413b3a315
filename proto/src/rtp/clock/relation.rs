//! One track's clock against another: where the other stood when the track's was zero.
//!
//! Spec: RFC 3550 §6.4.1 (NTP and RTP timestamps of a sender report mean the same moment).

use std::time::Duration;

use rtmpd_core::Instant;

/// What lies further from the rest is not believed at once, in µs. Jitter is less: a frame's duration where a sender
/// reports the time of the last frame as that of now.
const OUTLIER_US: i64 = 100_000;
/// So many that are alike in being far from the rest are believed.
const AGREEING: u32 = 3;
/// Over how long observations are smoothed: clocks that drift by 100 ppm are 4 ms ahead of what is known of them.
const SMOOTHING: Duration = Duration::from_secs(40);
/// An observation counts for at least this part, however many there are.
const MAX_SAMPLES: i64 = 64;
/// What was not observed for so long may have drifted away.
const FRESH: Duration = Duration::from_secs(180);

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Relation {
    /// The other clock minus the track's, smoothed, in µs.
    zero_us: Option<i64>,
    /// How many observations it is made of, of late.
    samples: i64,
    /// The last observation far from the rest, and how many were like it.
    outlier: Option<(i64, u32)>,
    observed: Instant,
}

impl Relation {
    /// The other clock stood at `other_us` when the track's stood at `time_us`. Whether the relation is another one
    /// from now on than it was.
    pub(super) fn observe(&mut self, now: Instant, other_us: i64, time_us: i64) -> bool {
        let zero = other_us.saturating_sub(time_us);
        let Some(smoothed) = self.zero_us else {
            *self = Self { zero_us: Some(zero), samples: 1, outlier: None, observed: now };
            return false;
        };
        let residual = zero.saturating_sub(smoothed);
        if is_near(residual) {
            self.samples = (self.samples + 1).min(MAX_SAMPLES);
            let since = now.since(self.observed).as_micros().max(1);
            let often = i64::try_from(SMOOTHING.as_micros() / since).unwrap_or(MAX_SAMPLES);
            // The first ones count alike.
            self.zero_us = Some(smoothed.saturating_add(residual / often.clamp(1, self.samples)));
            (self.outlier, self.observed) = (None, now);
            return false;
        }
        let like = self.outlier.filter(|(other, _)| is_near(zero.saturating_sub(*other)));
        let agreeing = like.map_or(1, |(_, count)| count + 1);
        self.outlier = Some((zero, agreeing));
        if agreeing < AGREEING {
            return false;
        }
        *self = Self { zero_us: Some(zero), samples: i64::from(AGREEING), outlier: None, observed: now };
        true
    }

    /// What the other clock minus the track's is, in µs; `None` where that was not observed `samples` times or lately.
    pub(super) fn zero_us(&self, now: Instant, samples: i64) -> Option<i64> {
        self.zero_us.filter(|_| self.samples >= samples && now.since(self.observed) <= FRESH)
    }
}

fn is_near(difference: i64) -> bool {
    difference.saturating_abs() <= OUTLIER_US
}
