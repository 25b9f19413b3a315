//! The packagings that HTTP serves.

use rtmpd_core::media::{Packager, Packaging};

use super::ws::WsPackager;
use crate::container::flv::{FLV, FLV_ALL, FLV_LEGACY, FlvPackager};

/// FLV in WebSocket messages, one tag each.
pub const WS_FLV: Packaging = Packaging("ws-flv");
/// The same with H.265 under a classic codec id.
pub const WS_FLV_LEGACY: Packaging = Packaging("ws-flv+legacy");
/// The same with all tracks.
pub const WS_FLV_ALL: Packaging = Packaging("ws-flv+all");

/// The packager of a packaging of this room. `h265_id` is the codec id of H.265 in the legacy forms.
pub fn packager(packaging: Packaging, h265_id: u8) -> Option<Box<dyn Packager>> {
    let inner = match packaging {
        WS_FLV => FLV,
        WS_FLV_LEGACY => FLV_LEGACY,
        WS_FLV_ALL => FLV_ALL,
        other => {
            return FlvPackager::of(other, h265_id).map(|packager| Box::new(packager) as Box<dyn Packager>);
        }
    };
    let packager = FlvPackager::of(inner, h265_id)?;
    Some(Box::new(WsPackager::new(Box::new(packager))))
}
