//! Connections that machines make.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::{Cluster, Link};
use crate::datagram::{Datagram, Leg};
use crate::machine::{Attendant, Attending, Event, Input, Machine, Note, Output, Reply};
use crate::{Close, Dial, Error, Instant, Peer, Request, StreamKey, Transport};

const SERVER: &str = "192.0.2.7:1935";

/// Dials, says hello, and dials again a second after its connection has ended.
struct Caller {
    dial: Dial,
    remote: Option<Peer>,
    at: Option<Instant>,
    out: VecDeque<Output>,
}

impl Caller {
    fn new(dial: Dial) -> Box<Self> {
        Box::new(Self { dial, remote: None, at: Some(Instant::ZERO), out: VecDeque::new() })
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn note(&mut self, text: String) {
        self.event(Event::Note(Note::info(text)));
    }

    fn say(&mut self, text: &'static str) {
        let data = Bytes::from_static(text.as_bytes());
        self.out.push_back(match (self.dial.transport, self.remote) {
            (Transport::Udp, Some(peer)) => Output::Datagram(Leg::FIRST, Datagram::new(peer.remote, data)),
            _ => Output::Transmit(data),
        });
    }
}

impl Machine for Caller {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Timeout => {
                self.at = None;
                if self.dial.transport == Transport::Tcp {
                    self.say("too early");
                }
                let dial = self.dial.clone();
                self.event(Event::Dial(Box::new(dial)));
            }
            Input::Reply(Reply::Dialled(Ok(peer))) => {
                self.remote = Some(peer);
                self.say("hello");
            }
            Input::Reply(Reply::Dialled(Err(why))) => {
                self.note(format!("failed: {why}"));
                self.at = Some(now + Duration::from_secs(1));
            }
            Input::Bytes(data) | Input::Datagram { data, .. } => {
                let text = String::from_utf8(data.to_vec()).unwrap();
                self.note(format!("heard {}", text.trim_end()));
                match text.trim_end() {
                    "bye" => {
                        self.say("farewell");
                        self.event(Event::HangUp);
                        self.at = Some(now + Duration::from_secs(1));
                    }
                    "end" => self.out.push_back(Output::Close(Close::Done)),
                    _ => {}
                }
            }
            Input::Eof => {
                self.note("over".to_owned());
                self.event(Event::HangUp);
                self.at = Some(now + Duration::from_secs(1));
            }
            Input::Shutdown => self.out.push_back(Output::Close(Close::Shutdown)),
            Input::Handed(_) | Input::Reply(_) | Input::Media(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

/// A machine that has just dialled.
fn dialling(dial: Dial) -> (Cluster, Link) {
    let mut cluster = Cluster::new(1);
    let link = cluster.spawn(Caller::new(dial));
    cluster.run();
    (cluster, link)
}

fn notes(cluster: &mut Cluster) -> String {
    std::mem::take(&mut cluster.log).join("\n")
}

#[test]
fn a_connection_is_made_and_talks() {
    let (mut cluster, link) = dialling(Dial::tcp("there", 1935));
    assert_eq!(cluster.dialled(Ok(SERVER)).to_string(), "there:1935");
    assert_eq!(cluster.take(link), "hello", "what was said too early is for nobody");
    cluster.send(link, "hi");
    assert_eq!(notes(&mut cluster), "192.0.2.7:1935 caller heard hi");
    cluster.send(link, "end");
    assert!(cluster.is_closed(link));
    assert_eq!(cluster.hub.totals().dialled, 1);
    cluster.assert_bare();
}

#[test]
fn it_outlives_its_connection() {
    let (mut cluster, link) = dialling(Dial::tcp("there", 1935));
    cluster.dialled(Err("there:1935: refused"));
    assert_eq!(notes(&mut cluster), "0.0.0.0:0 caller failed: there:1935: refused");
    cluster.pass(Duration::from_secs(1));
    cluster.dialled(Ok(SERVER));
    cluster.take(link);
    cluster.send(link, "bye");
    assert_eq!(cluster.take(link), "farewell", "it still goes out");
    assert!(cluster.is_hung_up(link));
    cluster.pass(Duration::from_secs(1));
    cluster.dialled(Ok(SERVER));
    cluster.take(link);
    cluster.lose(link);
    assert_eq!((cluster.connections(), cluster.is_hung_up(link)), (1, true));
    cluster.pass(Duration::from_secs(1));
    cluster.dialled(Ok(SERVER));
    cluster.hang_up(link);
    assert_eq!(cluster.take(link), "hello", "nothing else");
    assert!(
        notes(&mut cluster).ends_with("heard bye\n192.0.2.7:1935 caller over\n192.0.2.7:1935 caller over")
    );
    cluster.shutdown();
    cluster.assert_bare();
}

#[test]
fn a_server_that_accepts_nothing_is_given_up() {
    let (mut cluster, link) = dialling(Dial::tcp("there", 1935));
    cluster.dialled_with_room(SERVER, Some(3));
    cluster.pass(Duration::from_secs(11));
    let log = notes(&mut cluster);
    assert!(log.contains("it accepted no byte for the stall time\n"), "{log}");
    assert!(log.ends_with("caller over"), "{log}");
    assert!(cluster.is_hung_up(link));
    assert_eq!(cluster.dialled(Ok(SERVER)).port, 1935, "it has dialled again");
    assert_eq!(cluster.take(link), "helhello");
    cluster.shutdown();
    cluster.assert_bare();
}

#[test]
fn the_end_comes_while_the_driver_connects() {
    let (mut cluster, link) = dialling(Dial::tcp("there", 1935));
    cluster.shutdown();
    assert!(cluster.dials.is_empty(), "the driver was told");
    assert_eq!(cluster.take(link), "");
    cluster.assert_bare();
}

#[test]
fn datagrams_have_a_socket_of_their_own() {
    let (mut cluster, _) = dialling(Dial::udp("there", 9000));
    cluster.dialled(Err("there:9000: no such host"));
    assert_eq!(cluster.bound_ports(), 0);
    cluster.pass(Duration::from_secs(1));
    cluster.dialled(Ok("192.0.2.7:9000"));
    assert_eq!(cluster.datagrams(), "8000>192.0.2.7:9000 hello");
    cluster.datagram(8000, "192.0.2.7:9000", "hi");
    assert!(notes(&mut cluster).ends_with("192.0.2.7:9000 caller heard hi"));
    cluster.datagram(8000, "192.0.2.7:9000", "bye");
    assert_eq!((cluster.datagrams().as_str(), cluster.bound_ports()), ("8000>192.0.2.7:9000 farewell", 0));
    cluster.pass(Duration::from_secs(1));
    cluster.dialled(Ok("192.0.2.7:9000"));
    cluster.datagram(8000, "192.0.2.7:9000", "end");
    cluster.assert_bare();
    assert_eq!(cluster.bound_ports(), 0);
}

#[test]
fn accepted_connections_do_not_dial() {
    let mut cluster = Cluster::new(1);
    let link = cluster.open(0);
    cluster.send(link, "dial there");
    assert_eq!(cluster.take(link), "not dialled: cannot dial there:1935: this connection was accepted\n");
    cluster.send(link, "quit");
    cluster.assert_bare();
}

/// Publishes `live/wanted` when somebody wants it.
struct Source;

impl Attendant for Source {
    fn name(&self) -> &'static str {
        "source"
    }

    fn attend(&mut self, _now: Instant, _request: &Request, _out: &mut Vec<Attending>) {}

    fn wanted(&mut self, _now: Instant, request: &Request, out: &mut Vec<Attending>) {
        if request.key.name() == "wanted" {
            out.push(Attending { part: "".into(), machine: Caller::new(Dial::tcp("origin", 1935)) });
        }
    }

    fn always(&mut self, _now: Instant, out: &mut Vec<(StreamKey, Attending)>) {
        let key = StreamKey::new("live", "always").unwrap();
        out.push((key, Attending { part: "".into(), machine: Caller::new(Dial::tcp("always", 1935)) }));
    }
}

#[test]
fn streams_that_are_wanted_are_looked_for_once() {
    let mut cluster = Cluster::new(2);
    for shard in &mut cluster.shards {
        shard.add_attendant(Box::new(Source));
    }
    let players: Vec<Link> = (0..4).map(|index| cluster.open(index % 2)).collect();
    for player in &players {
        cluster.send(*player, "play live/wanted");
        assert_eq!(cluster.take(*player), "", "it waits");
    }
    let other = cluster.open(0);
    cluster.send(other, "play live/other");
    assert!(cluster.take(other).contains("has no publisher"));
    assert_eq!(cluster.dials.len(), 1);
    cluster.send(other, "watched live/wanted");
    assert_eq!(cluster.take(other), "watched true\n");
    cluster.pass(Duration::from_secs(11));
    assert!(players.iter().all(|player| cluster.take(*player).contains("has no publisher")));
    cluster.pass(Duration::from_secs(11));
    cluster.send(other, "watched live/wanted");
    assert_eq!(cluster.take(other), "watched false\n");
    let now = cluster.now;
    for shard in &mut cluster.shards {
        shard.attend_anew(now);
        shard.attend_anew(now);
    }
    cluster.run();
    assert_eq!(cluster.dials.len(), 2, "the other one is there always");
    cluster.shutdown();
    cluster.assert_bare();
}
