//! AC-3 and E-AC-3: sample rate and channels from a frame's head.
//!
//! Spec: ETSI TS 102 366 §4.3 (AC-3 syncinfo and bsi), §E.1.2 (E-AC-3).

use super::Sound;
use crate::bytes::Bits;

const SYNC_WORD: u32 = 0x0B77;
const RATES: [u32; 3] = [48_000, 44_100, 32_000];
const CHANNELS: [u8; 8] = [2, 1, 2, 3, 3, 4, 4, 5];

/// What an AC-3 frame says.
pub fn sound(frame: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(frame);
    if bits.read(16)? != SYNC_WORD {
        return None;
    }
    bits.skip(16)?; // crc1
    let rate = bits.read(2)? as usize;
    bits.skip(6)?; // frmsizecod
    let stream_id = bits.read(5)?;
    bits.skip(3)?; // bsmod
    let mode = bits.read(3)?;
    if mode & 1 != 0 && mode != 1 {
        bits.skip(2)?; // cmixlev
    }
    if mode & 4 != 0 {
        bits.skip(2)?; // surmixlev
    }
    if mode == 2 {
        bits.skip(2)?; // dsurmod
    }
    let low = bits.bit()?;
    // bsid 9 and 10 halve and quarter the rate
    let sample_rate = RATES.get(rate)? >> stream_id.saturating_sub(8).min(2);
    Some(Sound { sample_rate, channels: CHANNELS.get(mode as usize)? + u8::from(low) })
}

/// What an E-AC-3 frame says about its independent substream.
pub fn enhanced_sound(frame: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(frame);
    if bits.read(16)? != SYNC_WORD {
        return None;
    }
    bits.skip(2 + 3 + 11)?; // strmtyp, substreamid, frmsiz
    let rate = bits.read(2)? as usize;
    let second = bits.read(2)? as usize; // fscod2 at reduced rates, else numblkscod
    let sample_rate = match RATES.get(rate) {
        Some(rate) => *rate,
        None => RATES.get(second)? / 2,
    };
    let mode = bits.read(3)?;
    let low = bits.bit()?;
    Some(Sound { sample_rate, channels: CHANNELS.get(mode as usize)? + u8::from(low) })
}
