//! H.264: decoder configuration record, picture size, keyframe test, where pictures begin.
//!
//! Specs: ISO/IEC 14496-15 §5.3.3.1 (avcC), ITU-T H.264 §7.3.1, §7.3.2.1.1 (SPS).

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

use super::{Size, nal, vui};
use crate::bytes::{Bits, Reader};

/// A slice of an IDR picture.
pub const NAL_IDR: u8 = 5;
/// Sequence parameter set.
pub const NAL_SPS: u8 = 7;
/// Picture parameter set.
pub const NAL_PPS: u8 = 8;
/// Access unit delimiter.
pub const NAL_AUD: u8 = 9;
/// Supplemental enhancement information.
pub const NAL_SEI: u8 = 6;
/// Bytes of a slice that hold what we read of its head.
const SLICE_HEAD: usize = 32;

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

/// What a sequence parameter set says that we need.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sps {
    /// The picture after cropping.
    pub size: Size,
    /// chroma_format_idc.
    pub chroma: u8,
    /// Bits of a luma sample beyond 8.
    pub luma_depth: u8,
    /// Bits of a chroma sample beyond 8.
    pub chroma_depth: u8,
    /// How many pictures may precede another in decoding order and follow it in output order; `None` where nothing
    /// tells it.
    pub reorder_depth: Option<u8>,
    separate_planes: bool,
    frame_num_bits: usize,
    frames_only: bool,
}

/// The picture size of an SPS NAL unit, after cropping.
pub fn size(sps: &[u8]) -> Option<Size> {
    parse_sps(sps).map(|sps| sps.size)
}

/// Reads an SPS NAL unit; `None` when it is not one, or is cut off.
pub fn parse_sps(sps: &[u8]) -> Option<Sps> {
    if nal_type(sps)? != NAL_SPS {
        return None;
    }
    let payload = nal::payload(sps);
    let mut bits = Bits::new(payload.get(1..)?);
    let format = format(&mut bits)?;
    let frame_num_bits = bits.ue()? as usize + 4;
    let order_count = skip_order_count(&mut bits)?;
    let references = bits.ue()?;
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
    let planes = if format.separate_planes { 0 } else { u32::from(format.chroma) };
    let size = nal::cropped(&mut bits, Size { width, height }, planes, field_factor)?;
    let constraint_3 = payload.get(2)? & 0x10 != 0;
    let head = vui::Head { profile: *payload.get(1)?, constraint_3, order_count, references };
    Some(Sps {
        size,
        reorder_depth: vui::reorder_depth(&head, &mut bits),
        chroma: format.chroma,
        luma_depth: format.luma_depth,
        chroma_depth: format.chroma_depth,
        separate_planes: format.separate_planes,
        frame_num_bits,
        frames_only,
    })
}

/// Profiles whose SPS and avcC tell the sample format.
fn tells_format(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
}

struct Format {
    chroma: u8,
    luma_depth: u8,
    chroma_depth: u8,
    separate_planes: bool,
}

/// Reads up to before log2_max_frame_num_minus4.
fn format(bits: &mut Bits<'_>) -> Option<Format> {
    let profile = bits.read(8)? as u8;
    bits.skip(16)?; // constraint flags, level
    bits.ue()?; // seq_parameter_set_id
    if !tells_format(profile) {
        return Some(Format { chroma: 1, luma_depth: 0, chroma_depth: 0, separate_planes: false });
    }
    let chroma = bits.ue()?;
    let separate_planes = chroma == 3 && bits.bit()?;
    let luma_depth = bits.ue()? as u8;
    let chroma_depth = bits.ue()? as u8;
    bits.bit()?; // qpprime_y_zero_transform_bypass_flag
    if bits.bit()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(Format { chroma: chroma as u8, luma_depth, chroma_depth, separate_planes })
}

/// The number by which pictures refer to an SPS or PPS; `None` for other NAL units.
pub fn set_id(unit: &[u8]) -> Option<u32> {
    let before = match nal_type(unit)? {
        NAL_SPS => 4, // behind profile, constraint flags and level
        NAL_PPS => 1,
        _ => return None,
    };
    let payload = nal::payload(unit.get(..unit.len().min(16))?);
    Bits::new(payload.get(before..)?).ue()
}

/// Writes an AVCDecoderConfigurationRecord for 4-byte lengths of these SPS and PPS NAL units; `None` when there is no
/// SPS among them, or more or longer ones than a record can hold.
pub fn write_record(sets: &[&[u8]]) -> Option<Bytes> {
    let of = |kind| sets.iter().copied().filter(move |unit| nal_type(unit) == Some(kind));
    let first = of(NAL_SPS).next()?;
    let &[_, profile, constraints, level, ..] = first else { return None };
    let mut out = BytesMut::with_capacity(16 + sets.iter().map(|set| set.len() + 2).sum::<usize>());
    out.put_slice(&[1, profile, constraints, level, 0xFF]);
    for (kind, reserved, most) in [(NAL_SPS, 0xE0, 31), (NAL_PPS, 0, 255)] {
        let count = of(kind).count();
        if count > most {
            return None;
        }
        out.put_u8(reserved | count as u8);
        for unit in of(kind) {
            out.put_u16(u16::try_from(unit.len()).ok()?);
            out.put_slice(unit);
        }
    }
    if tells_format(profile) {
        let sps = parse_sps(first)?;
        out.put_slice(&[0xFC | sps.chroma, 0xF8 | sps.luma_depth, 0xF8 | sps.chroma_depth, 0]);
    }
    Some(out.freeze())
}

/// The head of a slice, §7.3.3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SliceHead {
    /// All its macroblocks are intra-coded: slice_type I or SI.
    pub intra: bool,
    frame_num: u32,
    /// Top (false) or bottom (true) field, if it is of one.
    field: Option<bool>,
}

impl SliceHead {
    /// Reads the head of a slice NAL unit.
    pub fn parse(unit: &[u8], sps: &Sps) -> Option<Self> {
        let payload = nal::payload(unit.get(..unit.len().min(SLICE_HEAD))?);
        let mut bits = Bits::new(payload.get(1..)?);
        bits.ue()?; // first_mb_in_slice
        let intra = matches!(bits.ue()? % 5, 2 | 4);
        bits.ue()?; // pic_parameter_set_id
        if sps.separate_planes {
            bits.skip(2)?; // colour_plane_id
        }
        let frame_num = bits.read(sps.frame_num_bits)?;
        let field = (!sps.frames_only && bits.bit()?).then(|| bits.bit());
        Some(Self { intra, frame_num, field: field.flatten() })
    }

    /// Whether both are fields of one frame.
    pub fn is_field_pair(&self, other: &Self) -> bool {
        self.frame_num == other.frame_num
            && matches!((self.field, other.field), (Some(one), Some(two)) if one != two)
    }
}

/// Whether a slice is the first one of its picture: first_mb_in_slice is 0.
pub fn begins_picture(unit: &[u8]) -> bool {
    unit.get(1).is_some_and(|byte| byte & 0x80 != 0)
}

/// Whether an SEI NAL unit marks a recovery point (§D.1.8), where decoding can begin without an IDR picture.
pub fn is_recovery_point(unit: &[u8]) -> bool {
    nal::is_recovery_point(unit, 1)
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

/// Passes over how pictures are counted; returns pic_order_cnt_type.
fn skip_order_count(bits: &mut Bits<'_>) -> Option<u32> {
    let kind = bits.ue()?;
    match kind {
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
    Some(kind)
}
