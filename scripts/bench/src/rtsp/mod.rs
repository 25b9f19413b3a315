//! One RTSP player from OPTIONS to packets: bytes in, bytes out, no sockets.
//! Follows RFC 2326 for the conversation, RFC 3550 for what is counted and reported.

mod hop;
mod report;
mod sdp;
mod sequence;
mod session;
mod track;
mod wire;

pub use sequence::Tally;
pub use session::{Ports, RtspSession};
pub use track::RTP_HEAD;
