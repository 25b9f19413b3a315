//! Visitors: short connections of every kind that a public port sees, one after another at a fixed pace.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Fault;
use crate::feed::Feed;
use crate::latency::FrameMaker;
use crate::rtmp::{Role, Session};
use crate::target::{RtmpTarget, Target};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A player leaves after so many messages, which is within a group of pictures.
const MESSAGES: usize = 7;
/// Frames of a publisher that leaves at once.
const FRAMES: usize = 5;
/// Streams that those publishers take turns in.
const NAMES: u64 = 8;

/// What the visitors did.
#[derive(Debug, Default, Clone, Copy)]
pub struct Visits {
    /// All of them.
    pub count: u64,
    /// Those that were not served as they should have been.
    pub failed: u64,
}

/// Visitors on a thread of their own.
#[derive(Debug)]
pub struct Visitors {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Visits, Option<Fault>)>,
}

impl Visitors {
    /// `per_second` visits to the server that has the stream at these two places.
    pub fn start(rtmp: RtmpTarget, http: Target, per_second: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        Self { stop, thread: thread::spawn(move || visit_all(&rtmp, &http, per_second, &flag)) }
    }

    /// Ends the visits; what they did, and the first failure. Fails when their thread did.
    pub fn finish(self) -> Result<(Visits, Option<Fault>), Fault> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| Fault::new("the visitors' thread panicked"))
    }
}

fn visit_all(rtmp: &RtmpTarget, http: &Target, rate: u64, stop: &AtomicBool) -> (Visits, Option<Fault>) {
    let (mut visits, mut first) = (Visits::default(), None);
    let interval = Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
    let mut due = Instant::now();
    while !stop.load(Ordering::Acquire) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += interval;
        if let Err(fault) = visit(rtmp, http, visits.count) {
            visits.failed += 1;
            first.get_or_insert(fault);
        }
        visits.count += 1;
    }
    (visits, first)
}

fn visit(rtmp: &RtmpTarget, http: &Target, number: u64) -> Result<(), Fault> {
    match number % 10 {
        0 => say(rtmp, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is no RTMP"),
        1 => say(rtmp, &[&[3][..], &[7; 700]].concat()),
        2 => shake(rtmp),
        3 => ask(http, "GET", "/", "", "HTTP/1.1 200"),
        4 => ask(http, "GET", "/live/nobody.flv", "", "HTTP/1.1 404"),
        5 => ask(http, "BREW", "/live/stream.flv", "", "HTTP/1.1 "),
        6 => upgrade(http),
        7 => play(&Target::Rtmp(rtmp.clone())),
        8 => play(http),
        _ => publish(rtmp, number / 10 % NAMES),
    }
}

fn open(target: &Target) -> Result<TcpStream, Fault> {
    let socket = TcpStream::connect_timeout(&target.addr(), PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// Says something and leaves without listening.
fn say(rtmp: &RtmpTarget, words: &[u8]) -> Result<(), Fault> {
    Ok(open(&Target::Rtmp(rtmp.clone()))?.write_all(words)?)
}

/// A whole handshake and a connect command, then the end of our side.
fn shake(rtmp: &RtmpTarget) -> Result<(), Fault> {
    let mut socket = open(&Target::Rtmp(rtmp.clone()))?;
    let mut session = Session::new(rtmp.clone(), Role::Play);
    let mut buffer = [0; 4096];
    while !session.is_asked() {
        socket.write_all(&session.take_output())?;
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Err(Fault::new("handshake: closed by the server"));
        }
        session.push(&buffer[..count])?;
    }
    Ok(socket.shutdown(Shutdown::Write)?)
}

/// One HTTP request; the response must begin as expected.
fn ask(http: &Target, method: &str, path: &str, fields: &str, expected: &str) -> Result<(), Fault> {
    let mut socket = open(http)?;
    let host = http.addr();
    socket.write_all(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n").as_bytes())?;
    let mut head = vec![0; expected.len()];
    socket.read_exact(&mut head)?;
    if head != expected.as_bytes() {
        return Err(Fault::new(format!("{method} {path}: {}", String::from_utf8_lossy(&head))));
    }
    Ok(())
}

/// A WebSocket player that leaves as soon as it is let in.
fn upgrade(http: &Target) -> Result<(), Fault> {
    let Target::Http(target) = http else { return Err(Fault::new("expected an http:// URL")) };
    let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    ask(http, "GET", &target.path, fields, "HTTP/1.1 101")
}

/// A player that leaves within a group of pictures.
fn play(target: &Target) -> Result<(), Fault> {
    let mut socket = open(target)?;
    let mut feed = Feed::new(target);
    let mut buffer = [0; 16384];
    let mut messages = 0;
    while messages < MESSAGES {
        socket.write_all(&feed.take_output())?;
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Err(Fault::new("play: closed by the server"));
        }
        feed.push(&buffer[..count])?;
        while feed.next_media()?.is_some() {
            messages += 1;
        }
    }
    Ok(())
}

/// A publisher of a stream of its own that leaves after a few frames.
fn publish(rtmp: &RtmpTarget, number: u64) -> Result<(), Fault> {
    let target = RtmpTarget { stream: format!("visitor{number}"), ..rtmp.clone() };
    let mut socket = open(&Target::Rtmp(target.clone()))?;
    let mut session = Session::new(target, Role::Publish);
    let mut buffer = [0; 4096];
    while !session.is_live() {
        socket.write_all(&session.take_output())?;
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Err(Fault::new("publish: closed by the server"));
        }
        session.push(&buffer[..count])?;
    }
    session.send(FrameMaker::header());
    let mut maker = FrameMaker::new(25, 25, 2000);
    for _ in 0..FRAMES {
        session.send(maker.next_frame(0));
    }
    Ok(socket.write_all(&session.take_output())?)
}
