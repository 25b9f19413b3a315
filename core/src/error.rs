//! Whose fault it was, which sentence of which spec, which byte of the flow.
//!
//! Peer input can only produce these values, never a panic; local misuse is a `debug_assert`.

use std::borrow::Cow;
use std::fmt;

/// What a machine call can fail with. The connection ends; nothing else is touched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// Bytes that are not the protocol.
    Malformed(Fault),
    /// Well-formed, but forbidden in this state.
    Violation(Fault),
    /// More than we are willing to hold.
    Limit(Fault),
    /// The server said no; the peer has been told.
    Refused(Refusal),
    /// The peer did not do in time what is named here.
    TimedOut(&'static str),
}

/// The offending thing and where to find it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The field, its value and what was expected.
    pub what: Cow<'static, str>,
    /// The rule that was broken, such as `RTMP 1.0 §5.3.1.2`.
    pub spec: &'static str,
    /// Byte offset in the peer's flow (0 where it is not known).
    pub offset: u64,
}

impl Fault {
    /// A fault at an unknown place of the flow; see [`Error::at`].
    pub fn new(what: impl Into<Cow<'static, str>>, spec: &'static str) -> Self {
        Self { what: what.into(), spec, offset: 0 }
    }
}

impl Error {
    /// [`Error::Malformed`] with this text and rule.
    pub fn malformed(what: impl Into<Cow<'static, str>>, spec: &'static str) -> Self {
        Self::Malformed(Fault::new(what, spec))
    }

    /// [`Error::Violation`] with this text and rule.
    pub fn violation(what: impl Into<Cow<'static, str>>, spec: &'static str) -> Self {
        Self::Violation(Fault::new(what, spec))
    }

    /// [`Error::Limit`] with this text and rule.
    pub fn limit(what: impl Into<Cow<'static, str>>, spec: &'static str) -> Self {
        Self::Limit(Fault::new(what, spec))
    }

    /// The same error, said to be `offset` bytes into the peer's flow.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        match &mut self {
            Self::Malformed(fault) | Self::Violation(fault) | Self::Limit(fault) => fault.offset = offset,
            Self::Refused(_) | Self::TimedOut(_) => {}
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, byte {})", self.what, self.spec, self.offset)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(fault) => write!(f, "malformed: {fault}"),
            Self::Violation(fault) => write!(f, "protocol violation: {fault}"),
            Self::Limit(fault) => write!(f, "limit exceeded: {fault}"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::TimedOut(what) => write!(f, "timed out waiting for {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// Why the server said no; each protocol words it in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The app is neither `live` nor `rec`.
    UnknownApp(String),
    /// The stream name cannot be used; the text says why.
    BadName(String),
    /// Another publisher is sending this stream.
    Busy(String),
    /// Nobody publishes this stream.
    NotFound(String),
    /// The publisher sends nothing this player can take.
    Unsupported(String),
    /// There will be such an object, but it did not come in the time it was waited for.
    NotYet(String),
    /// There is no UDP socket to be had; the text says why.
    NoPort(String),
    /// There are as many, or there is as much, as there may be; the text says of what.
    Full(String),
    /// Whoever decides who may come in said no; the log says why.
    Denied,
    /// The stream has come through this server before, or through too many others.
    Looped(String),
    /// The server is going down.
    ShuttingDown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownApp(app) => write!(f, "app '{app}' does not exist here, expected 'live' or 'rec'"),
            Self::BadName(why) => write!(f, "stream name {why}"),
            Self::Busy(key) => write!(f, "stream '{key}' already has a publisher that is sending"),
            Self::NotFound(key) => write!(f, "stream '{key}' has no publisher"),
            Self::Unsupported(why) => f.write_str(why),
            Self::NotYet(what) => write!(f, "{what} did not come in time"),
            Self::NoPort(why) => write!(f, "no UDP port: {why}"),
            Self::Full(what) => f.write_str(what),
            Self::Denied => f.write_str("this is not allowed"),
            Self::Looped(key) => {
                write!(f, "stream '{key}' has come through this server already: it would go in circles")
            }
            Self::ShuttingDown => f.write_str("the server is shutting down"),
        }
    }
}

/// Why a connection ended: the last words of its log line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Close {
    /// The protocol came to its end in good order.
    Done,
    /// The peer closed or reset the connection.
    PeerGone,
    /// The peer broke the protocol, ran over a limit, was refused or was silent too long.
    Error(Error),
    /// The peer accepted no byte for the stall time.
    SlowConsumer,
    /// A newer publisher took the stream over.
    TakenOver,
    /// The stream's publisher did not come back in time.
    StreamEnded,
    /// The server is going down.
    Shutdown,
    /// A defect of ours in this connection's machine; nobody else is disturbed.
    Bug(String),
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::PeerGone => f.write_str("peer closed the connection"),
            Self::Error(error) => error.fmt(f),
            Self::SlowConsumer => f.write_str("slow consumer: it accepted no byte for the stall time"),
            Self::TakenOver => f.write_str("a newer publisher took the stream over"),
            Self::StreamEnded => f.write_str("the stream ended"),
            Self::Shutdown => f.write_str("the server is shutting down"),
            Self::Bug(text) => write!(f, "internal error: {text}"),
        }
    }
}
