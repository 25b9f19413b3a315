//! H.265: decoder configuration record, picture size, keyframe test, where pictures begin.
//!
//! Specs: ISO/IEC 14496-15 §8.3.3.1 (hvcC), ITU-T H.265 §7.3.1.2, §7.3.2.2 (SPS), §7.3.3 (profile, tier, level).

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

use super::{Size, nal, vui};
use crate::bytes::{Bits, Reader};

/// Video parameter set.
pub const NAL_VPS: u8 = 32;
/// Sequence parameter set.
pub const NAL_SPS: u8 = 33;
/// Picture parameter set.
pub const NAL_PPS: u8 = 34;
/// Access unit delimiter.
pub const NAL_AUD: u8 = 35;
/// Supplemental enhancement information in front of the slices it speaks of.
pub const NAL_SEI: u8 = 39;
/// Bytes of a parameter set that hold its number: seven sub-layers of an SPS come before it.
const MAX_SET_HEAD: usize = 160;
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

/// What a sequence parameter set says that we need.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sps {
    /// The picture after the conformance window.
    pub size: Size,
    /// chroma_format_idc.
    pub chroma: u8,
    /// Bits of a luma sample beyond 8.
    pub luma_depth: u8,
    /// Bits of a chroma sample beyond 8.
    pub chroma_depth: u8,
    /// How many pictures may precede another in decoding order and follow it in output order, in the highest
    /// sub-layer: sps_max_num_reorder_pics. `None` where it is cut off.
    pub reorder_depth: Option<u8>,
    /// sps_max_sub_layers_minus1.
    sub_layers: u8,
    /// sps_temporal_id_nesting_flag.
    nested: bool,
    /// general_profile_space up to general_level_idc.
    profile: [u8; 12],
}

/// The picture size of an SPS NAL unit, after the conformance window.
pub fn size(sps: &[u8]) -> Option<Size> {
    parse_sps(sps).map(|sps| sps.size)
}

/// Reads an SPS NAL unit; `None` when it is not one, or is cut off.
pub fn parse_sps(sps: &[u8]) -> Option<Sps> {
    if nal_type(sps)? != NAL_SPS {
        return None;
    }
    let payload = nal::payload(sps);
    let mut bits = Bits::new(payload.get(2..)?);
    bits.skip(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.read(3)?;
    let nested = bits.bit()?;
    let profile = payload.get(3..15)?.try_into().ok()?;
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.ue()?; // sps_seq_parameter_set_id
    let chroma = bits.ue()?;
    let planes = if chroma == 3 && bits.bit()? { 0 } else { chroma };
    let width = bits.ue()?;
    let height = bits.ue()?;
    let size = nal::cropped(&mut bits, Size { width, height }, planes, 1)?;
    let luma_depth = bits.ue()? as u8;
    let chroma_depth = bits.ue()? as u8;
    let reorder_depth = reorder_depth(&mut bits, sub_layers);
    let sub_layers = sub_layers as u8;
    Some(Sps {
        size,
        chroma: chroma as u8,
        luma_depth,
        chroma_depth,
        reorder_depth,
        sub_layers,
        nested,
        profile,
    })
}

/// Of the highest sub-layer, which is the last one told.
fn reorder_depth(bits: &mut Bits<'_>, sub_layers: u32) -> Option<u8> {
    bits.ue()?; // log2_max_pic_order_cnt_lsb_minus4
    let told = if bits.bit()? { sub_layers + 1 } else { 1 };
    let mut depth = 0;
    for _ in 0..told {
        bits.ue()?; // sps_max_dec_pic_buffering_minus1
        depth = bits.ue()?;
        bits.ue()?; // sps_max_latency_increase_plus1
    }
    vui::held_to(depth)
}

/// The number by which others refer to a VPS, SPS or PPS; `None` for other NAL units.
pub fn set_id(unit: &[u8]) -> Option<u32> {
    let payload = nal::payload(unit.get(..unit.len().min(MAX_SET_HEAD))?);
    let mut bits = Bits::new(payload.get(2..)?);
    match nal_type(unit)? {
        NAL_VPS => bits.read(4),
        NAL_SPS => {
            bits.skip(4)?; // sps_video_parameter_set_id
            let sub_layers = bits.read(3)?;
            bits.bit()?; // sps_temporal_id_nesting_flag
            skip_profile_tier_level(&mut bits, sub_layers)?;
            bits.ue()
        }
        NAL_PPS => bits.ue(),
        _ => None,
    }
}

/// Writes an HEVCDecoderConfigurationRecord for 4-byte lengths of these VPS, SPS and PPS NAL units; `None` when there
/// is no SPS among them, or longer ones than a record can hold.
pub fn write_record(sets: &[&[u8]]) -> Option<Bytes> {
    let of = |kind| sets.iter().copied().filter(move |unit| nal_type(unit) == Some(kind));
    let sps = of(NAL_SPS).find_map(parse_sps)?;
    let mut out = BytesMut::with_capacity(40 + sets.iter().map(|set| set.len() + 2).sum::<usize>());
    out.put_u8(1);
    out.put_slice(&sps.profile);
    // What no parameter set says: spatial segmentation, parallelism, average frame rate.
    out.put_slice(&[0xF0, 0, 0xFC, 0xFC | sps.chroma, 0xF8 | sps.luma_depth, 0xF8 | sps.chroma_depth, 0, 0]);
    // Constant frame rate not known; sub-layers; nesting; 4-byte lengths.
    out.put_u8((sps.sub_layers + 1) << 3 | u8::from(sps.nested) << 2 | 3);
    let kinds = [NAL_VPS, NAL_SPS, NAL_PPS];
    out.put_u8(kinds.iter().filter(|kind| of(**kind).next().is_some()).count() as u8);
    for kind in kinds {
        let count = of(kind).count();
        if count > 0 {
            out.put_u8(kind);
            out.put_u16(u16::try_from(count).ok()?);
        }
        for unit in of(kind) {
            out.put_u16(u16::try_from(unit.len()).ok()?);
            out.put_slice(unit);
        }
    }
    Some(out.freeze())
}

/// Whether a slice segment is the first one of its picture: first_slice_segment_in_pic_flag.
pub fn begins_picture(unit: &[u8]) -> bool {
    unit.get(2).is_some_and(|byte| byte & 0x80 != 0)
}

/// Whether an SEI NAL unit marks a recovery point (§D.2.8), where decoding can begin without an IRAP picture.
pub fn is_recovery_point(unit: &[u8]) -> bool {
    nal::is_recovery_point(unit, 2)
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
