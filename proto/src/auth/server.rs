//! Which server is asked, and in which words.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Ask, Dial, Role};

use crate::bytes::encode_path;

/// Longest request line that is sent, in bytes.
const MAX_LINE: usize = 8 << 10;
/// Parameters that are ours to say.
const OURS: [&str; 6] = ["type", "role", "vhost", "app", "name", "ip"];

/// The server that is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthServer {
    /// Its name or address; IPv6 without brackets.
    pub host: Arc<str>,
    /// Its port.
    pub port: u16,
    /// What is asked for.
    pub target: Target,
    /// How long an answer may take.
    pub timeout: Duration,
    /// What stands as `type` for live streams by HTTP.
    pub http_type: HttpType,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// The client's own path, behind this one, which is empty or begins with `/`.
    Router(Arc<str>),
    /// This path and query; parameters say what it is about.
    Path(Arc<str>),
}

/// What stands as `type` for live streams by HTTP.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum HttpType {
    /// `rtmp`.
    Rtmp,
    /// `http`.
    Http,
}

impl HttpType {
    fn name(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Http => "http",
        }
    }
}

impl AuthServer {
    /// How it is reached.
    pub fn dial(&self) -> Dial {
        Dial::tcp(self.host.clone(), self.port)
    }

    /// The request that asks.
    ///
    /// # Errors
    /// When the client's parameters make it too long.
    pub fn question(&self, ask: &Ask) -> Result<Bytes, String> {
        let target = self.request_target(ask);
        if target.len() > MAX_LINE {
            return Err(format!("its parameters are too long: at most {MAX_LINE} bytes can be asked about"));
        }
        let host = self.dial();
        Ok(Bytes::from(format!(
            "GET {target} HTTP/1.1\r\nUser-Agent: smart_rtmpd\r\nHost: {host}\r\nAccept: */*\r\n\r\n"
        )))
    }

    /// Path and query: the client's own parameters first, verbatim but for what would end the line or be taken for ours.
    fn request_target(&self, ask: &Ask) -> String {
        let mut target = match &self.target {
            Target::Router(router) => format!("{router}{}", encode_path(&ask.path)),
            Target::Path(path) => path.to_string(),
        };
        let mut mark = if target.contains('?') { '&' } else { '?' };
        let mut add = |pair: &str| {
            target.push(mark);
            mark = '&';
            target.push_str(pair);
        };
        for pair in ask.params.split('&').filter(|pair| !pair.is_empty() && !self.is_ours(pair)) {
            add(&harmless(pair));
        }
        add(&format!("type={}", self.type_of(ask)));
        add(&format!("role={}", ask.role));
        if matches!(self.target, Target::Path(_)) && ask.role != Role::Api {
            add(&format!("vhost={}", encode_value(&ask.vhost)));
            let (app, name) = match &ask.key {
                Some(key) => (key.app(), key.name()),
                None => ask.path.trim_start_matches('/').split_once('/').unwrap_or((&ask.path, "")),
            };
            add(&format!("app={}", encode_value(app)));
            add(&format!("name={}", encode_value(name)));
            add(&format!("ip={}", encode_value(&ask.remote.ip().to_canonical().to_string())));
        }
        target
    }

    fn is_ours(&self, pair: &str) -> bool {
        let name = pair.split('=').next().unwrap_or_default();
        match &self.target {
            Target::Router(_) => OURS.get(..2).is_some_and(|ours| ours.contains(&name)),
            Target::Path(_) => OURS.contains(&name),
        }
    }

    fn type_of(&self, ask: &Ask) -> &'static str {
        let protocol = ask.protocol;
        let is_live = protocol.starts_with("http-") || protocol.starts_with("ws-");
        match protocol {
            "rtmp" | "rtsp" | "srt" | "webrtc" => protocol,
            "whip" | "whep" | "wms" => "webrtc",
            _ if is_live && ask.role == Role::Player => self.http_type.name(),
            _ => "http",
        }
    }
}

/// As it is, but for bytes that may not stand in a request line.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'#' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// RFC 3986 §3.4; slashes and colons may stand in a query.
fn encode_value(text: &str) -> String {
    encode_path(text).replace("%3A", ":")
}

/// A question for the log: what is asked, without the values of the client's parameters, which are secrets.
pub(super) fn masked(question: &[u8]) -> String {
    let line = question.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let target = line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if OURS.contains(&name) => format!("{name}={value}"),
        Some((name, _)) => format!("{name}=…"),
        None => "…".to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}
