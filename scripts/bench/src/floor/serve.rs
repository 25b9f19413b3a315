//! The floor's loop: accept, wait for the next frame's time, have it sent to everybody.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

use super::rtsp::RtspCrowd;
use super::stream::StreamCrowd;
use super::{Counts, Pace, Rhythm};
use crate::error::Fault;
use crate::flv::Trace;

const LISTENER: Token = Token(usize::MAX);

/// Those who are served, by one protocol.
pub(super) trait Crowd: Debug {
    /// One more connection, to be registered under the place it gets.
    fn welcome(&mut self, registry: &Registry, socket: TcpStream) -> io::Result<()>;

    /// The connection at this place has something to say.
    fn on_readable(&mut self, place: usize, trace: &Trace);

    /// Sends frames `range.0..range.1` of the endless loop to all who play.
    fn send(&mut self, range: (u64, u64), trace: &Trace);

    /// Whether somebody has asked for the end of the program.
    fn is_over(&self) -> bool;

    /// What has been done so far.
    fn counts(&self) -> Counts;
}

/// The program.
#[derive(Debug)]
pub struct Floor {
    poll: Poll,
    listener: TcpListener,
    trace: Trace,
    pace: Pace,
    crowd: Box<dyn Crowd>,
}

impl Floor {
    /// Listens for HTTP and sends FLV. Fails when the address cannot be had.
    pub fn new(addr: SocketAddr, trace: Trace, rhythm: Rhythm) -> Result<Self, Fault> {
        Self::with_crowd(addr, trace, rhythm, Box::new(StreamCrowd::default()))
    }

    /// Listens for RTSP and sends RTP by datagrams from another port. Fails when an address cannot be had.
    pub fn by_datagrams(addr: SocketAddr, trace: Trace, rhythm: Rhythm) -> Result<Self, Fault> {
        let crowd = RtspCrowd::new(addr, &trace)?;
        Self::with_crowd(addr, trace, rhythm, Box::new(crowd))
    }

    fn with_crowd(
        addr: SocketAddr,
        trace: Trace,
        rhythm: Rhythm,
        crowd: Box<dyn Crowd>,
    ) -> Result<Self, Fault> {
        let poll = Poll::new()?;
        let mut listener =
            TcpListener::bind(addr).map_err(|e| Fault::new(format!("listen address {addr}: {e}")))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, trace, pace: Pace::new(rhythm), crowd })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> Result<SocketAddr, Fault> {
        Ok(self.listener.local_addr()?)
    }

    /// Runs for `limit`, or until somebody asks for `/stop`; what was done. Fails when polling fails.
    pub fn run(&mut self, limit: Duration) -> Result<Counts, Fault> {
        let begin = Instant::now();
        let mut events = Events::with_capacity(1024);
        while !self.crowd.is_over() && begin.elapsed() < limit {
            let wake = begin + Duration::from_millis(self.pace.wake_ms(&self.trace));
            let timeout = wake.min(begin + limit).saturating_duration_since(Instant::now());
            if let Err(e) = self.poll.poll(&mut events, Some(timeout))
                && e.kind() != io::ErrorKind::Interrupted
            {
                return Err(e.into());
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    Token(place) if event.is_readable() => self.crowd.on_readable(place, &self.trace),
                    _ => {}
                }
            }
            let now_ms = begin.elapsed().as_millis() as u64;
            while let Some(range) = self.pace.take(&self.trace, now_ms) {
                self.crowd.send(range, &self.trace);
            }
        }
        Ok(self.crowd.counts())
    }

    fn accept(&mut self) {
        // Ends at WouldBlock, and as well when descriptors run out: then the next arrival tries again.
        while let Ok((socket, _)) = self.listener.accept() {
            // Without this the kernel would hold small frames back, which no media server lets it do.
            let welcome =
                socket.set_nodelay(true).and_then(|()| self.crowd.welcome(self.poll.registry(), socket));
            // Whoever cannot be served is gone with his socket, and is missed by the one who counts players.
            drop(welcome);
        }
    }
}
