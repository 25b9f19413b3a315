//! Opus: identification header.
//!
//! Spec: RFC 7845 §5.1.

use bytes::{BufMut, Bytes, BytesMut};

use super::Sound;
use crate::bytes::Reader;

const MAGIC: &[u8; 8] = b"OpusHead";
/// 80 ms, what RFC 7845 §5.1 recommends encoders to use at least and decoders to expect.
const PRE_SKIP: u16 = 3840;

/// What an identification header says. Decoders always put out 48 kHz.
pub fn sound(head: &[u8]) -> Option<Sound> {
    let mut reader = Reader::new(head);
    if reader.array()? != *MAGIC {
        return None;
    }
    reader.u8()?; // version
    Some(Sound { sample_rate: 48_000, channels: reader.u8()? })
}

/// An identification header for one or two channels.
pub fn head(channels: u8) -> Bytes {
    let mut out = BytesMut::with_capacity(19);
    out.put_slice(MAGIC);
    out.put_slice(&[1, channels.clamp(1, 2)]);
    out.put_u16_le(PRE_SKIP);
    out.put_u32_le(48_000);
    out.put_slice(&[0, 0, 0]); // output gain, mapping family 0
    out.freeze()
}
