//! SRT: live payloads over UDP, in order and at their time, encrypted where it is wanted. Live mode, handshake version 5.
//!
//! Specs: draft-sharabayko-srt-01; libsrt 1.5 and its access control guidelines for what the draft leaves open.
//!
//! Pure state machines: datagrams and time in, datagrams and payloads out. What a payload is (MPEG-TS) is not known here.
//!
//! ```text
//!                 datagrams for socket id 0            datagrams for a socket id
//!                            │                                    │
//!                          Door ── Arrival ──▶ Connection::answer ┤
//!     answers inductions, keeps nothing               │           ▼
//!                                     Asked ─ accept ─┴──▶ Connection ──▶ Data(payload), at its time
//!                                        └─── reject        ▲      │
//!                                  Connection::call ────────┘      └──▶ Outgoing { head, body }
//! ```
//!
//! - [`wire`] turns datagrams into packets and back · [`crypto`] has keys and ciphers
//! - [`Door`] is the listener, which remembers nobody · [`Connection`] is one peer, called or calling
//! - [`Wanted`] is what a stream id asks for · [`Reject`] is why one is refused
//! - [`SrtServer`] is the machine for those who call · [`SrtPublisher`] and [`SrtPlayer`] call
//! - [`Settings`] can be tuned · [`Stats`] are what is counted
//! - inside: `handshake`, `send` (window, pace, retransmission), `receive` (ring, losses, clock), `seq` (numbers that wrap)
//!
//! Left out, and refused with the right number: rendezvous, handshake version 4, file mode, packet filters, groups.

pub mod crypto;
pub mod wire;

mod carrier;
mod client;
mod connection;
mod handshake;
mod receive;
mod reject;
mod rtt;
mod send;
mod seq;
mod server;
mod service;
mod settings;
mod stats;
mod stream_id;
#[cfg(test)]
mod tests;

pub use client::{SrtPlayer, SrtPublisher, call_id};
pub use connection::{Connection, Event, Opened};
pub use handshake::{Answer, Arrival, Asked, Call, CallerKey, Door};
pub use reject::Reject;
pub use seq::Seq;
pub use server::SrtServer;
pub use service::{Passphrases, SrtService};
pub use settings::{OLDEST, Settings, VERSION};
pub use stats::Stats;
pub use stream_id::{Mode, Refused, Wanted};
