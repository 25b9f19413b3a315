//! What a driver logs: one line per publish, play and stop, and what machines remark.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::Ask;
use crate::error::{Close, Error, Refusal};
use crate::machine::NoteLevel;
use crate::media::Description;
use crate::request::Request;

/// A line for the log.
#[derive(Clone, Debug)]
pub struct Report {
    /// The listener the connection came in by.
    pub service: &'static str,
    /// Who it is.
    pub peer: SocketAddr,
    /// What happened.
    pub news: News,
}

/// What happened on a connection.
#[derive(Clone, Debug)]
pub enum News {
    /// A publisher's tracks are known: viewers can be served.
    Publishing(Box<Session>),
    /// A publisher has stopped.
    Published(Box<Session>, Ended),
    /// A player is being served.
    Playing(Box<Session>),
    /// A player has stopped; how often it was moved on to a newer keyframe because it was slow.
    Played(Box<Session>, Ended, u32),
    /// A publisher or player was refused.
    Refused(Box<Request>, Refusal),
    /// Somebody was not let in, for this reason.
    Denied(Box<Ask>, String),
    /// The connection ended.
    Closed(Close),
    /// A remark of the connection's machine.
    Note(NoteLevel, String),
}

/// Who publishes or plays what.
#[derive(Clone, Debug)]
pub struct Session {
    /// What was asked for.
    pub request: Request,
    /// The tracks, once known.
    pub description: Option<Arc<Description>>,
}

/// How a session ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How long it lasted.
    pub lasted: Duration,
    /// Bytes received from a publisher or sent to a player.
    pub bytes: u64,
    /// Why; `None` when the peer stopped in the protocol's own way.
    pub why: Option<Close>,
}

impl Report {
    /// How much it matters.
    pub fn level(&self) -> NoteLevel {
        match &self.news {
            News::Publishing(_) | News::Published(..) | News::Playing(_) | News::Played(..) => {
                NoteLevel::Info
            }
            News::Refused(..) | News::Denied(..) => NoteLevel::Warn,
            News::Closed(why) => close_level(why),
            News::Note(level, _) => *level,
        }
    }
}

fn close_level(why: &Close) -> NoteLevel {
    match why {
        // Refusals have a line of their own.
        Close::Error(Error::Refused(_)) => NoteLevel::Debug,
        Close::Bug(_) | Close::Error(_) | Close::SlowConsumer => NoteLevel::Warn,
        Close::Done | Close::PeerGone | Close::TakenOver | Close::StreamEnded | Close::Shutdown => {
            NoteLevel::Debug
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.peer, self.service)?;
        match &self.news {
            News::Publishing(session) => write!(f, " publishes {session}"),
            News::Published(session, ended) => {
                write!(f, " stopped publishing {session} {ended} in{}", Why(ended))
            }
            News::Playing(session) => write!(f, " plays {session}"),
            News::Played(session, ended, gaps) => {
                write!(f, " stopped playing {session} {ended} out")?;
                if *gaps > 0 {
                    write!(f, ", moved on to a newer keyframe {gaps} times")?;
                }
                write!(f, "{}", Why(ended))
            }
            News::Refused(request, refusal) => write!(f, " refused {}: {refusal}", request.key),
            News::Denied(ask, why) => {
                let Ask { role, protocol, path, .. } = &**ask;
                write!(f, " denied {role} of {} by {protocol}: {why}", path.escape_debug())
            }
            News::Closed(why) => write!(f, " closed: {why}"),
            News::Note(_, text) => write!(f, " {text}"),
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { key, protocol, agent, .. } = &self.request;
        write!(f, "{key} by {protocol}")?;
        if !agent.is_empty() {
            write!(f, " ({})", agent.escape_debug())?;
        }
        match &self.description {
            Some(description) => write!(f, ": {description}"),
            None => f.write_str(": nothing yet"),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        write!(f, "after {:.1} s, {megabytes:.2} MB", self.lasted.as_secs_f64())
    }
}

struct Why<'a>(&'a Ended);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.why {
            Some(why) => write!(f, ": {why}"),
            None => f.write_str(": it asked to stop"),
        }
    }
}
