//! Connections that machines make: a machine that goes along with a stream calls a server of the test's.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{
    Attendant, Attending, Datagram, Dial, Error, Event, Input, Instant, Leg, Machine, Output, Peer, Reply,
    Request, Transport,
};
use rtmpd_netloop::{Server, Settings};

use crate::harness::{Client, listener, try_start_with};

const PATIENCE: Duration = Duration::from_secs(30);
/// Before it dials again.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes a caller for each stream.
struct Callers {
    dial: Dial,
    said: Sender<String>,
}

impl Attendant for Callers {
    fn name(&self) -> &'static str {
        "call"
    }

    fn attend(&mut self, now: Instant, _request: &Request, out: &mut Vec<Attending>) {
        let (dial, said) = (self.dial.clone(), self.said.clone());
        out.push(Attending::only(Caller { dial, said, peer: None, at: Some(now), out: VecDeque::new() }));
    }
}

/// Says `hello` and repeats what it hears.
struct Caller {
    dial: Dial,
    said: Sender<String>,
    peer: Option<Peer>,
    at: Option<Instant>,
    out: VecDeque<Output>,
}

impl Caller {
    fn say(&mut self, data: &[u8]) {
        let data = Bytes::copy_from_slice(data);
        self.out.push_back(match (self.dial.transport, self.peer) {
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
                self.out.push_back(Output::Event(Event::Dial(Box::new(self.dial.clone()))));
            }
            Input::Reply(Reply::Dialled(Ok(peer))) => {
                self.peer = Some(peer);
                self.say(b"hello\n");
            }
            Input::Reply(Reply::Dialled(Err(why))) => {
                self.said.send(why.to_string()).expect("the test listens");
                self.at = Some(now + PAUSE);
            }
            Input::Bytes(b"hang up\n") => {
                self.say(b"bye\n");
                self.out.push_back(Output::Event(Event::HangUp));
                self.at = Some(now + PAUSE);
            }
            Input::Bytes(data) | Input::Datagram { data, .. } => self.say(data),
            Input::Eof => {
                self.said.send("over".into()).expect("the test listens");
                self.out.push_back(Output::Event(Event::HangUp));
                self.at = Some(now + PAUSE);
            }
            Input::Handed(_) | Input::Reply(_) | Input::Media(_) | Input::Shutdown => {}
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

/// A server with a stream, beside which a machine dials; what that says to the test; and the publisher.
fn server(dial: Dial) -> (Server, Receiver<String>, Client) {
    let (said, heard) = channel();
    let said = Mutex::new(said);
    let make = move || -> Vec<Box<dyn Attendant>> {
        let said = said.lock().expect("no panic").clone();
        vec![Box::new(Callers { dial: dial.clone(), said })]
    };
    let settings = Settings { threads: 1, ..Settings::default() };
    let server = try_start_with(settings, listener(0), Arc::new(make)).expect("the server starts");
    let addr = (Ipv4Addr::LOCALHOST, server.local_addrs()[0].port()).into();
    let mut client = Client::connect(addr);
    assert_eq!(client.ask("publish live/a"), "publishing");
    (server, heard, client)
}

fn accept(listener: &TcpListener) -> (TcpStream, BufReader<TcpStream>) {
    let (stream, _) = listener.accept().expect("a caller");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let reader = BufReader::new(stream.try_clone().expect("a second handle"));
    (stream, reader)
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    line
}

fn on_loopback() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn a_name_is_looked_up_and_called_again_when_it_hangs_up() {
    let (there, port) = on_loopback();
    // It may have an address of IPv6 too, where nobody listens.
    let (server, heard, _client) = server(Dial::tcp("localhost", port));
    let (mut stream, mut reader) = accept(&there);
    assert_eq!(line(&mut reader), "hello\n");
    stream.write_all(b"echo\n").expect("it reads");
    assert_eq!(line(&mut reader), "echo\n");
    drop((stream, reader));
    assert_eq!(heard.recv_timeout(PATIENCE).expect("news"), "over");
    let (mut stream, mut reader) = accept(&there);
    assert_eq!(line(&mut reader), "hello\n");
    stream.write_all(b"hang up\n").expect("it reads");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("its end");
    assert_eq!(rest, "bye\n");
    let (_stream, mut reader) = accept(&there);
    assert_eq!(line(&mut reader), "hello\n");
    server.shutdown().expect("a good end");
    assert_eq!(line(&mut reader), "");
}

#[test]
fn what_cannot_be_reached_is_told_with_the_cause() {
    let (there, port) = on_loopback();
    drop(there);
    let (server, heard, _client) = server(Dial::tcp("127.0.0.1", port));
    let why = heard.recv_timeout(PATIENCE).expect("news");
    assert!(why.starts_with(&format!("cannot reach 127.0.0.1:{port}: ")), "{why}");
    assert!(why.to_lowercase().contains("refused"), "{why}");
    server.shutdown().expect("a good end");
}

#[test]
fn names_that_nobody_has() {
    let (server, heard, _client) = server(Dial::tcp("no-such-host.invalid", 1935));
    let why = heard.recv_timeout(PATIENCE).expect("news");
    assert!(why.starts_with("cannot reach no-such-host.invalid:1935: "), "{why}");
    server.shutdown().expect("a good end");
}

#[test]
fn the_server_may_end_while_it_connects() {
    // An address of the documentation's: nobody answers, unless a router says that nobody can.
    let (server, _heard, _client) = server(Dial::tcp("192.0.2.1", 1935));
    server.shutdown().expect("a good end");
}

#[test]
fn datagrams_go_there_and_back() {
    let there = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    there.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let port = there.local_addr().expect("an address").port();
    let (server, _heard, _client) = server(Dial::udp("127.0.0.1", port));
    let mut buffer = [0; 64];
    let (n, from) = there.recv_from(&mut buffer).expect("a datagram");
    assert_eq!(&buffer[..n], b"hello\n");
    there.send_to(b"echo", from).expect("it is sent");
    let (n, again) = there.recv_from(&mut buffer).expect("a datagram");
    assert_eq!((&buffer[..n], again), (&b"echo"[..], from));
    server.shutdown().expect("a good end");
}
