//! One player: set up by its protocol, then only counted.

use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::time::Instant;

use mio::net::TcpStream;
use socket2::SockRef;

use super::datagrams::Batch;
use super::ways::Ways;
use super::{Meter, Outcome};
use crate::error::Fault;
use crate::feed::Feed;
use crate::rtmp::AckBook;
use crate::rtsp::{RTP_HEAD, Tally};
use crate::target::Target;

/// Linux throws the bytes away instead of copying them (tcp(7)).
#[cfg(target_os = "linux")]
const DISCARD: i32 = libc::MSG_TRUNC;
/// Elsewhere they are copied.
#[cfg(not(target_os = "linux"))]
const DISCARD: i32 = 0;
/// Bytes looked at of a packet in a datagram; more than any network carries.
const WHOLE_PACKET: usize = 2048;

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
    /// None once the protocol has nothing left to say.
    feed: Option<Box<Feed>>,
    /// Sockets for datagrams, where media comes by them.
    pub(super) ways: Option<Ways>,
    live: bool,
    parsed: bool,
    grown: bool,
    ack: AckBook,
    pending: Vec<u8>,
    opened: Instant,
    bytes: u64,
    mark: (u64, Tally),
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
            ways: None,
            live: false,
            parsed: true,
            grown: false,
            ack: AckBook::default(),
            opened,
            bytes: 0,
            mark: (0, Tally::default()),
            measuring: false,
        })
    }

    pub(super) fn is_slow(&self) -> bool {
        self.duty == Duty::Slow
    }

    /// True once: when it plays and need not be parsed any more.
    pub(super) fn grow_up(&mut self) -> bool {
        let now = !self.grown && self.live && !self.parsed && self.socket.is_some();
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
            self.mark = (self.bytes, self.tally());
            self.outcome.meter = Meter::default();
        } else if self.measuring {
            self.outcome.window_bytes = self.bytes - self.mark.0;
            self.outcome.packets = self.tally().since(self.mark.1);
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

    /// Takes the datagrams that have come, and reports when it is time.
    pub(super) fn on_datagrams(&mut self, batch: &mut Batch) -> Step {
        match self.receive_datagrams(batch) {
            Ok(()) => Step::Same,
            Err(fault) => self.end(&fault.to_string()),
        }
    }

    fn receive_datagrams(&mut self, batch: &mut Batch) -> Result<(), Fault> {
        let (Some(mut feed), Some(ways), Some(socket)) = (self.feed.take(), &mut self.ways, &self.socket)
        else {
            return Ok(());
        };
        let mut count = 0;
        if let Feed::Rtsp(session) = &mut *feed {
            let room = if self.parsed { WHOLE_PACKET } else { RTP_HEAD };
            count = ways.receive(batch, room, session)?;
            ways.report(batch, socket.peer_addr()?.ip(), session)?;
        }
        self.bytes += count;
        self.digest(feed, count as usize)
    }

    fn consume(&mut self, bytes: &[u8], count: usize) -> Result<(), Fault> {
        self.bytes += count as u64;
        if let Some(mut feed) = self.feed.take() {
            feed.push(bytes)?;
            self.open_ways(&mut feed)?;
            self.pending.extend(feed.take_output());
            self.digest(feed, count)?;
        } else if let Some(ack) = self.ack.count(count) {
            self.pending.extend_from_slice(&ack);
        }
        if !self.pending.is_empty() {
            self.flush()?;
        }
        Ok(())
    }

    /// Binds sockets as soon as it is known for how many tracks.
    fn open_ways(&mut self, feed: &mut Feed) -> Result<(), Fault> {
        if let Feed::Rtsp(session) = feed
            && let Some(tracks) = session.wants_ports()
            && let Some(socket) = &self.socket
        {
            let ways = Ways::open(tracks, socket.local_addr()?.ip())?;
            session.give_ports(ways.ports());
            self.ways = Some(ways);
        }
        Ok(())
    }

    /// Looks at what the feed has made of `count` bytes, and keeps the feed for as long as it is needed.
    fn digest(&mut self, mut feed: Box<Feed>, count: usize) -> Result<(), Fault> {
        self.watch(&mut feed, count)?;
        // Datagrams may be faster than the answer to PLAY.
        let parse_on = !self.live
            || match self.duty {
                Duty::Plain | Duty::Slow => false,
                Duty::Sample => self.outcome.keyframe.is_none(),
                Duty::Reference => true,
            };
        match &mut *feed {
            Feed::Rtsp(session) if self.parsed && !parse_on => session.count_only()?,
            Feed::Rtsp(_) => {}
            Feed::Rtmp(_) | Feed::Http(_) if parse_on => {}
            Feed::Rtmp(_) | Feed::Http(_) => {
                self.ack = feed.ack();
                self.parsed = false;
                return Ok(());
            }
        }
        self.parsed &= parse_on;
        self.feed = Some(feed);
        Ok(())
    }

    fn tally(&self) -> Tally {
        match self.feed.as_deref() {
            Some(Feed::Rtsp(session)) => session.tally(),
            Some(Feed::Rtmp(_) | Feed::Http(_)) | None => Tally::default(),
        }
    }

    fn watch(&mut self, feed: &mut Feed, count: usize) -> Result<(), Fault> {
        let age = self.opened.elapsed();
        self.outcome.first_byte.get_or_insert(age);
        if !self.live && feed.is_live() {
            self.live = true;
            self.outcome.set_up = Some(age);
        }
        if self.measuring {
            self.outcome.meter.add_wire(count);
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
        self.ways = None;
        Step::Over
    }
}
