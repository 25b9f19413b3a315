//! How much of a fragmented file is whole, when its writer died. Spec: ISO/IEC 14496-12 §8.8.4: a `moof` and the `mdat`
//! behind it belong together.

use std::ops::Range;

use super::boxes::head;
use crate::bytes::Reader;

/// Bytes that are looked at in one step: a box's head.
const STEP: u64 = 16;

/// Reads the heads of a file's boxes: ask what it [`wants`](Self::want), [`push`](Self::push) those bytes, until it wants no
/// more; then [`length`](Self::length) says how much is whole.
#[derive(Debug)]
pub struct WholePrefix {
    file: u64,
    at: u64,
    whole: u64,
    /// A `moof` waits for its `mdat`.
    is_torn: bool,
    is_done: bool,
}

impl WholePrefix {
    /// For a file of `length` bytes.
    pub fn new(length: u64) -> Self {
        Self { file: length, at: 0, whole: 0, is_torn: false, is_done: false }
    }

    /// The bytes it wants next; `None` when it has come to the end. More may be given.
    pub fn want(&self) -> Option<Range<u64>> {
        let end = self.at.saturating_add(STEP).min(self.file);
        (!self.is_done && self.at < end).then_some(self.at..end)
    }

    /// Takes bytes from where it wanted them on.
    pub fn push(&mut self, data: &[u8]) {
        let mut reader = Reader::new(data);
        loop {
            let Ok(Some(found)) = head(reader.rest()) else {
                // Nothing was gained from these bytes: nor will there be from the next.
                self.is_done |= reader.position() == 0;
                return;
            };
            let end = found.size.and_then(|size| self.at.checked_add(size)).filter(|&end| end <= self.file);
            let (Some(end), Some(size)) = (end, found.size) else {
                self.is_done = true;
                return;
            };
            self.at = end;
            match &found.kind {
                b"moof" => self.is_torn = true,
                b"mdat" => self.is_torn = false,
                _ => {}
            }
            if !self.is_torn {
                self.whole = end;
            }
            let Some(()) = usize::try_from(size).ok().and_then(|size| reader.skip(size)) else { return };
            if reader.remaining() == 0 {
                return;
            }
        }
    }

    /// Bytes up to the end of the last whole box; a `moof` without its `mdat` is none.
    pub fn length(&self) -> u64 {
        self.whole
    }
}

/// How much of a file that is in memory is whole.
pub fn whole_prefix(file: &[u8]) -> usize {
    let mut prefix = WholePrefix::new(file.len() as u64);
    while let Some(range) = prefix.want() {
        // Both are within the slice.
        prefix.push(file.get(range.start as usize..).unwrap_or_default());
    }
    prefix.length() as usize
}
