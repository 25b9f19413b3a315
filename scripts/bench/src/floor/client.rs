//! One socket of the floor: a request thrown away, then frames.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use mio::net::TcpStream;

use super::Counts;

/// Longest request head that is waited for.
const MAX_HEAD: usize = 16 * 1024;

/// What a client has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Still reading the head.
    Unknown,
    /// The stream.
    Stream,
    /// `/stats`: the counters, then good-bye.
    Stats,
    /// `/stop`: the end of the program.
    Stop,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) socket: TcpStream,
    pub(super) playing: bool,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Client {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, playing: false, head: Vec::new(), tail: Vec::new() }
    }

    /// Reads the request, or throws away what comes after it. Fails when the peer is gone.
    pub(super) fn read(&mut self) -> io::Result<Wish> {
        let mut buffer = [0; 2048];
        loop {
            match self.socket.read(&mut buffer) {
                // Who asks and hangs up at once is still heard.
                Ok(0) if self.wish() == Wish::Stop => break,
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) if self.playing => {}
                Ok(count) => self.head.extend_from_slice(&buffer[..count]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
            if self.head.len() > MAX_HEAD {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(if self.playing { Wish::Unknown } else { self.wish() })
    }

    /// Sends all of it, or keeps the rest for later (only used for heads, which fit).
    pub(super) fn greet(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tail.extend_from_slice(bytes);
        self.flush()
    }

    /// One write of one or two pieces. What does not fit is kept; while something is kept, batches are dropped whole.
    pub(super) fn send(&mut self, pieces: (&[u8], &[u8]), counts: &mut Counts) -> io::Result<()> {
        if !self.tail.is_empty() {
            counts.writes += 1;
            self.flush()?;
        }
        if !self.tail.is_empty() {
            counts.dropped += 1;
            return Ok(());
        }
        let total = pieces.0.len() + pieces.1.len();
        let count = if pieces.1.is_empty() { 1 } else { 2 };
        counts.writes += 1;
        let sent =
            match self.socket.write_vectored(&[IoSlice::new(pieces.0), IoSlice::new(pieces.1)][..count]) {
                Ok(sent) => sent,
                Err(e) if e.kind() == ErrorKind::WouldBlock => 0,
                Err(e) => return Err(e),
            };
        counts.bytes += sent as u64;
        if sent == 0 {
            counts.dropped += 1;
        } else if sent < total {
            let first = pieces.0.get(sent..).unwrap_or_default();
            let second = pieces.1.get(sent.saturating_sub(pieces.0.len())..).unwrap_or_default();
            self.tail.extend_from_slice(first);
            self.tail.extend_from_slice(second);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.socket.write(&self.tail) {
            Ok(sent) => {
                self.tail.drain(..sent);
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(e) => Err(e),
        }
    }

    fn wish(&self) -> Wish {
        if !self.head.windows(4).any(|four| four == b"\r\n\r\n") {
            Wish::Unknown
        } else if self.head.starts_with(b"GET /stats") {
            Wish::Stats
        } else if self.head.starts_with(b"GET /stop") {
            Wish::Stop
        } else {
            Wish::Stream
        }
    }
}
