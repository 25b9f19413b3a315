//! Bytes cut anywhere → messages and packets.
//!
//! Specs: RFC 2326 §4 (messages), §9.2 (stray CRLF), §10.12 (interleaving). Each length is held against a bound before
//! anything is allocated for it.

use bytes::{Buf, Bytes, BytesMut};
use rtmpd_core::Error;

use super::{Headers, Message, Method, Request, Response};
use crate::rtp::{DOLLAR, INTERLEAVED_LEN};

/// Longest start line with all headers, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// Most headers.
const MAX_HEADERS: usize = 64;
/// Longest body, in bytes: what SDP may be at most.
const MAX_BODY: usize = 64 << 10;
/// So many bytes that are no message may stand between two.
const MAX_JUNK: usize = 64 << 10;

const SPEC: &str = "RFC 2326 §4";

/// A peer's flow of messages and packets.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    /// How much of the head was searched for its end.
    searched: usize,
    /// A head whose body is not all there, and how long that is.
    head: Option<(Message, usize)>,
    junk: usize,
    /// Bytes of the flow that were used up.
    offset: u64,
}

impl Decoder {
    /// Takes bytes in.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
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
    /// [`Error::Malformed`] for what is none, [`Error::Limit`] for what is too long. Nothing follows.
    pub fn next_message(&mut self) -> Result<Option<Message>, Error> {
        if let Some((_, length)) = &self.head {
            return Ok(if self.buffer.len() < *length { None } else { self.finish() });
        }
        loop {
            match self.buffer.first() {
                None => return Ok(None),
                Some(&DOLLAR) => return Ok(self.packet()),
                // Between messages; some NVRs end each interleaved packet with one.
                Some(b'\r' | b'\n' | b' ' | 0) => self.skip(1)?,
                Some(first) if first.is_ascii_alphabetic() => break,
                Some(_) => self.skip_junk()?,
            }
        }
        let Some(end) = self.end_of_head()? else { return Ok(None) };
        self.junk = 0;
        let head = self.buffer.split_to(end);
        let offset = self.offset;
        self.offset += end as u64;
        self.searched = 0;
        let (message, length) = parse_head(&head).map_err(|error| error.at(offset))?;
        self.head = Some((message, length));
        Ok(if self.buffer.len() < length { None } else { self.finish() })
    }

    /// Puts the body to its head.
    fn finish(&mut self) -> Option<Message> {
        let (message, length) = self.head.take()?;
        self.offset += length as u64;
        let body = self.buffer.split_to(length).freeze();
        Some(match message {
            Message::Request(request) => Message::Request(Request { body, ..request }),
            Message::Response(response) => Message::Response(Response { body, ..response }),
            data @ Message::Data { .. } => data,
        })
    }

    fn packet(&mut self) -> Option<Message> {
        let &[_, channel, high, low] = self.buffer.first_chunk::<INTERLEAVED_LEN>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if self.buffer.len() < INTERLEAVED_LEN + length {
            return None;
        }
        self.buffer.advance(INTERLEAVED_LEN);
        self.offset += (INTERLEAVED_LEN + length) as u64;
        self.junk = 0;
        Some(Message::Data { channel, payload: self.buffer.split_to(length).freeze() })
    }

    /// What is neither: some cameras send packets longer than they say. The next message or packet is looked for.
    fn skip_junk(&mut self) -> Result<(), Error> {
        let next = self.buffer.iter().position(|&byte| byte == DOLLAR || byte.is_ascii_uppercase());
        self.skip(next.unwrap_or(self.buffer.len()).max(1))
    }

    fn skip(&mut self, count: usize) -> Result<(), Error> {
        let first = self.buffer.first().copied().unwrap_or_default();
        self.junk += count;
        if self.junk > MAX_JUNK {
            let what = format!(
                "{} bytes are neither message nor packet, the last begin with 0x{first:02x}",
                self.junk
            );
            return Err(Error::malformed(what, SPEC).at(self.offset));
        }
        self.buffer.advance(count.min(self.buffer.len()));
        self.offset += count as u64;
        Ok(())
    }

    /// Where the head ends, with the empty line behind it. Lines may end with a bare LF.
    fn end_of_head(&mut self) -> Result<Option<usize>, Error> {
        let from = self.searched.saturating_sub(3);
        let fresh = self.buffer.get(from..).unwrap_or_default();
        let ends = |at: usize| match fresh.get(at..).unwrap_or_default() {
            [b'\n', b'\r', b'\n', ..] => Some(at + 3),
            [b'\n', b'\n', ..] => Some(at + 2),
            _ => None,
        };
        let end = fresh.iter().enumerate().filter(|(_, byte)| **byte == b'\n').find_map(|(at, _)| ends(at));
        let end = end.map(|end| from + end);
        if end.unwrap_or(self.buffer.len()) > MAX_HEAD {
            let what = format!("start line and headers are longer than {MAX_HEAD} bytes");
            return Err(Error::limit(what, SPEC).at(self.offset));
        }
        self.searched = self.buffer.len();
        Ok(end)
    }
}

/// A message without its body, and how long that is.
fn parse_head(head: &[u8]) -> Result<(Message, usize), Error> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let start = lines.next().unwrap_or_default();
    let headers = parse_headers(lines)?;
    let length = body_length(&headers)?;
    let message = if start.starts_with("RTSP/") {
        Message::Response(Response { status: status(start)?, headers, body: Bytes::new() })
    } else {
        request(start, headers).map(Message::Request)?
    };
    // What is POSTed to a tunnel has no end, whatever it says.
    let is_http = matches!(&message, Message::Request(request) if request.version.starts_with("HTTP/"));
    Ok((message, if is_http { 0 } else { length }))
}

fn status(start: &str) -> Result<u16, Error> {
    let status = start.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.filter(|status| (100..1000).contains(status)).ok_or_else(|| {
        Error::malformed(
            format!("status line is {}, expected RTSP/1.0 CODE REASON", shown(start)),
            "RFC 2326 §7.1",
        )
    })
}

fn request(start: &str, headers: Headers) -> Result<Request, Error> {
    let wrong = || {
        let what = format!("request line is {}, expected METHOD URL RTSP/1.0", shown(start));
        Error::malformed(what, "RFC 2326 §6.1")
    };
    let (method, rest) = start.split_once(' ').ok_or_else(wrong)?;
    let (uri, version) = rest.trim().rsplit_once(' ').ok_or_else(wrong)?;
    if !version.starts_with("RTSP/") && !version.starts_with("HTTP/") || uri.trim().is_empty() {
        return Err(wrong());
    }
    Ok(Request {
        method: Method::of(method),
        uri: uri.trim().to_owned(),
        version: version.to_owned(),
        headers,
        body: Bytes::new(),
    })
}

fn parse_headers<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Headers, Error> {
    let mut headers = Headers::default();
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) && !headers.is_empty() {
            headers.fold(line);
            continue;
        }
        // A line without a colon is left out: some cameras have one with their name.
        let Some((name, value)) = line.split_once(':') else { continue };
        if headers.len() == MAX_HEADERS {
            return Err(Error::limit(format!("more than {MAX_HEADERS} headers"), SPEC));
        }
        headers.push(name.trim(), value.trim());
    }
    Ok(headers)
}

fn body_length(headers: &Headers) -> Result<usize, Error> {
    let mut said = headers.all("Content-Length");
    let Some(first) = said.next() else { return Ok(0) };
    if said.any(|other| other != first) {
        return Err(Error::malformed("two different Content-Length headers", "RFC 2326 §12.14"));
    }
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        let what = format!("Content-Length is {}, expected a number", shown(first));
        return Err(Error::malformed(what, "RFC 2326 §12.14"));
    }
    first.parse().ok().filter(|length| *length <= MAX_BODY).ok_or_else(|| {
        Error::limit(
            format!("Content-Length is {}, at most {MAX_BODY} are taken", shown(first)),
            "RFC 2326 §12.14",
        )
    })
}

/// Peers' words for an error text, cut to a sensible length.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}
