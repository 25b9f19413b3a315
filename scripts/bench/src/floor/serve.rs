//! The floor's loop: accept, wait for the next frame's time, write it to everybody.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use super::client::{Client, Wish};
use super::{Pace, Rhythm};
use crate::error::Fault;
use crate::flv::Trace;

const LISTENER: Token = Token(usize::MAX);
const OK_FLV: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n";

/// What has been done so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Write calls.
    pub writes: u64,
    /// Bytes the kernel has taken.
    pub bytes: u64,
    /// Batches dropped because a socket was full.
    pub dropped: u64,
    /// Players accepted.
    pub players: u64,
}

impl Counts {
    /// One `key=value` line.
    pub fn line(&self) -> String {
        let Self { writes, bytes, dropped, players } = self;
        format!("floor_writes={writes} floor_bytes={bytes} floor_dropped={dropped} floor_players={players}\n")
    }
}

/// The program.
#[derive(Debug)]
pub struct Floor {
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    trace: Trace,
    pace: Pace,
    counts: Counts,
    stop: bool,
}

impl Floor {
    /// Listens. Fails when the address cannot be had.
    pub fn new(addr: SocketAddr, trace: Trace, rhythm: Rhythm) -> Result<Self, Fault> {
        let poll = Poll::new()?;
        let mut listener =
            TcpListener::bind(addr).map_err(|e| Fault::new(format!("listen address {addr}: {e}")))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let pace = Pace::new(rhythm);
        Ok(Self { poll, listener, clients: Vec::new(), trace, pace, counts: Counts::default(), stop: false })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> Result<SocketAddr, Fault> {
        Ok(self.listener.local_addr()?)
    }

    /// Runs for `limit`, or until somebody asks for `/stop`; what was done. Fails when polling fails.
    pub fn run(&mut self, limit: Duration) -> Result<Counts, Fault> {
        let begin = Instant::now();
        let mut events = Events::with_capacity(1024);
        while !self.stop && begin.elapsed() < limit {
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
                    Token(index) if event.is_readable() => self.on_readable(index),
                    _ => {}
                }
            }
            let now_ms = begin.elapsed().as_millis() as u64;
            while let Some(range) = self.pace.take(&self.trace, now_ms) {
                self.send_all(range);
            }
        }
        Ok(self.counts)
    }

    fn accept(&mut self) {
        // Ends at WouldBlock, and as well when descriptors run out: then the next arrival tries again.
        while let Ok((mut socket, _)) = self.listener.accept() {
            // Without this the kernel would hold small frames back, which no media server lets it do.
            let nodelay = socket.set_nodelay(true);
            let index = self.clients.len();
            if nodelay.is_ok()
                && self.poll.registry().register(&mut socket, Token(index), Interest::READABLE).is_ok()
            {
                self.clients.push(Some(Client::new(socket)));
            }
        }
    }

    fn on_readable(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
        let keep = match client.read() {
            Ok(Wish::Unknown) => true,
            Ok(Wish::Stream) => {
                client.playing = true;
                self.counts.players += 1;
                client.greet(&[OK_FLV, self.trace.headers()].concat()).is_ok()
            }
            Ok(Wish::Stats) => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";
                let text = format!("{head}{}", self.counts.line());
                // Whoever is already gone misses nothing: the connection ends here either way.
                drop(client.greet(text.as_bytes()));
                false
            }
            Ok(Wish::Stop) => {
                self.stop = true;
                true
            }
            Err(_) => false,
        };
        if !keep {
            self.clients[index] = None;
        }
    }

    fn send_all(&mut self, (from, to): (u64, u64)) {
        let pieces = self.trace.pieces(from, to);
        for slot in &mut self.clients {
            if let Some(client) = slot
                && client.playing
                && client.send(pieces, &mut self.counts).is_err()
            {
                *slot = None;
            }
        }
    }
}
