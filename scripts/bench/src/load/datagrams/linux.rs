//! Linux: one system call for all of them.
//! See recvmmsg(2).

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;

use mio::net::UdpSocket;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg};

use super::DATAGRAMS;

pub(super) struct Receiver(MultiHeaders<()>);

impl Receiver {
    pub(super) fn new() -> Self {
        Self(MultiHeaders::preallocate(DATAGRAMS, None))
    }

    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        bytes: &mut [u8],
        room: usize,
        lengths: &mut Vec<usize>,
    ) -> io::Result<()> {
        let mut rooms: Vec<_> =
            bytes.chunks_exact_mut(room).take(DATAGRAMS).map(|room| [IoSliceMut::new(room)]).collect();
        let flags = MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
        match recvmmsg(socket.as_raw_fd(), &mut self.0, rooms.iter_mut(), flags, None) {
            Ok(received) => lengths.extend(received.map(|message| message.bytes)),
            Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
