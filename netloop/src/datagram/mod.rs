//! UDP in batches: many datagrams for few calls of the system, the same face on every system.
//!
//! [`Options`] open a [`Socket`]; a worker needs one [`Sender`] and one [`Receiver`] for all of its sockets, and
//! [`Ports`] deals out the port pairs of RTP and RTCP (RFC 3550 §11). On Linux a batch is one `sendmmsg`, datagrams
//! of one length to one peer are cut by the kernel (`UDP_SEGMENT`), and `recvmmsg` takes what has come, put together
//! by the kernel where that is switched on (`UDP_GRO`); see udp(7), sendmmsg(2) and recvmmsg(2). Elsewhere it is one
//! call for each datagram.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;

#[cfg(target_os = "linux")]
use linux as here;
#[cfg(not(target_os = "linux"))]
use portable as here;

mod address;
mod batch;
mod error;
mod options;
mod outgoing;
mod ports;
mod socket;

pub use batch::{Received, Receiver, Sender};
pub use options::{Multicast, Options};
pub use outgoing::{Datagram, Outgoing};
pub use ports::Ports;
pub use socket::{BufferAdvice, Buffers, Socket};

#[cfg(test)]
mod tests;
