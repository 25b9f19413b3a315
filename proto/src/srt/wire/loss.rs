//! Lists of lost packets: single numbers and ranges.
//!
//! Spec: draft-sharabayko-srt Appendix A.

use bytes::BufMut;

use crate::bytes::Reader;
use crate::srt::seq::Seq;

/// In front of the first number of a range.
const RANGE: u32 = 1 << 31;

/// A list as it came, read when it is walked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Losses<'a>(&'a [u8]);

impl<'a> Losses<'a> {
    /// Whatever it holds: what makes no sense is left out when it is walked.
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// As on the wire.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The ranges, first and last packet of each. A range that ends before it begins is left out.
    pub fn ranges(&self) -> impl Iterator<Item = (Seq, Seq)> + 'a {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || {
            loop {
                let word = reader.u32()?;
                let first = Seq::new(word);
                let last = if word & RANGE == 0 { first } else { Seq::new(reader.u32()?) };
                if last.since(first) >= 0 {
                    return Some((first, last));
                }
            }
        })
    }
}

/// Appends a range to a list.
pub fn push_range(out: &mut impl BufMut, first: Seq, last: Seq) {
    if first == last {
        out.put_u32(first.value());
    } else {
        out.put_u32(first.value() | RANGE);
        out.put_u32(last.value());
    }
}
