//! Where a client wants to go: what it says in `connect`, and in `publish` or `play`.
//!
//! Specs: RTMP 1.0 §7.2.1.1 (app, tcUrl); what encoders make of their URL and key fields.

use std::sync::Arc;

use rtmpd_core::{Refusal, StreamKey};

use crate::bytes::{param, percent_decode};

/// What `connect` said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Place {
    /// Host name of the URL, without port.
    pub(crate) vhost: Arc<str>,
    /// The first part of the path.
    pub(crate) app: Arc<str>,
    /// The rest of the path: stands before the stream's name.
    folder: String,
    /// What stood behind `?`.
    params: String,
}

impl Place {
    /// From the `app` and `tcUrl` of `connect`; whichever is missing is made up from the other.
    pub(crate) fn new(app: Option<&str>, tc_url: Option<&str>) -> Self {
        let (host, url_path) = split_url(tc_url.unwrap_or_default());
        let full = app.filter(|app| !app.is_empty()).unwrap_or(url_path);
        let (path, mut params) = split_query(full);
        if params.is_empty() {
            params = split_query(url_path).1;
        }
        let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != "_definst_");
        let app = parts.next().unwrap_or_default();
        let folder: Vec<&str> = parts.collect();
        let vhost = param(params, "vhost").unwrap_or(host);
        Self { vhost: vhost.into(), app: app.into(), folder: folder.join("/"), params: params.to_owned() }
    }

    /// The stream that `publish` or `play` names, its vhost, and all parameters.
    ///
    /// # Errors
    /// When the name cannot be a stream's.
    pub(crate) fn stream(&self, name: &str) -> Result<(StreamKey, Arc<str>, Arc<str>), Refusal> {
        let (path, params) = split_query(name);
        let path = path.trim_matches('/');
        let path = ["mp4:", "flv:", "mp3:"].iter().find_map(|kind| path.strip_prefix(kind)).unwrap_or(path);
        // Some encoders put all of it into the URL and leave the name empty.
        let full = match (self.folder.as_str(), path) {
            ("", one) | (one, "") => percent_decode(one),
            (folder, path) => percent_decode(&format!("{folder}/{path}")),
        };
        let key = StreamKey::new(&self.app, &full)?;
        let vhost = param(params, "vhost").map_or_else(|| self.vhost.clone(), Into::into);
        let params = match (self.params.as_str(), params) {
            ("", one) | (one, "") => one.to_owned(),
            (one, other) if one == other => one.to_owned(),
            (one, other) => format!("{one}&{other}"),
        };
        Ok((key, vhost, params.into()))
    }
}

fn split_query(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

/// Host without port, and the path without its first slash.
fn split_url(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    };
    (host, path)
}
