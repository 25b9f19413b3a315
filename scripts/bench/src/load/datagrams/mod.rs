//! Datagrams taken from a socket many at a time, and no more of each than is wanted.
//! See recvmmsg(2); `MSG_TRUNC` tells a datagram's whole length where only its first bytes are copied.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod here;
#[cfg(not(target_os = "linux"))]
#[path = "portable.rs"]
mod here;

/// Most datagrams taken at once.
const DATAGRAMS: usize = 64;
/// Room for each; longer ones are cut.
const ROOM: usize = 2048;

/// The datagrams of the last receive.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    room: usize,
    receiver: here::Receiver,
}

impl Batch {
    pub(super) fn new() -> Self {
        let (bytes, lengths) = (vec![0; DATAGRAMS * ROOM], Vec::with_capacity(DATAGRAMS));
        Self { bytes, lengths, room: ROOM, receiver: here::Receiver::new() }
    }

    /// Takes what is there, up to `room` bytes of each; false when there may be more.
    pub(super) fn receive(&mut self, socket: &mio::net::UdpSocket, room: usize) -> std::io::Result<bool> {
        self.room = room.clamp(1, ROOM);
        self.lengths.clear();
        self.receiver.receive(socket, &mut self.bytes, self.room, &mut self.lengths)?;
        Ok(self.lengths.len() < DATAGRAMS)
    }

    /// Each datagram's first bytes and its whole length.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (&[u8], usize)> {
        let cut = |(room, length): (_, &usize)| {
            let room: &[u8] = room;
            (&room[..room.len().min(*length)], *length)
        };
        self.bytes.chunks_exact(self.room).zip(&self.lengths).map(cut)
    }
}
