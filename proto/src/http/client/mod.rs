//! The asking side of HTTP: one connection to one server, kept open between requests, made again when it has gone.
//!
//! Specs: RFC 9112 §6 (bodies), §9 (connections); RFC 9110 §15.2 (interim answers).
//!
//! - [`HttpClient`]: what a machine that asks has inside it · [`ResponseReader`]: bytes to answers
//!
//! ```text
//! none ──ask──▶ dialling ──▶ open ──ask──▶ asking ──answer──▶ open ──idle──▶ none
//! ```

mod connection;
mod response;
#[cfg(test)]
mod tests;

pub use connection::{HttpClient, Outcome};
pub use response::{Answered, ResponseReader};
