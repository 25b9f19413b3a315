//! Who may come in: the gate, and the auth server that it asks.
//!
//! Spec: the contract's chapter on auth; HTTP is spoken by [`crate::http::client`].
//!
//! - [`AuthServer`]: which server is asked, and in which words · [`ServerGate`]: the gate of a shard · `asker`: the machine
//!   that puts one question at a time

mod asker;
mod gate;
mod server;
#[cfg(test)]
mod tests;

pub use asker::Asker;
pub use gate::ServerGate;
pub use server::{AuthServer, HttpType, Target};
