//! One encoded access unit.

use bytes::Bytes;

use super::{Stamp, TrackId};

/// One encoded access unit. `data` is shared, never copied per viewer.
///
/// H.264 and H.265 are NAL units with 4-byte big-endian lengths; AAC is raw (no ADTS); AV1 is a temporal unit in
/// low-overhead format; script data ([`super::Codec::Script`]) is AMF0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Which track of the current [`super::Description`].
    pub track: TrackId,
    /// Decoding time, in ticks of the track's clock rate.
    pub dts: i64,
    /// Presentation minus decoding time, in ticks.
    pub cts: i32,
    /// What the presentation time has beyond whole ticks, in ns (Enhanced RTMP v2 `TimestampOffsetNano`).
    pub offset_ns: u32,
    /// A decoder can begin here. Always true for audio.
    pub key: bool,
    /// The access unit.
    pub data: Bytes,
}

impl Frame {
    /// All but its bytes.
    pub fn stamp(&self) -> Stamp {
        Stamp { track: self.track, dts: self.dts, cts: self.cts, key: self.key }
    }

    /// Presentation time, in ticks.
    pub fn pts(&self) -> i64 {
        self.dts.saturating_add(i64::from(self.cts))
    }
}
