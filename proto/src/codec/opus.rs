//! Opus: identification header.
//!
//! Specs: RFC 7845 §5.1, Encapsulation of Opus in ISO Base Media File Format §4.3.2.

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

/// A `dOps` of this identification header: no name, version 0, big-endian (Opus in ISOBMFF §4.3.2). `None` where it is
/// cut off.
pub fn specific(head: &[u8]) -> Option<Bytes> {
    let mut reader = Reader::new(head);
    if reader.array()? != *MAGIC {
        return None;
    }
    reader.u8()?; // version
    let channels = reader.u8()?;
    let mut out = BytesMut::with_capacity(head.len());
    out.put_slice(&[0, channels]);
    out.put_u16(u16::from_le_bytes(reader.array()?));
    out.put_u32(u32::from_le_bytes(reader.array()?));
    out.put_u16(u16::from_le_bytes(reader.array()?));
    put_mapping(&mut out, &mut reader, channels)?;
    Some(out.freeze())
}

/// The identification header that this `dOps` says.
pub fn head_of_specific(specific: &[u8]) -> Option<Bytes> {
    let mut reader = Reader::new(specific);
    if reader.u8()? != 0 {
        return None;
    }
    let channels = reader.u8()?;
    let mut out = BytesMut::with_capacity(specific.len() + 8);
    out.put_slice(MAGIC);
    out.put_slice(&[1, channels]);
    out.put_u16_le(reader.u16()?);
    out.put_u32_le(reader.u32()?);
    out.put_u16_le(reader.u16()?);
    put_mapping(&mut out, &mut reader, channels)?;
    Some(out.freeze())
}

/// Copies the mapping family and its table, alike in both forms.
fn put_mapping(out: &mut BytesMut, reader: &mut Reader<'_>, channels: u8) -> Option<()> {
    let family = reader.u8()?;
    out.put_u8(family);
    if family != 0 {
        out.put_slice(reader.take(2 + usize::from(channels))?);
    }
    Some(())
}
