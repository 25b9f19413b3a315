//! What is too long for one payload, in equal parts.
//!
//! The kernel sends many packets with one call if all but the last of them are of one size (UDP GSO): so parts are as equal
//! as can be, not as large as can be.

/// A part of something.
pub(super) struct Piece<'a> {
    pub(super) data: &'a [u8],
    /// Where it begins.
    pub(super) at: usize,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// The parts of `whole`, each of at most `most` bytes, and all but the last of the same size.
pub(super) fn pieces(whole: &[u8], most: usize) -> impl Iterator<Item = Piece<'_>> {
    let count = whole.len().div_ceil(most.max(1)).max(1);
    let size = whole.len().div_ceil(count).max(1);
    whole.chunks(size).enumerate().map(move |(place, data)| {
        let at = place * size;
        Piece { data, at, is_first: place == 0, is_last: at + data.len() == whole.len() }
    })
}
