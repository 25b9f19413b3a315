//! Plays another server's stream, or a camera's, and publishes it here.

use std::collections::VecDeque;
use std::time::Duration;

use rtmpd_core::{
    Close, Dice, Error, Event, Input, Instant, Leg, Machine, Note, Output, Refusal, Reply, Request as Wish,
};

use super::Target;
use super::talk::{Heard, Talk};
use super::ways::{Path, Track, control_url};
use crate::rtp::sdp::Session;
use crate::rtsp::Settings;
use crate::rtsp::incoming::{Incoming, Way};
use crate::rtsp::wire::{Method, Request, Response};

/// Most bytes that wait while our shard is asked.
const MAX_WAITING: usize = 1 << 20;

/// See the module's text. It publishes `wish` here once the other server has said what it has.
pub struct RtspPlayer {
    talk: Talk,
    wish: Wish,
    settings: Settings,
    dice: Dice,
    stage: Stage,
    base: String,
    /// Control attributes of the tracks, in their order.
    controls: Vec<Option<String>>,
    incoming: Option<Box<Incoming>>,
    waiting: Vec<u8>,
    out: VecDeque<Output>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Greeting,
    Describing,
    /// Our shard was asked whether the stream may be published here.
    Offering,
    /// Our shard was asked for the sockets of a track.
    Binding(Track),
    SettingUp(Track),
    Asking,
    Playing,
    Over,
}

impl RtspPlayer {
    /// A machine for a connection to `target`'s server that was just made; drain it once to begin.
    pub fn new(now: Instant, target: Target, wish: Wish, settings: Settings, dice: Dice) -> Self {
        let (mut out, mut talk) = (VecDeque::new(), Talk::new(now, target));
        let request = Request::new(Method::Options, &talk.target().url);
        talk.ask(now, request, &mut out);
        Self {
            talk,
            wish,
            settings,
            dice,
            stage: Stage::Greeting,
            base: String::new(),
            controls: Vec::new(),
            incoming: None,
            waiting: Vec::new(),
            out,
        }
    }

    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        if matches!(self.stage, Stage::Offering | Stage::Binding(_)) {
            if self.waiting.len() + data.len() > MAX_WAITING {
                return Err(Error::limit(
                    format!("more than {MAX_WAITING} bytes came too early"),
                    "RFC 2326 §10.5",
                ));
            }
            self.waiting.extend_from_slice(data);
            return Ok(());
        }
        self.talk.push(data);
        while let Some(heard) = self.talk.next(now, &mut self.out)? {
            match heard {
                Heard::Answer(method, response) => self.answered(now, &method, &response)?,
                Heard::Data(channel, packet) => {
                    if let Some(incoming) = &mut self.incoming {
                        incoming.receive_interleaved(now, channel, &packet, &mut self.out);
                    }
                }
                Heard::Teardown => self.finish(now, Close::StreamEnded),
            }
            if matches!(self.stage, Stage::Offering | Stage::Binding(_) | Stage::Over) {
                break;
            }
        }
        Ok(())
    }

    fn answered(&mut self, now: Instant, method: &Method, response: &Response) -> Result<(), Error> {
        match (self.stage, method) {
            (Stage::Greeting, Method::Options) => {
                self.stage = Stage::Describing;
                let request = Request::new(Method::Describe, &self.talk.target().url);
                self.talk.ask(now, request.with("Accept", "application/sdp"), &mut self.out);
                Ok(())
            }
            (Stage::Describing, Method::Describe) => self.described(now, response),
            (Stage::SettingUp(track), Method::Setup) => {
                let path = track.path(self.talk.target(), response)?;
                self.take_path(track, path);
                self.set_up(now, track.place + 1);
                Ok(())
            }
            (Stage::Asking, Method::Play) => {
                self.stage = Stage::Playing;
                if let Some(incoming) = &mut self.incoming {
                    incoming.heard_at = now;
                    if let Some(info) = response.header("RTP-Info") {
                        incoming.rtp_info(now, info);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn described(&mut self, now: Instant, response: &Response) -> Result<(), Error> {
        let session = Session::parse(&response.body)?;
        let receiver = self.settings.receiver(self.dice.next_u64() as u32, true);
        let (incoming, notes) = Incoming::new(now, &session, &receiver)?;
        self.out.extend(notes.into_iter().map(|note: Note| Output::Event(Event::Note(note))));
        // RFC 2326 §C.1.1
        let base = ["Content-Base", "Content-Location"].iter().find_map(|name| response.header(name));
        let base = base.unwrap_or(&self.talk.target().url).to_owned();
        let control = session.control.as_deref();
        self.base = control_url(&base, control);
        self.controls = session.media.iter().map(|media| media.control.clone()).collect();
        self.incoming = Some(Box::new(incoming));
        self.stage = Stage::Offering;
        self.out.push_back(Output::Event(Event::Publish(Box::new(self.wish.clone()))));
        Ok(())
    }

    /// Sets up the tracks that we take, from this place on; then asks for media.
    fn set_up(&mut self, now: Instant, from: usize) {
        let next = (from..self.controls.len())
            .find(|place| self.incoming.as_ref().is_some_and(|incoming| incoming.takes(*place)));
        let Some(track) = next.and_then(Track::new) else {
            self.stage = Stage::Asking;
            let request = Request::new(Method::Play, &self.base).with("Range", "npt=0.000-");
            return self.talk.ask(now, request, &mut self.out);
        };
        match self.talk.target().transport {
            super::Transport::Tcp => self.ask_for(now, track, None),
            super::Transport::Udp => {
                self.stage = Stage::Binding(track);
                let bind = track.bind(self.talk.target());
                self.out.push_back(Output::Event(Event::Bind(Box::new(bind))));
            }
        }
    }

    fn ask_for(&mut self, now: Instant, track: Track, port: Option<u16>) {
        self.stage = Stage::SettingUp(track);
        let url =
            control_url(&self.base, self.controls.get(track.place).and_then(|control| control.as_deref()));
        let request = track.request(self.talk.target(), &url, port, false);
        self.talk.ask(now, request, &mut self.out);
    }

    fn take_path(&mut self, track: Track, path: Path) {
        let in_order = matches!(path, Path::Tcp(_));
        let receiver = self.settings.receiver(self.dice.next_u64() as u32, in_order);
        let Some(incoming) = &mut self.incoming else { return };
        let way = match path {
            Path::Tcp(channel) => Way::Tcp(channel),
            Path::Udp([rtp, rtcp]) => {
                // A way through address translation and firewalls, for what will come.
                incoming.knock(track.leg, [rtp, rtcp], &mut self.out);
                Way::Udp(track.leg, rtcp)
            }
        };
        incoming.set_way(track.place, way, &receiver);
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.talk.handle_timeout(now, &mut self.out)?;
        let Some(incoming) = &mut self.incoming else { return Ok(()) };
        incoming.handle_timeout(now, &mut self.out);
        if self.stage == Stage::Playing && now.since(incoming.heard_at) >= self.settings.max_idle {
            return Err(Error::TimedOut("media from the RTSP server"));
        }
        Ok(())
    }

    fn replied(&mut self, now: Instant, reply: Reply) -> Result<(), Error> {
        match (self.stage, reply) {
            (Stage::Offering, Reply::Publish(Ok(()))) => self.set_up(now, 0),
            (Stage::Offering, Reply::Publish(Err(refusal))) => {
                self.finish(now, Close::Error(Error::Refused(refusal)));
            }
            (Stage::Binding(track), Reply::Bound(Ok(port))) => self.ask_for(now, track, Some(port)),
            (Stage::Binding(_), Reply::Bound(Err(refusal))) => {
                self.finish(now, Close::Error(Error::Refused(refusal)));
            }
            _ => return Ok(()),
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.receive(now, &waiting)
    }

    fn handle_datagram(&mut self, now: Instant, leg: Leg, from: std::net::SocketAddr, data: &[u8]) {
        if from.ip().to_canonical() == self.talk.target().server.ip().to_canonical()
            && let Some(incoming) = &mut self.incoming
        {
            incoming.receive_datagram(now, leg, from, data, &mut self.out);
        }
    }

    fn finish(&mut self, now: Instant, why: Close) {
        if let Some(incoming) = &mut self.incoming {
            incoming.finish(now, &mut self.out);
        }
        self.talk.say_goodbye(&mut self.out);
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }
}

impl Machine for RtspPlayer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.stage == Stage::Over => {}
            Input::Bytes(data) => self.receive(now, data)?,
            Input::Datagram { leg, from, data } => self.handle_datagram(now, leg, from, data),
            Input::Eof => self.finish(now, Close::PeerGone),
            Input::Timeout => self.handle_timeout(now)?,
            Input::Reply(reply) => self.replied(now, reply)?,
            Input::Shutdown => self.finish(now, Close::Error(Error::Refused(Refusal::ShuttingDown))),
            Input::Media(_) | Input::Handed(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.stage == Stage::Over {
            return None;
        }
        let incoming = self.incoming.as_ref();
        let silence = incoming.filter(|_| self.stage == Stage::Playing);
        let silence =
            silence.map(|incoming| incoming.heard_at + self.settings.max_idle.max(Duration::from_secs(1)));
        let media = incoming.and_then(|incoming| incoming.poll_timeout());
        [self.talk.poll_timeout(), silence, media].into_iter().flatten().min()
    }
}
