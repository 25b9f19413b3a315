//! VP8: picture size from a keyframe.
//!
//! Spec: RFC 6386 §9.1.

use super::Size;

/// The size a keyframe says; `None` for other frames.
pub fn size(frame: &[u8]) -> Option<Size> {
    let head: [u8; 10] = frame.first_chunk().copied()?;
    let [tag, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = head else { return None };
    (tag & 1 == 0).then(|| Size {
        width: u32::from(u16::from_le_bytes([w0, w1]) & 0x3FFF),
        height: u32::from(u16::from_le_bytes([h0, h1]) & 0x3FFF),
    })
}
