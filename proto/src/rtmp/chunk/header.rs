//! One chunk's header. Spec: RTMP 1.0 §5.3.1.

use crate::bytes::Reader;

use super::EXTENDED;

/// Longest header: three bytes for the chunk stream id, eleven of message header, four of extended time.
pub(super) const MAX: usize = 18;

/// What a chunk's header says, as far as it says anything.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) chunk_stream: u32,
    pub(super) format: u8,
    /// Time field of formats 0 to 2: absolute in 0, a difference in 1 and 2. [`EXTENDED`] when `extended` holds it.
    pub(super) time: u32,
    /// Message length, of formats 0 and 1.
    pub(super) length: u32,
    /// Message type, of formats 0 and 1.
    pub(super) kind: u8,
    /// Message stream, of format 0.
    pub(super) stream: u32,
    /// The 32-bit time behind formats 0 to 2.
    pub(super) extended: Option<u32>,
    /// Its length in bytes.
    pub(super) size: usize,
}

/// Reads a header; `None` when it is not all there. What may follow a format 3 header is not looked at.
pub(super) fn parse(data: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(data);
    let first = reader.u8()?;
    let chunk_stream = match first & 0x3F {
        0 => 64 + u32::from(reader.u8()?),
        1 => 64 + u32::from(reader.u8()?) + 256 * u32::from(reader.u8()?),
        id => u32::from(id),
    };
    let format = first >> 6;
    let mut header =
        Header { chunk_stream, format, time: 0, length: 0, kind: 0, stream: 0, extended: None, size: 0 };
    if format <= 2 {
        header.time = reader.u24()?;
    }
    if format <= 1 {
        header.length = reader.u24()?;
        header.kind = reader.u8()?;
    }
    if format == 0 {
        header.stream = u32::from_le_bytes(reader.array()?);
    }
    if format <= 2 && header.time == EXTENDED {
        header.extended = Some(reader.u32()?);
    }
    header.size = reader.position();
    Some(header)
}
