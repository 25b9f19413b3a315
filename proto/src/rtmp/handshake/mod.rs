//! The handshake, plain and with digests.
//!
//! Specs: RTMP 1.0 §5.2 for the plain form; the digest ("complex") form is what Flash Player 9 and later do: HMAC-SHA256
//! digests hidden in the random bytes, at one of two places.
//!
//! - [`Answerer`]: our side when a client connects · [`Caller`]: our side when we connect
//! - `digest`: where digests are and what they are made of

mod answerer;
mod caller;
mod digest;
#[cfg(test)]
mod tests;

pub use answerer::Answerer;
pub use caller::Caller;

/// Length of C1, S1, C2 and S2, in bytes.
pub const LEN: usize = 1536;
/// The only version there is.
const VERSION: u8 = 3;

const SPEC: &str = "RTMP 1.0 §5.2";
