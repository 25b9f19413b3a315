//! A relay, told what a shard would tell it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Description, Packaging};
use rtmpd_core::{
    Attendant, Attending, Close, Dice, Error, Event, Input, Instant, Machine, Media, Output, Peer, Refusal,
    Reply, Transport,
};

use super::request;
use crate::relay::{Begin, Forward, Forwarding, Forwards, Legs, Pull, Pulls, Rule, Rules, Scheme, State};

const PACKAGING: Packaging = Packaging("toy");

/// Says hello, plays, passes media on.
struct Leg(VecDeque<Output>);

impl Machine for Leg {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Bytes(b"end") => self.0.push_back(Output::Close(Close::StreamEnded)),
            Input::Bytes(b"no") => return Err(Error::violation("no", "toy")),
            Input::Bytes(b"bad") => return Err(Error::malformed("toy talk", "toy")),
            Input::Media(Media::Start { preamble, .. }) => {
                self.0.push_back(Output::Transmit(preamble.clone()))
            }
            Input::Reply(Reply::Publish(Err(refusal))) => {
                self.0.push_back(Output::Close(Close::Error(Error::Refused(refusal))));
            }
            Input::Media(Media::Ended) | Input::Shutdown => {
                self.0.push_back(Output::Transmit(Bytes::from_static(b"bye")));
                self.0.push_back(Output::Close(Close::Done));
            }
            Input::Bytes(_)
            | Input::Datagram { .. }
            | Input::Handed(_)
            | Input::Eof
            | Input::Timeout
            | Input::Reply(_)
            | Input::Media(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

struct Toys;

impl Legs for Toys {
    fn packaging(&self, scheme: Scheme) -> Option<Packaging> {
        (scheme == Scheme::Rtmp).then_some(PACKAGING)
    }

    fn player(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String> {
        let hello = format!("give {} via {}", begin.destination, begin.via);
        let publish = Event::Publish(Box::new(begin.request.clone()));
        Ok(Box::new(Leg([Output::Transmit(hello.into()), Output::Event(publish)].into())))
    }

    fn publisher(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String> {
        let hello = format!("hello {} via {}", begin.destination, begin.via);
        let play = Event::Play(Box::new(begin.request.clone()), PACKAGING);
        Ok(Box::new(Leg([Output::Transmit(hello.into()), Output::Event(play)].into())))
    }
}

/// A relay, and what it wants.
struct Desk {
    now: Instant,
    forwarding: Arc<Forwarding>,
    relay: Box<dyn Machine>,
    said: Vec<String>,
}

fn rules() -> Rules {
    let forwards = vec![Forward::new("10.0.0.2", "").unwrap()];
    Rules { apps: vec![Rule { forwards, ..Rule::new("rtmp://a/live").unwrap() }], ..Rules::default() }
}

impl Desk {
    fn new() -> Self {
        let forwarding = Arc::new(Forwarding::new(rules(), Arc::new(Toys), 7, vec![(Transport::Tcp, 1935)]));
        let mut made: Vec<Attending> = Vec::new();
        let now = Instant::from_millis(5);
        Forwards::new(forwarding.clone(), Dice::new(1)).attend(now, &request("a", "x"), &mut made);
        assert_eq!(made.len(), 1);
        let relay = made.pop().unwrap().machine;
        Self { now, forwarding, relay, said: Vec::new() }
    }

    fn tell(&mut self, input: Input<'_>) -> String {
        self.relay.handle_input(self.now, input).expect("a relay forgives");
        while let Some(output) = self.relay.poll_output() {
            self.said.push(match output {
                Output::Transmit(data) => format!("'{}'", String::from_utf8_lossy(&data)),
                Output::Event(Event::Play(request, _)) => {
                    format!("play {} {:?}", request.key, request.patience)
                }
                Output::Event(Event::Publish(request)) => format!("publish {}", request.key),
                Output::Event(Event::Watched(key)) => format!("watched {key}"),
                Output::Event(Event::Pause(paused)) => format!("pause {paused}"),
                Output::Event(Event::Dial(dial)) => format!("dial {dial} turn {}", dial.turn),
                Output::Event(Event::Note(note)) => format!("{:?} {}", note.level, note.text),
                Output::Event(Event::Stop) => "stop".to_owned(),
                Output::Event(Event::HangUp) => "hang up".to_owned(),
                Output::Close(why) => format!("close: {why}"),
                other @ (Output::Datagram(..) | Output::Event(_)) => panic!("{other:?}"),
            });
        }
        std::mem::take(&mut self.said).join(" | ")
    }

    /// Goes on to when it wants to hear of the time.
    fn wait(&mut self) -> Duration {
        let before = self.now;
        while let State::Waiting { until, .. } = self.state() {
            let at = self.relay.poll_timeout().unwrap().min(until);
            self.now = self.now.max(at);
            if at == until {
                break;
            }
            assert_eq!(self.tell(Input::Timeout), "");
        }
        self.now.since(before)
    }

    fn state(&self) -> State {
        self.forwarding.board().entries()[0].state.clone()
    }

    fn dialled(&mut self) -> String {
        let [local, remote] =
            ["10.0.0.1:5000", "10.0.0.2:1935"].map(|text| text.parse::<SocketAddr>().unwrap());
        self.tell(Input::Reply(Reply::Dialled(Ok(Peer { local, remote }))))
    }

    fn start(&mut self) -> String {
        let (description, preamble) = (Arc::new(Description::default()), Bytes::from_static(b"preamble"));
        self.tell(Input::Media(Media::Start { description: &description, preamble: &preamble }))
    }

    /// Up to where media flows.
    fn run(&mut self) {
        self.tell(Input::Timeout);
        self.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
        self.dialled();
        self.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
        self.start();
        assert!(matches!(self.state(), State::Running { .. }));
    }
}

#[test]
fn from_the_first_look_to_the_last_word() {
    let mut desk = Desk::new();
    assert_eq!(desk.state(), State::Connecting);
    assert_eq!(desk.relay.poll_timeout(), Some(desk.now), "it begins at once");
    assert_eq!(desk.tell(Input::Timeout), "play live/x 0ns | pause true");
    assert_eq!(desk.tell(Input::Reply(Reply::Play(Ok(Arc::default())))), "dial 10.0.0.2:1935 turn 0");
    assert_eq!(desk.dialled(), "'hello rtmp://a/live/x at 10.0.0.2:1935 via 00000007' | play live/x 0ns");
    desk.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
    let text = "Info live/x is forwarded to rtmp://a/live/x at 10.0.0.2:1935 | 'preamble'";
    assert_eq!(desk.start(), text);
    assert_eq!(desk.tell(Input::Media(Media::Ended)), "'bye' | close: the stream ended");
    assert_eq!(desk.relay.poll_timeout(), None);
    let entry = &desk.forwarding.board().entries()[0];
    assert_eq!((entry.runs, entry.failures, entry.bytes > 20), (1, 0, true));
    let Desk { relay, forwarding, .. } = desk;
    drop(relay);
    assert!(forwarding.board().entries().is_empty());
}

#[test]
fn pauses_grow_and_one_error_is_told_once() {
    let mut desk = Desk::new();
    let mut pauses = Vec::new();
    for turn in 0..6 {
        desk.tell(Input::Timeout);
        let dial = desk.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
        assert_eq!(dial, format!("dial 10.0.0.2:1935 turn {turn}"));
        let said = desk.tell(Input::Reply(Reply::Dialled(Err("cannot reach it: refused".into()))));
        let level = if turn == 0 { "Warn" } else { "Debug" };
        assert!(said.starts_with(&format!("{level} live/x is not forwarded to ")), "{said}");
        assert!(said.contains(": cannot reach it: refused; next try in "), "{said}");
        assert!(said.ends_with(" s | stop | hang up"), "{said}");
        pauses.push(desk.wait());
    }
    assert!(pauses[0] <= Duration::from_secs(1), "{pauses:?}");
    assert!(pauses.iter().all(|pause| (Duration::from_millis(500)..Duration::from_secs(5)).contains(pause)));
    assert!(pauses[5] >= Duration::from_millis(2400), "{pauses:?}");
    desk.run();
    desk.now += Duration::from_secs(11);
    assert!(desk.tell(Input::Bytes(b"bad")).contains("malformed: toy talk"));
    assert!(desk.wait() <= Duration::from_secs(1), "it had run well");
    assert_eq!(desk.forwarding.board().entries()[0].failures, 7);
}

#[test]
fn a_server_that_says_no_is_asked_seldom() {
    let mut desk = Desk::new();
    for turn in 0..8 {
        desk.tell(Input::Timeout);
        desk.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
        desk.dialled();
        assert!(desk.tell(Input::Bytes(b"no")).contains("protocol violation: no"));
        let pause = desk.wait();
        assert_eq!(pause == Duration::from_secs(30), turn >= 5, "{turn}: {pause:?}");
    }
    // It goes, and comes back: it is another one now.
    desk.tell(Input::Timeout);
    desk.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
    desk.tell(Input::Reply(Reply::Dialled(Err("gone".into()))));
    assert!(desk.wait() < Duration::from_secs(5));
}

#[test]
fn every_end_of_a_connection_is_a_new_beginning() {
    let mut desk = Desk::new();
    for _ in 0..2 {
        desk.run();
        assert!(desk.tell(Input::Eof).contains("peer closed the connection; next try"));
        desk.wait();
        desk.run();
        assert!(
            desk.tell(Input::Bytes(b"end")).contains("the stream ended; next try"),
            "their end is not ours"
        );
        desk.wait();
    }
}

#[test]
fn without_its_stream_it_ends() {
    let mut desk = Desk::new();
    desk.tell(Input::Timeout);
    let refusal = Refusal::NotFound("live/x".into());
    assert_eq!(desk.tell(Input::Reply(Reply::Play(Err(refusal)))), "close: the stream ended");
    let mut desk = Desk::new();
    desk.run();
    assert_eq!(desk.tell(Input::Shutdown), "'bye' | close: the server is shutting down");
}

#[test]
fn it_does_not_forward_to_itself() {
    let mut desk = Desk::new();
    desk.tell(Input::Timeout);
    desk.tell(Input::Reply(Reply::Play(Ok(Arc::default()))));
    let [local, remote] = ["10.0.0.2:5000", "10.0.0.2:1935"].map(|text| text.parse::<SocketAddr>().unwrap());
    let said = desk.tell(Input::Reply(Reply::Dialled(Ok(Peer { local, remote }))));
    assert!(said.contains("that is this server itself | close: done"), "{said}");
}

#[test]
fn a_rule_that_goes_takes_it_along() {
    let mut desk = Desk::new();
    desk.run();
    desk.now += Duration::from_secs(2);
    assert_eq!(desk.tell(Input::Timeout), "");
    desk.forwarding.set_rules(Rules::default());
    desk.now += Duration::from_secs(2);
    let said = desk.tell(Input::Timeout);
    assert!(said.starts_with("'bye' | Info live/x is no longer forwarded to "), "{said}");
    assert!(said.ends_with("close: done"), "{said}");
}

/// A relay for a stream that is pulled while somebody plays it.
fn pulled() -> Desk {
    let pulls = vec![Pull::new("live", "rtmp://10.0.0.2/cams?a=b", true).unwrap()];
    let rules = Rules { pulls, ..Rules::default() };
    let forwarding = Arc::new(Forwarding::new(rules, Arc::new(Toys), 7, Vec::new()));
    let (mut made, now) = (Vec::new(), Instant::from_millis(5));
    let mut pulls = Pulls::new(forwarding.clone(), Dice::new(1));
    pulls.wanted(now, &request("a", "x"), &mut made);
    assert_eq!(made.len(), 1);
    let mut always = Vec::new();
    pulls.always(now, &mut always);
    assert!(always.is_empty());
    Desk { now, forwarding, relay: made.pop().unwrap().machine, said: Vec::new() }
}

#[test]
fn a_pull_ends_when_nobody_plays_it() {
    let mut desk = pulled();
    assert_eq!(desk.tell(Input::Timeout), "dial 10.0.0.2:1935 turn 0");
    assert_eq!(desk.dialled(), "'give rtmp://10.0.0.2/cams/x via 00000007' | publish live/x");
    let said = desk.tell(Input::Reply(Reply::Publish(Ok(()))));
    assert_eq!(said, "Info live/x is pulled from rtmp://10.0.0.2/cams/x");
    desk.now += Duration::from_secs(2);
    assert_eq!(desk.tell(Input::Timeout), "watched live/x");
    assert_eq!(desk.tell(Input::Reply(Reply::Watched(true))), "");
    let said = desk.tell(Input::Reply(Reply::Watched(false)));
    assert!(said.ends_with("nobody plays it any more | close: done"), "{said}");
}

#[test]
fn a_pull_gives_way_to_a_publisher_who_is_here() {
    let mut desk = pulled();
    desk.tell(Input::Timeout);
    desk.dialled();
    let said = desk.tell(Input::Reply(Reply::Publish(Err(Refusal::Busy("live/x".into())))));
    assert!(said.contains("already has a publisher") && said.ends_with("close: done"), "{said}");
}
