//! NAL units with length prefixes, as H.264 and H.265 have them in FLV and ISO BMFF, or behind start codes.
//!
//! Specs: ISO/IEC 14496-15 §5.3.4 (lengths), H.264 §7.4.1 and H.265 §7.4.2 (emulation prevention).

use bytes::{BufMut, Bytes, BytesMut};

use super::Size;
use crate::bytes::{Bits, Reader};

/// Bytes of a start code without a zero in front of it.
pub const START_CODE_LEN: usize = 3;
/// Parameter sets longer than this are not looked at.
const MAX_PARAMETER_SET: usize = 1024;

/// The NAL units of an access unit with 4-byte lengths; ends early where a length is too large.
pub fn units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut reader = Reader::new(data);
    std::iter::from_fn(move || {
        let length = reader.u32()?;
        reader.take(usize::try_from(length).ok()?)
    })
}

/// The same access unit with 4-byte lengths instead of `size`-byte ones; `None` where a length is too large.
pub fn widen(data: &[u8], size: u8) -> Option<Bytes> {
    let mut reader = Reader::new(data);
    let mut out = BytesMut::with_capacity(data.len() + data.len() / 8);
    while reader.remaining() > 0 {
        let length = match size {
            1 => u32::from(reader.u8()?),
            2 => u32::from(reader.u16()?),
            3 => reader.u24()?,
            _ => reader.u32()?,
        };
        let unit = reader.take(usize::try_from(length).ok()?)?;
        out.put_u32(length);
        out.put_slice(unit);
    }
    Some(out.freeze())
}

/// The NAL units of a byte stream (Annex B): what stands between start codes, without the zeros behind it. Bytes
/// before the first start code are passed over.
pub fn annex_b(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = start_code(data).and_then(|at| data.get(at + START_CODE_LEN..));
    std::iter::from_fn(move || {
        loop {
            let begun = rest.take()?;
            let unit = match start_code(begun) {
                Some(at) => {
                    rest = begun.get(at + START_CODE_LEN..);
                    begun.get(..at)?
                }
                None => begun,
            };
            // A NAL unit never ends with a zero (§7.4.1), so they belong to the start code or are trailing_zero_8bits.
            let length = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            if length > 0 {
                return unit.get(..length);
            }
        }
    })
}

/// Where the next start code 00 00 01 is.
pub fn start_code(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match data.get(at..at + START_CODE_LEN)? {
            [0, 0, 1] => return Some(at),
            // No start code can begin in front of a byte above 1, nor two bytes before a 1 that ends none.
            [_, _, 1..=255] => at += 3,
            [_, 1..=255, _] => at += 2,
            _ => at += 1,
        }
    }
}

/// The payload of a parameter set without its emulation prevention bytes.
pub(super) fn payload(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len().min(MAX_PARAMETER_SET));
    let mut zeros = 0;
    for &byte in unit.iter().take(MAX_PARAMETER_SET) {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Whether an SEI NAL unit with a header of `head` bytes has a recovery point message, of the same number in H.264
/// (§D.1.8) and H.265 (§D.2.8).
pub(super) fn is_recovery_point(unit: &[u8], head: usize) -> bool {
    const RECOVERY_POINT: u32 = 6;
    let payload = payload(unit);
    let mut reader = Reader::new(payload.get(head..).unwrap_or_default());
    let number = |reader: &mut Reader<'_>| {
        let mut sum = 0_u32;
        loop {
            let byte = reader.u8()?;
            sum += u32::from(byte);
            if byte != 0xFF {
                return Some(sum);
            }
        }
    };
    while let (Some(kind), Some(size)) = (number(&mut reader), number(&mut reader)) {
        if kind == RECOVERY_POINT {
            return true;
        }
        if reader.skip(size as usize).is_none() {
            break;
        }
    }
    false
}

/// Reads the cropping window of a sequence parameter set, alike in H.264 and H.265, and takes it off `coded`.
/// `field_factor` is 2 where frames are coded as two fields.
pub(super) fn cropped(bits: &mut Bits<'_>, coded: Size, chroma: u32, field_factor: u32) -> Option<Size> {
    let (mut crop_x, mut crop_y) = (0_u32, 0_u32);
    if bits.bit()? {
        crop_x = bits.ue()?.checked_add(bits.ue()?)?;
        crop_y = bits.ue()?.checked_add(bits.ue()?)?;
    }
    // Table 6-1: SubWidthC, SubHeightC; monochrome and separate planes count in samples
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    Some(Size {
        width: coded.width.checked_sub(crop_x.checked_mul(unit_x)?)?,
        height: coded.height.checked_sub(crop_y.checked_mul(unit_y)?.checked_mul(field_factor)?)?,
    })
}
