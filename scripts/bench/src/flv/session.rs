//! One HTTP-FLV request from GET to tags: bytes in, bytes out, no sockets.
//! Follows RFC 9112 sections 2 to 6 as far as one answer needs it.

use crate::error::Fault;
use crate::flv::FlvReader;
use crate::flv::dechunk::Dechunk;
use crate::media::Message;
use crate::target::HttpTarget;

/// Longest response head that is believed.
const MAX_HEAD: usize = 16 * 1024;

/// A request's state. Feed it with [`FlvSession::push`], send what [`FlvSession::take_output`] gives.
#[derive(Debug)]
pub struct FlvSession {
    out: Vec<u8>,
    head: Vec<u8>,
    live: bool,
    dechunk: Option<Dechunk>,
    reader: FlvReader,
}

impl FlvSession {
    /// Begins with the GET in the output.
    pub fn new(target: &HttpTarget) -> Self {
        let get = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: rtmpd-load\r\nAccept: */*\r\n\r\n",
            target.path, target.host
        );
        Self {
            out: get.into_bytes(),
            head: Vec::new(),
            live: false,
            dechunk: None,
            reader: FlvReader::default(),
        }
    }

    /// Takes bytes from the server. Fails when the status is not 200, or the body not FLV.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.live {
            return self.push_body(bytes);
        }
        self.head.extend_from_slice(bytes);
        let Some(end) = self.head.windows(4).position(|four| four == b"\r\n\r\n") else {
            let sane = self.head.len() <= MAX_HEAD;
            return if sane { Ok(()) } else { Err(Fault::new("http response head: longer than 16 KiB")) };
        };
        let head = std::mem::take(&mut self.head);
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let status = text.split_whitespace().nth(1).unwrap_or_default();
        if status != "200" {
            return Err(Fault::new(format!("http status: {status:?}, expected 200")));
        }
        let chunked =
            text.lines().any(|line| line.starts_with("transfer-encoding:") && line.contains("chunked"));
        self.dechunk = chunked.then(Dechunk::default);
        self.live = true;
        self.push_body(&head[end + 4..])
    }

    /// What is to be sent now.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// True once a 200 has come.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The next tag of the stream. Fails when the body is not FLV.
    pub fn next_media(&mut self) -> Result<Option<Message>, Fault> {
        self.reader.next_tag()
    }

    fn push_body(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Some(dechunk) = &mut self.dechunk else {
            self.reader.push(bytes);
            return Ok(());
        };
        let mut body = Vec::with_capacity(bytes.len());
        dechunk.push(bytes, &mut body)?;
        self.reader.push(&body);
        Ok(())
    }
}
