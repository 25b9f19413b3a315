//! What one piece of a tag body says, before anything is known about the stream.

use bytes::Bytes;
use rtmpd_core::media::Codec;

/// One track's share of a tag body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Track id of Enhanced RTMP multitrack; 0 without it.
    pub index: u8,
    /// What the presentation time has beyond ms, in ns (ModEx TimestampOffsetNano).
    pub offset_ns: u32,
    /// What it says.
    pub content: Content,
}

/// See [`Part`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// A sequence header, not looked into.
    Config {
        /// What it configures.
        codec: Codec,
        /// avcC, hvcC, AudioSpecificConfig … as it stands in the body.
        data: Bytes,
    },
    /// An access unit.
    Frame {
        /// What it is encoded with.
        codec: Codec,
        /// The encoder calls it a keyframe. True for sound.
        key: bool,
        /// Composition time offset in ms.
        cts: i32,
        /// The access unit as it stands in the body.
        data: Bytes,
        /// What the bits of a classic audio header say; believed only where the frame itself says nothing.
        hint: Option<crate::codec::Sound>,
    },
    /// How many channels a track has, where its codec does not say.
    Channels(u8),
    /// The track ends here; it may begin again.
    End,
    /// Nothing that matters here: commands, colour information, MPEG-2 TS headers. The text names it.
    Ignored(&'static str),
    /// A codec that is not carried. The text names it.
    Unsupported(String),
}
