//! Payloads of one PID → sections. Specs: ISO/IEC 13818-1 §2.4.4.1 (pointer), §2.4.4.11 (private section), Annex A (checksum).

use bytes::{Buf, Bytes, BytesMut};

use super::super::tables::crc32;

/// Bytes up to the length, and the length's bound: §2.4.4.11 has 4093, tables 1021.
const HEAD: usize = 3;
const MAX_LENGTH: usize = 4093;
/// Stands where a section could begin when none follows.
const STUFFING: u8 = 0xFF;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Sections {
    buffer: BytesMut,
    /// The buffer begins with a section.
    aligned: bool,
    /// How many had a wrong checksum or length.
    pub(super) bad: u64,
}

impl Sections {
    /// Takes a payload. Sections must be taken with [`Self::next`] before the next one.
    pub(super) fn push(&mut self, is_start: bool, payload: &[u8]) {
        if !is_start {
            if self.aligned {
                self.buffer.extend_from_slice(payload);
            }
            return;
        }
        let Some((&pointer, rest)) = payload.split_first() else { return };
        let Some((before, from)) = rest.split_at_checked(usize::from(pointer)) else {
            self.lose();
            self.bad += 1;
            return;
        };
        if self.aligned {
            self.buffer.extend_from_slice(before);
            let whole = whole(&self.buffer);
            self.buffer.truncate(whole);
        }
        self.buffer.extend_from_slice(from);
        self.aligned = true;
    }

    /// A packet is missing: the section in the works is of no use.
    pub(super) fn lose(&mut self) {
        self.buffer.clear();
        self.aligned = false;
    }

    /// The next section whose checksum is right.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        loop {
            let Some(len) = section_len(&self.buffer) else {
                if self.buffer.first() == Some(&STUFFING) {
                    self.lose();
                }
                return None;
            };
            if len > HEAD + MAX_LENGTH {
                self.lose();
                self.bad += 1;
                return None;
            }
            if self.buffer.len() < len {
                return None;
            }
            let section = self.buffer.split_to(len).freeze();
            // Over the whole section, its checksum included, the sum is 0.
            if crc32(&section) == 0 {
                return Some(section);
            }
            self.bad += 1;
        }
    }
}

/// The length of the section that `data` begins with, if it begins with one.
fn section_len(data: &[u8]) -> Option<usize> {
    let &[table, high, low, ..] = data else { return None };
    (table != STUFFING).then(|| HEAD + (usize::from(high & 0x0F) << 8 | usize::from(low)))
}

/// Bytes of the whole sections that `data` begins with.
fn whole(data: &[u8]) -> usize {
    let mut rest = data;
    while let Some(len) = section_len(rest).filter(|len| *len <= rest.len()) {
        rest.advance(len);
    }
    data.len() - rest.len()
}
