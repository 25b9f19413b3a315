//! Who asks for what: the identity of a stream and of a peer.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Refusal;

/// Longest stream name, in bytes: it becomes a folder name when recorded.
pub const MAX_NAME: usize = 200;

/// `app/name`: what makes a stream one stream, whichever host name or protocol it is asked for by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    path: Arc<str>,
    app_len: usize,
}

impl StreamKey {
    /// The key for `app` and `name`. The name may hold `/` between non-empty parts.
    ///
    /// # Errors
    /// [`Refusal::BadName`] when the name is empty, too long, holds control characters, `\`, or a part that is
    /// empty, `.` or `..` (a name becomes a path when it is recorded).
    pub fn new(app: &str, name: &str) -> Result<Self, Refusal> {
        if name.len() > MAX_NAME {
            return Err(Refusal::BadName(format!(
                "is {} bytes long, at most {MAX_NAME} are allowed",
                name.len()
            )));
        }
        if name.chars().any(|c| c.is_control() || c == '\\') {
            return Err(Refusal::BadName(format!("{name:?} holds a control character or a backslash")));
        }
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(Refusal::BadName(format!("{name:?} is empty or has an empty, '.' or '..' part")));
        }
        Ok(Self { path: format!("{app}/{name}").into(), app_len: app.len() })
    }

    /// `live` or `rec`.
    pub fn app(&self) -> &str {
        self.path.get(..self.app_len).unwrap_or_default()
    }

    /// The stream's name inside its app.
    pub fn name(&self) -> &str {
        self.path.get(self.app_len + 1..).unwrap_or_default()
    }

    /// `app/name`.
    pub fn as_str(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The two ends of a connection.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Our address, as the peer reached it.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

/// What a publisher or a player asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The host the client used, without port; not part of the stream's identity.
    pub vhost: Arc<str>,
    /// The stream.
    pub key: StreamKey,
    /// What stood behind `?`, verbatim and without it; empty when there was none. Kept for auth.
    pub params: Arc<str>,
    /// The wire, as logs and API name it: `rtmp`, `http-flv`, `ws-flv`.
    pub protocol: &'static str,
    /// The client's name for itself (flashVer, User-Agent); empty when it gave none.
    pub agent: Arc<str>,
    /// How long a player may wait for a publisher that is not there yet. Zero: refuse at once, unless the stream
    /// is only between two publishers.
    pub patience: std::time::Duration,
}
