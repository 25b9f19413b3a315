//! AC-3 and E-AC-3 → payloads of one frame each, or a fragment of one.
//!
//! Specs: RFC 4184 §4.1.1 (FT, NF), RFC 4598 §4.1.1 (F, NF).

use super::Put;
use super::pieces::pieces;

const HEAD: usize = 2;
/// Fragments are counted in 8 bits.
const MAX_FRAGMENTS: usize = 255;

/// Which of the two.
#[derive(Copy, Clone, Debug)]
pub(super) enum Ac3 {
    Plain,
    Enhanced,
}

impl Ac3 {
    pub(super) fn packetize(self, frame: &[u8], limit: usize, put: &mut Put<'_>) {
        let most = limit - HEAD;
        let count = pieces(frame, most).count();
        if count > MAX_FRAGMENTS {
            return;
        }
        for piece in pieces(frame, most) {
            let kind = match self {
                _ if count == 1 => 0,
                Self::Enhanced => 1,
                // FT tells whether the first fragment has the 5/8 of the frame that can be decoded alone.
                Self::Plain if piece.is_first && piece.data.len() * 8 >= frame.len() * 5 => 1,
                Self::Plain if piece.is_first => 2,
                Self::Plain => 3,
            };
            put(&[&[kind, count as u8], piece.data], piece.is_last);
        }
    }
}
