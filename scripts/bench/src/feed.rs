//! A player's protocol, whichever it is: RTMP, HTTP-FLV or RTSP behind one face.

use crate::error::Fault;
use crate::flv::FlvSession;
use crate::media::Message;
use crate::rtmp::{AckBook, Role, Session};
use crate::rtsp::RtspSession;
use crate::target::Target;

/// One player's protocol state; sockets are the caller's.
#[derive(Debug)]
pub enum Feed {
    /// RTMP.
    Rtmp(Box<Session>),
    /// HTTP-FLV.
    Http(Box<FlvSession>),
    /// RTSP.
    Rtsp(Box<RtspSession>),
}

impl Feed {
    /// A player of `target`, with its first bytes in the output.
    pub fn new(target: &Target) -> Self {
        match target {
            Target::Rtmp(target) => Self::Rtmp(Box::new(Session::new(target.clone(), Role::Play))),
            Target::Http(target) => Self::Http(Box::new(FlvSession::new(target))),
            Target::Rtsp(target) => Self::Rtsp(Box::new(RtspSession::new(target))),
        }
    }

    /// Takes bytes from the server. Fails when it refuses or talks nonsense.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match self {
            Self::Rtmp(session) => session.push(bytes),
            Self::Http(session) => session.push(bytes),
            Self::Rtsp(session) => session.push(bytes),
        }
    }

    /// What is to be sent now.
    pub fn take_output(&mut self) -> Vec<u8> {
        match self {
            Self::Rtmp(session) => session.take_output(),
            Self::Http(session) => session.take_output(),
            Self::Rtsp(session) => session.take_output(),
        }
    }

    /// True once the request for the stream itself is on its way.
    pub fn is_asked(&self) -> bool {
        match self {
            Self::Rtmp(session) => session.is_asked(),
            Self::Http(_) => true,
            Self::Rtsp(session) => session.is_asked(),
        }
    }

    /// True once the server has agreed to send.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Rtmp(session) => session.is_live(),
            Self::Http(session) => session.is_live(),
            Self::Rtsp(session) => session.is_live(),
        }
    }

    /// The next media message. Fails when the stream cannot be read.
    pub fn next_media(&mut self) -> Result<Option<Message>, Fault> {
        match self {
            Self::Rtmp(session) => Ok(session.next_media()),
            Self::Http(session) => session.next_media(),
            Self::Rtsp(session) => Ok(session.next_media()),
        }
    }

    /// The acknowledgement count to go on with; one that never asks for anything where there is none.
    pub fn ack(&self) -> AckBook {
        match self {
            Self::Rtmp(session) => session.ack(),
            Self::Http(_) | Self::Rtsp(_) => AckBook::default(),
        }
    }
}
