//! Sound on its own sample clock: RTMP rounds times to ms, which is a crackle in some players and a drift in others.

/// A publisher's times may stray from the count of samples by this much before they are followed, in ms.
const MAX_DRIFT_MS: i64 = 40;

/// The times of one track of sound, in samples.
#[derive(Debug, Default)]
pub struct Voice {
    /// Where the next frame should begin.
    next: Option<i64>,
    /// Frames came faster than their lengths allow: these are not what they seem.
    is_off: bool,
}

impl Voice {
    /// The time of a frame that says `at` and lasts `samples`, at `rate` samples per second; `None` when its length is
    /// not to be believed.
    pub fn place(&mut self, at: i64, samples: u32, rate: u32) -> Option<i64> {
        let limit = MAX_DRIFT_MS * i64::from(rate) / 1000;
        let place = match self.next {
            Some(next) if at.saturating_sub(next).saturating_abs() <= limit => next,
            Some(next) if at < next => {
                self.is_off = true;
                at
            }
            Some(_) | None => at,
        };
        self.next = Some(place.saturating_add(i64::from(samples)));
        (!self.is_off).then_some(place)
    }
}
