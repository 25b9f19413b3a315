//! In a replay: what the captured server drew, which its client answers.
//!
//! Specs: RFC 2326 §12.37 (Session), RFC 7616 §3.3 (nonce).

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::rtsp::auth::Asked;
use crate::rtsp::wire::{Decoder, Message, Response};

/// Most ids of sessions of one connection.
const MAX_SESSIONS: usize = 64;

/// See the module's text. Nothing, but in a replay.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// Ids of sessions that are still to be given, in order.
    sessions: VecDeque<Arc<str>>,
    /// Those that were given follow the last one.
    last: Option<Arc<str>>,
    nonce: Option<String>,
}

impl Recalled {
    /// What a server drew that sent this to one client.
    pub(super) fn read(said: &[u8]) -> Self {
        let (mut recalled, mut decoder) = (Self::default(), Decoder::default());
        decoder.push(behind_http(said));
        while let Ok(Some(message)) = decoder.next_message() {
            if let Message::Response(response) = message {
                recalled.learn(&response);
            }
        }
        recalled
    }

    fn learn(&mut self, response: &Response) {
        let session = response.header("Session").and_then(|said| said.split(';').next());
        if let Some(id) = session.map(str::trim).filter(|id| self.last.as_deref() != Some(id))
            && self.sessions.len() < MAX_SESSIONS
        {
            let id: Arc<str> = id.into();
            self.last = Some(id.clone());
            self.sessions.push_back(id);
        }
        if let Some(Asked::Digest { nonce, .. }) = Asked::best(response.headers.all("WWW-Authenticate")) {
            self.nonce = Some(nonce);
        }
    }

    /// The id of the next session.
    pub(super) fn session(&mut self) -> Option<Arc<str>> {
        self.sessions.pop_front()
    }

    /// What those who knock are asked to answer.
    pub(super) fn nonce(&mut self) -> Option<String> {
        self.nonce.take()
    }
}

/// What a tunnel's way down leads, behind the answer of HTTP.
fn behind_http(said: &[u8]) -> &[u8] {
    let head = said.starts_with(b"HTTP/").then(|| said.windows(4).position(|window| window == b"\r\n\r\n"));
    let rest = head.flatten().and_then(|end| said.get(end + 4..));
    rest.unwrap_or(said)
}
