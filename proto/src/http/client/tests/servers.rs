//! One connection and what may become of it.

use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Dial, Event, Input, Instant, Output, Peer, Reply};

use super::super::HttpClient;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Talk {
    client: HttpClient,
    now: Instant,
    /// What the client does, in words.
    did: Vec<String>,
    outcomes: Vec<String>,
}

impl Talk {
    fn new() -> Self {
        let client = HttpClient::new(Dial::tcp("auth", 80), Duration::from_secs(3));
        Self { client, now: Instant::from_millis(1000), did: Vec::new(), outcomes: Vec::new() }
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            self.did.push(match &output {
                Output::Transmit(data) => String::from_utf8(data.to_vec()).unwrap(),
                Output::Event(Event::Dial(dial)) => format!("dial {dial} {}", dial.patience.as_millis()),
                Output::Event(Event::HangUp) => "hang up".to_owned(),
                Output::Datagram(..) | Output::Event(_) | Output::Close(_) => panic!("{output:?}"),
            });
        }
    }

    fn ask(&mut self, text: &'static str) -> &mut Self {
        self.client.ask(self.now, Bytes::from_static(text.as_bytes()));
        self.drain();
        self
    }

    fn give(&mut self, input: &Input<'_>) -> &mut Self {
        if let Some(outcome) = self.client.handle_input(self.now, input) {
            self.outcomes.push(match outcome {
                Ok(answered) => answered.status.to_string(),
                Err(why) => why,
            });
        }
        self.drain();
        self
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.give(&Input::Bytes(text.as_bytes()))
    }

    fn dialled(&mut self) -> &mut Self {
        let address = "127.0.0.1:80".parse().unwrap();
        self.give(&Input::Reply(Reply::Dialled(Ok(Peer { local: address, remote: address }))))
    }

    fn pass(&mut self, ms: u64) -> &mut Self {
        self.now += Duration::from_millis(ms);
        if self.client.poll_timeout().is_some_and(|at| at <= self.now) {
            self.give(&Input::Timeout);
        }
        self
    }

    fn did(&mut self) -> Vec<String> {
        std::mem::take(&mut self.did)
    }
}

#[test]
fn the_connection_is_kept() {
    let mut talk = Talk::new();
    talk.ask("one")
        .dialled()
        .say(OK)
        .ask("two")
        .say("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        .ask("three");
    assert_eq!(talk.did(), ["dial auth:80 3000", "one", "two", "three"]);
    talk.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").ask("four");
    assert_eq!(talk.did(), ["hang up", "dial auth:80 3000"]);
    assert_eq!(talk.outcomes, ["200", "403", "200"]);
}

#[test]
fn it_is_not_kept_for_ever() {
    let mut talk = Talk::new();
    talk.ask("one").dialled().say(OK).pass(29_999);
    assert_eq!(talk.did(), ["dial auth:80 3000", "one"]);
    talk.pass(1);
    assert_eq!(talk.did(), ["hang up"]);
    assert_eq!(talk.client.poll_timeout(), None);
    talk.ask("two").dialled();
    assert_eq!(talk.did(), ["dial auth:80 3000", "two"]);
}

#[test]
fn a_server_that_was_just_closing_is_asked_again() {
    let mut talk = Talk::new();
    talk.ask("one").dialled().say(OK).ask("two").give(&Input::Eof);
    assert_eq!(talk.did(), ["dial auth:80 3000", "one", "two", "hang up", "dial auth:80 3000"]);
    talk.dialled().give(&Input::Eof);
    assert_eq!(talk.did(), ["two", "hang up"], "but not for ever");
    assert_eq!(talk.outcomes, ["200", "closed the connection without an answer"]);
    talk.ask("three").dialled().say(OK).give(&Input::Eof);
    assert_eq!(talk.did(), ["dial auth:80 3000", "three", "hang up"], "nothing was asked any more");
}

#[test]
fn a_server_that_is_dead_slow_or_answers_half() {
    let mut talk = Talk::new();
    talk.ask("one").give(&Input::Reply(Reply::Dialled(Err("auth:80: refused".into()))));
    talk.ask("two").pass(3000);
    talk.ask("three").dialled().pass(3000);
    talk.ask("four").dialled().say("HTTP/1.1 200 OK\r\n").pass(3000);
    talk.ask("five").dialled().say("HTTP/1.1 200 OK\r\n").give(&Input::Eof);
    talk.ask("six").dialled().say("220 mail server\r\n");
    talk.ask("seven").dialled().say("HTTP/1.1 200 OK\r\n\r\n").give(&Input::Eof);
    assert_eq!(
        talk.outcomes,
        [
            "cannot be reached: auth:80: refused",
            "could not be reached in 3000 ms",
            "gave no answer in 3000 ms",
            "gave only half an answer in 3000 ms",
            "closed the connection in the middle of its answer",
            "its answer begins with '220 m'",
            "200",
        ]
    );
    let hung_up = talk.did().iter().filter(|did| *did == "hang up").count();
    assert_eq!(hung_up, 6, "all but the one that never was");
}

#[test]
fn what_nobody_asked_for_is_no_answer() {
    let mut talk = Talk::new();
    talk.ask("one").dialled().say(OK).say(OK);
    assert_eq!(talk.did(), ["dial auth:80 3000", "one", "hang up"]);
    talk.ask("two").dialled().say(&format!("{OK}{OK}"));
    assert_eq!(talk.did(), ["dial auth:80 3000", "two", "hang up"]);
    assert_eq!(talk.outcomes, ["200", "200"]);
}
