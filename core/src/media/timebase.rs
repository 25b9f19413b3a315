//! The only conversion of time in the house.

/// `value` ticks of `from` per second, as ticks of `to` per second; 128-bit, rounding to nearest, halves away from
/// zero, saturating. A `from` of 0 yields 0.
pub fn rescale(value: i64, from: u32, to: u32) -> i64 {
    if from == to {
        return value;
    }
    if from == 0 {
        return 0;
    }
    let product = i128::from(value) * i128::from(to);
    let half = i128::from(from) / 2;
    let rounded = if product >= 0 { product + half } else { product - half } / i128::from(from);
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}
