//! Tags out of an FLV byte stream, in whatever pieces it comes.
//! Follows FLV 10.1 annexes E.2 to E.4.1.

use crate::error::Fault;
use crate::media::Message;

/// Length of the file header with the first PreviousTagSize.
const FILE_HEADER: usize = 13;
/// Length of a tag header.
const TAG_HEADER: usize = 11;

/// An incremental FLV reader.
#[derive(Debug, Default)]
pub struct FlvReader {
    input: Vec<u8>,
    used: usize,
    begun: bool,
}

impl FlvReader {
    /// Takes bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next whole tag, or nothing until more bytes come. Fails when the stream is not FLV.
    pub fn next_tag(&mut self) -> Result<Option<Message>, Fault> {
        if !self.begun {
            let Some(head) = self.input.get(..FILE_HEADER) else { return Ok(None) };
            if !head.starts_with(b"FLV") {
                return Err(Fault::new(format!("flv signature: {:?}, expected \"FLV\"", &head[..3])));
            }
            self.used = FILE_HEADER;
            self.begun = true;
        }
        let Some((message, length)) = read_tag(&self.input[self.used..]) else { return Ok(None) };
        self.used += length;
        Ok(Some(message))
    }
}

/// One tag with its PreviousTagSize, and its length.
fn read_tag(input: &[u8]) -> Option<(Message, usize)> {
    let head = input.first_chunk::<TAG_HEADER>()?;
    let size = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
    let timestamp = u32::from_be_bytes([head[7], head[4], head[5], head[6]]);
    let total = TAG_HEADER + size + 4;
    let body = input.get(..total)?.get(TAG_HEADER..TAG_HEADER + size)?;
    Some((Message { kind: head[0] & 0x1f, timestamp, payload: body.to_vec() }, total))
}
