//! Endless streams: what each form is called, and who makes it.

use rtmpd_core::media::{Packager, Packaging};

use super::ws::WsPackager;
use crate::container::flv::{FLV, FLV_ALL, FLV_LEGACY, FlvPackager, HEADER_LEN};
use crate::container::fmp4::{Fmp4Packager, MP4};
use crate::container::ts::{TS, TsPackager};

/// FLV in WebSocket messages, one tag each.
pub const WS_FLV: Packaging = Packaging("ws-flv");
/// The same with H.265 under a classic codec id.
pub const WS_FLV_LEGACY: Packaging = Packaging("ws-flv+legacy");
/// The same with all tracks.
pub const WS_FLV_ALL: Packaging = Packaging("ws-flv+all");
/// MPEG-TS in WebSocket messages.
pub const WS_TS: Packaging = Packaging("ws-ts");
/// Fragmented MP4 in WebSocket messages, one fragment each.
pub const WS_MP4: Packaging = Packaging("ws-mp4");

/// A form of endless stream.
#[derive(PartialEq, Eq, Debug)]
pub struct Endless {
    /// How its URLs end.
    pub ending: &'static str,
    /// MIME type.
    pub content_type: &'static str,
    /// What logs and API call it, as the body of a response and in WebSocket messages.
    pub protocols: [&'static str; 2],
    /// What becomes of the preamble in the middle of a stream, where tracks change.
    pub(super) renewal: Renewal,
}

/// How a stream goes on with other tracks.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Renewal {
    /// With the new preamble, but for this many bytes of it that stand at the beginning of a file only.
    Without(usize),
    /// Not at all, unless nothing has changed: a file has one beginning.
    Never,
}

/// FLV.
pub(super) static AS_FLV: Endless = Endless {
    ending: ".flv",
    content_type: "video/x-flv",
    protocols: ["http-flv", "ws-flv"],
    renewal: Renewal::Without(HEADER_LEN),
};
/// MPEG-TS.
pub(super) static AS_TS: Endless = Endless {
    ending: ".ts",
    content_type: "video/mp2t",
    protocols: ["http-ts", "ws-ts"],
    renewal: Renewal::Without(0),
};
/// Fragmented MP4.
pub(super) static AS_MP4: Endless = Endless {
    ending: ".mp4",
    content_type: "video/mp4",
    protocols: ["http-fmp4", "ws-fmp4"],
    renewal: Renewal::Never,
};

/// The packager of a packaging of this room. `h265_id` is the codec id of H.265 in the legacy forms.
pub fn packager(packaging: Packaging, h265_id: u8) -> Option<Box<dyn Packager>> {
    let inner = match packaging {
        WS_FLV => FLV,
        WS_FLV_LEGACY => FLV_LEGACY,
        WS_FLV_ALL => FLV_ALL,
        WS_TS => TS,
        WS_MP4 => MP4,
        other => return plain(other, h265_id),
    };
    Some(Box::new(WsPackager::new(plain(inner, h265_id)?)))
}

fn plain(packaging: Packaging, h265_id: u8) -> Option<Box<dyn Packager>> {
    match packaging {
        TS => Some(Box::new(TsPackager::new())),
        MP4 => Some(Box::new(Fmp4Packager::new())),
        other => FlvPackager::of(other, h265_id).map(|packager| Box::new(packager) as Box<dyn Packager>),
    }
}
