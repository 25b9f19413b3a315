//! FLAC: stream information.
//!
//! Spec: RFC 9639 §8.1 (metadata block header), §8.2 (STREAMINFO).

use bytes::{BufMut, Bytes, BytesMut};

use super::Sound;
use crate::bytes::{Bits, Reader};

/// What a FLAC stream begins with.
pub const MAGIC: [u8; 4] = *b"fLaC";
const STREAMINFO_LEN: usize = 34;
/// STREAMINFO (type 0) as the last block, 34 bytes long.
const STREAMINFO_HEADER: [u8; 4] = [0x80, 0, 0, 34];

/// The metadata blocks as ISO BMFF's dfLa has them, from a stream's head (`fLaC` and blocks), from blocks alone or
/// from a bare STREAMINFO. `None` when STREAMINFO is not the first of them.
pub fn blocks(data: &[u8]) -> Option<Bytes> {
    let blocks = data.strip_prefix(&MAGIC).unwrap_or(data);
    if blocks.len() == STREAMINFO_LEN {
        let mut out = BytesMut::with_capacity(STREAMINFO_HEADER.len() + STREAMINFO_LEN);
        out.put_slice(&STREAMINFO_HEADER);
        out.put_slice(blocks);
        return Some(out.freeze());
    }
    let mut reader = Reader::new(blocks);
    let is_info = reader.u8()? & 0x7F == 0 && reader.u24()? as usize == STREAMINFO_LEN;
    (is_info && reader.remaining() >= STREAMINFO_LEN).then(|| Bytes::copy_from_slice(blocks))
}

/// What the STREAMINFO at the front of `blocks` says.
pub fn sound(blocks: &[u8]) -> Option<Sound> {
    let mut bits = Bits::new(blocks.get(STREAMINFO_HEADER.len()..)?);
    bits.skip(2 * 16 + 2 * 24)?; // block and frame sizes
    Some(Sound { sample_rate: bits.read(20)?, channels: bits.read(3)? as u8 + 1 })
}

/// Bits of a sample, as the STREAMINFO at the front of `blocks` says.
pub fn sample_bits(blocks: &[u8]) -> Option<u16> {
    let mut bits = Bits::new(blocks.get(STREAMINFO_HEADER.len()..)?);
    bits.skip(2 * 16 + 2 * 24 + 20 + 3)?; // block and frame sizes, sample rate, channels
    Some(bits.read(5)? as u16 + 1)
}
