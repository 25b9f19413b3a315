//! Sequence numbers of 31 bits, which wrap.
//!
//! Spec: draft-sharabayko-srt §3.1.

/// The bits that count.
const MASK: u32 = 0x7FFF_FFFF;

/// A packet's number. Two of them can be compared as long as they are less than 2^30 apart.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Seq(u32);

impl Seq {
    /// The low 31 bits of `value`.
    pub const fn new(value: u32) -> Self {
        Self(value & MASK)
    }

    /// As on the wire; the highest bit is clear.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The one before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self::new(self.0.wrapping_sub(1))
    }

    /// `count` later.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self::new(self.0.wrapping_add(count))
    }

    /// How many steps from `other` to this one; negative when this one comes first.
    pub const fn since(self, other: Self) -> i32 {
        // The sign is bit 30 of the difference.
        ((self.0.wrapping_sub(other.0) << 1).cast_signed()) >> 1
    }

    /// How many steps from `other` to this one; `None` when this one comes first.
    pub fn offset_from(self, other: Self) -> Option<usize> {
        usize::try_from(self.since(other)).ok()
    }
}
