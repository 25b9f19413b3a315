//! Plays a stream here and publishes it on another server.

use std::collections::VecDeque;

use rtmpd_core::media::Description;
use rtmpd_core::{
    Close, Error, Event, Input, Instant, Machine, Media, Output, Refusal, Reply, Request as Wish, WallClock,
};

use super::talk::{Heard, Talk};
use super::ways::{Path, Track, control_url};
use super::{Target, Transport};
use crate::rtp::{RTP, carried, sdp};
use crate::rtsp::outgoing::{Outgoing, Way};
use crate::rtsp::wire::{Method, Request, Response};

/// See the module's text.
pub struct RtspPublisher {
    talk: Talk,
    stage: Stage,
    /// How many tracks there are.
    tracks: usize,
    outgoing: Outgoing,
    out: VecDeque<Output>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Our shard was asked for the stream.
    Waiting,
    Announcing,
    Binding(Track),
    SettingUp(Track),
    Asking,
    Publishing,
    Over,
}

impl RtspPublisher {
    /// A machine for a connection to `target`'s server that was just made; drain it once to begin. It plays `wish` here.
    pub fn new(now: Instant, target: Target, wish: Wish, wall: WallClock) -> Self {
        let out = VecDeque::from([Output::Event(Event::Play(Box::new(wish), RTP))]);
        let talk = Talk::new(now, target);
        Self { talk, stage: Stage::Waiting, tracks: 0, outgoing: Outgoing::new(wall), out }
    }

    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        self.talk.push(data);
        while let Some(heard) = self.talk.next(now, &mut self.out)? {
            match heard {
                Heard::Answer(method, response) => self.answered(now, &method, &response)?,
                // Receivers' reports.
                Heard::Data(..) => {}
                Heard::Teardown => self.finish(Close::PeerGone),
            }
            if self.stage == Stage::Over {
                break;
            }
        }
        Ok(())
    }

    fn answered(&mut self, now: Instant, method: &Method, response: &Response) -> Result<(), Error> {
        match (self.stage, method) {
            (Stage::Announcing, Method::Announce) => self.set_up(now, 0),
            (Stage::SettingUp(track), Method::Setup) => {
                let way = match track.path(self.talk.target(), response)? {
                    Path::Tcp(channel) => Way::Tcp(channel),
                    Path::Udp(to) => Way::Udp { leg: track.leg, to, follows: false },
                };
                self.outgoing.set_way(track.place, way);
                self.set_up(now, track.place + 1);
            }
            (Stage::Asking, Method::Record) => {
                self.stage = Stage::Publishing;
                self.out.push_back(Output::Event(Event::Pause(false)));
            }
            _ => {}
        }
        Ok(())
    }

    fn announce(&mut self, now: Instant, description: &Description) {
        // Nothing flows before the other server wants it.
        self.out.push_back(Output::Event(Event::Pause(true)));
        self.tracks = carried(description).count();
        if self.tracks == 0 {
            let text = format!("RTP can carry nothing of {description}");
            return self.finish(Close::Error(Error::Refused(Refusal::Unsupported(text))));
        }
        self.stage = Stage::Announcing;
        let target = self.talk.target();
        let body = sdp::describe(description, "", target.server.ip());
        let request = Request::new(Method::Announce, &target.url).with_body("application/sdp", body);
        self.talk.ask(now, request, &mut self.out);
    }

    fn set_up(&mut self, now: Instant, place: usize) {
        let Some(track) = Track::new(place).filter(|_| place < self.tracks) else {
            self.stage = Stage::Asking;
            let request = Request::new(Method::Record, &self.talk.target().url).with("Range", "npt=0.000-");
            return self.talk.ask(now, request, &mut self.out);
        };
        match self.talk.target().transport {
            Transport::Tcp => self.ask_for(now, track, None),
            Transport::Udp => {
                self.stage = Stage::Binding(track);
                let bind = track.bind(self.talk.target());
                self.out.push_back(Output::Event(Event::Bind(Box::new(bind))));
            }
        }
    }

    fn ask_for(&mut self, now: Instant, track: Track, port: Option<u16>) {
        self.stage = Stage::SettingUp(track);
        let url = control_url(&self.talk.target().url, Some(&format!("trackID={}", track.place)));
        let request = track.request(self.talk.target(), &url, port, true);
        self.talk.ask(now, request, &mut self.out);
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { description, preamble } => {
                // The other server was told of other tracks: it has to be told anew.
                if !self.outgoing.start(description, preamble) {
                    self.finish(Close::StreamEnded);
                }
            }
            Media::Packet(packet) => self.outgoing.send(now, packet, &mut self.out),
            Media::Gap => {}
            Media::Ended => self.finish(Close::StreamEnded),
        }
    }

    fn finish(&mut self, why: Close) {
        self.outgoing.say_bye(&mut self.out);
        self.talk.say_goodbye(&mut self.out);
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }
}

impl Machine for RtspPublisher {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match (input, self.stage) {
            (_, Stage::Over) => {}
            (Input::Bytes(data), _) => self.receive(now, data)?,
            (Input::Eof, _) => self.finish(Close::PeerGone),
            (Input::Timeout, _) => {
                self.talk.handle_timeout(now, &mut self.out)?;
                self.outgoing.handle_timeout(now, &mut self.out);
            }
            (Input::Reply(Reply::Play(Ok(description))), Stage::Waiting) => self.announce(now, &description),
            (Input::Reply(Reply::Play(Err(refusal))), _) | (Input::Reply(Reply::Bound(Err(refusal))), _) => {
                self.finish(Close::Error(Error::Refused(refusal)));
            }
            (Input::Reply(Reply::Bound(Ok(port))), Stage::Binding(track)) => {
                self.ask_for(now, track, Some(port))
            }
            (Input::Media(media), _) => self.handle_media(now, &media),
            (Input::Shutdown, _) => self.finish(Close::Error(Error::Refused(Refusal::ShuttingDown))),
            (Input::Reply(_) | Input::Datagram { .. } | Input::Handed(_), _) => {}
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
        [self.talk.poll_timeout(), self.outgoing.poll_timeout()].into_iter().flatten().min()
    }

    fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }
}
