//! One function for each method.
//!
//! Specs: RFC 2326 §10 (methods), §11 (status codes); RFC 7826 where clients of RTSP 2.0 differ.

use std::time::Duration;

use rtmpd_core::media::Packet;
use rtmpd_core::{Error, Event, Instant, Note};

use super::state::{State, Step};
use super::{RtspServer, Waiting};
use crate::rtsp::range::Range;
use crate::rtsp::wire::{Method, Request, Response};

/// What clients may ask for.
const PUBLIC: &str =
    "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, PAUSE, RECORD, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
/// PLAY is answered after this long even when no packet has told where it begins.
const FIRST_PACKET: Duration = Duration::from_millis(700);
/// Longest name of a client that is kept, in characters.
const MAX_AGENT: usize = 128;

impl RtspServer {
    /// Does what a client asks for.
    pub(super) fn handle_request(&mut self, now: Instant, request: Request) -> Result<(), Error> {
        self.heard_at = now;
        if request.version.starts_with("HTTP/") {
            return self.open_tunnel(&request);
        }
        if self.agent.is_empty()
            && let Some(agent) = request.header("User-Agent")
        {
            self.agent = agent.chars().take(MAX_AGENT).collect::<String>().into();
        }
        if let Some(required) = request.header("Require").or_else(|| request.header("Proxy-Require")) {
            self.answer(&request, Response::new(551).with("Unsupported", required));
        } else if !self.session_fits(&request) {
            self.refuse(&request, 454);
        } else if let Err(response) = self.door.admit(&request, &mut self.dice, &mut self.recalled) {
            return self.turn_away(&request, response);
        } else {
            self.greeted = true;
            self.obey(now, request);
        }
        Ok(())
    }

    fn obey(&mut self, now: Instant, request: Request) {
        match &request.method {
            Method::Options => self.answer(&request, Response::new(200).with("Public", PUBLIC)),
            Method::Describe => self.describe(now, request),
            Method::Announce => self.announce(now, request),
            Method::Setup => self.set_up(request),
            Method::Play => self.play(now, request),
            Method::Pause => self.pause(&request),
            Method::Record => self.record(now, &request),
            Method::Teardown => self.tear_down(now, &request),
            // What is asked for is hardly ever anything but whether we are there.
            Method::GetParameter => {
                let response = self.with_session(Response::new(200));
                self.answer(&request, response);
            }
            Method::SetParameter if request.body.is_empty() => self.answer(&request, Response::new(200)),
            Method::SetParameter => self.refuse(&request, 451),
            Method::Redirect | Method::PlayNotify | Method::Get | Method::Post | Method::Unknown(_) => {
                self.answer(&request, Response::new(501).with("Public", PUBLIC));
            }
        }
    }

    /// Whether the request is of this session, or of none.
    fn session_fits(&self, request: &Request) -> bool {
        let Some(said) = request.header("Session") else { return true };
        let id = said.split(';').next().unwrap_or_default().trim();
        match (&self.session, &request.method) {
            (Some(session), _) => &**session == id,
            // Signs of life and farewells may come after the end.
            (None, Method::Options | Method::GetParameter | Method::SetParameter | Method::Teardown) => true,
            (None, _) => false,
        }
    }

    fn play(&mut self, now: Instant, request: Request) {
        // What is live is played from now on, whatever time is asked for; but it has to be a time.
        if let Some(Err(error)) = request.header("Range").map(Range::parse) {
            return self.complain(&request, 457, &error);
        }
        let was_playing = self.state == State::Playing;
        if !self.step(Step::Play) {
            return self.refuse(&request, 455);
        }
        if was_playing {
            let response = self.with_session(Response::new(200)).with("Range", &Range::LIVE.to_string());
            return self.answer(&request, response);
        }
        let is_fed = self.player.as_ref().is_some_and(|player| player.playing.ways().next().is_some());
        if !is_fed {
            // All of it goes to a group, which is fed already.
            return self.answer_play(&request, None);
        }
        self.event(Event::Pause(false));
        self.waiting = Some(Waiting::First(Box::new(request), now + FIRST_PACKET));
    }

    /// The answer to PLAY: where it begins, if a packet has told.
    pub(super) fn answer_play(&mut self, request: &Request, first: Option<&Packet>) {
        let mut response = self.with_session(Response::new(200)).with("Range", &Range::LIVE.to_string());
        if let (Some(player), Some(packet)) = (&self.player, first) {
            let info = |(place, sequence, time): (usize, Option<u16>, u32)| {
                let sequence = sequence.map(|sequence| format!(";seq={sequence}")).unwrap_or_default();
                format!("url={}/trackID={place}{sequence};rtptime={time}", player.base)
            };
            let info: Vec<String> = player.playing.begins(packet).into_iter().map(info).collect();
            response = response.with("RTP-Info", &info.join(","));
        }
        self.answer(request, response);
    }

    fn pause(&mut self, request: &Request) {
        if !self.step(Step::Pause) {
            return self.refuse(request, 455);
        }
        if self.player.is_some() {
            self.event(Event::Pause(true));
        }
        let response = self.with_session(Response::new(200));
        self.answer(request, response);
    }

    fn record(&mut self, now: Instant, request: &Request) {
        if !self.step(Step::Record) {
            return self.refuse(request, 455);
        }
        if let Some(publishing) = &mut self.publishing {
            publishing.heard_at = now;
        }
        let response = self.with_session(Response::new(200)).with("Range", &Range::LIVE.to_string());
        self.answer(request, response);
    }

    fn tear_down(&mut self, now: Instant, request: &Request) {
        let response = self.with_session(Response::new(200));
        self.answer(request, response);
        self.farewell(now);
        self.step(Step::TearDown);
    }

    /// Ends whatever the session does.
    pub(super) fn farewell(&mut self, now: Instant) {
        if let Some(mut publishing) = self.publishing.take() {
            publishing.finish(now, &mut self.out);
            publishing.unbind(&mut self.out);
            self.event(Event::Stop);
        }
        if let Some(player) = self.player.take() {
            player.playing.say_bye(&mut self.out);
            player.playing.unbind(&mut self.out);
            self.event(Event::Stop);
        }
        self.session = None;
        self.waiting = None;
    }

    /// The session has an id from now on.
    pub(super) fn open_session(&mut self) {
        if self.session.is_none() {
            let recalled = self.recalled.session();
            let draw = || format!("{:016X}", self.dice.next_u64()).into();
            self.session = Some(recalled.unwrap_or_else(draw));
        }
    }

    /// The response with the session's id and how long it may be silent, in seconds.
    pub(super) fn with_session(&self, response: Response) -> Response {
        match &self.session {
            Some(session) => {
                let timeout = self.settings.max_idle.as_secs().max(1);
                response.with("Session", &format!("{session};timeout={timeout}"))
            }
            None => response,
        }
    }

    /// Says no; the session stays as it is.
    pub(super) fn refuse(&mut self, request: &Request, status: u16) {
        let (state, method) = (self.state, request.method.name());
        self.note(Note::debug(format!("{method} {} is answered {status} while {state:?}", request.uri)));
        self.answer(request, Response::new(status));
    }

    /// Says what is wrong with a request; the session stays as it is.
    pub(super) fn complain(&mut self, request: &Request, status: u16, error: &Error) {
        self.note(Note::warn(format!("{} is answered {status}: {error}", request.method.name())));
        let response = Response::new(status).with_body("text/plain", format!("{error}\r\n").into());
        self.answer(request, response);
    }
}
