//! Start lines and headers.
//!
//! Specs: RFC 2326 §4.2, §6.1, §7.1, §12.14 (Content-Length); RFC 7826 §20 for RTSP 2.0.

use bytes::Bytes;
use rtmpd_core::Error;

use super::{Headers, Message, Method, Request, Response};

/// Most headers.
const MAX_HEADERS: usize = 64;
/// Longest body, in bytes: what SDP may be at most.
const MAX_BODY: usize = 64 << 10;

/// Why a message is none, and how its sender is told.
#[derive(Debug)]
pub(super) struct Failure {
    /// Status code.
    pub(super) status: u16,
    /// The message's `CSeq`, if it has one.
    pub(super) number: Option<String>,
    pub(super) error: Error,
}

impl Failure {
    pub(super) fn new(status: u16, error: Error) -> Self {
        Self { status, number: None, error }
    }
}

/// Whether a line without its end looks like a start line: of a request, which ends with a version, or of a response.
pub(super) fn is_start(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let last = line.rsplit(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let is_version = |word: &[u8]| word.starts_with(b"RTSP/") || word.starts_with(b"HTTP/");
    line.starts_with(b"RTSP/") || last.len() < line.len() && is_version(last)
}

/// What is said to a peer that never spoke RTSP; `then` is the byte behind the line, where that is no line end.
pub(super) fn no_start(line: &[u8], then: Option<u8>) -> Failure {
    let mut line = line.trim_ascii_end().to_vec();
    line.extend(then);
    let what = format!(
        "the peer begins with {}, expected METHOD URL RTSP/1.0",
        shown(&String::from_utf8_lossy(&line))
    );
    Failure::new(400, Error::malformed(what, "RFC 2326 §6.1"))
}

/// A message without its body, and how long that is.
pub(super) fn parse(head: &[u8]) -> Result<(Message, usize), Failure> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let start = lines.next().unwrap_or_default().trim();
    let headers = parse_headers(lines)?;
    let number = headers.find("CSeq").map(str::to_owned);
    message(start, headers).map_err(|failure| Failure { number, ..failure })
}

fn message(start: &str, headers: Headers) -> Result<(Message, usize), Failure> {
    let length = body_length(&headers);
    if start.starts_with("RTSP/") {
        let response = Response { status: status(start)?, headers, body: Bytes::new() };
        return Ok((Message::Response(response), length?));
    }
    let request = request(start, headers)?;
    // What is POSTed to a tunnel has no end, whatever it says.
    let length = if request.version.starts_with("HTTP/") { 0 } else { length? };
    Ok((Message::Request(request), length))
}

fn status(start: &str) -> Result<u16, Failure> {
    let status = start.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.filter(|status| (100..1000).contains(status)).ok_or_else(|| {
        let what = format!("status line is {}, expected RTSP/1.0 CODE REASON", shown(start));
        Failure::new(400, Error::malformed(what, "RFC 2326 §7.1"))
    })
}

/// `METHOD URL VERSION`. The URL is whatever stands between the two others: some clients leave blanks in names as they are.
fn request(start: &str, headers: Headers) -> Result<Request, Failure> {
    let words = start.split_once([' ', '\t']).and_then(|(method, rest)| {
        let (uri, version) = rest.trim().rsplit_once([' ', '\t'])?;
        Some((method, uri.trim(), version)).filter(|(_, uri, _)| !uri.is_empty())
    });
    let Some((method, uri, version)) = words else {
        let what = format!("request line is {}, expected METHOD URL RTSP/1.0", shown(start));
        return Err(Failure::new(400, Error::malformed(what, "RFC 2326 §6.1")));
    };
    if !["RTSP/1.", "RTSP/2.", "HTTP/1."].iter().any(|known| version.starts_with(known)) {
        let what = format!("version is {}, expected RTSP/1.0 or RTSP/2.0", shown(version));
        return Err(Failure::new(505, Error::malformed(what, "RFC 2326 §11.3.6")));
    }
    Ok(Request {
        method: Method::of(method),
        uri: uri.to_owned(),
        version: version.to_owned(),
        headers,
        body: Bytes::new(),
    })
}

fn parse_headers<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Headers, Failure> {
    let mut headers = Headers::default();
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) && !headers.is_empty() {
            headers.fold(line);
            continue;
        }
        // A line without a colon is left out: some cameras have one with their name.
        let Some((name, value)) = line.split_once(':') else { continue };
        if headers.len() == MAX_HEADERS {
            let what = format!("the message has more than {MAX_HEADERS} headers");
            return Err(Failure::new(400, Error::limit(what, "RFC 2326 §4.2")));
        }
        headers.push(name.trim(), value.trim());
    }
    Ok(headers)
}

fn body_length(headers: &Headers) -> Result<usize, Failure> {
    const SPEC: &str = "RFC 2326 §12.14";
    let mut said = headers.all("Content-Length");
    let Some(first) = said.next() else { return Ok(0) };
    let wrong = |what: String| Failure::new(400, Error::malformed(what, SPEC));
    if let Some(other) = said.find(|other| *other != first) {
        let what = format!("Content-Length is both {} and {}", shown(first), shown(other));
        return Err(wrong(what));
    }
    if first.is_empty() || !first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong(format!("Content-Length is {}, expected a number", shown(first))));
    }
    first.parse().ok().filter(|length| *length <= MAX_BODY).ok_or_else(|| {
        let what = format!("Content-Length is {}, at most {MAX_BODY} are taken", shown(first));
        Failure::new(413, Error::limit(what, SPEC))
    })
}

/// Peers' words for an error text, cut to a sensible length.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}
