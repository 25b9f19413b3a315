//! What handshakes of version 5 carry besides.
//!
//! Spec: draft-sharabayko-srt §3.2.1.1 to §3.2.1.4.

use bytes::{BufMut, BytesMut};
use rtmpd_core::Error;

use super::SPEC;
use crate::bytes::Reader;

const HELLO_REQUEST: u16 = 1;
const HELLO_RESPONSE: u16 = 2;
const KEY_REQUEST: u16 = 3;
const KEY_RESPONSE: u16 = 4;
const STREAM_ID: u16 = 5;
const CONGESTION: u16 = 6;
const FILTER: u16 = 7;
const GROUP: u16 = 8;

/// Longest stream id, and any other text, in bytes.
pub const MAX_STREAM_ID: usize = 512;

/// All extensions of one handshake.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extensions {
    /// Version, features, latencies: of a request.
    pub request: Option<Hello>,
    /// The same of a response.
    pub response: Option<Hello>,
    /// Wrapped keys: of a request.
    pub key_request: Option<Vec<u8>>,
    /// Wrapped keys, or one word that says why not: of a response.
    pub key_response: Option<Vec<u8>>,
    /// Which stream is asked for.
    pub stream_id: Option<String>,
    /// How the peer controls congestion, `live` when absent.
    pub congestion: Option<String>,
    /// The packet filter that the peer wants.
    pub filter: Option<String>,
    /// The peer wants several links to be one.
    pub group: bool,
}

/// Version, features and latencies.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// Of the library: major, minor and patch, a byte each.
    pub version: u32,
    /// What it can do.
    pub features: Features,
    /// How long its sender, as a receiver, holds packets; ms.
    pub receive_delay: u16,
    /// How long it wants its peer to hold packets at least; ms.
    pub send_delay: u16,
}

/// What an SRT library can do, as flags.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Features(pub u32);

impl Features {
    /// Its data packets have times by which they are to be delivered.
    pub const TIMED_SENDER: Self = Self(0x01);
    /// It delivers by these times.
    pub const TIMED_RECEIVER: Self = Self(0x02);
    /// It can encrypt.
    pub const CRYPTO: Self = Self(0x04);
    /// It drops what comes too late.
    pub const LATE_DROP: Self = Self(0x08);
    /// It repeats reports of losses.
    pub const PERIODIC_NAK: Self = Self(0x10);
    /// Bit 26 of a data packet says whether it was sent before.
    pub const RETRANSMISSION_FLAG: Self = Self(0x20);
    /// It wants a stream of bytes, not messages: file transmission.
    pub const BYTE_STREAM: Self = Self(0x40);
    /// It knows packet filters.
    pub const PACKET_FILTER: Self = Self(0x80);

    /// Whether all of `other` are among these.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Extensions {
    /// Reads all of them; unknown ones are passed over, of repeated ones the last counts.
    ///
    /// # Errors
    /// When one says more than there is, or a text is too long or no UTF-8.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut reader = Reader::new(data);
        while let (Some(kind), Some(words)) = (reader.u16(), reader.u16()) {
            let body = reader
                .take(usize::from(words) * 4)
                .ok_or_else(|| Error::malformed("handshake extension is longer than the datagram", SPEC))?;
            found.take(kind, body)?;
        }
        Ok(found)
    }

    fn take(&mut self, kind: u16, body: &[u8]) -> Result<(), Error> {
        match kind {
            HELLO_REQUEST => self.request = Some(Hello::parse(body)?),
            HELLO_RESPONSE => self.response = Some(Hello::parse(body)?),
            KEY_REQUEST => self.key_request = Some(body.to_vec()),
            KEY_RESPONSE => self.key_response = Some(body.to_vec()),
            STREAM_ID => self.stream_id = Some(text(body)?),
            CONGESTION => self.congestion = Some(text(body)?),
            FILTER => self.filter = Some(text(body)?),
            GROUP => self.group = true,
            _ => {}
        }
        Ok(())
    }

    /// Which kinds there are, as the handshake's extension field says it: hello 1, keys 2, anything else 4.
    pub(super) fn flags(&self) -> u16 {
        let hello = self.request.is_some() || self.response.is_some();
        let keys = self.key_request.is_some() || self.key_response.is_some();
        let more = self.texts().iter().any(|(_, text)| text.is_some());
        u16::from(hello) | u16::from(keys) << 1 | u16::from(more) << 2
    }

    fn texts(&self) -> [(u16, Option<&String>); 3] {
        [
            (STREAM_ID, self.stream_id.as_ref()),
            (CONGESTION, self.congestion.as_ref()),
            (FILTER, self.filter.as_ref()),
        ]
    }

    /// Appends all of them but the group, which we never ask for.
    pub(super) fn write(&self, out: &mut BytesMut) {
        for (kind, hello) in [(HELLO_REQUEST, &self.request), (HELLO_RESPONSE, &self.response)] {
            if let Some(hello) = hello {
                put(out, kind, &hello.to_bytes());
            }
        }
        for (kind, keys) in [(KEY_REQUEST, &self.key_request), (KEY_RESPONSE, &self.key_response)] {
            if let Some(keys) = keys {
                put(out, kind, keys);
            }
        }
        for (kind, text) in self.texts() {
            if let Some(text) = text {
                put(out, kind, &swap_words(text.as_bytes()));
            }
        }
    }
}

impl Hello {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let fields = (reader.u32(), reader.u32(), reader.u16(), reader.u16());
        let (Some(version), Some(features), Some(receive_delay), Some(send_delay)) = fields else {
            return Err(Error::malformed("handshake extension HSREQ is shorter than 12 bytes", SPEC));
        };
        Ok(Self { version, features: Features(features), receive_delay, send_delay })
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12);
        out.put_u32(self.version);
        out.put_u32(self.features.0);
        out.put_u16(self.receive_delay);
        out.put_u16(self.send_delay);
        out
    }
}

fn put(out: &mut BytesMut, kind: u16, body: &[u8]) {
    let words = body.len().div_ceil(4);
    out.put_u16(kind);
    out.put_u16(u16::try_from(words).unwrap_or_default());
    out.put_slice(body);
    out.put_bytes(0, words * 4 - body.len());
}

/// Texts travel in words of four bytes, each in little-endian order, filled up with zeros.
fn text(body: &[u8]) -> Result<String, Error> {
    if body.len() > MAX_STREAM_ID {
        let what =
            format!("text in a handshake is {} bytes long, expected at most {MAX_STREAM_ID}", body.len());
        return Err(Error::limit(what, SPEC));
    }
    let mut text = swap_words(body);
    while text.last() == Some(&0) {
        text.pop();
    }
    String::from_utf8(text).map_err(|_| Error::malformed("text in a handshake is no UTF-8", SPEC))
}

fn swap_words(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().next_multiple_of(4));
    for word in text.chunks(4) {
        out.extend(std::iter::repeat_n(0, 4 - word.len()));
        out.extend(word.iter().rev());
    }
    out
}
