//! The same packets to many receivers, with the fewest system calls there are.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod here;
#[cfg(not(target_os = "linux"))]
#[path = "portable.rs"]
mod here;

pub(super) use here::Sender;
