//! Linux: `sendmmsg` and `recvmmsg`, with segmentation and coalescing by the kernel.
//!
//! See sendmmsg(2), recvmmsg(2), udp(7) on `UDP_SEGMENT` (Linux 4.18) and `UDP_GRO` (5.0).

mod name;
pub(super) mod offload;
pub(super) mod progress;
mod receiver;
pub(super) mod run;
mod segmenting;
mod sender;

pub(super) use receiver::Receiver;
pub(super) use sender::Sender;
