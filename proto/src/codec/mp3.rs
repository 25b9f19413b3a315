//! MPEG audio layer III: sample rate and channels from a frame's head.
//!
//! Specs: ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.1.3.

use super::Sound;
use crate::bytes::Bits;

const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// Bit rates of layer III in kbit/s: MPEG-1, then its younger sisters.
const BIT_RATES: [[u32; 14]; 2] = [
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// Bytes of a layer III frame by its head; `None` for other layers and for free format.
pub fn frame_len(frame: &[u8]) -> Option<usize> {
    let rate = sound(frame)?.sample_rate;
    let &[_, version_and_layer, rates, ..] = frame else { return None };
    if version_and_layer & 0x06 != 0x02 {
        return None;
    }
    let younger = usize::from(version_and_layer & 0x18 != 0x18);
    let bit_rate = BIT_RATES.get(younger)?.get(usize::from(rates >> 4).checked_sub(1)?)? * 1000;
    let padding = u32::from(rates >> 1 & 1);
    // One granule or two of 576 samples, as bytes.
    let granules = if younger == 1 { 72 } else { 144 };
    Some((granules * bit_rate / rate + padding) as usize)
}

/// Whether a frame is of layer I or II, which have the same head.
pub fn is_other_layer(frame: &[u8]) -> bool {
    sound(frame).is_some() && frame.get(1).is_some_and(|byte| matches!(byte & 0x06, 0x04 | 0x06))
}

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
