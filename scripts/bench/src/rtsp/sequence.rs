//! How many packets should have come, and how many came.
//! Follows RFC 3550 appendix A.3: what is lost is what the sequence numbers ask for, less what was received.

/// Steps back of up to this many are late packets; longer ones are a source that begins again.
const LATE: u16 = 1 << 15;

/// Sums of one or several tracks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Packets received.
    pub received: u64,
    /// Packets that the sequence numbers ask for.
    pub expected: u64,
}

impl Tally {
    /// Both sums.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { received: self.received + other.received, expected: self.expected + other.expected }
    }

    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            received: self.received.saturating_sub(earlier.received),
            expected: self.expected.saturating_sub(earlier.expected),
        }
    }

    /// Packets that did not come; 0 when some came twice.
    pub fn lost(self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
}

/// Follows one track's sequence numbers.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// The first number, and the highest.
    ends: Option<(u16, u16)>,
    tally: Tally,
}

impl Sequence {
    pub(super) fn note(&mut self, number: u16) {
        self.tally.received += 1;
        let (first, highest) = self.ends.unwrap_or((number, number.wrapping_sub(1)));
        let ahead = number.wrapping_sub(highest);
        if ahead < LATE {
            self.tally.expected += u64::from(ahead);
            self.ends = Some((first, number));
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// The highest number received, counted on where numbers wrap, as reports want it.
    pub(super) fn extended_highest(&self) -> u32 {
        let first = self.ends.map_or(0, |(first, _)| u64::from(first));
        (first + self.tally.expected).saturating_sub(1) as u32
    }
}
