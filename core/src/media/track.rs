//! What the frames of a stream are.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::{Frame, Metadata};

/// Names a track within one [`Description`]; frames carry it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TrackId(pub u8);

/// What a track carries.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Timed data: cue points, captions, metadata changes.
    Data,
}

/// How a track is encoded.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Codec {
    H264,
    H265,
    Av1,
    Vp9,
    Vp8,
    Aac,
    Opus,
    Flac,
    Ac3,
    Eac3,
    Mp3,
    G711A,
    G711U,
    /// AMF0 script data: a handler name and its arguments.
    Script,
}

impl Codec {
    /// The name that logs and the API use.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Av1 => "av1",
            Self::Vp9 => "vp9",
            Self::Vp8 => "vp8",
            Self::Aac => "aac",
            Self::Opus => "opus",
            Self::Flac => "flac",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Mp3 => "mp3",
            Self::G711A => "g711a",
            Self::G711U => "g711u",
            Self::Script => "script",
        }
    }

    /// What it encodes.
    pub fn kind(self) -> Kind {
        match self {
            Self::H264 | Self::H265 | Self::Av1 | Self::Vp9 | Self::Vp8 => Kind::Video,
            Self::Aac
            | Self::Opus
            | Self::Flac
            | Self::Ac3
            | Self::Eac3
            | Self::Mp3
            | Self::G711A
            | Self::G711U => Kind::Audio,
            Self::Script => Kind::Data,
        }
    }
}

/// One elementary stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    /// Its name within the description.
    pub id: TrackId,
    /// Its place among the tracks of its kind: 0 is the one that players get who take only one
    /// (the track id of Enhanced RTMP v2 multitrack).
    pub index: u8,
    /// How it is encoded.
    pub codec: Codec,
    /// Ticks per second of its frames' times.
    pub clock_rate: u32,
    /// The decoder configuration as ISO BMFF boxes carry it (avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead,
    /// FLAC STREAMINFO…); empty for codecs that have none.
    pub config: Bytes,
    /// Picture width in pixels; 0 for sound or when not known.
    pub width: u32,
    /// Picture height in pixels; 0 for sound or when not known.
    pub height: u32,
    /// Samples per second; 0 for pictures or when not known.
    pub sample_rate: u32,
    /// Sound channels; 0 for pictures or when not known.
    pub channels: u8,
}

impl Track {
    /// A track of which only the codec is known.
    pub fn new(id: TrackId, index: u8, codec: Codec, clock_rate: u32) -> Self {
        Self {
            id,
            index,
            codec,
            clock_rate,
            config: Bytes::new(),
            width: 0,
            height: 0,
            sample_rate: 0,
            channels: 0,
        }
    }

    /// Pictures, sound or data.
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codec.name())?;
        match self.kind() {
            Kind::Video if self.width > 0 => write!(f, " {}x{}", self.width, self.height),
            Kind::Audio if self.sample_rate > 0 => write!(f, " {} Hz {} ch", self.sample_rate, self.channels),
            Kind::Video | Kind::Audio | Kind::Data => Ok(()),
        }
    }
}

/// All tracks of a stream at one time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Description {
    /// Grows with every change that a decoder must hear of. Machines may leave it 0: the home stream numbers.
    pub revision: u32,
    /// The tracks, video first.
    pub tracks: Vec<Track>,
    /// What the publisher said in words, for those who join later.
    pub metadata: Option<Arc<Metadata>>,
}

impl Description {
    /// The track that frames with `id` belong to.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == id)
    }

    /// Whether there is a track of this kind.
    pub fn has(&self, kind: Kind) -> bool {
        self.tracks.iter().any(|track| track.kind() == kind)
    }

    /// Whether a player can begin with `frame`, which is of `track`: a keyframe of the first pictures; on streams
    /// without pictures any sound; on streams without both anything.
    pub fn can_begin_with(&self, track: &Track, frame: &Frame) -> bool {
        match track.kind() {
            Kind::Video => {
                let pictures = self.tracks.iter().filter(|track| track.kind() == Kind::Video);
                frame.key && pictures.map(|track| track.index).min() == Some(track.index)
            }
            Kind::Audio => !self.has(Kind::Video),
            Kind::Data => !self.has(Kind::Video) && !self.has(Kind::Audio),
        }
    }

    /// Whether a decoder that was set up for `other` needs nothing new.
    pub fn same_tracks(&self, other: &Self) -> bool {
        self.tracks == other.tracks
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for track in self.tracks.iter().filter(|track| track.kind() != Kind::Data) {
            if !first {
                f.write_str(" + ")?;
            }
            first = false;
            track.fmt(f)?;
        }
        if first { f.write_str("no audio or video") } else { Ok(()) }
    }
}
