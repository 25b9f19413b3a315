//! Elsewhere: packet by packet.

use std::net::{SocketAddrV4, UdpSocket};

use crate::floor::Counts;

/// Sends to all receivers of a track.
#[derive(Debug, Default)]
pub(in crate::floor) struct Sender {
    receivers: Vec<SocketAddrV4>,
}

impl Sender {
    pub(in crate::floor) fn set_receivers(&mut self, receivers: impl Iterator<Item = SocketAddrV4>) {
        self.receivers = receivers.collect();
    }

    /// Packets of `size` bytes each but the last, or one where there is no size.
    pub(in crate::floor) fn send(
        &mut self,
        socket: &UdpSocket,
        packets: &[u8],
        size: Option<u16>,
        counts: &mut Counts,
    ) {
        for receiver in &self.receivers {
            for packet in packets.chunks(size.map_or(packets.len().max(1), usize::from)) {
                match socket.send_to(packet, receiver) {
                    Ok(sent) => counts.bytes += sent as u64,
                    Err(_) => counts.dropped += 1,
                }
                counts.writes += 1;
            }
        }
    }
}
