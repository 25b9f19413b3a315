//! RTSP: publishing and playing over RTP, by datagrams and inside the connection.
//!
//! Specs: RFC 2326 (RTSP 1.0), RFC 7826 (what of RTSP 2.0 clients send), RFC 3550, RFC 3551, RFC 8866, RFC 7616.
//!
//! ```text
//!            DESCRIBE            SETUP               PLAY
//!   Init ───────────▶ Described ──────▶ ReadyToPlay ◀─────▶ Playing
//!    │  ◀──────────────── TEARDOWN ─────────┘        PAUSE
//!    │ ANNOUNCE         SETUP                 RECORD
//!    └───────▶ Announced ──────▶ ReadyToRecord ─────▶ Recording
//! ```
//!
//! - [`wire`]: messages and packets between them · [`transport`], [`url`], [`range`], [`auth`]: what headers say
//! - `incoming`, `outgoing`: media of one session · `pacer`: datagrams at a pace · `casting`: multicast
//! - [`server`]: the machine for those who connect to us · [`client`]: the machines for those whom we connect to
//! - [`Settings`]: what can be tuned

pub mod auth;
mod casting;
pub mod client;
mod incoming;
mod outgoing;
mod pacer;
pub mod range;
pub mod server;
mod settings;
#[cfg(test)]
mod tests;
pub mod transport;
pub mod url;
pub mod wire;

pub use casting::{Casters, Casts};
pub use server::{RtspServer, RtspService};
pub use settings::{Account, Multicast, Settings};
