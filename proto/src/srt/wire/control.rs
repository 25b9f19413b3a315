//! Control packets.
//!
//! Spec: draft-sharabayko-srt §3.2.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

use super::header::control_head;
use super::{Losses, Outgoing, SPEC};
use crate::bytes::Reader;
use crate::srt::seq::Seq;

// The type in the high half of the first word, the subtype in the low half.
const HANDSHAKE: u32 = 0;
const KEEP_ALIVE: u32 = 1 << 16;
const ACK: u32 = 2 << 16;
const NAK: u32 = 3 << 16;
const CONGESTION: u32 = 4 << 16;
const SHUTDOWN: u32 = 5 << 16;
const ACK_ACK: u32 = 6 << 16;
const DROP_REQUEST: u32 = 7 << 16;
const PEER_ERROR: u32 = 8 << 16;
const EXTENSION: u32 = 0x7FFF << 16;
const HELLO: u32 = EXTENSION | 1;
const HELLO_REPLY: u32 = EXTENSION | 2;
const KEY_REQUEST: u32 = EXTENSION | 3;
const KEY_RESPONSE: u32 = EXTENSION | 4;

/// What a control packet says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Control<'a> {
    /// A handshake, still to be parsed.
    Handshake(&'a [u8]),
    /// The peer is there.
    KeepAlive,
    /// Packets have arrived.
    Ack(Ack),
    /// Packets are missing.
    Nak(Losses<'a>),
    /// The peer is overwhelmed; long out of use.
    Congestion,
    /// The peer goes.
    Shutdown,
    /// An acknowledgement has arrived: its number.
    AckAck(u32),
    /// The sender has given packets up.
    DropRequest {
        /// The message, or 0.
        message: u32,
        /// The first packet.
        first: Seq,
        /// The last packet.
        last: Seq,
    },
    /// The peer has a problem with its file; it has a number.
    PeerError(u32),
    /// Greeting of peers before 1.3: `HSREQ` or `HSRSP` outside of a handshake.
    OldHello,
    /// New keys, still to be parsed.
    KeyRequest(&'a [u8]),
    /// The answer to new keys: the same again, or one word that is a [`super::KeyState`].
    KeyResponse(&'a [u8]),
    /// Something that this version of the protocol does not know: its first word.
    Unknown(u32),
}

/// An acknowledgement.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Ack {
    /// Its own number, which the answer repeats; 0 when no answer is wanted.
    pub number: u32,
    /// All packets before this one have arrived or are no longer wanted.
    pub next: Seq,
    /// More, unless it is a light one.
    pub report: Option<Report>,
}

/// What a receiver has measured.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Round trip time, µs.
    pub rtt: u32,
    /// Its variance, µs.
    pub rtt_variance: u32,
    /// How many packets more the receiver can hold.
    pub room: u32,
    /// Packets per second; absent in a small one.
    pub packet_rate: u32,
    /// Estimated capacity of the link, packets per second.
    pub capacity: u32,
    /// Bytes per second.
    pub byte_rate: u32,
}

impl<'a> Control<'a> {
    /// From the first two words and what follows the header.
    pub(super) fn parse(first: u32, info: u32, body: &'a [u8]) -> Result<Self, Error> {
        let kind = first & 0x7FFF_FFFF;
        // Only user-defined types have a subtype that means something.
        let kind = if kind & EXTENSION == EXTENSION { kind } else { kind & EXTENSION };
        Ok(match kind {
            HANDSHAKE => Self::Handshake(body),
            KEEP_ALIVE => Self::KeepAlive,
            ACK => Self::Ack(Ack::parse(info, body)?),
            NAK => Self::Nak(Losses::new(body)),
            CONGESTION => Self::Congestion,
            SHUTDOWN => Self::Shutdown,
            ACK_ACK => Self::AckAck(info),
            DROP_REQUEST => drop_request(info, body)?,
            PEER_ERROR => Self::PeerError(info),
            HELLO | HELLO_REPLY => Self::OldHello,
            KEY_REQUEST => Self::KeyRequest(body),
            KEY_RESPONSE => Self::KeyResponse(body),
            other => Self::Unknown(other),
        })
    }

    /// As on the wire.
    pub fn write(&self, timestamp: u32, destination: u32) -> Outgoing {
        let (kind, info, body) = match self {
            Self::Handshake(body) => (HANDSHAKE, 0, Bytes::copy_from_slice(body)),
            Self::KeepAlive => (KEEP_ALIVE, 0, Bytes::new()),
            Self::Ack(ack) => (ACK, ack.number, ack.body()),
            Self::Nak(losses) => (NAK, 0, Bytes::copy_from_slice(losses.as_bytes())),
            Self::Congestion => (CONGESTION, 0, Bytes::new()),
            Self::Shutdown => (SHUTDOWN, 0, Bytes::new()),
            Self::AckAck(number) => (ACK_ACK, *number, Bytes::new()),
            Self::DropRequest { message, first, last } => {
                let body = [first.value().to_be_bytes(), last.value().to_be_bytes()].concat();
                (DROP_REQUEST, *message, body.into())
            }
            Self::PeerError(code) => (PEER_ERROR, *code, Bytes::new()),
            Self::OldHello => (HELLO, 0, Bytes::new()),
            Self::KeyRequest(body) => (KEY_REQUEST, 0, Bytes::copy_from_slice(body)),
            Self::KeyResponse(body) => (KEY_RESPONSE, 0, Bytes::copy_from_slice(body)),
            Self::Unknown(kind) => (*kind, 0, Bytes::new()),
        };
        Outgoing { head: control_head(kind, info, timestamp, destination), body }
    }
}

impl Ack {
    fn parse(number: u32, body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let next = reader.u32().ok_or_else(|| Error::malformed("acknowledgement says no number", SPEC))?;
        let report = match (reader.u32(), reader.u32(), reader.u32()) {
            (Some(rtt), Some(rtt_variance), Some(room)) => Some(Report {
                rtt,
                rtt_variance,
                room,
                packet_rate: reader.u32().unwrap_or_default(),
                capacity: reader.u32().unwrap_or_default(),
                byte_rate: reader.u32().unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Self { number, next: Seq::new(next), report })
    }

    fn body(&self) -> Bytes {
        let mut body = BytesMut::with_capacity(28);
        body.put_u32(self.next.value());
        if let Some(report) = &self.report {
            let words = [report.rtt, report.rtt_variance, report.room];
            let rates = [report.packet_rate, report.capacity, report.byte_rate];
            words.into_iter().chain(rates).for_each(|word| body.put_u32(word));
        }
        body.freeze()
    }
}

fn drop_request(message: u32, body: &[u8]) -> Result<Control<'_>, Error> {
    let mut reader = Reader::new(body);
    let (Some(first), Some(last)) = (reader.u32(), reader.u32()) else {
        return Err(Error::malformed("drop request names no packets", SPEC));
    };
    Ok(Control::DropRequest { message, first: Seq::new(first), last: Seq::new(last) })
}
