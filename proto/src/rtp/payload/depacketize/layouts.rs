//! What a payload of H.264 or H.265 is.
//!
//! Specs: RFC 6184 §5.4 (types), §5.7.1 (STAP-A), §5.8 (FU-A); RFC 7798 §4.4 (single, AP, FU, PACI).

use crate::bytes::Reader;
use crate::codec::syntax::Syntax;

const START: u8 = 0x80;
const END: u8 = 0x40;

/// See the module's text.
pub(super) enum Layout<'a> {
    Single(&'a [u8]),
    /// NAL units with their lengths in 16 bits.
    Aggregate(&'a [u8]),
    Fragment(Fragment<'a>),
    /// No NAL unit begins with a zero: it has a start code in front.
    ByteStream(&'a [u8]),
    /// Of a mode that is not carried: something is missing without it.
    Refused,
    /// To be passed over.
    Reserved,
}

/// A part of a NAL unit.
pub(super) struct Fragment<'a> {
    pub(super) head: Head,
    pub(super) is_start: bool,
    pub(super) is_end: bool,
    pub(super) data: &'a [u8],
}

/// A NAL unit's header.
pub(super) struct Head {
    bytes: [u8; 2],
    len: usize,
}

impl Head {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<'a> Layout<'a> {
    pub(super) fn of(syntax: Syntax, payload: &'a [u8]) -> Self {
        // Seen from servers that pass on what encoders write: gortsplib's H.264 decoder has a mode for it.
        if matches!(payload, [0, 0, 1, ..] | [0, 0, 0, 1, ..]) {
            return Self::ByteStream(payload);
        }
        match syntax {
            Syntax::H264 => Self::of_h264(payload),
            Syntax::H265 => Self::of_h265(payload),
        }
    }

    fn of_h264(payload: &'a [u8]) -> Self {
        let [first, rest @ ..] = payload else { return Self::Reserved };
        match (first & 0x1F, rest) {
            (1..=23, _) => Self::Single(payload),
            (24, _) => Self::Aggregate(rest),
            (28, [fragment, data @ ..]) => Self::Fragment(Fragment {
                head: Head { bytes: [first & 0xE0 | fragment & 0x1F, 0], len: 1 },
                is_start: fragment & START != 0,
                is_end: fragment & END != 0,
                data,
            }),
            // STAP-B, MTAP16, MTAP24 and FU-B are of the interleaved mode; a fragment without its header.
            (25..=29, _) => Self::Refused,
            (0 | 30.., _) => Self::Reserved,
        }
    }

    fn of_h265(payload: &'a [u8]) -> Self {
        let [first, second, rest @ ..] = payload else { return Self::Reserved };
        match (first >> 1 & 0x3F, rest) {
            (0..=47, _) => Self::Single(payload),
            (48, _) => Self::Aggregate(rest),
            (49, [fragment, data @ ..]) => Self::Fragment(Fragment {
                head: Head { bytes: [first & 0x81 | (fragment & 0x3F) << 1, *second], len: 2 },
                is_start: fragment & START != 0,
                is_end: fragment & END != 0,
                data,
            }),
            // A fragment without its header; PACI, which has a payload of another type within.
            (49 | 50, _) => Self::Refused,
            (51.., _) => Self::Reserved,
        }
    }
}

/// The NAL units of an aggregate; `None` as the last one where a length is too large. Empty ones are passed over.
pub(super) fn aggregated(data: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut reader = Some(Reader::new(data));
    std::iter::from_fn(move || {
        loop {
            let inner = reader.as_mut().filter(|reader| reader.remaining() > 0)?;
            let unit = inner.u16().and_then(|length| inner.take(usize::from(length)));
            match unit {
                None => {
                    // A zero behind the last one is padding of a sender that fills to even lengths.
                    let is_padding = reader.take()?.rest().iter().all(|byte| *byte == 0);
                    return (!is_padding).then_some(None);
                }
                Some([]) => {}
                Some(unit) => return Some(Some(unit)),
            }
        }
    })
}
