//! Finds the parts of a file that say where everything is, a range of bytes at a time. Specs: ISO/IEC 14496-12 §4.2,
//! §6.2.3 (the `moov` can be the last box), §8.8 (fragments follow it).

use std::ops::Range;

use rtmpd_core::Error;

use super::boxes::{Head, head};
use super::index::Index;
use crate::bytes::Reader;

/// Longest `moov`, in bytes: more than [`super::MAX_SAMPLES`] need.
pub const MAX_MOOV: u64 = 64 << 20;
/// Longest `moof`.
const MAX_MOOF: u64 = 8 << 20;
/// Boxes' heads are looked for in so many bytes at a time.
const STEP: u64 = 16 << 10;
/// Most boxes in a row: a `moof` and an `mdat` for each sample, and what stands between them.
const MAX_BOXES: u32 = 16 << 20;
const SPEC: &str = "ISO/IEC 14496-12 §6.2.3";

/// Reads the head of a file of known length: ask what it [`wants`](Self::want), [`push`](Self::push) those bytes, until
/// it wants no more, then [`finish`](Self::finish).
#[derive(Debug)]
pub struct Locator {
    length: u64,
    at: u64,
    /// Bytes from `at` on that are needed at once.
    needed: u64,
    boxes: u32,
    index: Index,
    has_movie: bool,
    is_done: bool,
}

/// What a box at the file's top is to the index.
enum Part {
    Movie,
    Fragment,
    Other,
}

impl Locator {
    /// For a file of `length` bytes.
    pub fn new(length: u64) -> Self {
        Self {
            length,
            at: 0,
            needed: STEP,
            boxes: 0,
            index: Index::default(),
            has_movie: false,
            is_done: length == 0,
        }
    }

    /// The bytes it wants next, never more than [`MAX_MOOV`]; `None` when all is known.
    pub fn want(&self) -> Option<Range<u64>> {
        let end = self.at.saturating_add(self.needed.max(STEP)).min(self.length);
        (!self.is_done && self.at < end).then_some(self.at..end)
    }

    /// Takes these bytes. When there are fewer than it wanted, the file has become shorter.
    ///
    /// # Errors
    /// When this is no MP4, a box is malformed, or there is more of it than [`super::MAX_SAMPLES`] and [`MAX_MOOV`].
    pub fn push(&mut self, data: &[u8]) -> Result<(), Error> {
        let Some(wanted) = self.want() else { return Ok(()) };
        let begin = self.at;
        if (data.len() as u64) < wanted.end - wanted.start {
            self.length = begin + data.len() as u64;
        }
        loop {
            // Nothing before `at` is looked at again.
            let rest = usize::try_from(self.at - begin).ok().and_then(|skip| data.get(skip..)).unwrap_or(&[]);
            if rest.is_empty() || !self.step(rest).map_err(|error| error.at(self.at))? {
                break;
            }
        }
        self.is_done |= self.at >= self.length;
        Ok(())
    }

    /// The index.
    ///
    /// # Errors
    /// When there was no `moov`.
    pub fn finish(self) -> Result<Index, Error> {
        if self.has_movie {
            return Ok(self.index);
        }
        let what =
            format!("there is no 'moov' in {} bytes: it is no MP4, or was never finished", self.length);
        Err(Error::malformed(what, SPEC))
    }

    /// Reads the box at the front of `data`; `false` when more is needed, or nothing more.
    fn step(&mut self, data: &[u8]) -> Result<bool, Error> {
        let left = self.length.saturating_sub(self.at);
        let found = match head(data) {
            Ok(Some(found)) => found,
            // What stands behind a file's last box is not looked at.
            Ok(None) if data.len() as u64 == left => return self.done(),
            Ok(None) => return Ok(false),
            Err(_) if self.has_movie => return self.done(),
            Err(error) => return Err(error),
        };
        self.boxes += 1;
        if self.boxes > MAX_BOXES {
            return Err(Error::limit(format!("more than {MAX_BOXES} boxes"), SPEC));
        }
        if self.boxes == 1 && !can_be_first(&found.kind) {
            let kind = found.kind.escape_ascii();
            return Err(Error::malformed(format!("file begins with '{kind}', expected a box 'ftyp'"), SPEC));
        }
        let size = found.size.unwrap_or(left);
        let part = match &found.kind {
            b"moov" if !self.has_movie => Part::Movie,
            b"moof" if self.has_movie => Part::Fragment,
            _ => Part::Other,
        };
        match part {
            Part::Other => {
                self.at = self.at.saturating_add(size);
                self.needed = STEP;
                Ok(true)
            }
            // A file whose writer died has a part of one at its end.
            Part::Fragment if size > left => self.done(),
            Part::Movie | Part::Fragment => self.take(&found, size, data),
        }
    }

    /// Takes in a box whose content counts.
    fn take(&mut self, found: &Head, size: u64, data: &[u8]) -> Result<bool, Error> {
        let kind = found.kind.escape_ascii();
        let (left, most) = (self.length - self.at, if found.kind == *b"moov" { MAX_MOOV } else { MAX_MOOF });
        if size > most {
            return Err(Error::limit(
                format!("'{kind}' is {size} bytes long, expected at most {most}"),
                SPEC,
            ));
        }
        if size > left {
            return Err(Error::malformed(
                format!("'{kind}' is {size} bytes long, the file has {left}"),
                SPEC,
            ));
        }
        let mut reader = Reader::new(data);
        // Both are less than `most`.
        let content =
            reader.skip(found.length as usize).and_then(|()| reader.take((size - found.length) as usize));
        let Some(content) = content else {
            self.needed = size;
            return Ok(false);
        };
        if found.kind == *b"moov" {
            self.has_movie = true;
            self.is_done |= !self.index.add_movie(content, self.length)?;
        } else {
            self.index.add_fragment(content, self.at, self.length)?;
        }
        self.at += size;
        self.needed = STEP;
        Ok(!self.is_done)
    }

    fn done(&mut self) -> Result<bool, Error> {
        self.is_done = true;
        Ok(false)
    }
}

/// Whether a file can begin with this box. QuickTime files begin with many.
fn can_be_first(kind: &[u8; 4]) -> bool {
    matches!(
        kind,
        b"ftyp"
            | b"moov"
            | b"mdat"
            | b"free"
            | b"skip"
            | b"wide"
            | b"pnot"
            | b"uuid"
            | b"styp"
            | b"sidx"
            | b"moof"
    )
}

/// The index of a file that is in memory.
///
/// # Errors
/// Those of [`Locator`].
pub fn index(file: &[u8]) -> Result<Index, Error> {
    let mut locator = Locator::new(file.len() as u64);
    while let Some(range) = locator.want() {
        let range = range.start as usize..range.end as usize;
        locator.push(file.get(range).unwrap_or_default())?;
    }
    locator.finish()
}
