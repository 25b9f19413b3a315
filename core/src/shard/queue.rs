//! Bytes on their way to a peer: references to shared buffers, never copies.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// An emptied queue keeps room for this many buffers, so that steady sending does not allocate.
const KEEP: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    buffers: VecDeque<Bytes>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.bytes += data.len();
            self.buffers.push_back(data);
        }
    }

    /// Fills `slices` with what is to be sent next; returns how many were filled.
    pub(crate) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slice, buffer) in slices.iter_mut().zip(&self.buffers) {
            *slice = IoSlice::new(buffer);
            filled += 1;
        }
        filled
    }

    /// Forgets the first `n` bytes.
    pub(crate) fn advance(&mut self, mut n: usize) {
        debug_assert!(n <= self.bytes);
        self.bytes = self.bytes.saturating_sub(n);
        while let Some(front) = self.buffers.front_mut() {
            if n < front.len() {
                front.advance(n);
                return;
            }
            n -= front.len();
            self.buffers.pop_front();
        }
        if self.buffers.capacity() > KEEP {
            self.buffers = VecDeque::new();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.buffers = VecDeque::new();
        self.bytes = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.buffers.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.buffers.len()
    }
}
