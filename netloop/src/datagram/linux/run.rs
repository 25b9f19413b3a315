//! Which datagrams can be one message that the kernel cuts.

use crate::datagram::outgoing::Datagram;

/// Most datagrams that the kernel cuts out of one message (`UDP_MAX_SEGMENTS` of Linux 4.18; later ones take more).
const SEGMENTS: usize = 64;

/// Most bytes of one message: a datagram's 65,535 less the largest heads.
const MESSAGE: usize = 65_000;

/// The datagrams at the front of a batch that can be one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::datagram) struct Run {
    /// How many.
    pub(in crate::datagram) count: usize,
    /// Length of each, in bytes, but for the last one, which may be shorter. Only of more than one of use.
    pub(in crate::datagram) segment: u16,
}

impl Run {
    /// A datagram by itself, or none at the end of a batch.
    pub(in crate::datagram) const ONE: Self = Self { count: 1, segment: 0 };

    /// The longest one at the front of a batch that is not empty.
    pub(in crate::datagram) fn at_front<D: Datagram>(batch: &[D]) -> Self {
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
