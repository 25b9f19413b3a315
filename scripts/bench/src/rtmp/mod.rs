//! A minimal RTMP client: enough to play or publish one stream, by hand.
//! Follows Adobe's "Real Time Messaging Protocol" 1.0.

mod ack;
mod chunk;
mod session;

pub use ack::AckBook;
pub use chunk::{ChunkReader, RawMessage, write_message};
pub use session::{Role, Session};
