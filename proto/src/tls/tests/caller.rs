//! A machine that dials again and again, each time through TLS.

use std::collections::VecDeque;

use bytes::Bytes;
use rtmpd_core::{Close, Dial, Error, Event, Input, Instant, Machine, Output, Peer, Reply};

use super::super::{TlsCaller, Trust};

/// Dials when it is handed anything, says hello, and dials again when its connection has ended.
#[derive(Default)]
struct Inner {
    out: VecDeque<Output>,
}

impl Machine for Inner {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        let output = match input {
            Input::Handed(_) | Input::Eof => Output::Event(Event::Dial(Box::new(Dial::tcp("auth", 443)))),
            Input::Reply(_) => Output::Transmit(Bytes::from_static(b"hello")),
            Input::Shutdown => Output::Close(Close::Shutdown),
            Input::Bytes(_) | Input::Datagram { .. } | Input::Timeout | Input::Media(_) => return Ok(()),
        };
        self.out.push_back(output);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

fn caller() -> TlsCaller {
    TlsCaller::new(Box::new(Inner::default()), "auth.test", Trust::new(None, None).unwrap()).unwrap()
}

fn give(caller: &mut TlsCaller, input: Input<'_>) -> Vec<String> {
    caller.handle_input(Instant::ZERO, input).unwrap();
    let mut said = Vec::new();
    while let Some(output) = caller.poll_output() {
        said.push(match output {
            Output::Transmit(data) => format!("record {}", data[0]),
            Output::Event(Event::Dial(dial)) => format!("dial {dial}"),
            Output::Event(Event::HangUp) => "hang up".to_owned(),
            Output::Event(Event::Note(note)) => note.text,
            Output::Close(why) => format!("close: {why}"),
            Output::Event(_) | Output::Datagram(..) => format!("{output:?}"),
        });
    }
    said
}

fn dialled<'a>() -> Input<'a> {
    let address = "127.0.0.1:443".parse().unwrap();
    Input::Reply(Reply::Dialled(Ok(Peer { local: address, remote: address })))
}

#[test]
fn each_connection_has_its_own_handshake() {
    let mut caller = caller();
    assert_eq!(give(&mut caller, Input::Handed(b"x")), ["dial auth:443"]);
    // What is said before the handshake is over waits in it.
    assert_eq!(give(&mut caller, dialled()), ["record 22"]);
    assert_eq!(give(&mut caller, Input::Eof), ["dial auth:443"]);
    assert_eq!(give(&mut caller, dialled()), ["record 22"]);
    let said = give(&mut caller, Input::Shutdown);
    assert_eq!(said.last().map(String::as_str), Some("close: the server is shutting down"));
}

#[test]
fn a_server_that_speaks_no_tls_costs_one_connection() {
    let mut caller = caller();
    give(&mut caller, Input::Handed(b"x"));
    give(&mut caller, dialled());
    let said = give(&mut caller, Input::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert!(said.iter().any(|line| line.contains("TLS: ")), "{said:?}");
    assert!(said.ends_with(&["hang up".to_owned(), "dial auth:443".to_owned()]), "{said:?}");
    assert_eq!(give(&mut caller, dialled()), ["record 22"], "the next one is a new one");
}

#[test]
fn names_are_checked_at_once() {
    let trust = Trust::new(None, None).unwrap();
    assert!(TlsCaller::new(Box::new(Inner::default()), "a b", trust).is_err());
}
