//! Streams that go on to other servers, or come from them: rules, targets, and a machine that keeps at it.
//!
//! Specs: RFC 3986 (URLs); the rest is this server's own.
//!
//! This room knows no protocol. Machines that speak one are *legs*, which the embedding program makes ([`Legs`]); a
//! [`Relay`] dials, runs a leg on the connection, and begins anew when it ends, after a pause.
//!
//! ```text
//! Waiting ──▶ Looking ──▶ Dialling ──▶ Talking ─┐
//!    ▲           │ the stream is over: end      │
//!    └───────────┴──────────────┴───────────────┘
//! ```
//!
//! - [`Url`]: where it goes · [`Rules`]: which streams go where · [`Forwards`]: the attendant that makes relays by rules
//! - [`Relay`]: one stream to one [`Destination`] · [`Pulls`]: the attendant that makes those which get streams from elsewhere · `backoff`: its pauses · [`Board`]: how all of them are

mod backoff;
mod board;
mod forwards;
mod machine;
mod pulls;
mod rules;
#[cfg(test)]
mod tests;
mod url;

pub use board::{Board, Entry, State};
pub use forwards::{Begin, Forwarding, Forwards, Legs};
pub use machine::{Relay, Way};
pub use pulls::Pulls;
pub use rules::{Destination, Forward, Pull, Rule, Rules};
pub use url::{Scheme, Url};
