//! What happens in a connection.

use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::Error;

use crate::srt::handshake::Asked;
use crate::srt::reject::Reject;

/// What has happened. After [`Self::Rejected`], [`Self::Failed`], [`Self::PeerGone`] and [`Self::Closed`] there is
/// nothing more.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A caller wants something; answered by [`super::Connection::accept`] or [`super::Connection::reject`].
    Asked(Box<Asked>),
    /// Payloads may flow.
    Opened(Opened),
    /// A payload, in order and at its time.
    Data(Bytes),
    /// There is no connection: one side did not want it.
    Rejected(Reject),
    /// The peer broke the protocol or was silent for too long.
    Failed(Error),
    /// The peer has ended the connection.
    PeerGone,
    /// We have ended the connection.
    Closed,
}

/// What was agreed on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Version of the peer's library: major, minor and patch, a byte each.
    pub peer_version: u32,
    /// How long we hold packets.
    pub receive_latency: Duration,
    /// How long the peer holds packets.
    pub send_latency: Duration,
    /// Length of the keys in bytes, when payloads are encrypted.
    pub encrypted: Option<usize>,
}
