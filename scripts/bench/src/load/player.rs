//! One player: set up by its protocol, then only counted.

use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::time::Instant;

use mio::net::TcpStream;
use socket2::SockRef;

use super::{Meter, Outcome};
use crate::error::Fault;
use crate::feed::Feed;
use crate::rtmp::AckBook;
use crate::target::Target;

/// Linux throws the bytes away instead of copying them (tcp(7)).
#[cfg(target_os = "linux")]
const DISCARD: i32 = libc::MSG_TRUNC;
/// Elsewhere they are copied.
#[cfg(not(target_os = "linux"))]
const DISCARD: i32 = 0;

/// What a player is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// Counted only.
    Plain,
    /// Parsed until its first keyframe.
    Sample,
    /// Parsed all the time.
    Reference,
    /// Never reads once it plays.
    Slow,
}

/// What became of a player after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing new.
    Same,
    /// It plays now.
    Live,
    /// It could not be set up, or ended: its socket is closed.
    Over,
}

#[derive(Debug)]
pub(super) struct Player {
    pub(super) socket: Option<TcpStream>,
    pub(super) outcome: Outcome,
    duty: Duty,
    feed: Option<Box<Feed>>,
    live: bool,
    grown: bool,
    ack: AckBook,
    pending: Vec<u8>,
    opened: Instant,
    bytes: u64,
    mark: u64,
    measuring: bool,
}

impl Player {
    pub(super) fn open(target: &Target, duty: Duty) -> io::Result<Self> {
        let opened = Instant::now();
        let socket = TcpStream::connect(target.addr())?;
        socket.set_nodelay(true)?;
        let mut feed = Box::new(Feed::new(target));
        Ok(Self {
            socket: Some(socket),
            outcome: Outcome::default(),
            duty,
            pending: feed.take_output(),
            feed: Some(feed),
            live: false,
            grown: false,
            ack: AckBook::default(),
            opened,
            bytes: 0,
            mark: 0,
            measuring: false,
        })
    }

    pub(super) fn is_slow(&self) -> bool {
        self.duty == Duty::Slow
    }

    /// True once: when it plays and need not be parsed any more.
    pub(super) fn grow_up(&mut self) -> bool {
        let now = !self.grown && self.live && self.feed.is_none() && self.socket.is_some();
        self.grown |= now;
        now
    }

    /// Writes what is pending, after the connection is there.
    pub(super) fn on_writable(&mut self) -> Step {
        match self.flush() {
            Ok(()) => Step::Same,
            Err(e) => self.end(&e.to_string()),
        }
    }

    /// Reads what is there: parsed while the player is young, thrown away afterwards.
    pub(super) fn on_readable(&mut self, buffer: &mut [u8], waste: &mut [MaybeUninit<u8>]) -> Step {
        let was_live = self.live;
        loop {
            let room = if self.feed.is_some() { buffer.len() } else { waste.len() };
            let count = match self.receive(buffer, waste) {
                Ok(0) => return self.end("closed by the server"),
                Ok(count) => count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return self.end(&e.to_string()),
            };
            if let Err(fault) = self.consume(&buffer[..count.min(buffer.len())], count) {
                return self.end(&fault.to_string());
            }
            // A short read has emptied the socket: the next arrival is a new edge (epoll(7), question 9).
            if count < room || self.live && self.is_slow() {
                break;
            }
        }
        if self.live && !was_live { Step::Live } else { Step::Same }
    }

    /// The window begins (true) or ends (false): remembers the count.
    pub(super) fn measure(&mut self, begin: bool) {
        if begin {
            self.mark = self.bytes;
            self.outcome.meter = Meter::default();
        } else if self.measuring {
            self.outcome.window_bytes = self.bytes - self.mark;
        }
        self.measuring = begin;
    }

    fn receive(&mut self, buffer: &mut [u8], waste: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let Some(socket) = &mut self.socket else { return Err(ErrorKind::WouldBlock.into()) };
        if self.feed.is_some() {
            socket.read(buffer)
        } else {
            SockRef::from(&*socket).recv_with_flags(waste, DISCARD)
        }
    }

    fn consume(&mut self, bytes: &[u8], count: usize) -> Result<(), Fault> {
        self.bytes += count as u64;
        if let Some(mut feed) = self.feed.take() {
            feed.push(bytes)?;
            self.pending.extend(feed.take_output());
            self.watch(&mut feed, bytes)?;
            let parse_on = match self.duty {
                Duty::Plain | Duty::Slow => !self.live,
                Duty::Sample => self.outcome.keyframe.is_none(),
                Duty::Reference => true,
            };
            if parse_on {
                self.feed = Some(feed);
            } else {
                self.ack = feed.ack();
            }
        } else if let Some(ack) = self.ack.count(count) {
            self.pending.extend_from_slice(&ack);
        }
        if !self.pending.is_empty() {
            self.flush()?;
        }
        Ok(())
    }

    fn watch(&mut self, feed: &mut Feed, bytes: &[u8]) -> Result<(), Fault> {
        let age = self.opened.elapsed();
        self.outcome.first_byte.get_or_insert(age);
        if !self.live && feed.is_live() {
            self.live = true;
            self.outcome.set_up = Some(age);
        }
        if self.measuring {
            self.outcome.meter.add_wire(bytes.len());
        }
        while let Some(message) = feed.next_media()? {
            if self.outcome.keyframe.is_none() && message.is_keyframe() && self.is_parsed() {
                self.outcome.keyframe = Some(age);
            }
            if self.measuring {
                self.outcome.meter.add(&message);
            }
        }
        Ok(())
    }

    fn is_parsed(&self) -> bool {
        matches!(self.duty, Duty::Sample | Duty::Reference)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        while !self.pending.is_empty() {
            match socket.write(&self.pending) {
                Ok(count) => drop(self.pending.drain(..count)),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    pub(super) fn end(&mut self, why: &str) -> Step {
        let stage = if self.live { "after set-up" } else { "in set-up" };
        self.outcome.end = Some(format!("{why} ({stage})"));
        self.outcome.failed = !self.live;
        self.measure(false);
        self.socket = None;
        self.feed = None;
        Step::Over
    }
}
