//! TLS around any machine: RTMPS, RTSPS, HTTPS and WSS cost no protocol code.
//!
//! Specs: RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 7301 (ALPN). The cryptography is rustls's, with *ring*.
//!
//! ```text
//!   bytes ──▶ first byte 22? ──no──▶ as they are ──▶ inner machine
//!                  │ yes
//!                  ▼
//!               Session (records ⇄ plain bytes) ──────▶ inner machine
//! ```
//!
//! - [`TlsService`] makes [`TlsServer`]s: the first byte tells TLS from plain, so both work on one port
//! - [`TlsClient`] calls other servers; [`TlsCaller`] does for a machine that dials again and again
//! - [`Identity`] is a server's certificate and key, [`Identities`] the one that is valid now; [`Trust`] is whom clients
//!   believe
//! - `session`: a TLS connection without sockets: what comes in, what goes out · `outbox`: what waits to be told

mod caller;
mod client;
mod identity;
mod outbox;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod trust;

pub use caller::TlsCaller;
pub use client::TlsClient;
pub use identity::{Identities, Identity, TlsError};
pub use server::{TlsServer, TlsService};
pub use trust::Trust;
