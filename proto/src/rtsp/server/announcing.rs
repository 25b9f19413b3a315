//! Who publishes what: ANNOUNCE.
//!
//! Spec: RFC 2326 §10.3.

use rtmpd_core::{Error, Instant, Refusal};

use super::state::Step;
use super::{RtspServer, Waiting};
use crate::rtp::sdp::Session;
use crate::rtsp::incoming::Incoming;
use crate::rtsp::wire::{Request, Response};

impl RtspServer {
    pub(super) fn announce(&mut self, now: Instant, request: Request) {
        if self.state.after(Step::Announce).is_none() {
            return self.refuse(&request, 455);
        }
        let wish = match self.wish(&request) {
            Ok(wish) => wish,
            Err(refusal) => return self.say_no(&request, &refusal),
        };
        let session = match Session::parse(&request.body) {
            Ok(session) => session,
            Err(error) => return self.complain(&request, 400, &error),
        };
        match Incoming::new(now, &session, &self.settings.receiver(self.dice.next_u64() as u32, true)) {
            Ok((publishing, notes)) => {
                // One who looked first whether the stream is there.
                if self.player.is_some() {
                    self.farewell(now);
                }
                notes.into_iter().for_each(|note| self.note(note));
                self.publishing = Some(Box::new(publishing));
                let credentials = request.header("Authorization").unwrap_or_default().to_owned();
                self.ask_as(wish, Waiting::Announce(Box::new(request)), &credentials);
            }
            Err(Error::Refused(refusal)) => self.say_no(&request, &refusal),
            Err(error) => self.complain(&request, 415, &error),
        }
    }

    /// It may be published, or not.
    pub(super) fn announced(&mut self, now: Instant, request: &Request, result: Result<(), Refusal>) {
        match result {
            Ok(()) => {
                self.step(Step::Announce);
                if let Some(publishing) = &mut self.publishing {
                    publishing.heard_at = now;
                }
                self.open_session();
                let response = self.with_session(Response::new(200));
                self.answer(request, response);
            }
            Err(refusal) => {
                self.publishing = None;
                self.say_no(request, &refusal);
            }
        }
    }
}
