//! The machine that puts questions to the auth server, one at a time, by a connection that it keeps.

use std::collections::VecDeque;

use bytes::Bytes;
use rtmpd_core::{Close, Error, Event, Input, Instant, Machine, Note, Output};

use super::server::{AuthServer, masked};
use crate::http::client::{HttpClient, Outcome};

/// See the module's text.
#[derive(Debug)]
pub struct Asker {
    /// `None`: there is nobody to ask.
    client: Option<HttpClient>,
    /// `host:port`, for the log.
    server: String,
    /// What is asked at present, for the log.
    about: String,
    out: VecDeque<Output>,
}

impl Asker {
    /// One that asks this server.
    pub fn new(server: &AuthServer) -> Self {
        let dial = server.dial();
        let name = dial.to_string();
        let client = HttpClient::new(dial, server.timeout);
        Self { client: Some(client), server: name, about: String::new(), out: VecDeque::new() }
    }

    /// One that cannot ask, and why: it says no.
    pub fn idle(why: &'static str) -> Self {
        Self { client: None, server: why.to_owned(), about: String::new(), out: VecDeque::new() }
    }

    fn answer(&mut self, outcome: Outcome) {
        let (server, about) = (&self.server, &self.about);
        let answer = match outcome {
            Ok(answered) if answered.status == 200 => {
                let note = Note::debug(format!("auth server {server} answered 200 to {about}"));
                self.out.push_back(Output::Event(Event::Note(note)));
                Ok(())
            }
            Ok(answered) => Err(format!("auth server {server} answered {} to {about}", answered.status)),
            Err(why) => Err(format!("auth server {server} {why}, asked {about}")),
        };
        self.out.push_back(Output::Event(Event::Answer(answer)));
    }
}

impl Machine for Asker {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match &input {
            Input::Handed(question) => {
                self.about = masked(question);
                match &mut self.client {
                    Some(client) => client.ask(now, Bytes::copy_from_slice(question)),
                    None => {
                        let why = format!("the auth server {}", self.server);
                        self.out.push_back(Output::Event(Event::Answer(Err(why))));
                    }
                }
            }
            Input::Shutdown => self.out.push_back(Output::Close(Close::Shutdown)),
            Input::Bytes(_)
            | Input::Datagram { .. }
            | Input::Eof
            | Input::Timeout
            | Input::Reply(_)
            | Input::Media(_) => {
                let client = self.client.as_mut();
                if let Some(outcome) = client.and_then(|client| client.handle_input(now, &input)) {
                    self.answer(outcome);
                }
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        // What is said of a connection goes before what its end has led to.
        self.client.as_mut().and_then(HttpClient::poll_output).or_else(|| self.out.pop_front())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.client.as_ref().and_then(HttpClient::poll_timeout)
    }
}
