//! H.265: decoder configuration record, picture size, keyframe test.
//!
//! Specs: ISO/IEC 14496-15 §8.3.3.1 (hvcC), ITU-T H.265 §7.3.1.2, §7.3.2.2 (SPS), §7.3.3 (profile, tier, level).

use rtmpd_core::Error;

use super::{Size, nal};
use crate::bytes::{Bits, Reader};

/// Video parameter set.
const NAL_VPS: u8 = 32;
/// Picture parameter set.
const NAL_PPS: u8 = 34;
/// Sequence parameter set.
pub const NAL_SPS: u8 = 33;
/// Offset of the byte whose low two bits are the length size minus one.
pub const LENGTH_SIZE_AT: usize = 21;
/// More arrays or NAL units than this are not looked at.
const MAX_UNITS: u16 = 64;

/// What an hvcC says that we need.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Bytes of each NAL unit's length: 1 to 4.
    pub length_size: u8,
    /// The first SPS, if there is any.
    pub sps: Option<&'a [u8]>,
}

/// Reads an HEVCDecoderConfigurationRecord. Version 0 is let through: early encoders wrote it.
///
/// # Errors
/// When its version is above 1 or its head is cut off.
pub fn parse_record(data: &[u8]) -> Result<Record<'_>, Error> {
    const SPEC: &str = "ISO/IEC 14496-15 §8.3.3.1";
    let mut reader = Reader::new(data);
    let version = reader.u8().unwrap_or_default();
    if version > 1 {
        return Err(Error::malformed(format!("hvcC version is {version}, expected 1"), SPEC));
    }
    let head = reader.skip(LENGTH_SIZE_AT - 1).and_then(|()| reader.u8());
    let length_size = head.map(|byte| (byte & 3) + 1).ok_or_else(|| {
        Error::malformed(format!("hvcC of {} bytes is cut off, expected at least 23", data.len()), SPEC)
    })?;
    Ok(Record { length_size, sps: first_sps(&mut reader) })
}

fn first_sps<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    for _ in 0..reader.u8()? {
        let kind = reader.u8()? & 0x3F;
        for _ in 0..reader.u16()?.min(MAX_UNITS) {
            let length = reader.u16()?;
            let unit = reader.take(usize::from(length))?;
            if kind == NAL_SPS {
                return Some(unit);
            }
        }
    }
    None
}

/// VPS, SPS and PPS of an hvcC, in its order; ends early where it is cut off. What else it may have, such as the encoder's
/// name, is not repeated with every keyframe.
pub fn parameter_sets(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut reader = Reader::new(record);
    let mut sets = Vec::new();
    let mut read = || {
        reader.skip(LENGTH_SIZE_AT + 1)?;
        for _ in 0..reader.u8()? {
            let kind = reader.u8()? & 0x3F;
            for _ in 0..reader.u16()?.min(MAX_UNITS) {
                let length = reader.u16()?;
                let unit = reader.take(usize::from(length))?;
                if (NAL_VPS..=NAL_PPS).contains(&kind) {
                    sets.push(unit);
                }
            }
        }
        Some(())
    };
    // What was read before the end is of use all the same.
    let _ = read();
    sets.into_iter()
}

/// The NAL unit type, bits 1 to 6 of its first byte.
pub fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte >> 1 & 0x3F)
}

/// Whether an access unit with 4-byte lengths holds a random access picture (types 16 to 23, §7.4.2.2).
pub fn is_key(data: &[u8]) -> bool {
    nal::units(data).any(|unit| matches!(nal_type(unit), Some(16..=23)))
}

/// The picture size of an SPS NAL unit, after the conformance window.
pub fn size(sps: &[u8]) -> Option<Size> {
    if nal_type(sps)? != NAL_SPS {
        return None;
    }
    let payload = nal::payload(sps);
    let mut bits = Bits::new(payload.get(2..)?);
    bits.skip(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.read(3)?;
    bits.bit()?; // sps_temporal_id_nesting_flag
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.ue()?; // sps_seq_parameter_set_id
    let mut chroma = bits.ue()?;
    if chroma == 3 && bits.bit()? {
        chroma = 0;
    }
    let width = bits.ue()?;
    let height = bits.ue()?;
    nal::cropped(&mut bits, Size { width, height }, chroma, 1)
}

fn skip_profile_tier_level(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    const PROFILE: usize = 88;
    const LEVEL: usize = 8;
    bits.skip(PROFILE + LEVEL)?;
    if sub_layers == 0 {
        return Some(());
    }
    let mut skip = 0;
    for layer in 0..8 {
        let flags = bits.read(2)?;
        if layer < sub_layers {
            skip += if flags & 2 != 0 { PROFILE } else { 0 } + if flags & 1 != 0 { LEVEL } else { 0 };
        }
    }
    bits.skip(skip)
}
