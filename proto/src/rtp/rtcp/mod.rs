//! RTCP: what the two ends of an RTP flow tell each other about it.
//!
//! Specs: RFC 3550 §6 (SR, RR, SDES, BYE, APP), RFC 4585 §6 (NACK, PLI), RFC 5104 §4.3.1 (FIR), RFC 5506 (reduced size).
//!
//! - `read`: a compound packet ⇒ [`Compound`]
//! - `write`: compound packets that we send, as [`bytes::Bytes`]

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Compound, is_rtcp};
pub use write::{bye, picture_loss, receiver_report, sender_report};

/// Packet types.
const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const RTPFB: u8 = 205;
const PSFB: u8 = 206;

/// Kinds of feedback, which stand where other packets have a count.
const GENERIC_NACK: u8 = 1;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;

/// SDES items.
const CNAME: u8 = 1;

/// One packet of a compound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A sender tells its time, and what it received.
    Sender(SenderReport, Vec<Block>),
    /// A receiver tells what it received.
    Receiver {
        /// The receiver.
        ssrc: u32,
        /// At most 31.
        blocks: Vec<Block>,
    },
    /// A source tells its canonical name, of at most 255 bytes; bytes that are no UTF-8 are replaced.
    Name {
        /// The source.
        ssrc: u32,
        /// CNAME: the same for all of one participant's sources.
        cname: String,
    },
    /// These sources have left; at most 31.
    Bye(Vec<u32>),
    /// These sequence numbers of `media` are asked for again.
    Nack {
        /// Whose packets.
        media: u32,
        /// At most [`MAX_NACKED`].
        sequences: Vec<u16>,
    },
    /// A picture of `media` was lost: a keyframe is asked for.
    PictureLoss {
        /// Whose picture.
        media: u32,
    },
    /// Keyframes are asked for, of these sources; at most [`MAX_NACKED`].
    FullIntra(Vec<u32>),
    /// APP, extended reports and whatever else: passed over. Its packet type.
    Other(u8),
}

/// More sequence numbers or sources than this in one feedback packet are not looked at.
pub const MAX_NACKED: usize = 1024;

/// What a sender says of itself: RFC 3550 §6.4.1.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct SenderReport {
    /// The source.
    pub ssrc: u32,
    /// Its wall clock, as a 64-bit NTP timestamp: seconds since 1900 and a fraction of 32 bits. See [`ntp`].
    pub ntp: u64,
    /// The same moment on the clock of its RTP timestamps.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What a receiver says of one source: RFC 3550 §6.4.1.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Block {
    /// The source.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost so far, 24 bits on the wire; negative where there were duplicates.
    pub lost: i32,
    /// Extended highest sequence number: its wraps in the high half.
    pub highest: u32,
    /// Interarrival jitter, in ticks of the source's clock.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's NTP time; 0 when there was none.
    pub last_sr: u32,
    /// Since that report, in 1/65536 s.
    pub delay: u32,
}

/// Seconds from 1900 to 1970.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// The NTP timestamp of a moment in µs since 1970: RFC 3550 §4.
pub fn ntp(unix_micros: u64) -> u64 {
    let seconds = (unix_micros / 1_000_000).wrapping_add(NTP_TO_UNIX);
    let fraction = ((unix_micros % 1_000_000) << 32) / 1_000_000;
    seconds << 32 | fraction
}

/// An NTP timestamp in µs since 1900, rounded down.
pub fn ntp_micros(ntp: u64) -> i64 {
    let micros = (ntp >> 32) * 1_000_000 + (((ntp & 0xFFFF_FFFF) * 1_000_000) >> 32);
    i64::try_from(micros).unwrap_or(i64::MAX)
}
