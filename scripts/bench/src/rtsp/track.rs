//! One track of a player: how it is described, how it travels, what has come.
//! Follows RFC 3550 section 5.1 for the header.

use super::sequence::Sequence;
use crate::media::Message;

/// Bytes of an RTP header without contributing sources.
pub const RTP_HEAD: usize = 12;

#[derive(Debug)]
pub(super) struct Track {
    /// Kind of its messages.
    pub(super) kind: u8,
    /// Ticks per second of its timestamps.
    pub(super) clock: u32,
    /// Where to set it up.
    pub(super) control: String,
    /// Its RTP channel inside the connection.
    pub(super) channel: u8,
    /// The server's RTP and RTCP ports.
    pub(super) remote: (u16, u16),
    pub(super) sequence: Sequence,
    /// The source, as its last packet names it.
    pub(super) ssrc: u32,
    first_time: Option<u32>,
}

impl Track {
    pub(super) fn new(kind: u8, clock: u32, control: String) -> Self {
        let sequence = Sequence::default();
        Self { kind, clock, control, channel: 0, remote: (0, 0), sequence, ssrc: 0, first_time: None }
    }

    /// Counts a packet, of which the first bytes are enough.
    pub(super) fn note(&mut self, head: &[u8]) {
        if let [_, _, high, low, rest @ ..] = head {
            self.sequence.note(u16::from_be_bytes([*high, *low]));
            if let [_, _, _, _, ssrc @ ..] = rest
                && let Some(ssrc) = ssrc.first_chunk()
            {
                self.ssrc = u32::from_be_bytes(*ssrc);
            }
        }
    }

    /// The packet as a message whose time begins at 0; nothing when it is none.
    pub(super) fn message(&mut self, packet: &[u8]) -> Option<Message> {
        let (head, payload) = packet.split_first_chunk::<RTP_HEAD>()?;
        let time = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let ticks = time.wrapping_sub(*self.first_time.get_or_insert(time));
        let timestamp = (u64::from(ticks) * 1000 / u64::from(self.clock.max(1))) as u32;
        Some(Message { kind: self.kind, timestamp, payload: payload.to_vec() })
    }
}
