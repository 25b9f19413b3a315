//! Where a request wants to go. Specs: RFC 9112 §3.2, RFC 3986 §2.1, §5.2.4.

use super::{Failure, shown};
use crate::bytes::param;

/// A decoded target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Host of an absolute target.
    pub host: Option<String>,
    /// Decoded; begins with `/`, has no empty, `.` or `..` part but may end with `/`.
    pub path: String,
    /// What stands behind `?`, verbatim.
    pub query: String,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// When it is no path, holds characters that no path may hold, or leads out of the root.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (host, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                let at = rest.find(['/', '?']).unwrap_or(rest.len());
                let (host, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
                host_name(host)?;
                (Some(host.to_owned()), path)
            }
            Some(_) | None => (None, text),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_path = path.starts_with('/') || (path.is_empty() && host.is_some());
        if !is_path {
            return Err(Failure::new(400, format!("target is {}, expected a path", shown(text))));
        }
        Ok(Self { host, path: normalise(path)?, query: query.to_owned() })
    }

    /// The value of a parameter, verbatim.
    pub fn param(&self, name: &str) -> Option<&str> {
        param(&self.query, name)
    }
}

/// The host of `host`, `host:port` or `[address]:port`; empty where there is none.
///
/// # Errors
/// When it is none of these: it becomes a vhost, so nothing else may pass for one.
pub(crate) fn host_name(text: &str) -> Result<&str, Failure> {
    let wrong = || Failure::new(400, format!("Host is {}, expected NAME or NAME:PORT", shown(text)));
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']').ok_or_else(wrong)?;
            let is_address =
                !host.is_empty() && host.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b));
            let port = if after.is_empty() { Some("") } else { after.strip_prefix(':') };
            (host, port.filter(|_| is_address).ok_or_else(wrong)?)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_name = !matches!(host, "." | "..")
        && !host.contains(|c: char| c.is_control() || c.is_whitespace() || "/?#@[]\\<>\"".contains(c));
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    if is_name && is_port { Ok(host) } else { Err(wrong()) }
}

fn normalise(path: &str) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::new(400, format!("path {} {why}", shown(path)));
    let decoded =
        decode(path).ok_or_else(|| wrong("has a '%' without two hexadecimal digits, or is no UTF-8"))?;
    if decoded.chars().any(|c| c.is_control() || c == '\\') {
        return Err(wrong("holds a control character or a backslash"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| wrong("leads out of the root"))?;
            }
            part => parts.push(part),
        }
    }
    let is_folder = decoded.ends_with('/') || decoded.ends_with("/.") || decoded.ends_with("/..");
    let end = if is_folder && !parts.is_empty() { "/" } else { "" };
    Ok(format!("/{}{end}", parts.join("/")))
}

/// Percent-decoding, once; an encoded slash is a slash.
fn decode(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
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
