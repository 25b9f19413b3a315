//! Answers from bytes cut anywhere. Spec: RFC 9112 §4, §6.3.

use bytes::BytesMut;

use super::super::wire::{Body, MAX_HEAD, shown};

/// Most fields of an answer.
const MAX_FIELDS: usize = 100;
/// Most bytes of content that are kept; what is beyond is passed over.
const MAX_KEPT: usize = 64 << 10;

/// A whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The status, 200 to 999.
    pub status: u16,
    /// The content, or the first 64 KiB of it.
    pub body: Vec<u8>,
    /// The connection can be used again.
    pub keeps_alive: bool,
}

/// Reads one answer after the other.
#[derive(Debug, Default)]
pub struct ResponseReader {
    head: BytesMut,
    state: State,
    body: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    Body(Framing, Said),
}

#[derive(Debug)]
enum Framing {
    Told(Body),
    UntilEnd,
}

/// What a head has said.
#[derive(Copy, Clone, Debug)]
struct Said {
    status: u16,
    keeps_alive: bool,
}

impl ResponseReader {
    /// Whether nothing of an answer has come yet.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && matches!(self.state, State::Head)
    }

    /// Takes bytes from the front of `data`; an answer once it is whole.
    ///
    /// # Errors
    /// When they are no answer, or a limit is passed: head 16 KiB, 100 fields, content 1 MiB.
    pub fn read(&mut self, data: &mut &[u8]) -> Result<Option<Answered>, String> {
        loop {
            match &mut self.state {
                State::Head => match self.read_head(data)? {
                    // §15.2: there may be any number of these before the answer.
                    Some((said, _)) if (100..200).contains(&said.status) && said.status != 101 => {}
                    Some((said, framing)) => self.state = State::Body(framing, said),
                    None => return Ok(None),
                },
                State::Body(Framing::Told(body), said) => {
                    let said = *said;
                    while let Some(content) = body.take(data).map_err(|failure| failure.text)? {
                        let room = MAX_KEPT.saturating_sub(self.body.len()).min(content.len());
                        self.body.extend_from_slice(content.get(..room).unwrap_or_default());
                    }
                    return Ok(body.is_done().then(|| self.finish(said)));
                }
                State::Body(Framing::UntilEnd, _) => {
                    let room = MAX_KEPT.saturating_sub(self.body.len()).min(data.len());
                    self.body.extend_from_slice(data.get(..room).unwrap_or_default());
                    *data = &[];
                    return Ok(None);
                }
            }
        }
    }

    /// The connection has ended: an answer, if its end was told by that.
    pub fn end(&mut self) -> Option<Answered> {
        match self.state {
            State::Body(Framing::UntilEnd, said) => Some(self.finish(said)),
            State::Head | State::Body(..) => None,
        }
    }

    fn finish(&mut self, said: Said) -> Answered {
        let Self { body, .. } = std::mem::take(self);
        Answered { status: said.status, body, keeps_alive: said.keeps_alive }
    }

    fn read_head(&mut self, data: &mut &[u8]) -> Result<Option<(Said, Framing)>, String> {
        loop {
            let Some(line) = data.iter().position(|&byte| byte == b'\n') else {
                self.head.extend_from_slice(data);
                *data = &[];
                self.check_length()?;
                return Ok(None);
            };
            let (taken, rest) = data.split_at_checked(line + 1).unwrap_or((*data, &[]));
            *data = rest;
            self.head.extend_from_slice(taken);
            self.check_length()?;
            if self.head.ends_with(b"\r\n\r\n") || self.head.ends_with(b"\n\n") {
                let head = std::mem::take(&mut self.head);
                return parse(&head).map(Some);
            }
        }
    }

    fn check_length(&self) -> Result<(), String> {
        let begins = self.head.get(..5).unwrap_or(&self.head);
        if !b"HTTP/".starts_with(begins) {
            return Err(format!("its answer begins with {}", shown(&String::from_utf8_lossy(begins))));
        }
        if self.head.len() > MAX_HEAD {
            return Err(format!("the head of its answer is longer than {MAX_HEAD} bytes"));
        }
        Ok(())
    }
}

/// §6.3, for a request that was no HEAD and no CONNECT.
fn parse(head: &[u8]) -> Result<(Said, Framing), String> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let is_whole = matches!(response.parse(head), Ok(httparse::Status::Complete(_)));
    let Some(status) = response.code.filter(|code| is_whole && (100..1000).contains(code)) else {
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        return Err(format!(
            "the head of its answer is malformed: {}",
            shown(&String::from_utf8_lossy(line))
        ));
    };
    let all = |name: &'static str| {
        let fields = response.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| String::from_utf8_lossy(field.value).trim().to_ascii_lowercase())
    };
    let lists = |word: &str| all("connection").any(|value| value.split(',').any(|item| item.trim() == word));
    let mut keeps_alive = !lists("close") && (response.version == Some(1) || lists("keep-alive"));
    let framing = if matches!(status, 100..200 | 204 | 304) {
        Framing::Told(Body::new(Some(0)).map_err(|failure| failure.text)?)
    } else if let Some(coding) = all("transfer-encoding").next_back() {
        match coding.rsplit(',').next().map(str::trim) {
            Some("chunked") => Framing::Told(Body::new(None).map_err(|failure| failure.text)?),
            _ => Framing::UntilEnd,
        }
    } else if let Some(length) = all("content-length").next() {
        let is_one = all("content-length").all(|other| other == length);
        let length: u64 = length.parse().ok().filter(|_| is_one).ok_or_else(|| {
            format!("its answer has the Content-Length {}, expected one number", shown(&length))
        })?;
        Framing::Told(Body::new(Some(length)).map_err(|_| format!("its answer has {length} bytes"))?)
    } else {
        Framing::UntilEnd
    };
    keeps_alive &= matches!(framing, Framing::Told(_));
    Ok((Said { status, keeps_alive }, framing))
}
