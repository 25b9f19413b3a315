//! Bytes cut anywhere → messages and packets.
//!
//! Specs: RFC 2326 §4 (messages), §9.2 (stray CRLF), §10.12 (interleaving). Each length is held against a bound before
//! anything is allocated for it, and no byte is looked at again because others came.

use bytes::{Buf, Bytes, BytesMut};
use rtmpd_core::Error;

use super::head::{self, Failure, is_start};
use super::{Message, Request, Response};
use crate::bytes::Reader;
use crate::rtp::{DOLLAR, INTERLEAVED_LEN};

/// Longest start line, in bytes.
const MAX_LINE: usize = 4 << 10;
/// Longest start line with all headers, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// So many bytes that are no message may stand between two.
const MAX_JUNK: usize = 64 << 10;

const SPEC: &str = "RFC 2326 §4";

/// A peer's flow of messages and packets.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    /// How much of the head was looked at.
    searched: usize,
    /// The start line is one, what follows it up to the empty line is headers.
    started: bool,
    /// A head whose body is not all there, and how long that is.
    head: Option<(Message, usize)>,
    /// There was a message or a packet before: the peer speaks RTSP.
    in_step: bool,
    junk: usize,
    /// Bytes of the flow that were used up.
    offset: u64,
    /// How the peer is told what was wrong.
    farewell: Option<Response>,
}

impl Decoder {
    /// Takes bytes in.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// Takes bytes from the front of `data`. A packet that is all there, with nothing waiting before it, is given where it
    /// lies, without a copy; otherwise what comes is taken in, and [`Self::next_message`] has more to say.
    pub fn feed<'a>(&mut self, data: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
        let direct = if self.buffer.is_empty() && self.head.is_none() { whole_packet(data) } else { None };
        let Some((channel, payload)) = direct else {
            let (taken, rest) = data.split_at_checked(self.wanted()).unwrap_or((*data, &[]));
            self.push(taken);
            *data = rest;
            return None;
        };
        let length = INTERLEAVED_LEN + payload.len();
        *data = data.get(length..).unwrap_or_default();
        self.passed(length);
        Some((channel, payload))
    }

    /// How many bytes are to be taken in before others can be looked at: the rest of a packet, or whatever there is.
    fn wanted(&self) -> usize {
        if self.head.is_some() || self.buffer.first() != Some(&DOLLAR) {
            return usize::MAX;
        }
        let mut reader = Reader::new(&self.buffer);
        let length = reader.skip(2).and_then(|()| reader.u16());
        let whole = INTERLEAVED_LEN + length.map_or(0, usize::from);
        whole.saturating_sub(self.buffer.len())
    }

    /// How many bytes wait to be used.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// All that waits, as it is: what follows is no RTSP.
    pub fn take_rest(&mut self) -> Bytes {
        self.buffer.split().freeze()
    }

    /// The next message that is whole.
    ///
    /// # Errors
    /// [`Error::Malformed`] for what is none, [`Error::Limit`] for what is too long. Nothing follows, but [`Self::farewell`].
    pub fn next_message(&mut self) -> Result<Option<Message>, Error> {
        self.read().map_err(|failure| {
            let mut response = Response::new(failure.status);
            if let Some(number) = &failure.number {
                response.headers.push("CSeq", number);
            }
            self.farewell = Some(response);
            failure.error.at(self.offset)
        })
    }

    /// How the peer is told what was wrong, after an error.
    pub fn farewell(&mut self) -> Response {
        self.farewell.take().unwrap_or_else(|| Response::new(400)).with("Connection", "close")
    }

    fn read(&mut self) -> Result<Option<Message>, Failure> {
        if self.head.is_none() {
            while !self.started {
                self.skip_breaks()?;
                if self.buffer.first() == Some(&DOLLAR) {
                    return Ok(self.packet());
                }
                let Some(is_found) = self.find_start()? else { return Ok(None) };
                self.started = is_found;
            }
            let Some(end) = self.end_of_head()? else { return Ok(None) };
            let text = self.buffer.split_to(end);
            (self.searched, self.started) = (0, false);
            self.head = Some(head::parse(&text)?);
            self.passed(end);
        }
        Ok(self.finish())
    }

    /// A message or a packet of so many bytes, or part of one, is behind us.
    fn passed(&mut self, length: usize) {
        self.offset += length as u64;
        (self.junk, self.in_step) = (0, true);
    }

    /// Puts the body to its head, when it is all there.
    fn finish(&mut self) -> Option<Message> {
        let (message, length) = self.head.take_if(|(_, length)| self.buffer.len() >= *length)?;
        let body = self.buffer.split_to(length).freeze();
        self.passed(length);
        Some(match message {
            Message::Request(request) => Message::Request(Request { body, ..request }),
            Message::Response(response) => Message::Response(Response { body, ..response }),
            data @ Message::Data { .. } => data,
        })
    }

    fn packet(&mut self) -> Option<Message> {
        let (channel, payload) = whole_packet(&self.buffer)?;
        let length = payload.len();
        self.buffer.advance(INTERLEAVED_LEN);
        self.passed(INTERLEAVED_LEN + length);
        Some(Message::Data { channel, payload: self.buffer.split_to(length).freeze() })
    }

    /// Passes over what may stand between messages. Some NVRs end each interleaved packet with a line break or a NUL.
    fn skip_breaks(&mut self) -> Result<(), Failure> {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0);
        if self.searched > 0 {
            return Ok(());
        }
        let count = self.buffer.iter().position(|byte| !is_break(byte)).unwrap_or(self.buffer.len());
        self.skip(count)
    }

    /// Looks for a start line at the front: whether what stands there is one, or `None` while its end has not come. What is
    /// none is passed over by those who spoke RTSP before: some cameras send packets longer than they say, and some bodies
    /// longer than their `Content-Length`.
    fn find_start(&mut self) -> Result<Option<bool>, Failure> {
        let fresh = self.buffer.get(self.searched..).unwrap_or_default();
        // Nothing but text stands in a start line; UTF-8 in URLs is text.
        let is_foreign = |byte: &u8| byte.is_ascii_control() && !b"\r\t".contains(byte);
        let found = fresh.iter().position(is_foreign).map(|at| self.searched + at);
        let end = found.unwrap_or(self.buffer.len());
        if end > MAX_LINE {
            return Err(too_long(414, "the start line is", MAX_LINE));
        }
        let line = self.buffer.get(..end).unwrap_or_default();
        self.searched = end;
        let Some(foreign) = found.and_then(|at| self.buffer.get(at)).copied() else { return Ok(None) };
        if foreign == b'\n' && is_start(line) {
            return Ok(Some(true));
        }
        if !self.in_step {
            return Err(head::no_start(line, Some(foreign).filter(|byte| *byte != b'\n')));
        }
        self.searched = 0;
        // A dollar right before it may begin a packet, whose channel it is.
        self.skip(if line.len() > 1 && line.ends_with(&[DOLLAR]) { end - 1 } else { end + 1 })?;
        Ok(Some(false))
    }

    /// Passes over bytes that are neither message nor packet.
    fn skip(&mut self, count: usize) -> Result<(), Failure> {
        self.junk += count;
        if self.junk > MAX_JUNK {
            let what = format!("{} bytes are neither message nor packet", self.junk);
            return Err(Failure::new(400, Error::malformed(what, SPEC)));
        }
        self.buffer.advance(count.min(self.buffer.len()));
        self.offset += count as u64;
        Ok(())
    }

    /// Where the head ends, with the empty line behind it. Lines may end with a bare LF.
    fn end_of_head(&mut self) -> Result<Option<usize>, Failure> {
        let from = self.searched.saturating_sub(3);
        let fresh = self.buffer.get(from..).unwrap_or_default();
        let ends = |at: usize| match fresh.get(at..).unwrap_or_default() {
            [b'\n', b'\r', b'\n', ..] => Some(at + 3),
            [b'\n', b'\n', ..] => Some(at + 2),
            _ => None,
        };
        let mut breaks = fresh.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let end = breaks.find_map(|(at, _)| ends(at)).map(|end| from + end);
        if end.unwrap_or(self.buffer.len()) > MAX_HEAD {
            return Err(too_long(400, "the start line and headers of a message are", MAX_HEAD));
        }
        self.searched = self.buffer.len();
        Ok(end)
    }
}

/// The packet at the front, if it is all there.
fn whole_packet(data: &[u8]) -> Option<(u8, &[u8])> {
    let mut reader = Reader::new(data);
    if reader.u8()? != DOLLAR {
        return None;
    }
    let channel = reader.u8()?;
    let length = reader.u16()?;
    Some((channel, reader.take(usize::from(length))?))
}

fn too_long(status: u16, what: &str, most: usize) -> Failure {
    Failure::new(status, Error::limit(format!("{what} longer than {most} bytes"), SPEC))
}
