//! Messages → chunks. Spec: RTMP 1.0 §5.3.1.
//!
//! Every message begins with a full header and absolute time, so that its bytes mean the same to every player,
//! whenever it joined.

use bytes::{BufMut, BytesMut};

use super::EXTENDED;
use crate::bytes::put_u24;

/// Longest header of a message's first chunk here, in bytes.
pub const MAX_HEADER: usize = 16;

/// What a message's first header says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Chunk stream, 2 to 63.
    pub chunk_stream: u8,
    /// Message type.
    pub kind: u8,
    /// Message stream.
    pub stream: u32,
    /// ms, modulo 2^32.
    pub timestamp: u32,
}

/// Appends a message whose payload is these parts one behind the other, in chunks of `chunk_size` bytes.
pub fn put_message(out: &mut BytesMut, envelope: Envelope, parts: [&[u8]; 2], chunk_size: usize) {
    let [head, data] = parts;
    let length = head.len() + data.len();
    let extended = envelope.timestamp >= EXTENDED;
    let chunks = length.div_ceil(chunk_size.max(1)).max(1);
    out.reserve(MAX_HEADER + length + (chunks - 1) * if extended { 5 } else { 1 });
    let id = envelope.chunk_stream & 0x3F;
    out.put_u8(id);
    put_u24(out, if extended { EXTENDED } else { envelope.timestamp });
    put_u24(out, u32::try_from(length).unwrap_or(u32::MAX));
    out.put_u8(envelope.kind);
    out.put_u32_le(envelope.stream);
    if extended {
        out.put_u32(envelope.timestamp);
    }
    let mut room = chunk_size;
    for mut part in parts {
        while !part.is_empty() {
            if room == 0 {
                out.put_u8(0xC0 | id);
                if extended {
                    out.put_u32(envelope.timestamp);
                }
                room = chunk_size.max(1);
            }
            let (now, rest) = part.split_at_checked(room).unwrap_or((part, &[]));
            out.put_slice(now);
            room -= now.len();
            part = rest;
        }
    }
}

/// The same bytes for another message stream: the ids in the first headers of whole messages are replaced. For the
/// rare player that does not play on the message stream that shared bytes are made for.
pub fn readdress(data: &[u8], stream: u32, chunk_size: usize) -> BytesMut {
    let mut out = BytesMut::from(data);
    let mut at = 0;
    while let Some(next) = readdress_one(&mut out, at, stream, chunk_size.max(1)) {
        at = next;
    }
    out
}

/// Replaces the id of the message at `at`; returns where the next message begins.
fn readdress_one(out: &mut BytesMut, at: usize, stream: u32, chunk_size: usize) -> Option<usize> {
    let header = out.get(at..)?;
    let time = u32::from_be_bytes([0, *header.get(1)?, *header.get(2)?, *header.get(3)?]);
    let length = u32::from_be_bytes([0, *header.get(4)?, *header.get(5)?, *header.get(6)?]) as usize;
    let extended = if time == EXTENDED { 4 } else { 0 };
    for (place, byte) in out.get_mut(at + 8..at + 12)?.iter_mut().zip(stream.to_le_bytes()) {
        *place = byte;
    }
    let later_chunks = length.div_ceil(chunk_size).max(1) - 1;
    Some(at + 12 + extended + length + later_chunks * (1 + extended))
}
