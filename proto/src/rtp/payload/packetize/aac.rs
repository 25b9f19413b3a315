//! AAC → payloads of mode AAC-hbr: one access unit each, or a fragment of one.
//!
//! Spec: RFC 3640 §3.2.1 (AU headers), §3.2.3.1 (fragments), §3.3.6 (13 bits of size, 3 of index).

use super::Put;
use super::pieces::pieces;

/// Bits of the AU headers of a payload: one header.
const HEADERS: [u8; 2] = 16_u16.to_be_bytes();
/// Longest access unit whose size can be told, in bytes.
const MAX_SIZE: usize = (1 << 13) - 1;
const HEAD: usize = 4;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Aac;

impl Aac {
    pub(super) fn packetize(&self, frame: &[u8], limit: usize, put: &mut Put<'_>) {
        if frame.len() > MAX_SIZE {
            return;
        }
        // The size is that of the whole, in each fragment.
        let header = ((frame.len() as u16) << 3).to_be_bytes();
        for piece in pieces(frame, limit - HEAD) {
            put(&[&HEADERS, &header, piece.data], piece.is_last);
        }
    }
}
