//! `<authurl>`: the server that is asked about every push and play.

use crate::settings::HostPort;
use crate::value::{self, split_host};
use crate::xml::Section;

const EXPECTED: &str = "host[:port], or a full URL http://host[:port]/path or https://host[:port]/path";

/// Who is asked, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Auth {
    /// Who is asked.
    pub target: AuthTarget,
    /// How long an answer may take, in ms; then it is a no.
    pub timeout_ms: u32,
    /// What stands as `type` for live streams played by HTTP.
    pub http_type: HttpType,
}

/// The two ways to name the auth server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuthTarget {
    /// `host[:port]`: asked for the stream's own path, behind `router`.
    Host {
        /// The server; its port is 80 when none is given.
        host: HostPort,
        /// Put before the path; empty, or begins with `/` and does not end with one.
        router: String,
    },
    /// A full URL: this path is asked for, and the stream is told in parameters.
    Url {
        /// Whether it is `https`.
        tls: bool,
        /// The server; its port is 80 or, with TLS, 443 when none is given.
        host: HostPort,
        /// Path and query, beginning with `/`.
        path: String,
    },
}

/// What stands as `type` for live streams played by HTTP.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum HttpType {
    /// `type=rtmp`, as documented from the beginning.
    #[default]
    Rtmp,
    /// `type=http`.
    Http,
}

impl Auth {
    pub(crate) fn read(section: &mut Section) -> Option<Self> {
        let target = section.take("authurl", |text| target(text).map(Some), None);
        let router = section.take("authurl_router", router, String::new());
        let timeout_ms = section.take("authurl_timeout", value::number(1..=60_000, "(ms)"), 3000);
        let http_type = section.take("authurl_httptype", http_type, HttpType::default());
        let target = match target? {
            AuthTarget::Host { host, .. } => AuthTarget::Host { host, router },
            AuthTarget::Url { tls, host, path } => {
                section.warn("authurl_router", "which a full URL in <authurl> has no use for");
                AuthTarget::Url { tls, host, path }
            }
        };
        Some(Self { target, timeout_ms, http_type })
    }
}

fn target(text: &str) -> Result<AuthTarget, String> {
    let lower = text.to_ascii_lowercase();
    let tls = lower.starts_with("https://");
    if !tls && !lower.starts_with("http://") {
        let host = split_host(text).ok_or(EXPECTED)?;
        return Ok(AuthTarget::Host { host, router: String::new() });
    }
    let rest = text.get(if tls { 8.. } else { 7.. }).unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = split_host(host).ok_or(EXPECTED)?;
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    if is_path(&path) { Ok(AuthTarget::Url { tls, host, path }) } else { Err(EXPECTED.into()) }
}

fn router(text: &str) -> Result<String, String> {
    let path = text.trim_matches('/');
    if !is_path(path) || path.contains('?') {
        return Err("a path such as /api/auth".into());
    }
    Ok(if path.is_empty() { String::new() } else { format!("/{path}") })
}

/// Whether all of it may stand in a request line (RFC 3986 §3.3, §3.4; the rest must be percent-encoded).
fn is_path(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte))
}

fn http_type(text: &str) -> Result<HttpType, String> {
    match text.to_ascii_lowercase().as_str() {
        "rtmp" => Ok(HttpType::Rtmp),
        "http" => Ok(HttpType::Http),
        _ => Err("rtmp or http".into()),
    }
}
