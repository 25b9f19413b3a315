//! The floor: the least a program can do to send a stream to many sockets.
//! One buffer, one loop, one write per socket and frame; by datagrams one call for many receivers, cut by the kernel.
//! What a server costs beyond this is the server's own.

mod caller;
mod client;
mod counts;
mod cut;
mod datagrams;
mod pace;
mod rtsp;
mod serve;
mod stream;

pub use counts::Counts;
pub use pace::{Pace, Rhythm};
pub use serve::Floor;
