//! Who plays what: DESCRIBE, and SETUP of clients that know the stream from elsewhere.
//!
//! Spec: RFC 2326 §10.2, §C.1 (control URLs).

use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::media::Description;
use rtmpd_core::{Event, Instant, Refusal, Request as Wish, StreamKey};

use super::state::{State, Step};
use super::{RtspServer, Waiting};
use crate::rtp::{carried, sdp};
use crate::rtsp::casting::Membership;
use crate::rtsp::outgoing::Outgoing;
use crate::rtsp::url::Url;
use crate::rtsp::wire::{Request, Response};

/// A stream that is described, and perhaps played.
pub(super) struct Player {
    /// What its control URLs begin with, without a slash at the end.
    pub(super) base: String,
    pub(super) description: Arc<Description>,
    pub(super) playing: Outgoing,
    pub(super) key: Option<StreamKey>,
    /// It gets the stream by multicast, or part of it.
    pub(super) membership: Option<Membership>,
}

impl Player {
    /// Which track a URL is about; one without a control part is about the only track there is.
    pub(super) fn place_of(&self, uri: &str) -> Option<usize> {
        let count = carried(&self.description).count();
        let place = match Url::parse(uri).ok()?.track {
            Some(place) => place,
            None => (0..count).find(|place| self.playing.way(*place).is_none())?,
        };
        (place < count).then_some(place)
    }
}

impl RtspServer {
    pub(super) fn describe(&mut self, now: Instant, request: Request) {
        if self.state.after(Step::Describe).is_none() {
            return self.refuse(&request, 455);
        }
        let key = Url::parse(&request.uri).and_then(|url| url.key()).ok();
        match &self.player {
            // Who is in asks again: nothing changes.
            Some(player) if key.is_none() || key == player.key => {
                let (description, base) = (player.description.clone(), player.base.clone());
                return self.answer_describe(&request, &base, &description);
            }
            Some(_) if self.state != State::Described => return self.refuse(&request, 455),
            // One who looks at several streams.
            Some(_) => self.farewell(now),
            None => {}
        }
        self.ask_to_play(request, Waiting::Describe);
    }

    pub(super) fn ask_to_play(&mut self, request: Request, waiting: fn(Box<Request>) -> Waiting) {
        match self.wish(&request) {
            Ok(wish) => {
                let credentials = request.header("Authorization").unwrap_or_default().to_owned();
                self.ask_as(wish, waiting(Box::new(request)), &credentials);
            }
            Err(refusal) => self.say_no(&request, &refusal),
        }
    }

    /// What the URL of a request asks for.
    pub(super) fn wish(&self, request: &Request) -> Result<Wish, Refusal> {
        let url = Url::parse(&request.uri)?;
        Ok(Wish {
            vhost: url.vhost().into(),
            key: url.key()?,
            params: url.params.as_str().into(),
            protocol: "rtsp",
            agent: self.agent.clone(),
            patience: Duration::ZERO,
        })
    }

    /// The stream is there, or not.
    pub(super) fn described(
        &mut self,
        request: Request,
        sets_up: bool,
        result: Result<Arc<Description>, Refusal>,
    ) {
        let description = match result {
            Ok(description) => description,
            Err(refusal) => return self.say_no(&request, &refusal),
        };
        // Nothing flows before PLAY.
        self.event(Event::Pause(true));
        if carried(&description).next().is_none() {
            self.event(Event::Stop);
            let refusal = Refusal::Unsupported(format!("RTP can carry nothing of {description}"));
            return self.say_no(&request, &refusal);
        }
        let base = Url::parse(&request.uri).map_or_else(|_| request.uri.clone(), |url| url.base());
        self.step(Step::Describe);
        let playing = Outgoing::new(self.settings.wall);
        self.player = Some(Box::new(Player {
            base: base.clone(),
            description: description.clone(),
            playing,
            key: Url::parse(&request.uri).and_then(|url| url.key()).ok(),
            membership: None,
        }));
        if sets_up {
            return self.set_up(request);
        }
        self.answer_describe(&request, &base, &description);
    }

    fn answer_describe(&mut self, request: &Request, base: &str, description: &Description) {
        let key = Url::parse(&request.uri).and_then(|url| url.key());
        let name = key.as_ref().map_or("", |key| key.as_str());
        let sdp = sdp::describe(description, name, self.peer.local.ip());
        let response =
            Response::new(200).with("Content-Base", &format!("{base}/")).with_body("application/sdp", sdp);
        self.answer(request, response);
    }
}
