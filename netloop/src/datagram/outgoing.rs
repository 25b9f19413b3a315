//! What is sent, and which of it the kernel may cut itself.

use std::net::SocketAddr;

/// Most datagrams that the kernel cuts out of one message (`UDP_MAX_SEGMENTS` of Linux 4.18; later ones take more).
pub(super) const SEGMENTS: usize = 64;

/// Most bytes of one message: a datagram's 65,535 less the largest heads.
pub(super) const MESSAGE: usize = 65_000;

/// One datagram to be sent, wherever it is kept: a queue's own entries can be sent as they lie.
pub trait Datagram {
    /// The peer. IPv4 addresses may be given plain to any socket.
    fn to(&self) -> SocketAddr;

    /// What it consists of, one after the other; either may be empty.
    fn pieces(&self) -> [&[u8]; 2];
}

/// A datagram of borrowed pieces: a small head of its own and a shared body, or only one of them.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The peer.
    pub to: SocketAddr,
    /// The first piece.
    pub head: &'a [u8],
    /// The second piece.
    pub body: &'a [u8],
}

impl Datagram for Outgoing<'_> {
    fn to(&self) -> SocketAddr {
        self.to
    }

    fn pieces(&self) -> [&[u8]; 2] {
        [self.head, self.body]
    }
}

/// The datagrams at the front of a batch that can be one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// How many.
    pub(super) count: usize,
    /// Length of each, in bytes, but for the last one, which may be shorter. Only of more than one of use.
    pub(super) segment: u16,
}

impl Run {
    /// A datagram by itself, or none at the end of a batch.
    pub(super) const ONE: Self = Self { count: 1, segment: 0 };

    /// The longest one at the front of a batch that is not empty.
    pub(super) fn at_front<D: Datagram>(batch: &[D]) -> Self {
        let Some(first) = batch.first() else { return Self::ONE };
        let (to, segment) = (first.to(), length(first));
        let (Ok(size), 1..=MESSAGE) = (u16::try_from(segment), segment) else { return Self::ONE };
        let most = SEGMENTS.min(MESSAGE / segment);
        let mut count = 1;
        for next in batch.iter().take(most).skip(1) {
            let length = length(next);
            if length == 0 || length > segment || next.to() != to {
                break;
            }
            count += 1;
            if length < segment {
                break;
            }
        }
        Self { count, segment: size }
    }
}

/// The datagram's length in bytes.
fn length<D: Datagram>(datagram: &D) -> usize {
    let [head, body] = datagram.pieces();
    head.len() + body.len()
}
