//! One stream on its way to one server, or from it, again and again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::media::Packaging;
use rtmpd_core::{
    Close, Dial, Dice, Error, Event, Input, Instant, Machine, Media, Note, Output, Peer, Reply, Request,
};

use super::Destination;
use super::backoff::Backoff;
use super::board::Status;
use super::forwards::{Begin, Forwarding};

/// How long a connection may take to be made: a server that comes back meanwhile is not to wait long.
const DIAL: Duration = Duration::from_secs(4);
/// What has run for so long has gone well.
const GOOD: Duration = Duration::from_secs(10);
/// After so many times that the other server said no, it is asked less often.
const PATIENT: u32 = 5;
/// So often then.
const SELDOM: Duration = Duration::from_secs(30);
/// How often the rules are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// See the module's text.
pub struct Relay {
    forwarding: Arc<Forwarding>,
    request: Request,
    way: Way,
    destination: Destination,
    via: String,
    dice: Dice,
    backoff: Backoff,
    stage: Stage,
    /// Speaks on the connection.
    leg: Option<Box<dyn Machine>>,
    /// Tries in vain since it last worked.
    failures: usize,
    /// How often the other server was there and said no, since it last was not there.
    refusals: u32,
    /// The error that was last noted: one that stays the same is noted once.
    told: Option<Arc<str>>,
    look_at: Instant,
    status: Arc<Status>,
    out: VecDeque<Output>,
}

/// Which way a stream goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// From here to there; played here in this packaging.
    Out(Packaging),
    /// From there to here.
    In {
        /// Only while somebody plays it.
        on_demand: bool,
    },
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Until then.
    Waiting(Instant),
    /// Our shard was asked for the stream: without it there is nothing to connect for.
    Looking,
    Dialling,
    /// Connected; since when media flows.
    Talking(Option<Instant>),
    Over,
}

impl Relay {
    /// A machine without a connection, for a stream; it begins at once.
    pub fn new(
        now: Instant,
        forwarding: Arc<Forwarding>,
        (request, way): (Request, Way),
        destination: Destination,
        (via, mut dice): (String, Dice),
    ) -> Self {
        let status = forwarding.enter(&request, &destination);
        Self {
            request: Request { patience: Duration::ZERO, ..request },
            forwarding,
            way,
            destination,
            via,
            backoff: Backoff::new(dice.fork()),
            dice,
            stage: Stage::Waiting(now),
            leg: None,
            failures: 0,
            refusals: 0,
            told: None,
            look_at: now + LOOK,
            status,
            out: VecDeque::new(),
        }
    }

    fn begin(&mut self) {
        self.status.connecting();
        match self.way {
            Way::Out(packaging) => {
                self.stage = Stage::Looking;
                self.event(Event::Play(Box::new(self.request.clone()), packaging));
                // It flows when the other server wants it.
                self.event(Event::Pause(true));
            }
            Way::In { .. } => self.dial(),
        }
    }

    fn dial(&mut self) {
        self.stage = Stage::Dialling;
        let Destination { host, port, .. } = &self.destination;
        let transport = self.destination.transport();
        let dial = Dial { transport, turn: self.failures, patience: DIAL, ..Dial::tcp(host.as_str(), *port) };
        self.event(Event::Dial(Box::new(dial)));
    }

    fn replied(&mut self, now: Instant, reply: Reply) {
        match (self.stage, reply) {
            (_, Reply::Watched(true)) => {}
            (_, Reply::Watched(false)) => self.finish(now, "nobody plays it any more"),
            (Stage::Looking, Reply::Play(Ok(_))) => self.dial(),
            (Stage::Looking, Reply::Play(Err(_))) => self.end(Close::StreamEnded),
            (Stage::Dialling, Reply::Dialled(Ok(peer))) => self.connected(now, peer),
            (Stage::Dialling, Reply::Dialled(Err(why))) => {
                self.refusals = 0;
                self.fail(now, &why);
            }
            (Stage::Talking(None), Reply::Publish(Ok(()))) => {
                self.runs(now);
                self.tell(now, Input::Reply(Reply::Publish(Ok(()))));
            }
            (Stage::Talking(_), reply) => self.tell(now, Input::Reply(reply)),
            (Stage::Waiting(_) | Stage::Looking | Stage::Dialling | Stage::Over, _) => {}
        }
    }

    fn connected(&mut self, now: Instant, peer: Peer) {
        let door = (self.destination.transport(), peer.remote.port());
        if peer.remote.ip() == peer.local.ip() && self.forwarding.doors.contains(&door) {
            let text = format!("{}: that is this server itself", self.says("is not"));
            self.event(Event::Note(Note::warn(text)));
            return self.end(Close::Done);
        }
        self.stage = Stage::Talking(None);
        let begin = Begin {
            now,
            peer,
            destination: &self.destination,
            request: &self.request,
            via: &self.via,
            dice: self.dice.fork(),
        };
        let legs = self.forwarding.legs();
        let made = match self.way {
            Way::Out(_) => legs.publisher(begin),
            Way::In { .. } => legs.player(begin),
        };
        match made {
            Ok(leg) => {
                self.leg = Some(leg);
                self.drain(now, None);
            }
            Err(why) => self.fail(now, &why),
        }
    }

    /// Passes an input on to the leg.
    fn tell(&mut self, now: Instant, input: Input<'_>) {
        let Some(leg) = &mut self.leg else { return };
        let failed = leg.handle_input(now, input).err().map(Close::Error);
        self.drain(now, failed);
    }

    /// Passes on what the leg wants, until its end.
    fn drain(&mut self, now: Instant, mut end: Option<Close>) {
        let Some(leg) = &mut self.leg else { return };
        while let Some(output) = leg.poll_output() {
            match output {
                Output::Close(why) => {
                    end.get_or_insert(why);
                }
                Output::Transmit(data) => {
                    self.status.sent(data.len());
                    self.out.push_back(Output::Transmit(data));
                }
                Output::Datagram(leg, datagram) => {
                    self.status.sent(datagram.size());
                    self.out.push_back(Output::Datagram(leg, datagram));
                }
                Output::Event(event) => self.out.push_back(Output::Event(event)),
            }
        }
        if let Some(why) = end {
            if let (Way::In { on_demand: true }, Close::Error(Error::Refused(refusal))) = (self.way, &why) {
                // It is there already: somebody publishes it here.
                let text = format!("{}: {refusal}", self.says("is not"));
                self.event(Event::Note(Note::debug(text)));
                return self.end(Close::Done);
            }
            let said_no =
                matches!((self.stage, &why), (Stage::Talking(None), Close::Error(Error::Violation(_))));
            self.refusals = if said_no { self.refusals + 1 } else { 0 };
            self.fail(now, &why.to_string());
        }
    }

    fn handle_media(&mut self, now: Instant, media: Media<'_>) {
        let is_end = matches!(media, Media::Ended);
        if let (Stage::Talking(None), Media::Start { .. }) = (self.stage, &media) {
            self.runs(now);
        }
        if is_end {
            self.part(now, Input::Media(media));
            self.end(Close::StreamEnded);
        } else {
            self.tell(now, Input::Media(media));
        }
    }

    /// Media flows from now on.
    fn runs(&mut self, now: Instant) {
        self.stage = Stage::Talking(Some(now));
        self.status.running(now);
        (self.failures, self.told) = (0, None);
        let text = self.says("is");
        self.event(Event::Note(Note::info(text)));
    }

    /// `live/a is forwarded to …`, or is pulled from there; or is not.
    fn says(&self, verb: &str) -> String {
        let way = match self.way {
            Way::Out(_) => "forwarded to",
            Way::In { .. } => "pulled from",
        };
        format!("{} {verb} {way} {}", self.request.key, self.destination)
    }

    /// It is no longer needed.
    fn finish(&mut self, now: Instant, why: &str) {
        let text = format!("{}: {why}", self.says("is no longer"));
        self.part(now, Input::Shutdown);
        self.event(Event::Note(Note::info(text)));
        self.end(Close::Done);
    }

    /// The leg says goodbye.
    fn part(&mut self, now: Instant, last: Input<'_>) {
        if let Some(mut leg) = self.leg.take() {
            // What it says of it is of no interest any more.
            let _ = leg.handle_input(now, last);
            let words = std::iter::from_fn(|| leg.poll_output());
            self.out.extend(words.filter(|output| !matches!(output, Output::Close(_))));
        }
    }

    /// It did not work, or works no longer: again later.
    fn fail(&mut self, now: Instant, why: &str) {
        if let Stage::Talking(Some(since)) = self.stage
            && now.since(since) >= GOOD
        {
            self.backoff.reset();
        }
        let pause = if self.refusals > PATIENT { SELDOM } else { self.backoff.pause() };
        let error: Arc<str> = why.into();
        let text = format!("{}: {error}; next try in {:.1} s", self.says("is not"), pause.as_secs_f64());
        let is_news = self.told.as_ref() != Some(&error);
        self.event(Event::Note(if is_news { Note::warn(text) } else { Note::debug(text) }));
        self.told = Some(error.clone());
        self.failures += 1;
        self.status.waiting(error, now + pause);
        self.leg = None;
        self.stage = Stage::Waiting(now + pause);
        self.event(Event::Stop);
        self.event(Event::HangUp);
    }

    fn end(&mut self, why: Close) {
        self.leg = None;
        self.stage = Stage::Over;
        self.out.push_back(Output::Close(why));
    }

    /// Whether the rules still want it.
    fn look(&mut self, now: Instant) {
        if now < self.look_at {
            return;
        }
        self.look_at = now + LOOK;
        let rules = self.forwarding.rules();
        let is_wanted = match self.way {
            Way::Out(_) => rules.destinations(&self.request).contains(&self.destination),
            Way::In { on_demand } => rules
                .source(&self.request.key)
                .is_some_and(|(source, on)| source == self.destination && on == on_demand),
        };
        if !is_wanted {
            return self.finish(now, "the rules have changed");
        }
        if self.way == (Way::In { on_demand: true }) {
            self.event(Event::Watched(self.request.key.clone()));
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

impl Machine for Relay {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if self.stage == Stage::Over => {}
            Input::Timeout => {
                self.look(now);
                match self.stage {
                    Stage::Waiting(until) if until <= now => self.begin(),
                    Stage::Talking(_) => {
                        let due = self.leg.as_ref().and_then(|leg| leg.poll_timeout());
                        if due.is_some_and(|due| due <= now) {
                            self.tell(now, Input::Timeout);
                        }
                    }
                    Stage::Waiting(_) | Stage::Looking | Stage::Dialling | Stage::Over => {}
                }
            }
            Input::Reply(reply) => self.replied(now, reply),
            Input::Media(media) => self.handle_media(now, media),
            Input::Eof => {
                self.tell(now, Input::Eof);
                if matches!(self.stage, Stage::Talking(_)) {
                    self.fail(now, &Close::PeerGone.to_string());
                }
            }
            Input::Shutdown => {
                self.part(now, Input::Shutdown);
                self.end(Close::Shutdown);
            }
            Input::Bytes(_) | Input::Datagram { .. } | Input::Handed(_) => self.tell(now, input),
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let next = match self.stage {
            Stage::Over => return None,
            Stage::Waiting(until) => Some(until),
            Stage::Looking | Stage::Dialling => None,
            Stage::Talking(_) => self.leg.as_ref().and_then(|leg| leg.poll_timeout()),
        };
        Some(next.map_or(self.look_at, |next| next.min(self.look_at)))
    }

    fn has_room(&self) -> bool {
        self.leg.as_ref().is_none_or(|leg| leg.has_room())
    }
}
