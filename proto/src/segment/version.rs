//! A number for each state of a playlist, so that players can wait for one. Specs: RFC 8216bis §6.2.5.2.

/// Bits of a version that count parts.
const PART_BITS: u32 = 16;
/// Highest media sequence number that can be asked for.
pub const MAX_MSN: u64 = 1 << 40;
/// Highest part that can be asked for.
pub const MAX_PART: u64 = (1 << PART_BITS) - 2;

/// The version of a playlist that holds all segments before `msn` and `parts` parts of that.
pub fn version(msn: u64, parts: u64) -> u64 {
    (msn.min(MAX_MSN + 1) << PART_BITS) | parts.min(MAX_PART + 1)
}
