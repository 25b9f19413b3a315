//! How frames are written where the wire knows more than one way.

use rtmpd_core::media::{Codec, Description, Frame, Kind, Packaging, Track};

/// FLV as Enhanced RTMP has it; the first track of each kind.
pub const FLV: Packaging = Packaging("flv");
/// FLV with H.265 under a classic codec id; the first track of each kind.
pub const FLV_LEGACY: Packaging = Packaging("flv+legacy");
/// FLV as Enhanced RTMP has it; all tracks.
pub const FLV_ALL: Packaging = Packaging("flv+all");

/// How H.265 of the first track is written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Hevc {
    /// As Enhanced RTMP's `hvc1`.
    Enhanced,
    /// Like H.264, under this codec id (1 to 15).
    Legacy(u8),
}

/// Which tracks are written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum TrackChoice {
    /// Index 0 of each kind.
    First,
    /// All; those beyond index 0 as Enhanced RTMP multitrack.
    All,
}

/// How frames become tag bodies.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// How H.265 is written.
    pub hevc: Hevc,
    /// Which tracks are written.
    pub tracks: TrackChoice,
}

impl Form {
    /// The form of a packaging called `base` (`flv`, `rtmp`), `base+legacy` or `base+all`. `h265_id` is the codec id of
    /// H.265 in the legacy form.
    pub fn of(packaging: Packaging, base: &str, h265_id: u8) -> Option<Self> {
        let (hevc, tracks) = match packaging.0.strip_prefix(base)? {
            "" => (Hevc::Enhanced, TrackChoice::First),
            "+legacy" => (Hevc::Legacy(h265_id), TrackChoice::First),
            "+all" => (Hevc::Enhanced, TrackChoice::All),
            _ => return None,
        };
        Some(Self { hevc, tracks })
    }

    /// Whether a track goes out in this form. Script data always does.
    pub fn carries(&self, track: &Track) -> bool {
        // FLV has G.711 at 8 kHz only.
        let is_odd =
            matches!(track.codec, Codec::G711A | Codec::G711U) && !matches!(track.sample_rate, 0 | 8_000);
        let is_further = track.index != 0;
        !is_odd
            && (!is_further || self.tracks == TrackChoice::All && super::fourcc::of(track.codec).is_some())
    }

    /// Whether a track of this kind goes out.
    pub fn has(&self, description: &Description, kind: Kind) -> bool {
        description.tracks.iter().any(|track| track.kind() == kind && self.carries(track))
    }

    /// Whether a player can begin with this frame, which is of `track`: a keyframe of the first pictures that go out,
    /// or any sound where there are none, or any script data where there is neither.
    pub fn is_entry(&self, description: &Description, track: &Track, frame: &Frame) -> bool {
        let has = |kind| self.has(description, kind);
        match track.kind() {
            Kind::Video => {
                let carried = description.tracks.iter().filter(|track| self.carries(track));
                let pictures = carried.filter(|track| track.kind() == Kind::Video);
                frame.key && pictures.map(|track| track.index).min() == Some(track.index)
            }
            Kind::Audio => !has(Kind::Video),
            Kind::Data => !has(Kind::Video) && !has(Kind::Audio),
        }
    }
}
