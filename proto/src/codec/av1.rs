//! AV1: picture size from a configuration record.
//!
//! Specs: AV1 Codec ISO Media File Format Binding §2.3 (av1C), AV1 Bitstream §5.3, §5.5 (sequence header OBU).

use bytes::Bytes;

use super::Size;
use crate::bytes::{Bits, Reader, tail};

const OBU_SEQUENCE_HEADER: u8 = 1;
const OBU_TEMPORAL_DELIMITER: u8 = 2;

/// The largest picture an av1C's sequence header allows.
pub fn size(record: &[u8]) -> Option<Size> {
    obu_size(record.get(4..)?)
}

/// The largest picture the first sequence header among these OBUs allows.
pub fn obu_size(obus: &[u8]) -> Option<Size> {
    let mut reader = Reader::new(obus);
    loop {
        let header = reader.u8()?;
        if header & 0x04 != 0 {
            reader.u8()?; // extension
        }
        let length = if header & 0x02 != 0 { leb128(&mut reader)? } else { reader.remaining() };
        let payload = reader.take(length)?;
        if header >> 3 & 0x0F == OBU_SEQUENCE_HEADER {
            return sequence_size(&mut Bits::new(payload));
        }
    }
}

/// The temporal unit without the delimiters at its front, as samples of ISO BMFF are (AV1-ISOBMFF §2.4).
pub fn without_delimiters(unit: &Bytes) -> Bytes {
    let mut reader = Reader::new(unit);
    let mut begin = 0;
    while let Some(header) = reader.u8()
        && header >> 3 & 0x0F == OBU_TEMPORAL_DELIMITER
    {
        // Without a length it would be all there is.
        let extension = if header & 0x04 == 0 { Some(()) } else { reader.skip(1) };
        let length = if header & 0x02 == 0 { None } else { extension.and_then(|()| leb128(&mut reader)) };
        let Some(()) = length.and_then(|length| reader.skip(length)) else { break };
        begin = reader.position();
    }
    tail(unit, begin)
}

/// §4.10.5, at most 32 bits.
fn leb128(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0_u64;
    for place in 0..8 {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

/// §5.5.1
fn sequence_size(bits: &mut Bits<'_>) -> Option<Size> {
    bits.skip(4)?; // seq_profile, still_picture
    if bits.bit()? {
        bits.skip(5)?; // seq_level_idx of a reduced still picture header
    } else {
        skip_operating_points(bits)?;
    }
    let width_bits = bits.read(4)? as usize + 1;
    let height_bits = bits.read(4)? as usize + 1;
    Some(Size { width: bits.read(width_bits)? + 1, height: bits.read(height_bits)? + 1 })
}

fn skip_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.bit()? {
        bits.skip(64)?; // num_units_in_display_tick, time_scale
        if bits.bit()? {
            bits.ue()?; // num_ticks_per_picture_minus_1: uvlc() has the form of ue(v)
        }
        if bits.bit()? {
            delay_bits = Some(bits.read(5)? as usize + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let display_delay = bits.bit()?;
    for _ in 0..=bits.read(5)? {
        bits.skip(12)?; // operating_point_idc
        if bits.read(5)? > 7 {
            bits.bit()?; // seq_tier
        }
        if let Some(delay_bits) = delay_bits
            && bits.bit()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if display_delay && bits.bit()? {
            bits.skip(4)?;
        }
    }
    Some(())
}
