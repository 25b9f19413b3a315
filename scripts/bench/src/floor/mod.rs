//! The floor: the least a program can do to send a stream to many sockets.
//! One buffer, one loop, one write per socket and frame; what a server costs beyond this is the server's own.

mod client;
mod pace;
mod serve;

pub use pace::{Pace, Rhythm};
pub use serve::{Counts, Floor};
