//! Windows: no descriptor limit to raise, no ports to share.

use std::io::{self, IoSlice, Write};

use mio::net::TcpStream;

/// WSAEMFILE: no more sockets.
const WSAEMFILE: i32 = 10024;
/// WSAENOBUFS: no buffer space.
const WSAENOBUFS: i32 = 10055;

/// Listeners cannot share a port evenly here: worker 0 accepts and deals.
pub(crate) fn balance(_socket: &socket2::Socket) -> bool {
    false
}

/// Writes several pieces at once.
pub(crate) fn write_pieces(stream: &mut TcpStream, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    stream.write_vectored(pieces)
}

/// Whether an accept failed because the process or the system has no sockets left.
pub(crate) fn out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(WSAEMFILE | WSAENOBUFS))
}

/// There is no such limit here.
pub(crate) fn raise_descriptor_limit(_wanted: Option<u64>) -> io::Result<u64> {
    Ok(u64::MAX)
}
