//! Times of 33 bits → times that go on. Spec: ISO/IEC 13818-1 §2.4.3.7 (PTS, DTS).

/// Times wrap here: after 26.5 hours.
const WRAP: i64 = 1 << 33;

/// One for all tracks, so that they stay together when their times wrap one after the other.
#[derive(Debug, Default)]
pub(super) struct Clock {
    last: Option<i64>,
}

impl Clock {
    /// The time that is nearest to the last one. The first is taken as it is.
    pub(super) fn unwrap(&mut self, raw: u64) -> i64 {
        let raw = raw as i64;
        let at = self.last.map_or(raw, |last| last.saturating_add(difference(raw, last)));
        self.last = Some(at);
        at
    }
}

/// `to - from` the short way round.
pub(super) fn difference(to: i64, from: i64) -> i64 {
    let ahead = to.wrapping_sub(from).rem_euclid(WRAP);
    if ahead >= WRAP / 2 { ahead - WRAP } else { ahead }
}
