//! Datagrams ⇄ packets, without time and without state.
//!
//! Specs: draft-sharabayko-srt §3 (packets), §4.2 (lists of lost packets); libsrt for what the draft leaves open.
//!
//! - [`Packet`]: any datagram · [`DataHead`]: the head of a data packet · [`Control`]: what a control packet says
//! - [`Handshake`] and its [`Extensions`] · [`KeyMaterial`]: wrapped keys · [`Losses`]: which packets are missing
//! - [`Outgoing`]: what is to be sent

mod control;
mod extension;
mod handshake;
mod header;
mod key_material;
mod loss;

use bytes::Bytes;

pub use control::{Ack, Control, Report};
pub use extension::{Extensions, Features, Hello, MAX_STREAM_ID};
pub(super) use handshake::address_field;
pub use handshake::{HANDSHAKE, Handshake, Stage};
pub use header::{DataHead, KeySlot, Packet, destination};
pub use key_material::{Cipher, KeyMaterial, KeyState, SALT};
pub use loss::{Losses, push_range};

/// Bytes in front of every payload.
pub const HEADER: usize = 16;

/// What IPv4 and UDP put in front of a datagram.
pub const UDP_HEADERS: usize = 28;

/// The most that is sent in one datagram, and the most that is taken, without IP and UDP headers.
pub const MAX_DATAGRAM: usize = 1500 - UDP_HEADERS;

/// The rule that is cited by default.
pub(super) const SPEC: &str = "draft-sharabayko-srt §3";

/// A datagram for the peer: its head, made for this one, and its body, which may be shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// The packet's header.
    pub head: [u8; HEADER],
    /// What follows it.
    pub body: Bytes,
}

impl Outgoing {
    /// Both in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.head, self.body.as_ref()].concat()
    }
}
