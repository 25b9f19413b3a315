//! VP9: picture size from a keyframe.
//!
//! Spec: VP9 Bitstream & Decoding Process §6.2 (uncompressed header).

use super::Size;
use crate::bytes::Bits;

const SYNC_CODE: u32 = 0x49_83_42;
const CS_RGB: u32 = 7;

/// The size a keyframe says; `None` for other frames.
pub fn size(frame: &[u8]) -> Option<Size> {
    let mut bits = Bits::new(frame);
    if bits.read(2)? != 2 {
        return None;
    }
    let profile = u32::from(bits.bit()?) | u32::from(bits.bit()?) << 1;
    if profile == 3 {
        bits.bit()?;
    }
    let shows_existing = bits.bit()?;
    let is_inter = bits.bit()?;
    if shows_existing || is_inter {
        return None;
    }
    bits.skip(2)?; // show_frame, error_resilient_mode
    if bits.read(24)? != SYNC_CODE {
        return None;
    }
    skip_color_config(&mut bits, profile)?;
    Some(Size { width: bits.read(16)? + 1, height: bits.read(16)? + 1 })
}

/// §6.2.2
fn skip_color_config(bits: &mut Bits<'_>, profile: u32) -> Option<()> {
    if profile >= 2 {
        bits.bit()?; // ten_or_twelve_bit
    }
    let subsampled = profile == 1 || profile == 3;
    if bits.read(3)? != CS_RGB {
        bits.skip(if subsampled { 4 } else { 1 })
    } else {
        bits.skip(usize::from(subsampled))
    }
}
