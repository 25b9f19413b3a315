//! 32-bit milliseconds, which wrap after 49.7 days, to 64 bits.
//!
//! Spec: RTMP 1.0 §5: times are compared modulo 2^32, a difference below 2^31 being forward.

/// One for all messages of a connection, so that audio and video wrap together.
#[derive(Debug, Default)]
pub(crate) struct Unwrap {
    last: Option<i64>,
}

impl Unwrap {
    /// The time nearest to the last one that reads `timestamp` on the wire.
    pub(crate) fn unwrap(&mut self, timestamp: u32) -> i64 {
        let time = match self.last {
            None => i64::from(timestamp),
            Some(last) => {
                let step = timestamp.wrapping_sub(last.rem_euclid(1 << 32) as u32);
                last.saturating_add(i64::from(step.cast_signed()))
            }
        };
        self.last = Some(time);
        time
    }
}
