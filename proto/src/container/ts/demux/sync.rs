//! Bytes, cut anywhere → packets of 188 bytes. Specs: ISO/IEC 13818-1 §2.4.3.2 (sync byte), Annex G.1 (finding it).
//!
//! Packets may stand 188 bytes apart, 192 (with a time in front of each, as in M2TS files) or 204 (with 16 bytes of
//! Reed-Solomon code behind each).

use bytes::{Buf, BytesMut};

use super::super::PACKET;

const SYNC: u8 = 0x47;
const STRIDES: [usize; 3] = [PACKET, 192, 204];
/// So many bytes show whether there are three sync bytes in the right places.
const PROOF: usize = 2 * 204 + 1;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Sync {
    buffer: BytesMut,
    /// How far packets stand apart, while that is known.
    stride: Option<usize>,
    /// Bytes between packets that are still to come.
    skip: usize,
    /// Nothing will follow: less proof has to do.
    ending: bool,
    /// How often the packets were not where they should have been.
    pub(super) losses: u64,
}

impl Sync {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// Nothing will follow.
    pub(super) fn finish(&mut self) {
        self.ending = true;
    }

    /// The next packet.
    pub(super) fn next(&mut self) -> Option<[u8; PACKET]> {
        loop {
            let skipped = self.skip.min(self.buffer.len());
            self.buffer.advance(skipped);
            self.skip -= skipped;
            let Some(stride) = self.stride else {
                self.search()?;
                continue;
            };
            if *self.buffer.first()? != SYNC {
                self.stride = None;
                self.losses += 1;
                continue;
            }
            let packet = self.buffer.get(..PACKET)?.try_into().ok()?;
            self.buffer.advance(PACKET);
            self.skip = stride - PACKET;
            return Some(packet);
        }
    }

    /// Passes over what belongs to no packet; `None` when more bytes are needed to tell.
    fn search(&mut self) -> Option<()> {
        let mut at = 0;
        let found = loop {
            let Some(byte) = self.buffer.get(at) else { break None };
            if *byte == SYNC {
                let is_sync = |at: usize| self.buffer.get(at) == Some(&SYNC);
                let fits = |stride: &usize| is_sync(at + stride) && is_sync(at + 2 * stride);
                if let Some(stride) = STRIDES.into_iter().find(fits) {
                    break Some(stride);
                }
                if self.buffer.len() < at + PROOF {
                    let is_whole = self.buffer.len() >= at + PACKET;
                    if self.ending && is_whole {
                        break Some(PACKET);
                    }
                    break None;
                }
            }
            at += 1;
        };
        self.buffer.advance(at);
        self.stride = found;
        found.map(|_| ())
    }
}
