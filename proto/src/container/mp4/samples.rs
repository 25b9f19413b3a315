//! A track's samples: where they lie and when they are due. 24 bytes each, since films have a million of them.

/// One access unit of a file.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Where it lies in the file, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub size: u32,
    /// Decoding time, in ticks of the track's clock rate. Edit lists have been applied: it can be negative.
    pub dts: i64,
    /// Presentation minus decoding time, in ticks.
    pub cts: i32,
    /// How long until the next one is decoded, in ticks.
    pub duration: u32,
    /// A decoder can begin here.
    pub key: bool,
}

impl Sample {
    /// Presentation time, in ticks.
    pub fn pts(&self) -> i64 {
        self.dts.saturating_add(i64::from(self.cts))
    }
}

/// The highest bit of a stored size marks keyframes.
const KEY: u32 = 0x8000_0000;
/// Longest sample, in bytes: half of what a track of 8K could ever need.
pub(super) const MAX_SIZE: u32 = KEY - 1;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Stored {
    offset: u64,
    dts: i64,
    size: u32,
    cts: i32,
}

/// All samples of a track, in decoding order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Samples {
    stored: Vec<Stored>,
    /// Where the last one ends.
    end: i64,
}

impl Samples {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    /// Decoding time at which the last one ends, in ticks.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// One of them, from 0.
    pub fn find(&self, index: usize) -> Option<Sample> {
        let stored = self.stored.get(index)?;
        let next = self.stored.get(index + 1).map_or(self.end, |next| next.dts);
        let duration = next.saturating_sub(stored.dts).clamp(0, i64::from(u32::MAX));
        Some(Sample {
            offset: stored.offset,
            size: stored.size & !KEY,
            dts: stored.dts,
            cts: stored.cts,
            duration: duration as u32,
            key: stored.size & KEY != 0,
        })
    }

    /// These of them; ends early where there are not so many.
    pub fn range(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = Sample> + '_ {
        range.map_while(|index| self.find(index))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        self.range(0..self.len())
    }

    /// Appends one. One that begins before its predecessor is moved to where that begins.
    pub(super) fn push(&mut self, sample: Sample) {
        let dts = self.stored.last().map_or(sample.dts, |last| sample.dts.max(last.dts));
        let size = sample.size.min(MAX_SIZE) | if sample.key { KEY } else { 0 };
        self.stored.push(Stored { offset: sample.offset, dts, size, cts: sample.cts });
        self.end = dts.saturating_add(i64::from(sample.duration));
    }
}
