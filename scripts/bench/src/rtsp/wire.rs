//! Takes a connection's bytes apart: answers with their bodies, and interleaved frames.
//! Follows RFC 2326 sections 7 and 10.12.

use crate::error::Fault;

/// Longest head of an answer that is believed.
const MAX_HEAD: usize = 16 * 1024;
/// Longest body.
const MAX_BODY: usize = 64 * 1024;

/// One thing a server has sent.
#[derive(Debug)]
pub(super) enum Item {
    Response(Response),
    /// Channel and packet.
    Frame(u8, Vec<u8>),
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: String,
    pub(super) body: String,
    headers: Vec<(String, String)>,
}

impl Response {
    /// A header's value; names are compared without regard to case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// An incremental reader.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    input: Vec<u8>,
}

impl Splitter {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// What has not been taken yet.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// The next whole thing, or nothing until more bytes come. Fails when it is neither an answer nor a frame.
    pub(super) fn take_next(&mut self) -> Result<Option<Item>, Fault> {
        let found = match self.input.first() {
            None => None,
            Some(b'$') => read_frame(&self.input),
            Some(_) => read_response(&self.input)?,
        };
        Ok(found.map(|(item, length)| {
            self.input.drain(..length);
            item
        }))
    }
}

fn read_frame(input: &[u8]) -> Option<(Item, usize)> {
    let [_, channel, high, low] = *input.first_chunk()?;
    let end = 4 + usize::from(u16::from_be_bytes([high, low]));
    Some((Item::Frame(channel, input.get(4..end)?.to_vec()), end))
}

fn read_response(input: &[u8]) -> Result<Option<(Item, usize)>, Fault> {
    let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        let sane = input.len() <= MAX_HEAD;
        return if sane { Ok(None) } else { Err(Fault::new("rtsp response head: longer than 16 KiB")) };
    };
    let head = String::from_utf8_lossy(&input[..end]);
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let Some(status) = first.strip_prefix("RTSP/1.0 ").and_then(|rest| rest.get(..3)) else {
        return Err(Fault::new(format!("rtsp status line: {first:?}, expected RTSP/1.0 and a status")));
    };
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
    let mut response = Response { status: status.to_owned(), headers, body: String::new() };
    let length = response.header("Content-Length").unwrap_or("0");
    let length: Option<usize> = length.parse().ok().filter(|length| *length <= MAX_BODY);
    let length = length.ok_or_else(|| Fault::new("rtsp Content-Length: expected at most 65536"))?;
    let Some(body) = input.get(end + 4..end + 4 + length) else { return Ok(None) };
    response.body = String::from_utf8_lossy(body).into_owned();
    Ok(Some((Item::Response(response), end + 4 + length)))
}
