//! Messages of RTSP, and packets between them.
//!
//! Specs: RFC 2326 §4, §6, §7 (messages), §10.12 (interleaving); RFC 7826 where RTSP 2.0 differs.
//!
//! - `decoder`: bytes cut anywhere → [`Message`]s · `head`: start lines and headers · `headers`: what both kinds have
//! - `method`, `reason`: words
//! - `base64`: requests that come through HTTP

mod base64;
mod decoder;
mod head;
mod headers;
mod method;
mod reason;
#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes, BytesMut};

pub use base64::Base64;
pub use decoder::Decoder;
pub use headers::Headers;
pub use method::Method;
pub use reason::reason;

/// One thing that a peer sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// It asks for something.
    Request(Request),
    /// It answers.
    Response(Response),
    /// A packet.
    Data {
        /// The channel, which SETUP gave its meaning.
        channel: u8,
        /// The packet.
        payload: Bytes,
    },
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// With what: an absolute URL or `*`.
    pub uri: String,
    /// `RTSP/1.0`, `RTSP/2.0`, or `HTTP/1.0` and `HTTP/1.1` for tunnels.
    pub version: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// A request of RTSP 1.0 without headers.
    pub fn new(method: Method, uri: &str) -> Self {
        let version = "RTSP/1.0".to_owned();
        Self { method, uri: uri.to_owned(), version, headers: Headers::default(), body: Bytes::new() }
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.find(name)
    }

    /// With this header behind the others.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// With this body, and its type and length.
    #[must_use]
    pub fn with_body(mut self, kind: &str, body: Bytes) -> Self {
        self.headers.push("Content-Type", kind);
        self.body = body;
        self
    }

    /// As it goes out.
    pub fn write(&self) -> Bytes {
        // URLs come from configurations and from peers' descriptions: none may end the line.
        let uri: String = self.uri.chars().filter(|c| !c.is_control()).collect();
        let line = format!("{} {uri} {}\r\n", self.method.name(), self.version);
        write(&line, &self.headers, &self.body)
    }
}

impl Response {
    /// A response without headers.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::default(), body: Bytes::new() }
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.find(name)
    }

    /// With this header behind the others.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// With this body, and its type and length.
    #[must_use]
    pub fn with_body(mut self, kind: &str, body: Bytes) -> Self {
        self.headers.push("Content-Type", kind);
        self.body = body;
        self
    }

    /// As it goes out, in the version that was asked in.
    pub fn write(&self, version: &str) -> Bytes {
        let line = format!("{version} {} {}\r\n", self.status, reason(self.status));
        write(&line, &self.headers, &self.body)
    }
}

fn write(line: &str, headers: &Headers, body: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(256 + body.len());
    out.put_slice(line.as_bytes());
    for (name, value) in headers.iter() {
        for part in [name, ": ", value, "\r\n"] {
            out.put_slice(part.as_bytes());
        }
    }
    if !body.is_empty() {
        out.put_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    out.put_slice(b"\r\n");
    out.put_slice(body);
    out.freeze()
}
