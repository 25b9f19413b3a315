//! MPEG audio layer III: sample rate and channels from a frame's head.
//!
//! Specs: ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.1.3.

use super::Sound;
use crate::bytes::Bits;

const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// What a frame says.
pub fn sound(frame: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(frame);
    if bits.read(11)? != 0x7FF {
        return None;
    }
    // 3 is MPEG-1, 2 is MPEG-2, 0 is "MPEG-2.5"; each halves the rate.
    let halvings = match bits.read(2)? {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return None,
    };
    bits.skip(2 + 1 + 4)?; // layer, protection, bit rate
    let rate = RATES.get(bits.read(2)? as usize)? >> halvings;
    bits.skip(2)?; // padding, private
    let channels = if bits.read(2)? == 3 { 1 } else { 2 };
    Some(Sound { sample_rate: rate, channels })
}
