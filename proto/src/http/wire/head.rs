//! A request's head. Spec: RFC 9112 §2 to §5.

use super::{Failure, shown};

/// Longest head, in bytes.
pub const MAX_HEAD: usize = 16 << 10;
/// Longest request line, in bytes.
const MAX_LINE: usize = 8 << 10;
/// Most header fields.
const MAX_FIELDS: usize = 100;

/// Collects a head from bytes cut anywhere.
#[derive(Debug, Default)]
pub struct HeadReader {
    buffer: Vec<u8>,
    /// How far the end was looked for.
    searched: usize,
}

/// A whole head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The method, as sent.
    pub method: String,
    /// The target, as sent.
    pub target: String,
    /// HTTP/1.1 rather than 1.0.
    pub is_1_1: bool,
    fields: Vec<(String, String)>,
}

impl HeadReader {
    /// Takes bytes from the front of `data`; a head once it is whole.
    ///
    /// # Errors
    /// When it is malformed or too long.
    pub fn read(&mut self, data: &mut &[u8]) -> Result<Option<Head>, Failure> {
        // Empty lines before a request are passed over (§2.2).
        while self.buffer.is_empty()
            && let Some((b'\r' | b'\n', rest)) = data.split_first()
        {
            *data = rest;
        }
        while let Some((&byte, rest)) = data.split_first() {
            let line_end = data.iter().position(|&byte| byte == b'\n').map_or(data.len(), |at| at + 1);
            let (line, after) =
                data.split_at_checked(line_end).unwrap_or((std::slice::from_ref(&byte), rest));
            *data = after;
            self.buffer.extend_from_slice(line);
            if self.searched == 0 && self.buffer.len() > MAX_LINE {
                return Err(Failure::new(414, format!("request line is longer than {MAX_LINE} bytes")));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(Failure::new(431, format!("request head is longer than {MAX_HEAD} bytes")));
            }
            let is_line = self.buffer.ends_with(b"\n");
            if is_line {
                let line = self.buffer.get(self.searched..).unwrap_or_default();
                let is_end = matches!(line, b"\r\n" | b"\n");
                self.searched = self.buffer.len();
                if is_end {
                    let head = parse(&self.buffer);
                    *self = Self::default();
                    return head.map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Whether nothing of a head has come yet.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

fn parse(bytes: &[u8]) -> Result<Head, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Failure::new(400, "request head ends too early")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Failure::new(431, format!("more than {MAX_FIELDS} header fields")));
        }
        Err(error) => return Err(Failure::new(400, format!("request head: {error}"))),
    }
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        is_1_1: request.version == Some(1),
        fields: request
            .headers
            .iter()
            .map(|field| (field.name.to_owned(), String::from_utf8_lossy(field.value).trim().to_owned()))
            .collect(),
    };
    if head.is_1_1 && head.all("host").count() != 1 {
        let count = head.all("host").count();
        return Err(Failure::new(400, format!("{count} Host fields, expected one (RFC 9112 §3.2)")));
    }
    Ok(head)
}

impl Head {
    /// The first field of this name.
    pub fn field<'a>(&'a self, name: &str) -> Option<&'a str> {
        let found = self.fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All fields of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a field that lists words has this one.
    pub fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    }

    /// Whether the client wants to send more requests (§9.3).
    pub fn keeps_alive(&self) -> bool {
        if self.is_1_1 { !self.lists("connection", "close") } else { self.lists("connection", "keep-alive") }
    }

    /// How many bytes of body follow: a number, or chunks (`None`).
    ///
    /// # Errors
    /// When the fields contradict each other, which is how requests are smuggled (§6.3).
    pub fn body_len(&self) -> Result<Option<u64>, Failure> {
        let chunked = self.field("transfer-encoding");
        let mut lengths = self.all("content-length").flat_map(|value| value.split(',')).map(str::trim);
        let length = lengths.next();
        if let Some(coding) = chunked {
            if length.is_some() {
                return Err(Failure::new(400, "both Transfer-Encoding and Content-Length (RFC 9112 §6.1)"));
            }
            if !coding.eq_ignore_ascii_case("chunked") || self.all("transfer-encoding").count() > 1 {
                let text = format!("Transfer-Encoding is {}, expected 'chunked'", shown(coding));
                return Err(Failure::new(501, text));
            }
            return Ok(None);
        }
        let Some(text) = length else { return Ok(Some(0)) };
        if let Some(other) = lengths.find(|other| *other != text) {
            let text = format!("Content-Length is {} and {}", shown(text), shown(other));
            return Err(Failure::new(400, text));
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse().ok().filter(|_| digits) {
            Some(length) => Ok(Some(length)),
            None => Err(Failure::new(400, format!("Content-Length is {}, expected a number", shown(text)))),
        }
    }
}
