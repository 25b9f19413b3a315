//! H.264: decoder configuration record, picture size, keyframe test.
//!
//! Specs: ISO/IEC 14496-15 §5.3.3.1 (avcC), ITU-T H.264 §7.3.1, §7.3.2.1.1 (SPS).

use rtmpd_core::Error;

use super::{Size, nal};
use crate::bytes::{Bits, Reader};

/// A slice of an IDR picture.
pub const NAL_IDR: u8 = 5;
/// Sequence parameter set.
pub const NAL_SPS: u8 = 7;

/// What an avcC says that we need.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Bytes of each NAL unit's length: 1 to 4.
    pub length_size: u8,
    /// The first SPS, if there is any.
    pub sps: Option<&'a [u8]>,
}

/// Offset of the byte whose low two bits are the length size minus one.
pub const LENGTH_SIZE_AT: usize = 4;

/// Reads an AVCDecoderConfigurationRecord.
///
/// # Errors
/// When its version is not 1 or its head is cut off.
pub fn parse_record(data: &[u8]) -> Result<Record<'_>, Error> {
    let mut reader = Reader::new(data);
    let version = reader.u8().unwrap_or_default();
    if version != 1 {
        return Err(Error::malformed(
            format!("avcC version is {version}, expected 1"),
            "ISO/IEC 14496-15 §5.3.3.1",
        ));
    }
    let head = reader.skip(3).and_then(|()| reader.u8());
    let length_size = head.map(|byte| (byte & 3) + 1).ok_or_else(|| {
        Error::malformed(
            format!("avcC of {} bytes is cut off, expected at least 7", data.len()),
            "ISO/IEC 14496-15 §5.3.3.1",
        )
    })?;
    let sps = reader.u8().filter(|count| count & 0x1F > 0).and_then(|_| {
        let length = reader.u16()?;
        reader.take(usize::from(length))
    });
    Ok(Record { length_size, sps })
}

/// SPS and PPS of an avcC, in their order; ends early where it is cut off.
pub fn parameter_sets(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut reader = Reader::new(record);
    let mut sets = Vec::new();
    let mut read = || {
        reader.skip(LENGTH_SIZE_AT + 1)?;
        for mask in [0x1F, 0xFF] {
            for _ in 0..reader.u8()? & mask {
                let length = reader.u16()?;
                sets.push(reader.take(usize::from(length))?);
            }
        }
        Some(())
    };
    // What was read before the end is of use all the same.
    let _ = read();
    sets.into_iter()
}

/// The NAL unit type, the low five bits of its first byte.
pub fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte & 0x1F)
}

/// Whether an access unit with 4-byte lengths holds an IDR picture.
pub fn is_key(data: &[u8]) -> bool {
    nal::units(data).any(|unit| nal_type(unit) == Some(NAL_IDR))
}

/// The picture size of an SPS NAL unit, after cropping.
pub fn size(sps: &[u8]) -> Option<Size> {
    if nal_type(sps)? != NAL_SPS {
        return None;
    }
    let payload = nal::payload(sps);
    let mut bits = Bits::new(payload.get(1..)?);
    let chroma = chroma_format(&mut bits)?;
    bits.ue()?; // log2_max_frame_num_minus4
    skip_order_count(&mut bits)?;
    bits.ue()?; // max_num_ref_frames
    bits.bit()?; // gaps_in_frame_num_value_allowed_flag
    let width = bits.ue()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.ue()?.checked_add(1)?;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?; // mb_adaptive_frame_field_flag
    }
    let field_factor = if frames_only { 1 } else { 2 };
    let height = map_units.checked_mul(16)?.checked_mul(field_factor)?;
    bits.bit()?; // direct_8x8_inference_flag
    nal::cropped(&mut bits, Size { width, height }, chroma, field_factor)
}

/// Reads up to before log2_max_frame_num_minus4; the chroma format (0 with separate planes).
fn chroma_format(bits: &mut Bits<'_>) -> Option<u32> {
    let profile = bits.read(8)?;
    bits.skip(16)?; // constraint flags, level
    bits.ue()?; // seq_parameter_set_id
    if !matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        return Some(1);
    }
    let chroma = bits.ue()?;
    let separate = chroma == 3 && bits.bit()?;
    bits.ue()?; // bit_depth_luma_minus8
    bits.ue()?; // bit_depth_chroma_minus8
    bits.bit()?; // qpprime_y_zero_transform_bypass_flag
    if bits.bit()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(if separate { 0 } else { chroma })
}

/// §7.3.2.1.1.1
fn skip_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(bits.se()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn skip_order_count(bits: &mut Bits<'_>) -> Option<()> {
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.bit()?;
            bits.se()?;
            bits.se()?;
            let cycle = bits.ue()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.se()?;
            }
        }
        _ => {}
    }
    Some(())
}
