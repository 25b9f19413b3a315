//! The clocks of a session's tracks, brought together.
//!
//! Spec: RFC 3550 §5.1 (timestamps), §6.4.1 (what a sender report relates), RFC 2326 §12.33 (RTP-Info).
//!
//! - `unwrap`: 32 bits ⇒ 64
//! - `relation`: one clock against another, smoothed · `track`: where one track stands, and what is known of its clock
//! - [`Sync`]: one common time for all tracks

mod relation;
mod sync;
#[cfg(test)]
mod tests;
mod track;
mod unwrap;

pub use sync::{Sync, TrackClock};
pub use unwrap::Unwrap;
