//! Requests and their answers: numbers, the session, accounts, signs of life.
//!
//! Specs: RFC 2326 §9 (connections), §12.17 (CSeq), §12.37 (Session), RFC 7616.

use std::collections::VecDeque;
use std::time::Duration;

use rtmpd_core::{Error, Instant, Output};

use super::Target;
use crate::rtsp::auth::Asked;
use crate::rtsp::wire::{Decoder, Message, Method, Request, Response};

/// A server that names no time wants a sign of life in a minute (RFC 2326 §12.37).
const TIMEOUT: Duration = Duration::from_secs(60);
const AGENT: &str = "smart_rtmpd";

/// What came from the server.
#[derive(Debug)]
pub(super) enum Heard {
    /// The answer to the request that is under way, which was about this.
    Answer(Method, Response),
    /// A packet.
    Data(u8, bytes::Bytes),
    /// The server wants to end it.
    Teardown,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Talk {
    target: Target,
    agent: String,
    decoder: Decoder,
    number: u32,
    /// The request that waits for its answer, and by when.
    pending: Option<(Request, Instant)>,
    asked: Option<Asked>,
    /// Answers to the challenge so far.
    proofs: u32,
    session: Option<String>,
    timeout: Duration,
    /// When the server last heard of us.
    said_at: Instant,
    /// The server knows GET_PARAMETER, which costs it less than OPTIONS does with some.
    knows_parameters: bool,
}

impl Talk {
    pub(super) fn new(now: Instant, target: Target) -> Self {
        let agent = match target.via.as_str() {
            "" => AGENT.to_owned(),
            via => format!("{AGENT} via {via}"),
        };
        Self {
            target,
            agent,
            decoder: Decoder::default(),
            number: 0,
            pending: None,
            asked: None,
            proofs: 0,
            session: None,
            timeout: TIMEOUT,
            said_at: now,
            knows_parameters: false,
        }
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, now: Instant, request: Request, out: &mut VecDeque<Output>) {
        let prepared = self.prepare(&request);
        out.push_back(Output::Transmit(prepared.write()));
        self.said_at = now;
        self.pending = Some((request, now + self.target.patience));
    }

    fn prepare(&mut self, request: &Request) -> Request {
        self.number += 1;
        let mut prepared =
            request.clone().with("CSeq", &self.number.to_string()).with("User-Agent", &self.agent);
        if let Some(session) = &self.session {
            prepared = prepared.with("Session", session);
        }
        if let (Some(asked), Some((user, password))) = (&self.asked, &self.target.account) {
            self.proofs += 1;
            let header = asked.header(user, password, request.method.name(), &request.uri, self.proofs);
            prepared = prepared.with("Authorization", &header);
        }
        prepared
    }

    pub(super) fn push(&mut self, data: &[u8]) {
        self.decoder.push(data);
    }

    /// The next thing that came.
    ///
    /// # Errors
    /// For what is no RTSP, and for refusals: the text says of what and why.
    pub(super) fn next(&mut self, now: Instant, out: &mut VecDeque<Output>) -> Result<Option<Heard>, Error> {
        while let Some(message) = self.decoder.next_message()? {
            match message {
                Message::Data { channel, payload } => return Ok(Some(Heard::Data(channel, payload))),
                Message::Response(response) => {
                    if let Some(heard) = self.answered(now, response, out)? {
                        return Ok(Some(heard));
                    }
                }
                Message::Request(request) => {
                    let response = Response::new(200);
                    let number = request.header("CSeq").unwrap_or_default().to_owned();
                    out.push_back(Output::Transmit(response.with("CSeq", &number).write("RTSP/1.0")));
                    if request.method == Method::Teardown {
                        return Ok(Some(Heard::Teardown));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The answer to what is under way; one to a sign of life, or to nothing, is passed over.
    fn answered(
        &mut self,
        now: Instant,
        response: Response,
        out: &mut VecDeque<Output>,
    ) -> Result<Option<Heard>, Error> {
        let is_ours = response.header("CSeq").is_none_or(|number| number.trim() == self.number.to_string());
        let Some((request, _)) = self.pending.take_if(|_| is_ours && response.status >= 200) else {
            return Ok(None);
        };
        if response.status == 401 && self.target.account.is_some() && !self.was_refused(&response) {
            self.asked = Asked::best(response.headers.all("WWW-Authenticate"));
            if self.asked.is_some() {
                self.ask(now, request, out);
                return Ok(None);
            }
        }
        let method = request.method.clone();
        if response.status >= 300 {
            // Signs of life that the server does not know are signs of life all the same.
            if matches!(method, Method::Options | Method::GetParameter) {
                return Ok(Some(Heard::Answer(method, response)));
            }
            let (name, uri, status) = (method.name(), &request.uri, response.status);
            let what = format!("the server answered {status} to {name} {uri}");
            return Err(Error::violation(what, "RFC 2326 §11"));
        }
        if let Some(session) = response.header("Session") {
            self.take_session(session);
        }
        if let Some(public) = response.header("Public") {
            self.knows_parameters = public.contains("GET_PARAMETER");
        }
        Ok(Some(Heard::Answer(method, response)))
    }

    /// Whether our proof was refused; a nonce that is too old is not our fault (RFC 7616 §3.3, `stale`).
    fn was_refused(&self, response: &Response) -> bool {
        let stale = response
            .headers
            .all("WWW-Authenticate")
            .any(|header| header.to_ascii_lowercase().replace([' ', '"'], "").contains("stale=true"));
        self.asked.is_some() && !stale
    }

    fn take_session(&mut self, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        self.session = parts.next().map(str::to_owned).filter(|session| !session.is_empty());
        for part in parts {
            if let Some(seconds) = part.strip_prefix("timeout=").and_then(|text| text.trim().parse().ok()) {
                self.timeout =
                    Duration::from_secs(seconds).clamp(Duration::from_secs(2), Duration::from_secs(3600));
            }
        }
    }

    /// Says that we are there when the session's time is half over.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when an answer did not come.
    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) -> Result<(), Error> {
        if self.pending.as_ref().is_some_and(|(_, until)| *until <= now) {
            return Err(Error::TimedOut("an answer of the RTSP server"));
        }
        if self.pending.is_none() && self.session.is_some() && now >= self.alive_at() {
            let method = if self.knows_parameters { Method::GetParameter } else { Method::Options };
            let url = self.target.url.clone();
            self.ask(now, Request::new(method, &url), out);
        }
        Ok(())
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.pending {
            Some((_, until)) => Some(*until),
            None => self.session.is_some().then(|| self.alive_at()),
        }
    }

    /// Says goodbye, without waiting for an answer.
    pub(super) fn say_goodbye(&mut self, out: &mut VecDeque<Output>) {
        if self.session.is_some() {
            let url = self.target.url.clone();
            let request = self.prepare(&Request::new(Method::Teardown, &url));
            out.push_back(Output::Transmit(request.write()));
            self.session = None;
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    fn alive_at(&self) -> Instant {
        self.said_at + self.timeout / 2
    }
}
