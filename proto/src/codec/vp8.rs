//! VP8: picture size from a keyframe, configuration record.
//!
//! Specs: RFC 6386 §9.1, VP Codec ISO Media File Format Binding §3 (vpcC).

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

/// A vpcC with its version and flags: level not told, 8 bits, 4:2:0, colours not told. All VP8 is alike.
pub const RECORD: [u8; 12] = [1, 0, 0, 0, 0, 0, 0x82, 2, 2, 2, 0, 0];
