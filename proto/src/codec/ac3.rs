//! AC-3 and E-AC-3: sample rate and channels from a frame's head.
//!
//! Spec: ETSI TS 102 366 §4.3 (AC-3 syncinfo and bsi), §E.1.2 (E-AC-3), Annex F (dac3, dec3).

use super::Sound;
use crate::bytes::Bits;

const SYNC_WORD: u32 = 0x0B77;
const RATES: [u32; 3] = [48_000, 44_100, 32_000];
const CHANNELS: [u8; 8] = [2, 1, 2, 3, 3, 4, 4, 5];

/// kbit/s by half of frmsizecod (table 4.13).
const BIT_RATES: [u32; 19] =
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
/// Samples of a block.
const BLOCK: u32 = 256;

/// Bytes of an AC-3 frame by its head.
pub fn frame_len(frame: &[u8]) -> Option<usize> {
    let &[0x0B, 0x77, _, _, code, stream_id, ..] = frame else { return None };
    if stream_id >> 3 > 10 {
        return None; // E-AC-3
    }
    let rate = RATES.get(usize::from(code >> 6))?;
    let size_code = code & 0x3F;
    let bit_rate = BIT_RATES.get(usize::from(size_code >> 1))? * 1000;
    // 16-bit words of 1536 samples; at 44.1 kHz they do not come out even, and the last bit says which it is.
    let words = bit_rate * 6 * BLOCK / rate / 16;
    Some(2 * (words + u32::from(*rate == 44_100 && size_code & 1 == 1)) as usize)
}

/// An E-AC-3 syncframe's head.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SyncFrame {
    /// Its bytes.
    pub len: usize,
    /// Samples of each channel.
    pub samples: u32,
    /// It belongs to the program's sound of the same time as the one in front of it: a dependent substream, or another
    /// one than the first.
    pub continues: bool,
}

/// Reads an E-AC-3 syncframe's head.
pub fn sync_frame(frame: &[u8]) -> Option<SyncFrame> {
    let &[0x0B, 0x77, kind, low, rates, stream_id, ..] = frame else { return None };
    if !(11..=16).contains(&(stream_id >> 3)) || kind >> 6 == 3 {
        return None;
    }
    let words = (usize::from(kind & 7) << 8 | usize::from(low)) + 1;
    let blocks = if rates >> 6 == 3 { 6 } else { [1, 2, 3, 6].get(usize::from(rates >> 4 & 3)).copied()? };
    let continues = kind >> 6 == 1 || kind >> 3 & 7 != 0;
    Some(SyncFrame { len: 2 * words, samples: blocks * BLOCK, continues })
}

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

/// A `dac3` of this sound, §F.4. Its bit rate is not known: the highest is said.
pub fn specific(sound: &Sound) -> [u8; 3] {
    const BSID: u32 = 8;
    const HIGHEST: u32 = 18;
    let bits = rate_code(sound) << 22 | BSID << 17 | layout(sound) << 10 | HIGHEST << 5;
    let [_, high, middle, low] = bits.to_be_bytes();
    [high, middle, low]
}

/// A `dec3` of this sound as one independent substream, §F.6. Its bit rate is not known.
pub fn enhanced_specific(sound: &Sound) -> [u8; 5] {
    const BSID: u32 = 16;
    let bits = rate_code(sound) << 22 | BSID << 17 | layout(sound) << 8;
    let [_, high, middle, low] = bits.to_be_bytes();
    [0, 0, high, middle, low]
}

/// What a `dac3` says.
pub fn sound_of_specific(specific: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(specific);
    let rate = bits.read(2)?;
    bits.skip(5 + 3)?; // bsid, bsmod
    sound_of(rate, &mut bits)
}

/// What a `dec3` says of its first independent substream.
pub fn sound_of_enhanced_specific(specific: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(specific.get(2..)?);
    let rate = bits.read(2)?;
    bits.skip(5 + 1 + 1 + 3)?; // bsid, reserved, asvc, bsmod
    sound_of(rate, &mut bits)
}

fn sound_of(rate: u32, bits: &mut Bits<'_>) -> Option<Sound> {
    let mode = bits.read(3)?;
    let low = bits.bit()?;
    // 0 where the code is a reduced rate's.
    let sample_rate = RATES.get(rate as usize).copied().unwrap_or(0);
    Some(Sound { sample_rate, channels: CHANNELS.get(mode as usize)? + u8::from(low) })
}

fn rate_code(sound: &Sound) -> u32 {
    RATES.iter().position(|&rate| rate == sound.sample_rate).unwrap_or(RATES.len()) as u32
}

/// acmod and lfeon: which speakers so many channels are likely to be.
fn layout(sound: &Sound) -> u32 {
    match sound.channels {
        1 => 1 << 1,
        3 => 3 << 1,
        4 => 6 << 1,
        5 => 7 << 1,
        6.. => 7 << 1 | 1,
        0 | 2 => 2 << 1,
    }
}
