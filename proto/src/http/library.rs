//! Which file, folder or listing a path names: `/vod/…`, `/rec/…`, `/api/vod…`, `/api/rec`.

use std::sync::Arc;

use rtmpd_core::files::Piece;

use super::route::Route;
use super::wire::{Failure, Target, shown};
use crate::bytes::encode_path;
use crate::rec::names::{folder_name, is_day};

/// A file or a folder, and what is wanted of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// Which folder.
    pub area: Area,
    /// Decoded path within it.
    pub path: String,
    /// What is wanted.
    pub aim: Aim,
}

/// A folder of the server's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Area {
    /// `vod/`.
    Vod,
    /// `rec/`, of the virtual host that is named, or else the one the client uses.
    Rec(Option<String>),
}

/// What is wanted of a file or folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Aim {
    /// The file itself.
    Serve,
    /// A piece of the film, as players of HLS fetch it; of this state of it, where one is named.
    Cut(Piece, Option<Arc<str>>),
    /// The names in the folder, or the file if it is one.
    List,
    /// The names of recorded streams.
    Streams,
    /// The days on which a stream was recorded.
    Days,
    /// What was recorded on a day.
    Recordings,
}

/// Endings of films that can be cut.
const FILMS: [&str; 4] = [".mp4", ".m4v", ".mov", ".m4a"];

/// Whether a path lies in `vod/`.
pub(super) fn is_vod(path: &str) -> bool {
    path.strip_prefix("/vod").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What `/vod/…` names. The pieces of a film have its own path, so they are in no file's way.
pub(super) fn vod(rest: &str, target: &Target) -> Result<Route, Failure> {
    if rest.trim_matches('/').is_empty() {
        return Err(Failure::new(404, "/vod names no file, expected /vod/FILE; /api/vod lists them"));
    }
    let aim = match target.param("hls").filter(|_| is_film(rest)) {
        None => Aim::Serve,
        Some(what) => {
            let piece = match (what, what.parse()) {
                ("init", _) => Piece::Init,
                (_, Ok(number)) => Piece::Segment(number),
                (_, Err(_)) => {
                    let text = format!("hls is {}, expected init or a segment's number", shown(what));
                    return Err(Failure::new(400, text));
                }
            };
            Aim::Cut(piece, target.param("v").map(|version| format!("\"{version}\"").into()))
        }
    };
    Ok(Route::Library(Library { area: Area::Vod, path: rest.to_owned(), aim }))
}

/// The film whose playlist this path names, if it is no file itself.
pub(super) fn film_of(path: &str) -> Option<&str> {
    path.strip_suffix(".m3u8").filter(|film| is_film(film))
}

/// What a playlist's URLs must end with, so that what the client says of itself with the playlist, it says with each piece:
/// parameters of the query but for those with characters that no URL has.
pub(super) fn kept(query: &str) -> String {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$'()*+,;:@/?=".contains(&byte);
    let is_kept = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !matches!(name, "hls" | "v") && pair.bytes().all(is_good)
    };
    query.split('&').filter(is_kept).map(|pair| format!("&{pair}")).collect()
}

fn is_film(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    FILMS.iter().any(|ending| path.ends_with(ending))
}

/// What `/api/vod…` and `/api/rec` name.
pub(super) fn api(rest: &str, target: &Target) -> Option<Route> {
    let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
    match first {
        "vod" => Some(Route::Library(Library { area: Area::Vod, path: rest.to_owned(), aim: Aim::List })),
        "rec" if rest.is_empty() => {
            let area = Area::Rec(vhost(target));
            Some(Route::Library(Library { area, path: String::new(), aim: Aim::Streams }))
        }
        _ => None,
    }
}

/// What `/rec/…` names when it is a recording; `None` when it is the live stream.
///
/// # Errors
/// When a day or a time is none.
pub(super) fn rec(rest: &str, target: &Target) -> Result<Option<Route>, Failure> {
    let area = || Area::Rec(vhost(target));
    let listing = |name: &str, day: Option<&str>| {
        let name = folder_name(name);
        let (path, aim) = match day {
            None => (name, Aim::Days),
            Some(day) => (format!("{name}/{day}"), Aim::Recordings),
        };
        Ok(Some(Route::Library(Library { area: area(), path, aim })))
    };
    let day = target.param("day");
    if let Some(day) = day.filter(|day| !is_day(day)) {
        return Err(Failure::new(400, format!("day is {}, expected YYYY-MM-DD", shown(day))));
    }
    let query = target.param("cmd") == Some("query");
    let name = rest.trim_matches('/');
    match (day, target.param("time")) {
        (Some(day), Some(time)) => return redirect(name, day, time, target).map(Some),
        (Some(day), None) => return listing(name, Some(day)),
        (None, _) if query => return listing(name, None),
        (None, _) => {}
    }
    // NAME/DAY and NAME/DAY/FILE; a name may hold slashes.
    if let Some((name, last)) = name.rsplit_once('/') {
        if is_day(last) {
            return listing(name, Some(last));
        }
        if let Some((name, day)) = name.rsplit_once('/').filter(|(_, day)| is_day(day)) {
            let path = format!("{}/{day}/{last}", folder_name(name));
            return Ok(Some(Route::Library(Library { area: area(), path, aim: Aim::Serve })));
        }
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.contains('.') {
        return Ok(None);
    }
    listing(name, None)
}

/// Segments lie beside their playlist, and players look for them beside what they asked for: so they are sent there.
fn redirect(name: &str, day: &str, time: &str, target: &Target) -> Result<Route, Failure> {
    let (stem, ending) = [".m3u8", ".mpd"]
        .iter()
        .find_map(|ending| Some((name.strip_suffix(ending)?, *ending)))
        .unwrap_or((name, ""));
    let plain = time.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if !plain || time.is_empty() || time.starts_with('.') {
        return Err(Failure::new(400, format!("time is {}, expected HH-MM-SS.m3u8", shown(time))));
    }
    let file = if time.contains('.') {
        time.to_owned()
    } else {
        format!("{time}{}", if ending.is_empty() { ".m3u8" } else { ending })
    };
    let kept: Vec<&str> = target
        .query
        .split('&')
        .filter(|pair| {
            !pair.is_empty() && !["day", "time", "cmd"].contains(&pair.split('=').next().unwrap_or(""))
        })
        .collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    Ok(Route::Redirect(format!("/rec/{}/{day}/{file}{query}", encode_path(stem))))
}

fn vhost(target: &Target) -> Option<String> {
    target.param("vhost").filter(|vhost| !vhost.is_empty()).map(str::to_owned)
}
