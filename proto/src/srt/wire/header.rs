//! The 16 bytes in front of everything.
//!
//! Spec: draft-sharabayko-srt §3.1, §3.2.

use rtmpd_core::Error;

use super::{Control, HEADER, SPEC};
use crate::bytes::Reader;
use crate::srt::seq::Seq;

/// This bit tells a control packet from a data packet.
const CONTROL: u32 = 1 << 31;
/// Which part of a message a packet is: the first and the last, as live payloads are.
const SOLO: u32 = 0b11 << 30;
const IN_ORDER: u32 = 1 << 29;
const KEY_SHIFT: u32 = 27;
const RETRANSMITTED: u32 = 1 << 26;
/// Message numbers have 26 bits.
const MESSAGE: u32 = RETRANSMITTED - 1;

/// A datagram, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// A payload.
    Data(DataHead, &'a [u8]),
    /// Anything else.
    Control {
        /// What it says.
        control: Control<'a>,
        /// µs since the sender's start, wrapping.
        timestamp: u32,
        /// The receiver's socket id; 0 for a listener.
        destination: u32,
    },
}

/// Which of two keys a payload is encrypted with.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum KeySlot {
    /// It is not.
    #[default]
    Clear,
    /// The even one.
    Even,
    /// The odd one.
    Odd,
}

/// The head of a data packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct DataHead {
    /// Its number.
    pub seq: Seq,
    /// The number of its message (26 bits); live payloads are one message each.
    pub message: u32,
    /// It is a whole message; live payloads are.
    pub solo: bool,
    /// Its message is to be delivered in order.
    pub in_order: bool,
    /// What its payload is encrypted with.
    pub key: KeySlot,
    /// It was sent before.
    pub retransmitted: bool,
    /// µs since the sender's start, wrapping, when the payload was handed over for sending.
    pub timestamp: u32,
    /// The receiver's socket id.
    pub destination: u32,
}

/// The socket id that a datagram is for; `None` when it is too short to be SRT.
pub fn destination(data: &[u8]) -> Option<u32> {
    data.get(12..HEADER).and_then(|id| id.try_into().ok()).map(u32::from_be_bytes)
}

impl<'a> Packet<'a> {
    /// Takes a datagram apart.
    ///
    /// # Errors
    /// When it is shorter than its fields.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(data);
        let head = (reader.u32(), reader.u32(), reader.u32(), reader.u32());
        let (Some(first), Some(second), Some(timestamp), Some(destination)) = head else {
            return Err(Error::malformed("datagram is shorter than a header of 16 bytes", SPEC));
        };
        let body = reader.rest();
        if first & CONTROL == 0 {
            let head = DataHead::from_words(first, second, timestamp, destination);
            return Ok(Self::Data(head, body));
        }
        let control = Control::parse(first, second, body)?;
        Ok(Self::Control { control, timestamp, destination })
    }
}

impl DataHead {
    fn from_words(first: u32, second: u32, timestamp: u32, destination: u32) -> Self {
        Self {
            seq: Seq::new(first),
            message: second & MESSAGE,
            solo: second & SOLO == SOLO,
            in_order: second & IN_ORDER != 0,
            key: KeySlot::from_bits(second >> KEY_SHIFT),
            retransmitted: second & RETRANSMITTED != 0,
            timestamp,
            destination,
        }
    }

    /// As on the wire. A packet that is no whole message is written as a part in its middle.
    pub fn write(&self) -> [u8; HEADER] {
        let mut second = self.message & MESSAGE | self.key.bits() << KEY_SHIFT;
        for (flag, bits) in
            [(self.solo, SOLO), (self.in_order, IN_ORDER), (self.retransmitted, RETRANSMITTED)]
        {
            second |= if flag { bits } else { 0 };
        }
        join([self.seq.value(), second, self.timestamp, self.destination])
    }
}

impl KeySlot {
    /// From the low two bits; both at once do not occur in data packets and count as the odd one.
    fn from_bits(bits: u32) -> Self {
        match bits & 0b11 {
            0 => Self::Clear,
            1 => Self::Even,
            _ => Self::Odd,
        }
    }

    /// As in the field KK.
    pub fn bits(self) -> u32 {
        match self {
            Self::Clear => 0,
            Self::Even => 1,
            Self::Odd => 2,
        }
    }

    /// The other of the two keys.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Clear => Self::Clear,
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
        }
    }
}

/// Four words as a header.
pub(super) fn join(words: [u32; 4]) -> [u8; HEADER] {
    let mut head = [0; HEADER];
    for (bytes, word) in head.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    head
}

/// The header of a control packet.
pub(super) fn control_head(kind: u32, info: u32, timestamp: u32, destination: u32) -> [u8; HEADER] {
    join([CONTROL | kind, info, timestamp, destination])
}
