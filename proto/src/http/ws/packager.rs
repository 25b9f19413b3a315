//! Any packaging, in messages: each piece becomes one binary message, made once for all viewers.
//!
//! Spec: RFC 6455 §5.1 (a server does not mask), §5.2. This is what lets viewers share bytes.

use bytes::Bytes;
use rtmpd_core::media::{Description, Frame, Packager, Packed};

use super::frame::{Opcode, message};
use super::header::Partial;
use crate::bytes::tail;

/// See the module's text.
pub struct WsPackager {
    inner: Box<dyn Packager>,
}

impl WsPackager {
    /// Puts what `inner` makes into messages.
    pub fn new(inner: Box<dyn Packager>) -> Self {
        Self { inner }
    }
}

impl Packager for WsPackager {
    /// One message; nothing where there is no preamble.
    fn start(&mut self, description: &Description) -> Bytes {
        binary(&self.inner.start(description))
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let had = out.len();
        self.inner.push(frame, out);
        for packed in out.iter_mut().skip(had) {
            packed.data = binary(&packed.data);
        }
    }
}

/// The preamble of a [`WsPackager`] again, without the first `skip` bytes of its payload: for a viewer that has had them,
/// such as the file header of an FLV whose tracks change. Nothing when nothing is left.
pub fn reframe(preamble: &Bytes, skip: usize) -> Bytes {
    let mut rest: &[u8] = preamble;
    let header = Partial::default().take(&mut rest);
    debug_assert!(preamble.is_empty() || header.is_some_and(|header| header.len == rest.len() as u64));
    let header_len = preamble.len() - rest.len();
    binary(&tail(preamble, header_len.saturating_add(skip)))
}

fn binary(payload: &[u8]) -> Bytes {
    if payload.is_empty() { Bytes::new() } else { message(Opcode::Binary, payload) }
}
