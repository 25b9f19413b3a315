//! Bytes of an FLV, cut anywhere → tags.
//!
//! Spec: FLV 10.1 §E.2 (header), §E.3 (body), §E.4.1 (tag). Back pointers are not looked at: too many writers get them
//! wrong. A tag's body is at most 16 MiB long because its length has 24 bits.

use bytes::{Buf, Bytes, BytesMut};
use rtmpd_core::Error;

use super::TagType;
use crate::bytes::Reader;

const BACK_POINTER_LEN: usize = 4;
const TAG_HEADER_LEN: usize = 11;
const MIN_HEADER: u32 = 9;
/// Headers are 9 bytes long; a longer one has room for what later versions might add.
const MAX_HEADER: u32 = 4096;
const ENCRYPTED: u8 = 0x20;

/// One tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    /// What it carries.
    pub tag: TagType,
    /// Its time in ms, modulo 2^32.
    pub timestamp: u32,
    /// What [`super::Unpackager::push`] takes.
    pub body: Bytes,
}

/// See the module's text. Holds at most one tag and what was pushed last.
#[derive(Debug, Default)]
pub struct Demuxer {
    buffer: BytesMut,
    header_read: bool,
    /// Bytes of the flow before the buffer.
    consumed: u64,
}

impl Demuxer {
    /// A demuxer before the file header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. Poll until there is nothing more before pushing again.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// The next tag; `None` when more bytes are needed. Tags of unknown type are passed over.
    ///
    /// # Errors
    /// When the file header is not FLV's or a tag is encrypted.
    pub fn poll(&mut self) -> Result<Option<Tag>, Error> {
        if !self.header_read {
            let Some(length) = header_len(&self.buffer).map_err(|error| error.at(self.consumed))? else {
                return Ok(None);
            };
            self.advance(length);
            self.header_read = true;
        }
        loop {
            let Some(head) = TagHead::read(&self.buffer) else { return Ok(None) };
            if self.buffer.len() < head.total() {
                return Ok(None);
            }
            let start = self.consumed;
            self.advance(TAG_HEADER_LEN);
            let body = self.buffer.split_to(head.length).freeze();
            self.consumed += head.length as u64;
            self.advance(BACK_POINTER_LEN);
            if head.kind & ENCRYPTED != 0 {
                return Err(Error::malformed(
                    "FLV tag is encrypted, which is not supported",
                    "FLV 10.1 §E.4.1",
                )
                .at(start));
            }
            if let Some(tag) = TagType::from_number(head.kind & 0x1F) {
                return Ok(Some(Tag { tag, timestamp: head.timestamp, body }));
            }
        }
    }

    fn advance(&mut self, count: usize) {
        self.buffer.advance(count);
        self.consumed += count as u64;
    }
}

/// The length of the file header with the first back pointer; `None` while it is not all there.
fn header_len(data: &[u8]) -> Result<Option<usize>, Error> {
    const SPEC: &str = "FLV 10.1 §E.2";
    let signature = data.get(..data.len().min(3)).unwrap_or_default();
    if !b"FLV".starts_with(signature) {
        // Up to the first wrong byte, so that the error is the same whichever way the file is cut.
        let right = b"FLV".iter().zip(signature).take_while(|(expected, found)| expected == found).count();
        let found = signature.get(..=right).unwrap_or(signature).escape_ascii();
        return Err(Error::malformed(format!("file begins with '{found}', expected 'FLV'"), SPEC));
    }
    let mut reader = Reader::new(data);
    let Some([_, _, _, version, _]) = reader.array::<5>() else { return Ok(None) };
    if version != 1 {
        return Err(Error::malformed(format!("FLV version is {version}, expected 1"), SPEC));
    }
    let Some(offset) = reader.u32() else { return Ok(None) };
    if !(MIN_HEADER..=MAX_HEADER).contains(&offset) {
        return Err(Error::malformed(
            format!("FLV header says it is {offset} bytes long, expected {MIN_HEADER} to {MAX_HEADER}"),
            SPEC,
        ));
    }
    let length = offset as usize + BACK_POINTER_LEN;
    Ok((data.len() >= length).then_some(length))
}

struct TagHead {
    kind: u8,
    length: usize,
    timestamp: u32,
}

impl TagHead {
    fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let kind = reader.u8()?;
        let length = reader.u24()? as usize;
        let low = reader.u24()?;
        let high = u32::from(reader.u8()?);
        reader.u24()?; // stream id
        Some(Self { kind, length, timestamp: high << 24 | low })
    }

    fn total(&self) -> usize {
        TAG_HEADER_LEN + self.length + BACK_POINTER_LEN
    }
}
