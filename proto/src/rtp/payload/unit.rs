//! What comes out of a depacketizer, and what it counts.

use bytes::Bytes;

/// An access unit that is whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Presentation time in ticks of the RTP clock. Units of an aggregate have their own.
    pub timestamp: i64,
    /// A decoder can begin here. Always true for sound.
    pub key: bool,
    /// The access unit, as [`rtmpd_core::media::Frame`] has it.
    pub data: Bytes,
    /// A new decoder configuration that holds from this unit on (avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead).
    pub config: Option<Bytes>,
}

/// What did not come out, and why.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Access units that were left out because something of them is missing or wrong.
    pub damaged: u64,
    /// Whole pictures that were left out because decoding cannot begin with them: at the begin and after a loss, up to
    /// the next keyframe.
    pub waiting: u64,
    /// Payloads that are not what the payload format allows, or what of it is carried.
    pub malformed: u64,
}
