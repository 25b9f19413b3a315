//! Bytes ⇄ messages: the chunk stream.
//!
//! Spec: RTMP 1.0 §5.3. Messages are cut into chunks, so that a long one does not hold up the others.

mod header;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use bytes::Bytes;

pub use reader::{ChunkReader, Limits};
pub use writer::{Envelope, MAX_HEADER, put_message, readdress};

/// Chunk payload size until a peer says otherwise, in bytes (RTMP 1.0 §5.4.1).
pub const DEFAULT_CHUNK_SIZE: usize = 128;
/// What stands in a 24-bit time field when the time needs 32 bits.
const EXTENDED: u32 = 0x00FF_FFFF;

/// A whole message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What kind it is; see [`super::message`].
    pub kind: u8,
    /// The message stream it belongs to; 0 for the connection itself.
    pub stream: u32,
    /// ms, modulo 2^32.
    pub timestamp: u32,
    /// What it says.
    pub payload: Bytes,
}
