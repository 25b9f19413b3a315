//! What stands in front of VP8. Spec: RFC 7741 §4.2.

use super::vpx::Descriptor;
use crate::bytes::Reader;

/// `None` when it is cut off or has nothing behind it.
pub(super) fn descriptor(payload: &[u8]) -> Option<Descriptor<'_>> {
    let mut reader = Reader::new(payload);
    let first = reader.u8()?;
    if first & 0x80 != 0 {
        let extensions = reader.u8()?;
        // I: a picture number of 7 or 15 bits
        if extensions & 0x80 != 0 && reader.u8()? & 0x80 != 0 {
            reader.skip(1)?;
        }
        // L: a number of the base layer; T or K: a layer and a key's number in one byte
        reader.skip(usize::from(extensions & 0x40 != 0) + usize::from(extensions & 0x30 != 0))?;
    }
    // S, and the partition's number is 0
    let begins = first & 0x10 != 0 && first & 0x07 == 0;
    let payload = reader.rest();
    (!payload.is_empty()).then_some(Descriptor { begins, is_upper: false, payload })
}
