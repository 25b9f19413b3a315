//! What a caller asks for: stream ids in all the forms that encoders and players are told to use.
//!
//! Specs: libsrt's access control guidelines (`#!::`), the original's `HOST:PORT/app/name,role=publisher`.

use std::sync::Arc;

use rtmpd_core::StreamKey;

use super::reject::Reject;
use crate::bytes::{encode_path, param, percent_decode};

/// What a caller wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// To publish, or to play.
    pub mode: Mode,
    /// The host it named, without port; empty when it named none.
    pub vhost: Arc<str>,
    /// The stream.
    pub key: StreamKey,
    /// Its own parameters: what stood behind `?`, and keys that mean nothing here.
    pub params: Arc<str>,
    /// Who it says it is; empty when it says nothing.
    pub user: Arc<str>,
}

impl Wanted {
    /// What it shows to those who decide: its parameters, with its name among them.
    pub fn shown(&self) -> Arc<str> {
        if self.user.is_empty() || param(&self.params, "user").is_some() {
            return self.params.clone();
        }
        let user = format!("user={}", encode_path(&self.user));
        if self.params.is_empty() { user.into() } else { format!("{user}&{}", self.params).into() }
    }
}

/// What a caller wants to do.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Send.
    Publish,
    /// Receive.
    Play,
}

/// Why a stream id is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// For the caller.
    pub code: Reject,
    /// For the log.
    pub why: String,
}

/// What the parts of a stream id say, before they are judged.
#[derive(Debug, Default)]
struct Parts {
    host: String,
    path: String,
    params: Vec<String>,
    user: String,
    mode: Option<Mode>,
}

impl Wanted {
    /// Reads a stream id.
    ///
    /// # Errors
    /// When it names no stream, or asks for something that is not served here.
    pub fn parse(id: &str) -> Result<Self, Refused> {
        let whole = whole(id);
        let mut parts = Parts::default();
        if let Some(keys) = whole.strip_prefix("#!::") {
            parts.standard(keys)?;
        } else if whole.starts_with("#!:") {
            return Err(refused(
                Reject::BAD_REQUEST,
                format!("stream id '{id}' is nested, expected '#!::key=value,…'"),
            ));
        } else if let Some((mode, rest)) = verb(&whole) {
            parts.mode = Some(mode);
            parts.verb(rest);
        } else {
            parts.listed(&whole)?;
        }
        parts.judge(id)
    }
}

/// The id, decoded where an encoder has left the escapes of its URL in all of it.
fn whole(id: &str) -> String {
    let id = id.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let parts = !id.contains('/') && !id.starts_with("#!") && id.to_ascii_lowercase().contains("%2f");
    if parts || id.starts_with("%23!") { percent_decode(id) } else { id.to_owned() }
}

/// `publish:path` and `read:path`.
fn verb(id: &str) -> Option<(Mode, &str)> {
    let (verb, rest) = id.split_once(':')?;
    // A host may be called like a verb, but then there is a port.
    if rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('/') {
        return None;
    }
    match verb {
        "publish" => Some((Mode::Publish, rest)),
        "read" | "play" | "request" => Some((Mode::Play, rest)),
        _ => None,
    }
}

impl Parts {
    /// `r=…,m=…,u=…,s=…,h=…,t=…` and keys of one's own.
    fn standard(&mut self, keys: &str) -> Result<(), Refused> {
        let mut host = String::new();
        for pair in keys.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "r" => self.resource(value),
                "h" => host = percent_decode(value),
                "u" => self.user = percent_decode(value),
                "m" => self.mode = Some(mode(value)?),
                "t" if matches!(value, "" | "stream") => {}
                "t" => {
                    let why = format!("type '{value}' of the stream id is not served, expected 'stream'");
                    return Err(refused(Reject::MEDIA_NOT_SUPPORTED, why));
                }
                _ => self.params.push(pair.to_owned()),
            }
        }
        // Some callers put everything into `h`.
        if self.path.is_empty() && host.contains('/') {
            self.resource(&host);
        } else if !host.is_empty() {
            self.host = without_port(&host).to_owned();
        }
        Ok(())
    }

    /// `path`, then `:query`, `:user:pass` or `:user:pass:query`.
    fn verb(&mut self, rest: &str) {
        let mut parts = rest.split(':');
        self.resource(parts.next().unwrap_or_default());
        let more: Vec<&str> = parts.collect();
        match more.as_slice() {
            [] => {}
            [query] => self.params.push((*query).to_owned()),
            [user, pass, query @ ..] => {
                self.user = percent_decode(user);
                self.params.push(format!("user={user}&pass={pass}"));
                self.params.extend(query.iter().filter(|q| !q.is_empty()).map(|q| (*q).to_owned()));
            }
        }
    }

    /// `[host[:port]/]app/name`, then `,key=value` any number of times.
    fn listed(&mut self, id: &str) -> Result<(), Refused> {
        let mut parts = id.split(',');
        self.resource(parts.next().unwrap_or_default());
        for pair in parts.filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("role" | "mode" | "m", value)) => self.mode = Some(mode(value)?),
                Some(("u", value)) => self.user = percent_decode(value),
                _ => self.params.push(pair.to_owned()),
            }
        }
        Ok(())
    }

    /// `[host[:port]/]app/name[?query]`.
    fn resource(&mut self, text: &str) {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        if !query.is_empty() {
            self.params.push(query.to_owned());
        }
        let path = path.split_once("://").map_or(path, |(_, rest)| rest);
        let path = percent_decode(path.trim_matches('/'));
        match path.split_once('/') {
            Some((host, rest)) if is_host(host, rest) => {
                self.host = without_port(host).to_owned();
                self.path = rest.trim_start_matches('/').to_owned();
            }
            _ => self.path = path,
        }
    }

    fn judge(self, id: &str) -> Result<Wanted, Refused> {
        let Some((app, name)) = self.path.split_once('/') else {
            let why = format!("stream id '{id}' names no stream, expected 'app/name'");
            return Err(refused(Reject::BAD_REQUEST, why));
        };
        let key =
            StreamKey::new(app, name).map_err(|refusal| refused(Reject::BAD_REQUEST, refusal.to_string()))?;
        Ok(Wanted {
            mode: self.mode.unwrap_or(Mode::Play),
            vhost: self.host.into(),
            key,
            params: self.params.join("&").into(),
            user: self.user.into(),
        })
    }
}

/// Whether the first part of a path is a host: it has a port or a dot, or what follows it is one of our apps.
fn is_host(first: &str, rest: &str) -> bool {
    let next = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    let app = |text: &str| matches!(text, "live" | "rec");
    !app(first) && (first.contains([':', '.']) || (app(next) && rest.contains('/')))
}

fn without_port(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

fn mode(word: &str) -> Result<Mode, Refused> {
    match word {
        "publish" | "publisher" | "push" => Ok(Mode::Publish),
        "" | "request" | "play" | "player" | "read" | "pull" => Ok(Mode::Play),
        other => {
            let why =
                format!("mode '{other}' of the stream id is not served, expected 'publish' or 'request'");
            Err(refused(Reject::BAD_MODE, why))
        }
    }
}

fn refused(code: Reject, why: String) -> Refused {
    Refused { code, why }
}
