//! Which object of a live stream a path names: `/live/NAME.m3u8`, `/live/NAME.mpd`, and what these refer to below
//! `/live/NAME.hls/` and `/live/NAME.cmaf/`.
//!
//! Specs: RFC 8216bis §6.2.5.1 (delivery directives).

use super::server::{Fresh, Wanted};
use super::wire::{Failure, Target, shown};
use crate::cmaf::CMAF;
use crate::hls::{self, Directives, HLS};

/// Longest name of an object, in bytes: ours are shorter.
const MAX_NAME: usize = 64;

/// The stream's name and the object, if `rest` (the path behind the app) names one.
///
/// # Errors
/// 400 when the query holds wrong delivery directives.
pub(super) fn wanted<'a>(rest: &'a str, target: &Target) -> Result<Option<(&'a str, Wanted)>, Failure> {
    let fragmented = target.param("format") == Some("fmp4");
    let (name, packaging, object) = if let Some(name) = rest.strip_suffix(".m3u8").filter(|_| !inside(rest)) {
        (name, if fragmented { CMAF } else { HLS }, "index.m3u8")
    } else if let Some(name) = rest.strip_suffix(".mpd").filter(|_| !inside(rest)) {
        (name, CMAF, "index.mpd")
    } else {
        let Some((folder, object)) = rest.rsplit_once('/') else { return Ok(None) };
        let folders = [(".hls", HLS), (".cmaf", CMAF)];
        let found = folders.iter().find_map(|(end, packaging)| Some((folder.strip_suffix(end)?, *packaging)));
        let Some((name, packaging)) = found else { return Ok(None) };
        (name, packaging, object)
    };
    if object.is_empty() || object.len() > MAX_NAME {
        return Err(Failure::new(404, format!("there is nothing at {}", shown(&target.path))));
    }
    let mut wanted = Wanted { packaging, name: object.into(), at_least: 0, fresh: Fresh::Forever };
    if object.ends_with(".mpd") {
        wanted.fresh = Fresh::Briefly;
    }
    if object.ends_with(".m3u8") {
        let directives = Directives::parse(|name| target.param(name))
            .map_err(|error| Failure::new(400, format!("{error}, in {}", shown(&target.query))))?;
        wanted.at_least = directives.version();
        wanted.fresh = if directives.is_blocking() { Fresh::AWhile } else { Fresh::Briefly };
        if directives.skip {
            wanted.name = hls::skipping(object).into();
        }
    }
    Ok(Some((name, wanted)))
}

/// Whether the last part of the path lies in a folder of objects.
fn inside(rest: &str) -> bool {
    rest.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with(".hls") || folder.ends_with(".cmaf"))
}
