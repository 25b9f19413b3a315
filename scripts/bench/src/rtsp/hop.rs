//! Walks over interleaved frames without keeping them: only each packet's first bytes are looked at.
//! Follows RFC 2326 section 10.12.

use crate::error::Fault;

/// Frame header, and the first four bytes of the packet.
const HEAD: usize = 8;

/// Where in a frame the last read has ended.
#[derive(Debug, Default)]
pub(super) struct Hop {
    head: [u8; HEAD],
    have: usize,
    skip: usize,
}

impl Hop {
    /// Calls `found` with each frame's channel and its packet's first bytes. Fails on what is not a frame.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut found: impl FnMut(u8, &[u8])) -> Result<(), Fault> {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let count = self.skip.min(bytes.len());
                self.skip -= count;
                bytes = &bytes[count..];
                continue;
            }
            let count = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + count].copy_from_slice(&bytes[..count]);
            self.have += count;
            bytes = &bytes[count..];
            if self.head[0] != b'$' {
                return Err(Fault::new(format!("interleaved frame: {:#04x}, expected 0x24", self.head[0])));
            }
            if self.have == HEAD {
                let [_, channel, high, low, packet @ ..] = &self.head;
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                self.have = 0;
                self.skip = length
                    .checked_sub(packet.len())
                    .ok_or_else(|| Fault::new(format!("interleaved frame of {length} bytes: expected 4")))?;
                found(*channel, packet);
            }
        }
        Ok(())
    }
}
