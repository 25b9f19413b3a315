//! Who may come in: the gate, with the server's own rules, and the auth server that it asks.
//!
//! Spec: the contract's chapter on auth; HTTP is spoken by [`crate::http::client`].
//!
//! - [`AuthGate`]: the gate of a shard · `shown`: what somebody shows · [`Keys`]: signed tokens · `json`: their language
//! - [`AuthServer`]: which server is asked, and in which words · [`Asker`]: the machine that puts one question at a time

mod asker;
mod gate;
mod json;
mod jwt;
mod server;
mod shown;
#[cfg(test)]
mod tests;

pub use asker::Asker;
pub use gate::{AuthGate, Guard, Wrap};
pub use jwt::Keys;
pub use server::{AuthServer, HttpType, Target};
