//! AU headers: how long the access units of a payload are.
//!
//! Spec: RFC 3640 §3.2.1 (AU header section), §3.2.2 (auxiliary section), §4.1 (parameters).

use crate::bytes::{Bits, Reader};

/// Most access units of a payload.
const MAX_UNITS: usize = 256;

/// Bits of each field.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Fields {
    pub(super) size: usize,
    pub(super) index: usize,
    pub(super) index_delta: usize,
    pub(super) cts_delta: usize,
    pub(super) dts_delta: usize,
    pub(super) random_access: bool,
    pub(super) stream_state: usize,
    /// Of the auxiliary section's size.
    pub(super) auxiliary: usize,
    /// Bytes of each access unit; 0 where the headers tell.
    pub(super) constant_size: usize,
}

/// What a payload carries.
pub(super) struct Section<'a> {
    /// The sizes of the access units that begin here.
    pub(super) sizes: Vec<usize>,
    pub(super) data: &'a [u8],
}

impl Fields {
    fn has_headers(&self) -> bool {
        let bits =
            [self.size, self.index, self.index_delta, self.cts_delta, self.dts_delta, self.stream_state];
        self.random_access || bits.iter().any(|count| *count > 0)
    }

    /// Reads what stands in front of the access units. `None` when it is cut off, or they are interleaved.
    pub(super) fn read<'a>(&self, payload: &'a [u8]) -> Option<Section<'a>> {
        let mut reader = Reader::new(payload);
        let mut sizes = Vec::new();
        if self.has_headers() {
            let length = usize::from(reader.u16()?);
            let headers = reader.take(length.div_ceil(8))?;
            let mut bits = Bits::new(headers);
            let padding = headers.len() * 8 - length;
            while bits.remaining() > padding {
                if sizes.len() >= MAX_UNITS {
                    return None;
                }
                sizes.push(self.header(&mut bits, sizes.is_empty())?);
            }
        }
        if self.auxiliary > 0 {
            skip_auxiliary(&mut reader, self.auxiliary)?;
        }
        let data = reader.rest();
        if self.size == 0 {
            // Not told here: each is as long as the others, or there is one.
            let size = if self.constant_size > 0 { self.constant_size } else { data.len() };
            sizes = vec![size; data.len().checked_div(size).unwrap_or(0).clamp(1, MAX_UNITS)];
        }
        Some(Section { sizes, data })
    }

    fn header(&self, bits: &mut Bits<'_>, is_first: bool) -> Option<usize> {
        let size = bits.read(self.size)? as usize;
        let index = bits.read(if is_first { self.index } else { self.index_delta })?;
        if !is_first && index != 0 {
            return None; // interleaved
        }
        if self.cts_delta > 0 && bits.bit()? {
            bits.skip(self.cts_delta)?;
        }
        if self.dts_delta > 0 && bits.bit()? {
            bits.skip(self.dts_delta)?;
        }
        bits.skip(usize::from(self.random_access) + self.stream_state)?;
        Some(size)
    }
}

fn skip_auxiliary(reader: &mut Reader<'_>, size: usize) -> Option<()> {
    let mut bits = Bits::new(reader.rest());
    let length = bits.read(size)? as usize;
    reader.skip((size + length).div_ceil(8))
}
