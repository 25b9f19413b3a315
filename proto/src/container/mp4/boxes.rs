//! Boxes, read. Specs: ISO/IEC 14496-12 §4.2.

use rtmpd_core::Error;

use crate::bytes::Reader;

/// The specification of everything here.
pub(super) const SPEC: &str = "ISO/IEC 14496-12 §4.2";

/// How a box begins.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) kind: [u8; 4],
    /// Bytes of this head.
    pub(super) length: u64,
    /// Bytes of the whole box; `None`: all there are.
    pub(super) size: Option<u64>,
}

/// The head at the front of `data`; `None` while it is not all there.
///
/// # Errors
/// When the box says that it is shorter than its head.
pub(super) fn head(data: &[u8]) -> Result<Option<Head>, Error> {
    let mut reader = Reader::new(data);
    let (Some(short), Some(kind)) = (reader.u32(), reader.array::<4>()) else { return Ok(None) };
    let size = match short {
        0 => None,
        1 => match reader.u64() {
            Some(long) => Some(long),
            None => return Ok(None),
        },
        short => Some(u64::from(short)),
    };
    let length = reader.position() as u64;
    if let Some(size) = size.filter(|&size| size < length) {
        let what = format!("box '{}' is {size} bytes long, expected at least {length}", kind.escape_ascii());
        return Err(Error::malformed(what, SPEC));
    }
    Ok(Some(Head { kind, length, size }))
}

/// Kind and content of a box.
type Found<'a> = ([u8; 4], &'a [u8]);

/// The boxes of `data` one after the other: kind and content.
#[derive(Clone, Debug)]
pub(super) struct Boxes<'a>(Reader<'a>);

impl<'a> Boxes<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(Reader::new(data))
    }

    /// The next one; `None` at the end. A few bytes at the end that are no box are passed over: writers leave some.
    pub(super) fn next(&mut self) -> Result<Option<Found<'a>>, Error> {
        let left = self.0.remaining() as u64;
        let Some(head) = head(self.0.rest()).map_err(|error| error.at(self.0.position() as u64))? else {
            return Ok(None);
        };
        let size = head.size.unwrap_or(left);
        if size > left {
            let what =
                format!("box '{}' is {size} bytes long, expected at most {left}", head.kind.escape_ascii());
            return Err(Error::malformed(what, SPEC).at(self.0.position() as u64));
        }
        // Both fit: they are parts of a slice.
        self.0.skip(head.length as usize);
        let content = self.0.take((size - head.length) as usize).unwrap_or_default();
        Ok(Some((head.kind, content)))
    }

    /// The content of the first box of this kind, from here on.
    pub(super) fn find(mut self, kind: &[u8; 4]) -> Result<Option<&'a [u8]>, Error> {
        while let Some((found, content)) = self.next()? {
            if found == *kind {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }
}

/// The content of the box at the end of this path.
///
/// # Errors
/// When there is none, or a box on the way is malformed.
pub(super) fn find<'a>(data: &'a [u8], path: &[&[u8; 4]]) -> Result<&'a [u8], Error> {
    path.iter().try_fold(data, |data, kind| {
        Boxes::new(data).find(kind)?.ok_or_else(|| {
            Error::malformed(format!("there is no box '{}'", kind.escape_ascii()), "ISO/IEC 14496-12 §6.2.3")
        })
    })
}

/// What follows version and flags: `(version, flags, reader)`.
///
/// # Errors
/// When they are not all there.
pub(super) fn full<'a>(kind: &[u8; 4], content: &'a [u8]) -> Result<(u8, u32, Reader<'a>), Error> {
    let mut reader = Reader::new(content);
    match (reader.u8(), reader.u24()) {
        (Some(version), Some(flags)) => Ok((version, flags, reader)),
        _ => Err(cut_off(kind, content)),
    }
}

/// A box that ends too early.
pub(super) fn cut_off(kind: &[u8; 4], content: &[u8]) -> Error {
    let what = format!("box '{}' of {} bytes is cut off", kind.escape_ascii(), content.len());
    Error::malformed(what, SPEC)
}
