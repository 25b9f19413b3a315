//! One datagram after the other.

use std::io::{self, IoSlice};

use socket2::{SockAddr, SockRef};

use crate::datagram::address::for_socket;
use crate::datagram::error::is_fatal;
use crate::datagram::outgoing::Datagram;
use crate::datagram::socket::Socket;

/// Sends batches; one for all sockets of a thread.
#[derive(Debug, Default)]
pub(in crate::datagram) struct Sender {
    lost: u64,
}

impl Sender {
    pub(in crate::datagram) fn lost(&self) -> u64 {
        self.lost
    }

    pub(in crate::datagram) fn send<D: Datagram>(
        &mut self,
        socket: &Socket,
        batch: &[D],
    ) -> io::Result<usize> {
        let mut taken = 0;
        while let Some(datagram) = batch.get(taken) {
            match send_one(socket, datagram) {
                Ok(()) => taken += 1,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if is_fatal(&error) && taken == 0 => return Err(error),
                Err(error) if is_fatal(&error) => break,
                Err(_) => {
                    self.lost += 1;
                    taken += 1;
                }
            }
        }
        Ok(taken)
    }
}

fn send_one<D: Datagram>(socket: &Socket, datagram: &D) -> io::Result<()> {
    let to = SockAddr::from(for_socket(datagram.to(), socket.is_ipv6()));
    let pieces = datagram.pieces().map(IoSlice::new);
    // Windows must know of a call that would block, to tell when it would not.
    socket.inner().try_io(|| SockRef::from(socket.inner()).send_to_vectored(&pieces, &to))?;
    Ok(())
}
