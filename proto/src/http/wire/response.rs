//! What we answer. Specs: RFC 9110 §15; Fetch §3.2 (CORS).

use bytes::{BufMut, Bytes, BytesMut};

/// A response's head, field by field, and its body.
#[derive(Debug)]
pub struct Response {
    head: BytesMut,
    body: Bytes,
    sized: bool,
}

impl Response {
    /// A response with this status, open to pages from anywhere.
    pub fn new(status: u16) -> Self {
        let mut head = BytesMut::with_capacity(512);
        head.put_slice(format!("HTTP/1.1 {status} {}\r\nServer: smart_rtmpd\r\n", reason(status)).as_bytes());
        let response = Self { head, body: Bytes::new(), sized: true };
        response
            .field("Access-Control-Allow-Origin", "*")
            .field("Access-Control-Expose-Headers", "Content-Length, Content-Range, Date, ETag, Location")
    }

    /// What a client hears that waits with its body (RFC 9110 §15.2.1).
    pub fn interim() -> Bytes {
        Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// A short text, with a line end.
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status).body("text/plain; charset=utf-8", Bytes::from(format!("{text}\n")))
    }

    /// Adds a field. Line ends in the value, which would make two of it, are left out.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.head.put_slice(name.as_bytes());
        self.head.put_slice(b": ");
        self.head.extend(value.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        self.head.put_slice(b"\r\n");
        self
    }

    /// Gives it a body.
    #[must_use]
    pub fn body(self, content_type: &str, body: Bytes) -> Self {
        let mut response = self.field("Content-Type", content_type);
        response.body = body;
        response
    }

    /// It has no length: it ends with the connection, or is none (101, 204, 304).
    #[must_use]
    pub fn unsized_body(mut self) -> Self {
        self.sized = false;
        self
    }

    /// The bytes of the head, and of the body unless only the head was asked for.
    pub fn finish(self, head_only: bool) -> (Bytes, Bytes) {
        let length = self.body.len().to_string();
        let Self { mut head, body, .. } =
            if self.sized { self.field("Content-Length", &length) } else { self };
        head.put_slice(b"\r\n");
        (head.freeze(), if head_only { Bytes::new() } else { body })
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        507 => "Insufficient Storage",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}
