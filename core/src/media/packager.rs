//! Frames → the bytes of one packaging, made once and shared by all its viewers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::{Description, Frame, Kind, Shelved, TrackId};
use crate::request::StreamKey;
use crate::time::Instant;

/// A muxed form that many viewers share byte for byte. Each protocol room names its own.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Packaging(pub &'static str);

impl fmt::Display for Packaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a [`Packager`] makes of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packed {
    /// What it carries: players may leave out a kind.
    pub kind: Kind,
    /// A player can begin here. On a stream with video: a video keyframe.
    pub key: bool,
    /// The wire bytes.
    pub data: Bytes,
}

/// One [`Packed`] in its place in the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// When the frame came in.
    pub at: Instant,
    /// The [`Description`] it belongs to.
    pub revision: u32,
    /// What it carries.
    pub kind: Kind,
    /// A player can begin here.
    pub key: bool,
    /// Whose bytes these are.
    pub stamp: Stamp,
    /// The wire bytes.
    pub data: Bytes,
}

/// Where in a stream's time a packet belongs: its frame's head.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Stamp {
    /// The frame's track.
    pub track: TrackId,
    /// Its decoding time, in ticks of the track's clock rate.
    pub dts: i64,
    /// Presentation minus decoding time, in ticks.
    pub cts: i32,
    /// The frame's own keyframe mark.
    pub key: bool,
}

/// Muxes one stream into one packaging; lives beside the publisher.
pub trait Packager: Send {
    /// The tracks as they are from here on. Returns what a joiner must get first: sequence headers, PAT/PMT, init
    /// segment.
    fn start(&mut self, description: &Description) -> Bytes;

    /// Appends to `out` what `frame` becomes: nothing when this packaging does not carry its track.
    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>);

    /// What time it is, before each [`Self::start`] and [`Self::push`]: for packagings that speak of calendar time.
    fn tick(&mut self, _now: Instant) {}

    /// The publisher has left and may return: what is begun is finished.
    fn publisher_left(&mut self) {}

    /// The stream is over: nothing will follow.
    fn stream_ended(&mut self) {}

    /// Appends to `out` what became of the objects that players fetch by name since this was last asked.
    fn shelve(&mut self, _out: &mut Vec<Shelved>) {}
}

/// Makes the packager of a packaging of a stream; `None` for one it does not know. The embedding program supplies it,
/// so that a new protocol touches its own room only.
pub type MakePackager = Arc<dyn Fn(Packaging, &StreamKey) -> Option<Box<dyn Packager>> + Send + Sync>;
