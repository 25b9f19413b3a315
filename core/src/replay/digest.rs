//! A short name for bytes, so that a transcript shows when they change.
//!
//! FNV-1a, 64 bits (draft-eastlake-fnv): good against accidents, which is all that is needed here.

use std::fmt;

#[derive(Copy, Clone, Debug)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    pub(super) fn of(data: &[u8]) -> Self {
        let mut digest = Self::new();
        digest.add(data);
        digest
    }

    pub(super) fn add(&mut self, data: &[u8]) {
        for &byte in data {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
