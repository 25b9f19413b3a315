//! The machine for those who connect to us: publishers and players.
//!
//! Specs: see [`super`]. Requests are answered in their order: while the shard is asked for something, what follows waits.
//!
//! - `state`: all transitions · `requests`: one function for each method · `setup`: how a track travels
//! - `describing`, `announcing`: who plays and publishes what
//! - `door`: who is let in · `tunnel`: RTSP through HTTP
//! - `recalled`: what a captured server drew, for replays

mod announcing;
mod describing;
mod door;
mod recalled;
mod requests;
mod setup;
mod state;
mod tunnel;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Leg, Machine, Media, Note, Output, Peer, Refusal, Reply,
    Request as Wish, Service,
};

use super::Settings;
use super::wire::{Decoder, Message, Request, Response};
use crate::rtsp::incoming::Incoming;
use describing::Player;
use door::Door;
use recalled::Recalled;
use state::{State, Step};
use tunnel::Tunnel;

/// Most bytes that wait while the shard is asked.
const MAX_WAITING: usize = 256 << 10;
/// A client that neither publishes nor plays for this long is closed.
const LOITER: Duration = Duration::from_secs(60);
/// The way up of a tunnel is closed when nothing came by it for this long: whether its other end is still there, nothing
/// else tells. Clients may open another.
const QUIET_TUNNEL: Duration = Duration::from_secs(600);

/// Makes the machines of an RTSP listener.
#[derive(Debug)]
pub struct RtspService {
    settings: Arc<Settings>,
    dice: Dice,
    /// For the next client.
    recalled: Recalled,
}

impl RtspService {
    /// A service with these settings.
    pub fn new(settings: Settings, dice: Dice) -> Self {
        Self { settings: Arc::new(settings), dice, recalled: Recalled::default() }
    }
}

impl Service for RtspService {
    fn name(&self) -> &'static str {
        "rtsp"
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        let mut server = RtspServer::new(now, self.settings.clone(), peer, self.dice.fork());
        server.recalled = std::mem::take(&mut self.recalled);
        Box::new(server)
    }

    fn recall(&mut self, _peer: Peer, said: &[u8]) {
        self.recalled = Recalled::read(said);
    }
}

/// A question that is with the shard, and the request that it is asked for.
#[derive(Debug)]
enum Waiting {
    /// DESCRIBE: whether there is such a stream.
    Describe(Box<Request>),
    /// SETUP of one that did not ask for a description: the same.
    SetUp(Box<Request>),
    /// SETUP: sockets for a track.
    Bind(Box<setup::Binding>),
    /// ANNOUNCE: whether this may be published.
    Announce(Box<Request>),
    /// DESCRIBE, SETUP or ANNOUNCE: whether the client may do this at all; then it waits for the other.
    Leave(Box<(Wish, Self)>),
    /// PLAY: the first packet, which tells where it begins; no longer than until then.
    First(Box<Request>, Instant),
}

/// One client's connection.
pub struct RtspServer {
    settings: Arc<Settings>,
    peer: Peer,
    dice: Dice,
    recalled: Recalled,
    state: State,
    decoder: Decoder,
    waiting: Option<Waiting>,
    door: Door,
    /// The session's id, from the first SETUP on.
    session: Option<Arc<str>>,
    player: Option<Box<Player>>,
    publishing: Option<Box<Incoming>>,
    tunnel: Tunnel,
    agent: Arc<str>,
    /// The client has asked for something that makes sense.
    greeted: bool,
    /// When the client last gave a sign of life.
    heard_at: Instant,
    out: VecDeque<Output>,
}

impl RtspServer {
    /// A client has connected.
    pub fn new(now: Instant, settings: Arc<Settings>, peer: Peer, dice: Dice) -> Self {
        Self {
            door: Door::new(settings.clone()),
            settings,
            peer,
            dice,
            recalled: Recalled::default(),
            state: State::Init,
            decoder: Decoder::default(),
            waiting: None,
            session: None,
            player: None,
            publishing: None,
            tunnel: Tunnel::default(),
            agent: "".into(),
            greeted: false,
            heard_at: now,
            out: VecDeque::new(),
        }
    }

    /// Takes bytes of the client.
    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        if self.tunnel.leads_up() {
            self.heard_at = now;
            return self.pass_up(data);
        }
        let mut rest = data;
        while !rest.is_empty() && self.waiting.is_none() && self.state != State::Over {
            match self.decoder.feed(&mut rest) {
                Some((channel, payload)) => self.handle_interleaved(now, channel, payload),
                None => self.go_on(now)?,
            }
        }
        self.decoder.push(rest);
        if self.waiting.is_some() && self.decoder.waiting() > MAX_WAITING {
            let what = format!("more than {MAX_WAITING} bytes came while an answer was due");
            return Err(Error::limit(what, "RFC 2326 §9.1"));
        }
        Ok(())
    }

    /// Does what has come in, up to the next question that only the shard can answer.
    fn go_on(&mut self, now: Instant) -> Result<(), Error> {
        while self.waiting.is_none() && self.state != State::Over {
            match self.decoder.next_message() {
                Ok(Some(Message::Request(request))) => self.handle_request(now, request)?,
                Ok(Some(Message::Data { channel, payload })) => {
                    self.handle_interleaved(now, channel, &payload)
                }
                // We ask nothing.
                Ok(Some(Message::Response(_))) => self.heard_at = now,
                Ok(None) => break,
                Err(error) => {
                    let farewell = self.decoder.farewell().write("RTSP/1.0");
                    self.transmit(farewell);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn handle_interleaved(&mut self, now: Instant, channel: u8, payload: &[u8]) {
        self.heard_at = now;
        if let Some(publishing) = self.publishing.as_mut().filter(|_| self.state == State::Recording) {
            publishing.receive_interleaved(now, channel, payload, &mut self.out);
        }
    }

    /// Only the client's own address counts: whoever else sends to these ports is not the client.
    fn handle_datagram(&mut self, now: Instant, leg: Leg, from: SocketAddr, data: &[u8]) {
        if from.ip().to_canonical() != self.peer.remote.ip().to_canonical() {
            return;
        }
        self.heard_at = now;
        match (&mut self.publishing, &mut self.player) {
            (Some(publishing), _) if self.state == State::Recording => {
                publishing.receive_datagram(now, leg, from, data, &mut self.out);
            }
            (None, Some(player)) => player.playing.heard(leg, from),
            (Some(_), _) | (None, None) => {}
        }
    }

    fn handle_reply(&mut self, now: Instant, reply: Reply) -> Result<(), Error> {
        match (self.waiting.take(), reply) {
            (Some(Waiting::Describe(request)), Reply::Play(result)) => {
                self.described(*request, false, result)
            }
            (Some(Waiting::SetUp(request)), Reply::Play(result)) => self.described(*request, true, result),
            (Some(Waiting::Leave(asked)), Reply::Asked(result)) => self.answer_ask(now, *asked, result),
            (Some(Waiting::Bind(binding)), Reply::Bound(result)) => self.bound(*binding, result),
            (Some(Waiting::Announce(request)), Reply::Publish(result)) => {
                self.announced(now, &request, result)
            }
            (waiting, _) => self.waiting = waiting,
        }
        self.go_on(now)
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) -> Result<(), Error> {
        match media {
            Media::Start { description, preamble } => {
                let Some(player) = &mut self.player else { return Ok(()) };
                player.description = (*description).clone();
                if !player.playing.start(description, preamble) {
                    self.note(Note::info(format!(
                        "the tracks changed to {description}: the player must ask again"
                    )));
                    self.finish(now, Close::StreamEnded);
                }
            }
            Media::Packet(packet) => {
                if let Some(Waiting::First(request, _)) =
                    self.waiting.take_if(|waiting| matches!(waiting, Waiting::First(..)))
                {
                    self.answer_play(&request, Some(packet));
                }
                if let Some(player) = &mut self.player {
                    player.playing.send(now, packet, &mut self.out);
                }
                return self.go_on(now);
            }
            Media::Gap => {}
            Media::Ended => self.finish(now, Close::StreamEnded),
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if let Some(player) = &mut self.player {
            player.playing.handle_timeout(now, &mut self.out);
        }
        if let Some(publishing) = &mut self.publishing {
            publishing.handle_timeout(now, &mut self.out);
        }
        if let Some(Waiting::First(request, _)) =
            self.waiting.take_if(|waiting| matches!(waiting, Waiting::First(_, until) if *until <= now))
        {
            self.answer_play(&request, None);
            self.go_on(now)?;
        }
        match self.patience() {
            Some((patience, what)) if now.since(self.last_sign()) >= patience => Err(Error::TimedOut(what)),
            Some(_) | None => Ok(()),
        }
    }

    /// How long the client may be silent, and what is then missing.
    fn patience(&self) -> Option<(Duration, &'static str)> {
        let is_silent = |player: &Player| player.playing.uses_datagrams() || player.membership.is_some();
        let by_datagrams = self.player.as_ref().is_some_and(|player| is_silent(player));
        match self.state {
            State::Over => None,
            State::Recording => Some((self.settings.max_idle, "media from the publisher")),
            State::Init if !self.greeted => Some((self.settings.greeting, "a request")),
            // The connection itself shows whether a player is there, when media goes by it.
            State::Playing if by_datagrams => Some((self.settings.max_idle, "a sign of life of the player")),
            State::Playing => None,
            State::Init | State::Described | State::ReadyToPlay | State::Announced | State::ReadyToRecord => {
                let most = if self.tunnel.leads_up() { QUIET_TUNNEL } else { LOITER };
                Some((self.settings.max_idle.max(most), "a request"))
            }
        }
    }

    /// When the client last did what it is here for.
    fn last_sign(&self) -> Instant {
        match (&self.publishing, self.state) {
            (Some(publishing), State::Recording) => publishing.heard_at,
            _ => self.heard_at,
        }
    }

    /// Ends what the session does, and the connection.
    fn finish(&mut self, now: Instant, why: Close) {
        self.farewell(now);
        self.step(Step::End);
        self.out.push_back(Output::Close(why));
    }

    /// Moves to where `step` leads; false when it must not happen now.
    fn step(&mut self, step: Step) -> bool {
        match self.state.after(step) {
            Some(state) => {
                self.state = state;
                true
            }
            None => false,
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn note(&mut self, note: Note) {
        self.event(Event::Note(note));
    }

    fn transmit(&mut self, data: Bytes) {
        self.out.push_back(Output::Transmit(data));
    }

    /// Answers a request.
    fn answer(&mut self, request: &Request, mut response: Response) {
        if let Some(number) = request.header("CSeq") {
            response.headers.push("CSeq", number);
        }
        response.headers.push("Server", "smart_rtmpd");
        let version = if request.version == "RTSP/2.0" { "RTSP/2.0" } else { "RTSP/1.0" };
        self.transmit(response.write(version));
    }

    /// Says no, in the words of RTSP, to what the shard refused.
    fn say_no(&mut self, request: &Request, refusal: &Refusal) {
        if *refusal == Refusal::Denied
            && let Some(response) = self.challenge_user()
        {
            return self.answer(request, response);
        }
        let status = match refusal {
            Refusal::UnknownApp(_) | Refusal::BadName(_) | Refusal::NotFound(_) => 404,
            Refusal::Busy(_) | Refusal::Looped(_) => 406,
            Refusal::Unsupported(_) => 415,
            Refusal::NoPort(_) | Refusal::Full(_) => 453,
            Refusal::Denied => 403,
            Refusal::NotYet(_) | Refusal::ShuttingDown => 503,
        };
        self.note(Note::debug(format!("{} is answered {status}: {refusal}", request.method.name())));
        let response = Response::new(status).with_body("text/plain", format!("{refusal}\r\n").into());
        self.answer(request, response);
    }
}

impl Machine for RtspServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.state == State::Over => Ok(()),
            Input::Bytes(data) | Input::Handed(data) => self.receive(now, data),
            Input::Datagram { leg, from, data } => {
                self.handle_datagram(now, leg, from, data);
                Ok(())
            }
            Input::Eof => {
                self.finish(now, Close::PeerGone);
                Ok(())
            }
            Input::Timeout => self.handle_timeout(now),
            Input::Reply(reply) => self.handle_reply(now, reply),
            Input::Media(media) => self.handle_media(now, &media),
            Input::Shutdown => {
                self.finish(now, Close::Shutdown);
                Ok(())
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let first = match &self.waiting {
            Some(Waiting::First(_, until)) => Some(*until),
            _ => None,
        };
        let silence = self.patience().map(|(patience, _)| self.last_sign() + patience);
        let played = self.player.as_ref().and_then(|player| player.playing.poll_timeout());
        let published = self.publishing.as_ref().and_then(|publishing| publishing.poll_timeout());
        [first, silence, played, published].into_iter().flatten().min()
    }

    fn has_room(&self) -> bool {
        self.player.as_ref().is_none_or(|player| player.playing.has_room())
    }
}
