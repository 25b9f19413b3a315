//! Nothing is done here by the system, and buffers are as large as it says.

use std::io;

use socket2::Socket;

/// The system tells sizes in bytes.
pub(in crate::datagram) const BUFFER_UNIT: usize = 1;

/// What an operator raises to let sockets have more.
pub(in crate::datagram) const BUFFER_BOUND: Option<&str> =
    if cfg!(target_os = "windows") { None } else { Some("kern.ipc.maxsockbuf") };

/// Sets the receive buffer.
pub(in crate::datagram) fn grow_recv(socket: &Socket, size: usize) -> io::Result<()> {
    socket.set_recv_buffer_size(size)
}

/// Sets the send buffer.
pub(in crate::datagram) fn grow_send(socket: &Socket, size: usize) -> io::Result<()> {
    socket.set_send_buffer_size(size)
}

/// The system cuts nothing.
pub(in crate::datagram) fn can_segment(_socket: &Socket) -> bool {
    false
}

/// The system puts nothing together.
pub(in crate::datagram) fn coalesce(_socket: &Socket) -> bool {
    false
}
