//! What stands in front of VP9. Spec: RFC 9628 §4.2.

use super::vpx::Descriptor;
use crate::bytes::Reader;

/// More pictures of a group than this are not described by anyone.
const MAX_REFERENCES: usize = 3;

/// `None` when it is cut off or has nothing behind it.
pub(super) fn descriptor(payload: &[u8]) -> Option<Descriptor<'_>> {
    let mut reader = Reader::new(payload);
    let flags = reader.u8()?;
    let has = |flag: u8| flags & flag != 0;
    let [number, predicted, layers, flexible, begins, structure] =
        [0x80, 0x40, 0x20, 0x10, 0x08, 0x02].map(has);
    if number && reader.u8()? & 0x80 != 0 {
        reader.skip(1)?;
    }
    let mut is_upper = false;
    if layers {
        // TID, U, SID, D
        is_upper = reader.u8()? & 0x0E != 0;
        if !flexible {
            reader.skip(1)?; // TL0PICIDX
        }
    }
    if flexible && predicted {
        let mut count = 0;
        // P_DIFF, and whether another follows
        while reader.u8()? & 1 != 0 {
            count += 1;
            if count >= MAX_REFERENCES {
                return None;
            }
        }
    }
    if structure {
        skip_structure(&mut reader)?;
    }
    let payload = reader.rest();
    (!payload.is_empty()).then_some(Descriptor { begins, is_upper, payload })
}

/// §4.2.1
fn skip_structure(reader: &mut Reader<'_>) -> Option<()> {
    let head = reader.u8()?;
    let layers = usize::from(head >> 5) + 1;
    if head & 0x10 != 0 {
        reader.skip(4 * layers)?; // sizes
    }
    if head & 0x08 != 0 {
        for _ in 0..reader.u8()? {
            let picture = reader.u8()?;
            reader.skip(usize::from(picture >> 2 & 3))?; // P_DIFF
        }
    }
    Some(())
}
