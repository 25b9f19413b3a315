//! Elsewhere: one by one, copied whole.
//! What is measured with this is the client as much as the server.

use std::io::{self, ErrorKind};

use mio::net::UdpSocket;

use super::{DATAGRAMS, ROOM};

#[derive(Debug)]
pub(super) struct Receiver(Vec<u8>);

impl Receiver {
    pub(super) fn new() -> Self {
        Self(vec![0; ROOM])
    }

    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        bytes: &mut [u8],
        room: usize,
        lengths: &mut Vec<usize>,
    ) -> io::Result<()> {
        for place in bytes.chunks_exact_mut(room).take(DATAGRAMS) {
            let length = match socket.recv(&mut self.0) {
                Ok(length) => length,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            };
            let kept = length.min(place.len());
            place[..kept].copy_from_slice(&self.0[..kept]);
            lengths.push(length);
        }
        Ok(())
    }
}
