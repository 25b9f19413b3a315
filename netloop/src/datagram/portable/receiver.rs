//! One datagram after the other.

use std::io;
use std::net::SocketAddr;

use crate::datagram::Received;
use crate::datagram::address::canonical;
use crate::datagram::error::{is_fatal, is_too_long};
use crate::datagram::socket::Socket;

/// Most datagrams for one call.
const DATAGRAMS: usize = 32;

/// Errors passed over in one call: answers of the network to what was sent before.
const PATIENCE: usize = 32;

/// No datagram is longer.
const BUFFER: usize = 65_536;

/// Takes what has come; one for all sockets of a thread.
#[derive(Debug)]
pub(in crate::datagram) struct Receiver {
    buffer: Box<[u8]>,
    truncated: u64,
}

impl Default for Receiver {
    fn default() -> Self {
        Self { buffer: vec![0; BUFFER].into(), truncated: 0 }
    }
}

impl Receiver {
    pub(in crate::datagram) fn truncated(&self) -> u64 {
        self.truncated
    }

    pub(in crate::datagram) fn receive(
        &mut self,
        socket: &Socket,
        mut on: impl FnMut(SocketAddr, &[u8]),
    ) -> io::Result<Received> {
        let (mut datagrams, mut errors) = (0, 0);
        while datagrams < DATAGRAMS && errors < PATIENCE {
            match socket.inner().recv_from(&mut self.buffer) {
                Ok((length, from)) => {
                    datagrams += 1;
                    on(canonical(from), &self.buffer[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Received { datagrams, dry: true });
                }
                Err(error) if is_fatal(&error) && datagrams == 0 => return Err(error),
                Err(error) => {
                    errors += 1;
                    self.truncated += u64::from(is_too_long(&error));
                }
            }
        }
        Ok(Received { datagrams, dry: false })
    }
}
