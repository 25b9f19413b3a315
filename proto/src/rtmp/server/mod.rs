//! The machine for those who connect to us.
//!
//! Specs: see [`super`]. - `state`: all transitions · `connect`: the greeting and capabilities · `commands`: what clients
//! ask · `reading`: bytes in · `publishing`: media in · `playing`: media out

mod commands;
mod connect;
mod playing;
mod publishing;
mod reading;
mod state;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Machine, Note, Output, Peer, Refusal, Reply, Service,
};

use super::Settings;
use super::command::Command;
use super::handshake::Answerer;
use super::link::Link;
use super::message;
use connect::Client;
use playing::Playing;
use publishing::Publishing;
use state::{State, Step};

/// A client that neither publishes nor plays for this long is closed.
const LOITER: Duration = Duration::from_secs(60);

/// Makes the machines of an RTMP listener.
#[derive(Debug)]
pub struct RtmpService {
    settings: Arc<Settings>,
    dice: Dice,
}

impl RtmpService {
    /// A service with these settings.
    pub fn new(settings: Settings, dice: Dice) -> Self {
        Self { settings: Arc::new(settings), dice }
    }
}

impl Service for RtmpService {
    fn name(&self) -> &'static str {
        "rtmp"
    }

    fn accept(&mut self, now: Instant, _peer: Peer) -> Box<dyn Machine> {
        Box::new(RtmpServer::new(now, self.settings.clone(), self.dice.fork()))
    }
}

/// One client's connection.
#[derive(Debug)]
pub struct RtmpServer {
    settings: Arc<Settings>,
    state: State,
    link: Link,
    /// The shard was asked just now: what follows waits in `rest` for the answer.
    waits: bool,
    rest: Vec<u8>,
    /// Only while the handshake is under way.
    answerer: Option<Box<Answerer>>,
    /// What `connect` said.
    client: Option<Box<Client>>,
    /// Only from `publish` on.
    publishing: Option<Box<Publishing>>,
    /// Only from `play` on.
    playing: Option<Playing>,
    /// The last message stream given out.
    streams: u32,
    /// When a client that does nothing is given up; looked at late, never moved early.
    give_up_at: Instant,
    /// When the client last did what it is here for.
    active_at: Instant,
    ping_at: Instant,
    out: VecDeque<Output>,
}

impl RtmpServer {
    /// A client has connected.
    pub fn new(now: Instant, settings: Arc<Settings>, dice: Dice) -> Self {
        Self {
            state: State::Greeting,
            link: Link::new(),
            waits: false,
            rest: Vec::new(),
            answerer: Some(Box::new(Answerer::new(dice))),
            client: None,
            publishing: None,
            playing: None,
            streams: 0,
            give_up_at: now + settings.greeting,
            active_at: now,
            ping_at: now + settings.ping,
            out: VecDeque::new(),
            settings,
        }
    }

    fn handle_reply(&mut self, now: Instant, reply: Reply) -> Result<(), Error> {
        match (self.state, reply) {
            (State::AskingPublish(stream), Reply::Publish(Ok(()))) => self.start_publishing(now, stream),
            (State::AskingPublish(stream), Reply::Publish(Err(refusal))) => {
                self.status(stream, "error", "NetStream.Publish.BadName", &refusal.to_string());
                self.end(Close::Error(Error::Refused(refusal)));
                Ok(())
            }
            (State::AskingPlay(stream), Reply::Play(Ok(_))) => self.start_playing(now, stream),
            (State::AskingPlay(stream), Reply::Play(Err(refusal))) => {
                self.say_no_play(stream, &refusal);
                self.end(Close::Error(Error::Refused(refusal)));
                Ok(())
            }
            // The client has let go in the meantime.
            (
                _,
                Reply::Publish(_)
                | Reply::Play(_)
                | Reply::Asked(_)
                | Reply::Fetch(_)
                | Reply::Call(_)
                | Reply::Bound(_)
                | Reply::Dialled(_)
                | Reply::Watched(_),
            ) => Ok(()),
        }
    }

    /// Ends a client that was refused before the shard was asked: nobody else says so in the log.
    fn refuse(&mut self, refusal: Refusal) {
        self.note(Note::warn(format!("refused: {refusal}")));
        self.end(Close::Error(Error::Refused(refusal)));
    }

    fn say_no_play(&mut self, stream: u32, refusal: &Refusal) {
        let code = match refusal {
            Refusal::NotFound(_) => "NetStream.Play.StreamNotFound",
            Refusal::UnknownApp(_)
            | Refusal::BadName(_)
            | Refusal::Busy(_)
            | Refusal::Unsupported(_)
            | Refusal::NotYet(_)
            | Refusal::NoPort(_)
            | Refusal::Denied
            | Refusal::Full(_)
            | Refusal::Looped(_)
            | Refusal::ShuttingDown => "NetStream.Play.Failed",
        };
        self.status(stream, "error", code, &refusal.to_string());
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.wants_to_resume() {
            self.resume(now)?;
        }
        if let Some(publishing) = &mut self.publishing {
            publishing.handle_timeout(now, &mut self.out);
        }
        if now >= self.give_up_at {
            let (patience, what) = match self.state {
                State::Greeting | State::Connecting => return Err(Error::TimedOut("handshake and connect")),
                State::Publishing(_) => (self.settings.max_idle, "media from the publisher"),
                State::Idle => (LOITER, "publish or play"),
                State::AskingPublish(_) | State::AskingPlay(_) | State::Playing(_) | State::Over => {
                    (LOITER, "")
                }
            };
            if !what.is_empty() && now.since(self.active_at) >= patience {
                return Err(Error::TimedOut(what));
            }
            self.give_up_at = self.active_at.max(now - patience) + patience;
        }
        if now >= self.ping_at {
            self.ping_at = now + self.settings.ping;
            if self.playing.is_some() {
                let mut out = BytesMut::new();
                message::put_event(&mut out, message::PING_REQUEST, now.as_millis() as u32);
                self.transmit(out.freeze());
            }
        }
        Ok(())
    }

    fn handle_shutdown(&mut self) {
        if let Some(publishing) = &mut self.publishing {
            publishing.finish(&mut self.out);
        }
        match self.state {
            State::Publishing(stream) => {
                self.status(stream, "status", "NetStream.Unpublish.Success", "the server is shutting down");
            }
            State::Playing(stream) | State::AskingPlay(stream) => self.say_stream_over(stream),
            State::Greeting | State::Connecting | State::Idle | State::AskingPublish(_) | State::Over => {}
        }
        if self.client.is_some() {
            let text = "the server is shutting down";
            self.status(0, "status", "NetConnection.Connect.AppShutdown", text);
        }
        self.end(Close::Shutdown);
    }

    /// Moves to where `step` leads.
    fn step(&mut self, step: Step) -> Result<(), Error> {
        let from = self.state;
        self.state = from.after(step).ok_or_else(|| {
            Error::violation(format!("{step:?} must not happen while {from:?}"), "RTMP 1.0 §7.2")
        })?;
        Ok(())
    }

    fn end(&mut self, why: Close) {
        self.state = self.state.after(Step::End).unwrap_or(State::Over);
        self.out.push_back(Output::Close(why));
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn note(&mut self, note: Note) {
        self.event(Event::Note(note));
    }

    fn transmit(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.out.push_back(Output::Transmit(data));
        }
    }

    fn send(&mut self, stream: u32, command: &Command) {
        let mut out = BytesMut::new();
        command.put(&mut out, stream, self.settings.chunk_size as usize);
        self.transmit(out.freeze());
    }

    fn status(&mut self, stream: u32, level: &str, code: &str, text: &str) {
        self.send(stream, &Command::on_status(level, code, text));
    }
}

impl Machine for RtmpServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.state == State::Over => Ok(()),
            Input::Bytes(data) => self.receive(now, data),
            Input::Eof => {
                if let Some(publishing) = &mut self.publishing {
                    publishing.finish(&mut self.out);
                }
                self.end(Close::PeerGone);
                Ok(())
            }
            Input::Datagram { .. } | Input::Handed(_) => Ok(()),
            Input::Timeout => self.handle_timeout(now),
            Input::Reply(reply) => {
                self.handle_reply(now, reply)?;
                self.resume(now)
            }
            Input::Media(media) => {
                self.play_media(&media);
                Ok(())
            }
            Input::Shutdown => {
                self.handle_shutdown();
                Ok(())
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.state == State::Over {
            return None;
        }
        // In the past, which means at once.
        let resume_at = self.wants_to_resume().then_some(self.active_at);
        let ping_at = self.playing.is_some().then_some(self.ping_at);
        let media_at = self.publishing.as_ref().and_then(|publishing| publishing.poll_timeout());
        let gives_up =
            !matches!(self.state, State::AskingPlay(_) | State::AskingPublish(_) | State::Playing(_));
        [resume_at, gives_up.then_some(self.give_up_at), ping_at, media_at].into_iter().flatten().min()
    }
}
