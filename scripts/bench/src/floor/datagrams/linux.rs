//! Linux: one call for up to 1,024 receivers, one message for each of them, cut into packets by the kernel.
//! See sendmmsg(2), and udp(7) on `UDP_SEGMENT`.

use std::io::IoSlice;
use std::iter;
use std::net::{SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};

use crate::floor::Counts;

/// Most messages of a call (`UIO_MAXIOV`).
const MESSAGES: usize = 1024;

/// Sends to all receivers of a track.
pub(in crate::floor) struct Sender {
    receivers: Vec<Option<SockaddrIn>>,
    plain: MultiHeaders<SockaddrIn>,
    cut: MultiHeaders<SockaddrIn>,
}

impl Default for Sender {
    fn default() -> Self {
        let plain = MultiHeaders::preallocate(MESSAGES, None);
        let cut = MultiHeaders::preallocate(MESSAGES, Some(cmsg_space!(u16)));
        Self { receivers: Vec::new(), plain, cut }
    }
}

impl Sender {
    pub(in crate::floor) fn set_receivers(&mut self, receivers: impl Iterator<Item = SocketAddrV4>) {
        self.receivers = receivers.map(|receiver| Some(receiver.into())).collect();
    }

    /// Packets of `size` bytes each but the last, or one where there is no size.
    pub(in crate::floor) fn send(
        &mut self,
        socket: &UdpSocket,
        packets: &[u8],
        size: Option<u16>,
        counts: &mut Counts,
    ) {
        let message = [IoSlice::new(packets)];
        let control = size.as_ref().map(ControlMessage::UdpGsoSegments);
        let headers = if size.is_some() { &mut self.cut } else { &mut self.plain };
        let mut rest = &self.receivers[..];
        while !rest.is_empty() {
            let now = &rest[..rest.len().min(MESSAGES)];
            let messages = iter::repeat_n(&message, now.len());
            let flags = MsgFlags::MSG_DONTWAIT;
            let sent = match sendmmsg(socket.as_raw_fd(), headers, messages, now, control.as_slice(), flags) {
                Ok(sent) => sent.count(),
                Err(Errno::EINTR) => 0,
                Err(_) => {
                    counts.dropped += rest.len() as u64;
                    return;
                }
            };
            counts.writes += sent as u64;
            counts.bytes += (sent * packets.len()) as u64;
            rest = &rest[sent..];
        }
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("receivers", &self.receivers.len()).finish_non_exhaustive()
    }
}
