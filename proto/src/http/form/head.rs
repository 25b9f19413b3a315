//! What a part's head says of it. Specs: RFC 7578 §4, RFC 2183 §2, RFC 8187 §3.2.

use crate::http::wire::{Failure, is_token_byte, shown};

/// Longest boundary (RFC 2046 §5.1.1).
const MAX_BOUNDARY: usize = 70;

/// A part of a form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartHead {
    /// The field's name.
    pub field: String,
    /// The file's name as the client has it, without folders; `None` where the part is no file. Nobody has looked whether it
    /// may be used; empty where no file was chosen.
    pub file: Option<String>,
}

/// What stands between the parts of a body with this `Content-Type`.
///
/// # Errors
/// When it is no form with parts, or names no boundary.
pub fn boundary(content_type: Option<&str>) -> Result<String, Failure> {
    let expected = "expected multipart/form-data; boundary=…";
    let text = content_type.unwrap_or_default();
    let (kind, rest) = text.split_once(';').unwrap_or((text, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(Failure::new(415, format!("Content-Type is {}, {expected}", shown(text))));
    }
    let found = parameters(rest).and_then(|all| one(&all, "boundary").ok().flatten().map(str::to_owned));
    // RFC 2046 has fewer characters, and clients that send others.
    let is_good = |found: &String| {
        let is_byte = |byte: u8| (0x21..0x7f).contains(&byte) || byte == b' ';
        (1..=MAX_BOUNDARY).contains(&found.len()) && found.bytes().all(is_byte) && !found.ends_with(' ')
    };
    found
        .filter(is_good)
        .ok_or_else(|| Failure::new(400, format!("Content-Type is {}, {expected}", shown(text))))
}

impl PartHead {
    /// Reads a part's head, with the empty line at its end.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Failure::new(400, "a part's head is no UTF-8 (RFC 7578 §5.1)"))?;
        let mut disposition = None;
        for line in text.split_terminator("\r\n").filter(|line| !line.is_empty()) {
            let wrong =
                || Failure::new(400, format!("a part's head has {}, expected NAME: VALUE", shown(line)));
            let (name, value) = line.split_once(':').ok_or_else(wrong)?;
            let is_name = !name.is_empty() && name.bytes().all(is_token_byte);
            if !is_name || value.contains(|c: char| c.is_control() && c != '\t') {
                return Err(wrong());
            }
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-disposition") && disposition.replace(value).is_some() {
                return Err(Failure::new(400, "a part has two Content-Disposition fields, expected one"));
            }
            let is_plain = ["binary", "8bit", "7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain));
            if name.eq_ignore_ascii_case("content-transfer-encoding") && !is_plain {
                let text =
                    format!("Content-Transfer-Encoding is {}, expected none (RFC 7578 §4.7)", shown(value));
                return Err(Failure::new(400, text));
            }
        }
        let value = disposition.unwrap_or_default();
        let wrong =
            |what: &str| Failure::new(400, format!("Content-Disposition is {}, {what}", shown(value)));
        let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return Err(wrong("expected form-data; name=…"));
        }
        let all = parameters(rest).ok_or_else(|| wrong("expected ; NAME=VALUE after it"))?;
        let one = |name| one(&all, name).map_err(|()| wrong("which says something twice"));
        let file = match one("filename*")? {
            Some(text) => Some(extended(text).ok_or_else(|| wrong("expected filename*=UTF-8''…"))?),
            None => one("filename")?.map(str::to_owned),
        };
        // Some send the path that the file has on their disk.
        let last = |name: String| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Ok(Self { field: one("name")?.unwrap_or_default().to_owned(), file: file.map(last) })
    }
}

/// The value of a parameter that must not be given twice.
fn one<'a>(all: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ()> {
    let mut found = all.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(()),
    }
}

/// `; NAME=VALUE`s, names in lower case; `None` when they are none.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut rest = text.trim_matches([' ', '\t', ';']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return None;
        }
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        all.push((name.to_ascii_lowercase(), value));
        rest = after.trim_start_matches([' ', '\t', ';']);
    }
    Some(all)
}

/// A quoted string without its first quote, and what follows the last and a `;`.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (c, chars.peek().map(|(_, next)| *next)) {
            ('"', _) => {
                let after = text.get(at + 1..)?.trim_start();
                return (after.is_empty() || after.starts_with(';')).then_some((value, after));
            }
            // Others stand for themselves: not all clients know that they are special.
            ('\\', Some(next @ ('"' | '\\'))) => {
                value.push(next);
                chars.next();
            }
            (c, _) => value.push(c),
        }
    }
    None
}

/// `UTF-8'language'percent-encoded`.
fn extended(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '\'');
    let (charset, _, value) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?].map(|digit| char::from(digit).to_digit(16));
        let [Some(high), Some(low)] = digits else { return None };
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}
