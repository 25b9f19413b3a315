//! What the kernel does for UDP sockets if asked, and how large it makes their buffers.

use std::io;
use std::mem;
use std::os::fd::AsRawFd;

use libc::c_int;
use socket2::Socket;

/// The kernel tells double of what was asked for: the other half is for its own bookkeeping.
pub(in crate::datagram) const BUFFER_UNIT: usize = 2;

/// What an operator raises to let sockets have more.
pub(in crate::datagram) const BUFFER_BOUND: Option<&str> = Some("net.core.rmem_max");

/// Sets the receive buffer, past the bound if we may.
pub(in crate::datagram) fn grow_recv(socket: &Socket, size: usize) -> io::Result<()> {
    let past = c_int::try_from(size).map(|size| set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, size));
    if let Ok(Ok(())) = past { Ok(()) } else { socket.set_recv_buffer_size(size) }
}

/// Sets the send buffer, past the bound if we may.
pub(in crate::datagram) fn grow_send(socket: &Socket, size: usize) -> io::Result<()> {
    let past = c_int::try_from(size).map(|size| set(socket, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, size));
    if let Ok(Ok(())) = past { Ok(()) } else { socket.set_send_buffer_size(size) }
}

/// Whether the kernel knows `UDP_SEGMENT`: one that does not would ignore it and send everything as one datagram.
/// 0 is what every socket has anyway.
pub(in crate::datagram) fn can_segment(socket: &Socket) -> bool {
    set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok()
}

/// Lets the kernel put datagrams together; false if it cannot.
pub(in crate::datagram) fn coalesce(socket: &Socket) -> bool {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, 1).is_ok()
}

fn set(socket: &Socket, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    let size = libc::socklen_t::try_from(mem::size_of::<c_int>()).map_err(io::Error::other)?;
    // SAFETY: setsockopt reads `size` bytes through the pointer, which is one c_int that lives through the call;
    // the descriptor is open because `socket` is borrowed.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), size) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
