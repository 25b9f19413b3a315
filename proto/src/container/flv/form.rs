//! How frames are written where the wire knows more than one way.

use rtmpd_core::media::{Codec, Packaging};

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

    /// Whether a track goes out in this form.
    pub(super) fn carries(&self, codec: Codec, index: u8) -> bool {
        index == 0 || (self.tracks == TrackChoice::All && super::fourcc::of(codec).is_some())
    }
}
