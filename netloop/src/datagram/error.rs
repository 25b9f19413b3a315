//! Which errors of a UDP socket are the socket's own; all others are one datagram's or one peer's misfortune.

use std::io;

/// Not a socket, no socket any more, or shut down: nothing will ever go through it.
#[cfg(unix)]
const FATAL: [i32; 4] = [libc::EBADF, libc::ENOTSOCK, libc::EFAULT, libc::EPIPE];
/// WSAEBADF, WSAENOTSOCK, WSAEFAULT, WSAESHUTDOWN.
#[cfg(windows)]
const FATAL: [i32; 4] = [10009, 10038, 10014, 10058];

/// Whether the socket itself is of no use any more.
pub(super) fn is_fatal(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| FATAL.contains(&code))
}

/// Whether a datagram was longer than the buffer (WSAEMSGSIZE); elsewhere that is no error.
#[cfg(any(not(target_os = "linux"), test))]
pub(super) fn is_too_long(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(10040)
}
