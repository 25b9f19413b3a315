//! RTMP, as a server and as a client.
//!
//! Specs: Adobe RTMP 1.0 (2012), the digest handshake as Flash Player 9 and later do it, Enhanced RTMP v1 and v2
//! (Veovera). Tag bodies are FLV's: see [`crate::container::flv`].
//!
//! - [`chunk`]: bytes ⇄ messages · [`handshake`] · [`message`]: what messages say · [`command`]: what people ask
//! - [`server`]: the machine for those who connect to us · [`client`]: our own publisher and player
//! - [`RtmpPackager`]: frames → the bytes that all players of a stream share
//!
//! ```text
//!  handshake ──connect──▶ idle ──publish──▶ asking ──yes──▶ publishing ─┐
//!                          ▲ └─────play───▶ asking ──yes──▶ playing ────┤
//!                          └──────── deleteStream, closeStream ─────────┘
//! ```

pub mod chunk;
pub mod client;
pub mod command;
pub mod handshake;
mod intake;
mod link;
pub mod message;
mod packager;
pub mod server;
mod settings;
#[cfg(test)]
mod tests;
mod unwrap;
mod url;

pub use client::{RtmpPlayer, RtmpPublisher, Target};
pub use packager::{PACKAGING, PACKAGING_ALL, PACKAGING_LEGACY, RtmpPackager};
pub use server::{RtmpServer, RtmpService};
pub use settings::{MAX_CHUNK_SIZE, MIN_CHUNK_SIZE, Settings};
