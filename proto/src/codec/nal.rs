//! NAL units with length prefixes, as H.264 and H.265 have them in FLV and ISO BMFF.
//!
//! Specs: ISO/IEC 14496-15 §5.3.4 (lengths), H.264 §7.4.1 and H.265 §7.4.2 (emulation prevention).

use bytes::{BufMut, Bytes, BytesMut};

use super::Size;
use crate::bytes::{Bits, Reader};

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
