//! A request's body, taken out of its framing. Most are passed over: the next request comes behind them.
//!
//! Spec: RFC 9112 §6, §7.1.

use super::{Failure, shown};

/// Longest body that is passed over, in bytes, with chunk sizes and trailers.
const MAX_BODY: u64 = 64 << 10;

/// Most bytes of framing for a byte of content: chunks of one byte have five.
const FRAMING: u64 = 8;

/// What of a body is still to come. Nothing of it is kept.
#[derive(Debug)]
pub struct Body {
    part: Part,
    /// How many bytes it may still have, framing and all.
    allowed: u64,
    /// How many of them may be content.
    content: u64,
    /// Longest it may be, for the text of an error.
    most: u64,
}

/// What the next byte belongs to.
#[derive(Copy, Clone, Debug)]
enum Part {
    /// Content: so many bytes are left, and whether they are a chunk's.
    Data {
        left: u64,
        chunk: bool,
    },
    /// The hex digits of a chunk's size.
    Size {
        size: u64,
        digits: u8,
    },
    /// What may stand behind the size.
    Extension {
        size: u64,
    },
    /// The LF of a size line.
    SizeEnd {
        size: u64,
    },
    /// The CR, then the LF, behind a chunk.
    ChunkEnd {
        cr: bool,
    },
    /// A trailer line: whether nothing stands in it, and whether CR was its last byte.
    Trailer {
        empty: bool,
        cr: bool,
    },
    Done,
}

impl Body {
    /// A body of this many bytes, or in chunks.
    ///
    /// # Errors
    /// When it is longer than is passed over.
    pub fn new(length: Option<u64>) -> Result<Self, Failure> {
        Self::framed(length, MAX_BODY, MAX_BODY)
    }

    /// As [`Self::new`], of at most `most` bytes of content.
    ///
    /// # Errors
    /// When it is longer.
    pub fn within(length: Option<u64>, most: u64) -> Result<Self, Failure> {
        Self::framed(length, most, most.saturating_mul(FRAMING).saturating_add(MAX_BODY))
    }

    fn framed(length: Option<u64>, most: u64, allowed: u64) -> Result<Self, Failure> {
        let part = match length {
            Some(0) => Part::Done,
            Some(length) if length > most => return Err(too_long(most)),
            Some(length) => Part::Data { left: length, chunk: false },
            None => Part::Size { size: 0, digits: 0 },
        };
        Ok(Self { part, allowed, content: most, most })
    }

    /// Whether all of it has come.
    pub fn is_done(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    /// Takes bytes from the front of `data`.
    ///
    /// # Errors
    /// When a chunk is malformed or the body too long; `data` then begins with the first byte that is wrong.
    pub fn skip(&mut self, data: &mut &[u8]) -> Result<(), Failure> {
        while self.take(data)?.is_some() {}
        Ok(())
    }

    /// Takes bytes from the front of `data` up to the end of the next run of content, which it gives; `None` when there is
    /// none before the end of the body or of `data`.
    ///
    /// # Errors
    /// Those of [`Self::skip`].
    pub fn take<'a>(&mut self, data: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Failure> {
        while let Some(&byte) = data.first().filter(|_| !self.is_done()) {
            let is_content = matches!(self.part, Part::Data { .. });
            let allowed = if is_content { self.allowed.min(self.content) } else { self.allowed };
            if allowed == 0 {
                return Err(too_long(self.most));
            }
            let available = data.len().min(usize::try_from(allowed).unwrap_or(usize::MAX));
            let (step, next) = self.part.after(byte, available)?;
            self.part = next;
            self.allowed -= step as u64;
            let (taken, rest) = data.split_at_checked(step).unwrap_or((*data, &[]));
            *data = rest;
            if is_content {
                self.content -= step as u64;
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }
}

impl Part {
    /// How many bytes, the first of which is `byte`, are this part's, and what follows them. There are `available`.
    fn after(self, byte: u8, available: usize) -> Result<(usize, Self), Failure> {
        let Self::Data { left, chunk } = self else { return Ok((1, self.after_mark(byte)?)) };
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(available);
        let next = match (left - here as u64, chunk) {
            (0, true) => Self::ChunkEnd { cr: false },
            (0, false) => Self::Done,
            (left, chunk) => Self::Data { left, chunk },
        };
        Ok((here, next))
    }

    /// What follows `byte`, outside of content. Line ends are CR LF only: a reader before us may know no other.
    fn after_mark(self, byte: u8) -> Result<Self, Failure> {
        match (self, byte) {
            (Self::Size { size, digits }, _) if byte.is_ascii_hexdigit() => {
                let value = char::from(byte).to_digit(16).unwrap_or_default();
                // Fifteen digits cannot overflow, and are more than anyone may send.
                if digits == 15 {
                    return Err(Failure::new(413, "a chunk's size has more than 15 digits"));
                }
                Ok(Self::Size { size: size * 16 + u64::from(value), digits: digits + 1 })
            }
            (Self::Size { digits: 0, .. }, _) => wrong(byte, "a size in hexadecimal digits"),
            (Self::Size { size, .. } | Self::Extension { size }, b'\r') => Ok(Self::SizeEnd { size }),
            (Self::Size { size, .. }, b';' | b' ' | b'\t') => Ok(Self::Extension { size }),
            (Self::Size { .. }, _) => wrong(byte, "a hexadecimal digit, ';' or CR LF"),
            (Self::Extension { .. }, b'\n') => wrong(byte, "CR LF"),
            (Self::Extension { size }, _) => Ok(Self::Extension { size }),
            (Self::SizeEnd { size: 0 }, b'\n') => Ok(Self::Trailer { empty: true, cr: false }),
            (Self::SizeEnd { size }, b'\n') => Ok(Self::Data { left: size, chunk: true }),
            (Self::SizeEnd { .. }, _) => wrong(byte, "LF"),
            (Self::ChunkEnd { cr: false }, b'\r') => Ok(Self::ChunkEnd { cr: true }),
            (Self::ChunkEnd { cr: true }, b'\n') => Ok(Self::Size { size: 0, digits: 0 }),
            (Self::ChunkEnd { .. }, _) => wrong(byte, "CR LF"),
            (Self::Trailer { empty: true, cr: true }, b'\n') => Ok(Self::Done),
            (Self::Trailer { cr: true, .. }, b'\n') => Ok(Self::Trailer { empty: true, cr: false }),
            (Self::Trailer { cr: true, .. }, _) | (Self::Trailer { .. }, b'\n') => wrong(byte, "CR LF"),
            (Self::Trailer { empty, .. }, b'\r') => Ok(Self::Trailer { empty, cr: true }),
            (Self::Trailer { .. }, _) => Ok(Self::Trailer { empty: false, cr: false }),
            (part @ (Self::Data { .. } | Self::Done), _) => Ok(part),
        }
    }
}

fn wrong(byte: u8, expected: &str) -> Result<Part, Failure> {
    let shown = shown(&String::from_utf8_lossy(&[byte]));
    Err(Failure::new(400, format!("a chunk has {shown}, expected {expected} (RFC 9112 §7.1)")))
}

fn too_long(most: u64) -> Failure {
    Failure::new(413, format!("the request body is longer than {most} bytes, the most that is taken here"))
}
