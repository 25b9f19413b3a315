//! Where a client wants to go.
//!
//! Specs: RFC 2326 §3.2, §C.1.1 (control URLs), RFC 3986. What clients make of a control URL behind a query, and of slashes
//! at the end, is named where it is taken care of.

use rtmpd_core::{Refusal, StreamKey};

use crate::bytes::{param, percent_decode};

/// A URL of RTSP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    /// `rtsp` or `rtsps`.
    pub scheme: String,
    /// Host and port, as they are written and without a password.
    pub authority: String,
    /// The path, as it is written, without slashes at both ends and without the track.
    path: String,
    /// What stands behind `?`, verbatim.
    pub params: String,
    /// The track that a control URL ends with.
    pub track: Option<usize>,
}

impl Url {
    /// Reads a URL. A path alone will do, as some clients send that know HTTP better.
    ///
    /// # Errors
    /// [`Refusal::BadName`] when it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::BadName(format!("is in {:?}, expected rtsp://HOST/APP/NAME", cut(text)));
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains('/') => (scheme.to_ascii_lowercase(), rest),
            Some(_) | None if text.starts_with('/') => ("rtsp".to_owned(), text),
            Some(_) | None => return Err(wrong()),
        };
        if !matches!(scheme.as_str(), "rtsp" | "rtsps" | "rtspu") {
            return Err(wrong());
        }
        let (authority, rest) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        // Some NVRs leave name and password in it.
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if authority.contains(|c: char| c.is_control() || c.is_whitespace() || "\\<>\"#".contains(c)) {
            return Err(wrong());
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // ffmpeg, VLC and live555 put the control part behind the query, GStreamer before it.
        let (path, in_path) = split_track(path, 2);
        let (params, in_query) = split_track(query, 0);
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            path: path.trim_matches('/').to_owned(),
            params: params.trim_end_matches('/').to_owned(),
            track: in_path.or(in_query),
        })
    }

    /// The host without its port; of an IPv6 address what is in the brackets.
    pub fn host(&self) -> &str {
        match self.authority.strip_prefix('[') {
            Some(inner) => inner.split(']').next().unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        }
    }

    /// The name of the virtual host: the parameter `vhost`, or the host.
    pub fn vhost(&self) -> &str {
        param(&self.params, "vhost").unwrap_or_else(|| self.host())
    }

    /// The stream.
    ///
    /// # Errors
    /// [`Refusal::BadName`] when there is no name, or it cannot be one.
    pub fn key(&self) -> Result<StreamKey, Refusal> {
        let (app, name) = self.path.split_once('/').unwrap_or((&self.path, ""));
        StreamKey::new(&percent_decode(app), &percent_decode(name.trim_matches('/')))
    }

    /// What control URLs of the stream begin with; no slash at the end.
    pub fn base(&self) -> String {
        let query = if self.params.is_empty() { String::new() } else { format!("?{}", self.params) };
        match self.authority.as_str() {
            "" => format!("/{}{query}", self.path),
            authority => format!("{}://{authority}/{}{query}", self.scheme, self.path),
        }
    }
}

/// Takes `/trackID=N` and its relatives off the end, where `least` parts stand before it: a stream may be called that, too.
fn split_track(text: &str, least: usize) -> (&str, Option<usize>) {
    let text = text.trim_end_matches('/');
    let Some((rest, last)) = text.rsplit_once('/') else { return (text, None) };
    let lower = last.to_ascii_lowercase();
    // ours and VLC's, ffmpeg's and GStreamer's, gortsplib's
    let number =
        ["trackid=", "streamid=", "stream=", "mediauuid="].iter().find_map(|name| lower.strip_prefix(name));
    match number.and_then(|number| number.parse().ok()) {
        Some(track) if rest.split('/').filter(|part| !part.is_empty()).count() >= least => {
            (rest, Some(track))
        }
        Some(_) | None => (text, None),
    }
}

/// Whether a URL ends with a control attribute, behind whatever base: RFC 2326 §C.1.1.
///
/// GStreamer puts a query behind the control part, everyone else in front of it. An absolute one may have another host in it
/// than the client sees: cameras name their inner address.
pub fn names(url: &str, control: &str) -> bool {
    let path = |text: &str| {
        let rest =
            text.split_once("://").map_or(text, |(_, rest)| rest.split_once('/').unwrap_or((rest, "")).1);
        rest.trim_matches('/').to_owned()
    };
    let wanted = path(control.trim());
    if wanted.is_empty() || wanted == "*" {
        return false;
    }
    let before = url.split_once('?').map_or(url, |(before, _)| before);
    [url, before].into_iter().map(path).any(|path| {
        path.strip_suffix(wanted.as_str()).is_some_and(|base| base.is_empty() || base.ends_with('/'))
    })
}

fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}
