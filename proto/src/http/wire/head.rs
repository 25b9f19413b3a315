//! A request's head. Spec: RFC 9112 §2 to §6.

use super::complaint::{explain, malformed_line};
use super::target::host_name;
use super::{Failure, is_token_byte, shown};

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
        if let Some(first) = data.get(..1).filter(|_| self.buffer.is_empty())
            && !first.iter().copied().all(is_token_byte)
        {
            // Whatever it is (TLS mostly), it is not worth waiting for its end.
            let text = format!(
                "the request begins with {}, expected a method",
                shown(&String::from_utf8_lossy(first))
            );
            return Err(Failure::new(400, text));
        }
        while let Some((&byte, rest)) = data.split_first() {
            let line_end = data.iter().position(|&byte| byte == b'\n').map_or(data.len(), |at| at + 1);
            let (line, after) =
                data.split_at_checked(line_end).unwrap_or((std::slice::from_ref(&byte), rest));
            *data = after;
            self.buffer.extend_from_slice(line);
            if self.searched == 0 && self.buffer.len() > MAX_LINE {
                return Err(Failure::new(414, format!("the request line is longer than {MAX_LINE} bytes")));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(Failure::new(431, format!("the request head is longer than {MAX_HEAD} bytes")));
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
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(malformed_line(bytes)),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Failure::new(431, format!("there are more than {MAX_FIELDS} header fields")));
        }
        Err(error) => return Err(explain(error, bytes)),
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
    let count = head.all("host").count();
    if count > 1 || (head.is_1_1 && count == 0) {
        return Err(Failure::new(400, format!("{count} Host fields, expected one (RFC 9112 §3.2)")));
    }
    host_name(head.field("host").unwrap_or_default())?;
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
        !self.lists("connection", "close") && (self.is_1_1 || self.lists("connection", "keep-alive"))
    }

    /// Whether the client waits for our word before it sends its body (RFC 9110 §10.1.1).
    ///
    /// # Errors
    /// When it expects anything else.
    pub fn expects_continue(&self) -> Result<bool, Failure> {
        let Some(value) = self.field("expect") else { return Ok(false) };
        if value.eq_ignore_ascii_case("100-continue") {
            return Ok(self.is_1_1);
        }
        Err(Failure::new(417, format!("Expect is {}, expected '100-continue'", shown(value))))
    }

    /// How many bytes of body follow: a number, or chunks (`None`).
    ///
    /// # Errors
    /// When two readers could disagree about it, which is how requests are smuggled (§6.3, §11.2).
    pub fn body_len(&self) -> Result<Option<u64>, Failure> {
        match (self.once("content-length")?, self.once("transfer-encoding")?) {
            (None, None) => Ok(Some(0)),
            (Some(length), None) => parse_length(length).map(Some),
            (Some(_), Some(_)) => Err(Failure::new(
                400,
                "both Transfer-Encoding and Content-Length, expected one (RFC 9112 §6.1)",
            )),
            (None, Some(coding)) if !self.is_1_1 => {
                let text =
                    format!("Transfer-Encoding is {} in HTTP/1.0, expected Content-Length", shown(coding));
                Err(Failure::new(400, text))
            }
            (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Ok(None),
            (None, Some(coding)) => {
                let is_one = !coding.is_empty() && coding.bytes().all(is_token_byte);
                let text = format!("Transfer-Encoding is {}, expected 'chunked'", shown(coding));
                Err(Failure::new(if is_one { 501 } else { 400 }, text))
            }
        }
    }

    /// The value of a field that must not be given twice.
    fn once(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut values = self.fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (Some((key, one)), Some((_, other))) => {
                let text =
                    format!("{key} is given twice, {} and {}, expected it once", shown(one), shown(other));
                Err(Failure::new(400, text))
            }
            (first, _) => Ok(first.map(|(_, value)| value.as_str())),
        }
    }
}

/// Whether the client can unpack gzip: it says so, and does not give it the weight of nothing (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(head: &Head) -> bool {
    let items = head.all("accept-encoding").flat_map(|value| value.split(','));
    let mut weights = items.filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        is_gzip.then(|| weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)))
    });
    weights.next().unwrap_or(false)
}

fn parse_length(text: &str) -> Result<u64, Failure> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|&length: &u64| is_number && length < 1 << 63);
    length.ok_or_else(|| {
        let text = format!("Content-Length is {}, expected a number of bytes below 2^63", shown(text));
        Failure::new(400, text)
    })
}
