//! How a connection begins: the listener's side and the caller's.
//!
//! Spec: draft-sharabayko-srt §4.3.
//!
//! ```text
//! caller                                   listener
//! Inducing    ── induction ──────────────▶ Door: answers, remembers nothing
//!             ◀────────────── cookie ──────
//! Concluding  ── conclusion, cookie, keys ▶ Door: the cookie is right → Arrival → asked → accepted or rejected
//!             ◀── conclusion, keys ────────
//! ```

mod accept;
mod arrival;
mod caller;
mod door;

use std::time::Duration;

use rtmpd_core::Instant;

pub(super) use accept::{accept, agree};
pub use arrival::{Arrival, Asked};
pub use caller::{Call, CallerKey};
pub(super) use caller::{Caller, Step};
pub use door::{Answer, Door};

use super::crypto::Agreed;
use super::seq::Seq;
use super::wire::{Features, Hello};

/// The rule that is cited by default.
const SPEC: &str = "draft-sharabayko-srt §4.3";

/// What both sides have agreed on.
#[derive(Debug)]
pub(super) struct Link {
    /// Our socket id.
    pub(super) id: u32,
    /// The peer's.
    pub(super) peer: u32,
    /// Version of the peer's library.
    pub(super) peer_version: u32,
    /// What the peer can do.
    pub(super) features: Features,
    /// When our timestamps were 0.
    pub(super) start: Instant,
    /// When the peer's timestamps were 0, in µs of our clock; may be before our clock's start.
    pub(super) peer_start: i64,
    /// The number of our first packet.
    pub(super) first_out: Seq,
    /// The number of the peer's first packet.
    pub(super) first_in: Seq,
    /// How many packets the peer takes at once.
    pub(super) peer_window: u32,
    /// The largest IP packet, bytes.
    pub(super) mtu: u32,
    /// How long the peer holds packets.
    pub(super) send_latency: Duration,
    /// How long we hold packets.
    pub(super) receive_latency: Duration,
    /// Keys, when payloads are encrypted.
    pub(super) agreed: Option<Agreed>,
}

/// Our features.
const FEATURES: Features = Features::TIMED_SENDER
    .with(Features::TIMED_RECEIVER)
    .with(Features::CRYPTO)
    .with(Features::LATE_DROP)
    .with(Features::PERIODIC_NAK)
    .with(Features::RETRANSMISSION_FLAG);

/// When the peer's timestamps were 0, as its `timestamp` came `now`.
fn peer_start(now: Instant, timestamp: u32) -> i64 {
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX).saturating_sub(i64::from(timestamp))
}

/// How long both directions hold packets: each direction as long as the one who wants more. (send, receive)
fn latencies(ours: u16, peer: &Hello) -> (Duration, Duration) {
    let longer = |theirs: u16| Duration::from_millis(u64::from(theirs.max(ours)));
    (longer(peer.receive_delay), longer(peer.send_delay))
}
