//! One match: method and path → where it goes.

use std::sync::Arc;

use rtmpd_core::media::Packaging;
use rtmpd_core::policy::{check_app, is_recorded};
use rtmpd_core::{Refusal, StreamKey};

use super::library::{self, Library};
use super::objects::wanted;
use super::packaging::{AS_FLV, AS_MP4, AS_TS, Endless, WS_FLV, WS_FLV_ALL, WS_FLV_LEGACY, WS_MP4, WS_TS};
use super::server::Wanted;
use super::wire::{Failure, Target, shown};
use crate::container::flv::{FLV, FLV_ALL, FLV_LEGACY};
use crate::container::fmp4::MP4;
use crate::container::ts::TS;

/// What methods are answered at a path.
pub fn allowed(path: &str) -> &'static str {
    if library::is_vod(path) { "GET, HEAD, POST, OPTIONS" } else { "GET, HEAD, OPTIONS" }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// A live stream, endless.
    Live(StreamKey, Packaging, &'static Endless),
    /// A live stream in WebSocket messages.
    WebSocket(StreamKey, Packaging, &'static Endless),
    /// An object of a live stream.
    Shelf(StreamKey, Wanted),
    /// A file, or what is in a folder.
    Library(Library),
    /// Files of the client's, for this folder of `vod/`.
    Upload(String),
    /// It is somewhere else: there.
    Redirect(String),
    /// The streams there are.
    Streams,
    /// What time it is, for players of DASH.
    Time,
    /// A file of the site.
    Page(Arc<str>),
    /// What a browser asks before it asks (CORS).
    Preflight,
}

/// Decides. `upgrade`: the client wants to speak WebSocket.
///
/// # Errors
/// 404 with what exists, or 405.
pub fn route(method: &str, target: &Target, upgrade: bool) -> Result<Route, Failure> {
    match method {
        "OPTIONS" => return Ok(Route::Preflight),
        "GET" | "HEAD" => {}
        "POST" if library::is_vod(&target.path) && !upgrade => {
            let folder = target.path.strip_prefix("/vod").unwrap_or_default();
            return Ok(Route::Upload(folder.trim_matches('/').to_owned()));
        }
        _ => {
            let allowed = allowed(&target.path);
            return Err(Failure::new(405, format!("method is {}, expected one of {allowed}", shown(method))));
        }
    }
    let mut parts = target.path.trim_start_matches('/').splitn(2, '/');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match first {
        "rec" if !upgrade => match library::rec(rest, target)? {
            Some(route) => Ok(route),
            None => live(first, rest, target, upgrade),
        },
        "live" | "rec" => live(first, rest, target, upgrade),
        "vod" if !upgrade => library::vod(rest, target),
        "api" if rest == "time" => Ok(Route::Time),
        "api" if rest == "live" || rest == "stream" => Ok(Route::Streams),
        "vod" | "api" => library::api(rest, target)
            .filter(|_| first == "api" && !upgrade)
            .ok_or_else(|| Failure::new(404, format!("there is nothing at {}", shown(&target.path)))),
        _ if upgrade => Err(Failure::new(404, not_found(&target.path))),
        _ => Ok(Route::Page(target.path.as_str().into())),
    }
}

/// The app that a player asks for which does not exist here.
pub fn wrong_app(path: &str) -> Option<Refusal> {
    let app = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_stream = || [".flv", ".ts", ".m3u8", ".mpd"].iter().any(|ending| path.ends_with(ending));
    check_app(app).err().filter(|_| is_stream())
}

/// What is said of a path where nothing is: players learn which streams there can be.
pub fn not_found(path: &str) -> String {
    match wrong_app(path) {
        Some(refusal) => refusal.to_string(),
        None => format!("there is nothing at {}", shown(path)),
    }
}

fn live(app: &str, rest: &str, target: &Target, upgrade: bool) -> Result<Route, Failure> {
    if let Some((name, wanted)) = wanted(rest, target)? {
        if upgrade {
            return Err(Failure::new(404, format!("{} is no stream of messages", shown(&target.path))));
        }
        let key = StreamKey::new(app, name).map_err(|refusal| Failure::new(404, refusal.to_string()))?;
        return Ok(Route::Shelf(key, wanted));
    }
    let last = rest.rsplit('/').next().unwrap_or_default();
    let ends = |form: &'static Endless| rest.strip_suffix(form.ending).map(|name| (name, form));
    let (name, form) = match [&AS_FLV, &AS_TS, &AS_MP4].into_iter().find_map(ends) {
        Some(found) => found,
        // The original shows this form too; below /rec it names the recordings.
        None if !last.is_empty() && !last.contains('.') && !is_recorded(app) => (rest, &AS_FLV),
        None => {
            let endings = "flv, .m3u8, .mpd, .ts or .mp4";
            let text = format!("{} is no stream, expected /{app}/NAME.{endings}", shown(&target.path));
            return Err(Failure::new(404, text));
        }
    };
    let key = StreamKey::new(app, name).map_err(|refusal| Failure::new(404, refusal.to_string()))?;
    let packaging = endless(form, target, upgrade);
    Ok(if upgrade { Route::WebSocket(key, packaging, form) } else { Route::Live(key, packaging, form) })
}

/// Which packaging of an endless stream is asked for.
fn endless(form: &Endless, target: &Target, upgrade: bool) -> Packaging {
    let legacy = target.param("hevc") == Some("legacy");
    let all = target.param("tracks") == Some("all");
    match (form.ending, upgrade) {
        (".ts", false) => TS,
        (".ts", true) => WS_TS,
        (".mp4", false) => MP4,
        (".mp4", true) => WS_MP4,
        (_, false) if legacy => FLV_LEGACY,
        (_, false) if all => FLV_ALL,
        (_, false) => FLV,
        (_, true) if legacy => WS_FLV_LEGACY,
        (_, true) if all => WS_FLV_ALL,
        (_, true) => WS_FLV,
    }
}
