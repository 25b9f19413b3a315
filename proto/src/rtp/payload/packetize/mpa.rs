//! MP3 → payloads with the offset of their fragment in front.
//!
//! Spec: RFC 2250 §3.5. The marker would say that sound begins after silence, which is not known.

use super::Put;
use super::pieces::pieces;

const HEAD: usize = 4;

pub(super) fn packetize(frame: &[u8], limit: usize, put: &mut Put<'_>) {
    for piece in pieces(frame, limit - HEAD) {
        // Frames are shorter than 64 KiB; one that says otherwise is none.
        let Ok(offset) = u16::try_from(piece.at) else { return };
        put(&[&[0, 0], &offset.to_be_bytes(), piece.data], false);
    }
}
