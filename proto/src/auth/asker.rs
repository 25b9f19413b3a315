//! The machine that puts questions to the auth server, one at a time, by a connection that it keeps.

use std::collections::VecDeque;

use bytes::Bytes;
use rtmpd_core::{Close, Error, Event, Input, Instant, Machine, Note, Output};

use super::server::{AuthServer, masked};
use crate::http::client::{HttpClient, Outcome};

/// See the module's text.
#[derive(Debug)]
pub struct Asker {
    client: HttpClient,
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
        Self { client, server: name, about: String::new(), out: VecDeque::new() }
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
                self.client.ask(now, Bytes::copy_from_slice(question));
            }
            Input::Shutdown => self.out.push_back(Output::Close(Close::Shutdown)),
            Input::Bytes(_)
            | Input::Datagram { .. }
            | Input::Eof
            | Input::Timeout
            | Input::Reply(_)
            | Input::Media(_) => {
                if let Some(outcome) = self.client.handle_input(now, &input) {
                    self.answer(outcome);
                }
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        // What is said of a connection goes before what its end has led to.
        self.client.poll_output().or_else(|| self.out.pop_front())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.client.poll_timeout()
    }
}
