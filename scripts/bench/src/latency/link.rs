//! One blocking connection of a player: read, feed, answer, until the next media message.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::error::Fault;
use crate::feed::Feed;
use crate::media::Message;
use crate::target::Target;

/// Longest silence that is waited through.
const SILENCE: Duration = Duration::from_secs(10);

/// A media message and when its last byte was read.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) message: Message,
    pub(crate) at: Instant,
}

#[derive(Debug)]
pub(crate) struct Link {
    socket: TcpStream,
    feed: Feed,
    buffer: Vec<u8>,
    ready: VecDeque<Arrival>,
    asked: Option<Instant>,
}

impl Link {
    /// Connects and sends the first bytes. Fails when the server is not there.
    pub(crate) fn open(target: &Target) -> Result<Self, Fault> {
        let addr = target.addr();
        let mut socket = TcpStream::connect_timeout(&addr, SILENCE)
            .map_err(|e| Fault::new(format!("connect {addr}: {e}")))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(SILENCE))?;
        let mut feed = Feed::new(target);
        socket.write_all(&feed.take_output())?;
        let asked = feed.is_asked().then(Instant::now);
        Ok(Self { socket, feed, buffer: vec![0; 256 * 1024], ready: VecDeque::new(), asked })
    }

    /// When the request for the stream itself was sent.
    pub(crate) fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// Waits for the next media message. Fails when the server refuses, closes or stays silent.
    pub(crate) fn next_media(&mut self) -> Result<Arrival, Fault> {
        loop {
            if let Some(arrival) = self.ready.pop_front() {
                return Ok(arrival);
            }
            let count = self.socket.read(&mut self.buffer)?;
            let at = Instant::now();
            if count == 0 {
                return Err(Fault::new("closed by the server"));
            }
            self.feed.push(&self.buffer[..count])?;
            let answer = self.feed.take_output();
            if !answer.is_empty() {
                self.socket.write_all(&answer)?;
            }
            if self.asked.is_none() && self.feed.is_asked() {
                self.asked = Some(Instant::now());
            }
            while let Some(message) = self.feed.next_media()? {
                self.ready.push_back(Arrival { message, at });
            }
        }
    }
}
