//! Takes fuzz input apart: a few leading bytes choose, the rest is what the peer sends.

use super::MAX_INPUT;

/// Reads choices from the front of an input; zeros when it is used up.
#[derive(Debug)]
pub(super) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(&data[..data.len().min(MAX_INPUT)])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    pub(super) fn number(&mut self) -> u32 {
        let mut bytes = [0; 4];
        let taken = self.take(4);
        bytes[..taken.len()].copy_from_slice(taken);
        u32::from_be_bytes(bytes)
    }

    /// The next bytes, at most `count`.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Everything that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The input in pieces of changing sizes, which `seed` determines.
pub(super) fn pieces(data: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed) | 1;
    let mut rest = data;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(0x9E37_79B1).rotate_left(7);
        let size = 1 + (state >> 3) as usize % if seed & 1 == 0 { 7 } else { 1400 };
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
