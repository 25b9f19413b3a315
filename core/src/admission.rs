//! Who may come in: what a gate is asked, what it may say, and who asks others for it.
//!
//! The shard asks its [`Gate`] before anybody from outside publishes or plays, and whenever a machine says [`Event::Ask`].
//! A gate decides at once, or gives a question to be put to somebody outside. An asker – a machine without a peer, which
//! makes its own connection – is handed one question at a time ([`Input::Handed`]) and says what came of it
//! ([`Event::Answer`]). Whoever asked waits, nobody else does.
//!
//! [`Event::Ask`]: crate::Event::Ask
//! [`Event::Answer`]: crate::Event::Answer
//! [`Input::Handed`]: crate::Input::Handed

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::machine::Machine;
use crate::request::{Request, StreamKey};
use crate::time::Instant;

/// What somebody wants to do.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Use the HTTP API.
    Api,
    /// Put a file here.
    Upload,
    /// Get a file.
    Download,
    /// Publish a stream.
    Publisher,
    /// Play a stream or a recording.
    Player,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Api, Self::Upload, Self::Download, Self::Publisher, Self::Player];

    /// As configurations and auth servers know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Publisher => "publisher",
            Self::Player => "player",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Somebody wants to come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// To do what.
    pub role: Role,
    /// By which wire, as logs name it: `rtmp`, `http-flv`, `http`.
    pub protocol: &'static str,
    /// What for: a decoded absolute path, with the ending that the client gave it.
    pub path: Arc<str>,
    /// What stood behind `?`, verbatim and without it.
    pub params: Arc<str>,
    /// The host the client used, without port.
    pub vhost: Arc<str>,
    /// The stream, where it is about one.
    pub key: Option<StreamKey>,
    /// Who it is, as its own protocol has proven already; empty when it has not.
    pub user: Arc<str>,
    /// What the client said in `Authorization`, verbatim; empty when it said nothing.
    pub credentials: Arc<str>,
    /// Where it comes from.
    pub remote: SocketAddr,
}

impl Ask {
    /// To publish or play what `request` names.
    pub fn of(request: &Request, role: Role, remote: SocketAddr) -> Self {
        Self {
            role,
            protocol: request.protocol,
            path: format!("/{}", request.key).into(),
            params: request.params.clone(),
            vhost: request.vhost.clone(),
            key: Some(request.key.clone()),
            user: Arc::default(),
            credentials: Arc::default(),
            remote,
        }
    }
}

/// What a gate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Come in.
    Yes,
    /// Stay out; the text is for the log.
    No(String),
    /// Somebody outside decides: this is the question, which an asker understands.
    Ask(Bytes),
}

/// Decides who may come in. Each shard has its own.
pub trait Gate: Send {
    /// Decides, or says that somebody else does.
    fn judge(&mut self, now: Instant, ask: &Ask) -> Verdict;

    /// Whether this address may connect at all.
    ///
    /// # Errors
    /// With the reason, for the log.
    fn lets_connect(&mut self, _address: IpAddr) -> Result<(), String> {
        Ok(())
    }

    /// Makes an asker. It is handed a question only after its [`crate::Event::Answer`] to the one before.
    fn asker(&mut self) -> Box<dyn Machine>;

    /// How long a question may remain without an answer; then it is a no.
    fn patience(&self) -> Duration;
}

/// Makes the gate of one shard; `None` where everybody may come in.
pub type MakeGate = Arc<dyn Fn() -> Option<Box<dyn Gate>> + Send + Sync>;
