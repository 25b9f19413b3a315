//! WebSocket: how bytes travel both ways on a connection that HTTP has opened.
//!
//! Spec: RFC 6455. No extensions are offered or accepted. Codecs only: the HTTP machine owns the connection.
//!
//! - [`handshake`]: is this request an upgrade, and what is the answer
//! - in: bytes → [`Reader`] → [`Incoming`] messages, pings, pongs and the close, or a [`Broken`] with its close code
//! - out: [`put_frame`], [`put_close`] for one peer; [`WsPackager`] for bytes that all viewers of a stream share,
//!   [`reframe`] for a viewer that needs less of the preamble

pub mod close;
mod frame;
pub mod handshake;
mod header;
mod packager;
mod reader;

pub use frame::{MAX_CONTROL, MAX_HEADER, Opcode, apply_mask, message, put_close, put_frame, put_header};
pub use handshake::{NoUpgrade, Upgrade, accept_key, check_upgrade};
pub use packager::{WsPackager, reframe};
pub use reader::{Broken, Incoming, Reader, Role};
