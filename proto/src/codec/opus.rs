//! Opus: identification header.
//!
//! Spec: RFC 7845 §5.1.

use bytes::{BufMut, Bytes, BytesMut};

use super::Sound;
use crate::bytes::Reader;

const MAGIC: &[u8; 8] = b"OpusHead";
/// The reference encoder's delay at 48 kHz.
const PRE_SKIP: u16 = 312;
/// Streams, coupled streams and places of 3 to 8 channels in Vorbis order (§5.1.1.2), as the reference encoder has them.
const FAMILY_1: [&[u8]; 6] = [
    &[2, 1, 0, 2, 1],
    &[2, 2, 0, 1, 2, 3],
    &[3, 2, 0, 4, 1, 2, 3],
    &[4, 2, 0, 4, 1, 2, 3, 5],
    &[4, 3, 0, 4, 1, 2, 3, 5, 6],
    &[5, 3, 0, 6, 1, 2, 3, 4, 5, 7],
];

/// What an identification header says. Decoders always put out 48 kHz.
pub fn sound(head: &[u8]) -> Option<Sound> {
    let mut reader = Reader::new(head);
    if reader.array()? != *MAGIC {
        return None;
    }
    reader.u8()?; // version
    Some(Sound { sample_rate: 48_000, channels: reader.u8()? })
}

/// An identification header for 1 to 8 channels; two for any other number.
pub fn head(channels: u8) -> Bytes {
    let mapping = usize::from(channels).checked_sub(3).and_then(|place| FAMILY_1.get(place));
    let mut out = BytesMut::with_capacity(32);
    out.put_slice(MAGIC);
    out.put_slice(&[1, if channels == 1 || mapping.is_some() { channels } else { 2 }]);
    out.put_u16_le(PRE_SKIP);
    out.put_u32_le(48_000);
    out.put_u16_le(0); // output gain
    out.put_u8(u8::from(mapping.is_some()));
    out.put_slice(mapping.copied().unwrap_or_default());
    out.freeze()
}
