//! The clocks of a session's tracks, brought together.
//!
//! Spec: RFC 3550 §5.1 (timestamps), §6.4.1 (what a sender report relates), RFC 2326 §12.33 (RTP-Info).
//!
//! - `unwrap`: 32 bits ⇒ 64

mod unwrap;

pub use unwrap::Unwrap;
