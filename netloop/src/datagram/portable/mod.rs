//! Other systems: one call for each datagram.

#[cfg(not(target_os = "linux"))]
pub(super) mod offload;
mod receiver;
mod sender;

pub(super) use receiver::Receiver;
pub(super) use sender::Sender;
