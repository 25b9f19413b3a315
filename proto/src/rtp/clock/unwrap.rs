//! RTP timestamps without wraps.
//!
//! Spec: RFC 3550 §5.1 (timestamp).

/// Follows a 32-bit clock: of all the moments a timestamp can mean, the one nearest to the last.
#[derive(Copy, Clone, Debug, Default)]
pub struct Unwrap {
    last: Option<i64>,
}

impl Unwrap {
    /// The timestamp without wraps; the first one is taken as it is. Steps back are steps back, of up to half the range.
    pub fn next(&mut self, timestamp: u32) -> i64 {
        let unwrapped = self.last.map_or(i64::from(timestamp), |last| Self::near(last, timestamp));
        self.last = Some(unwrapped);
        unwrapped
    }

    /// The last one given out.
    pub fn last(&self) -> Option<i64> {
        self.last
    }

    /// The moment nearest to `reference` that `timestamp` can mean.
    pub fn near(reference: i64, timestamp: u32) -> i64 {
        let step = timestamp.wrapping_sub(reference as u32).cast_signed();
        reference.saturating_add(i64::from(step))
    }
}
