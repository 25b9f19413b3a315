//! The header of a frame that comes in, cut anywhere. Spec: RFC 6455 §5.2.

use super::frame::MAX_HEADER;
use crate::bytes::Reader;

/// What a header says, not yet held against any rule.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) fin: bool,
    /// The three reserved bits, 0 to 7.
    pub(super) rsv: u8,
    pub(super) opcode: u8,
    pub(super) mask: Option<[u8; 4]>,
    /// Length of the payload, in bytes.
    pub(super) len: u64,
}

/// As much of a header as has come.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Partial {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl Partial {
    /// Takes bytes from the front of `data`; the header once it is whole.
    pub(super) fn take(&mut self, data: &mut &[u8]) -> Option<Header> {
        while usize::from(self.len) < self.needed() {
            let (first, rest) = data.split_first()?;
            let place = self.bytes.get_mut(usize::from(self.len))?;
            *place = *first;
            self.len += 1;
            *data = rest;
        }
        self.parse()
    }

    /// How many bytes the header has, as far as is known.
    fn needed(&self) -> usize {
        if self.len < 2 {
            return 2;
        }
        let [_, second, ..] = self.bytes;
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + extended + if second & 0x80 != 0 { 4 } else { 0 }
    }

    /// Bytes taken so far.
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Longer forms of a length than needed are taken: they do no harm, and some devices know one form only.
    fn parse(&self) -> Option<Header> {
        let mut reader = Reader::new(self.bytes.get(..self.len())?);
        let first = reader.u8()?;
        let second = reader.u8()?;
        let len = match second & 0x7F {
            126 => u64::from(reader.u16()?),
            127 => reader.u64()?,
            short => u64::from(short),
        };
        let mask = if second & 0x80 != 0 { Some(reader.array()?) } else { None };
        Some(Header { fin: first & 0x80 != 0, rsv: first >> 4 & 7, opcode: first & 0x0F, mask, len })
    }
}
