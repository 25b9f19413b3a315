//! AV1 temporal units → aggregates and fragments of OBUs without their sizes.
//!
//! Spec: RTP Payload Format For AV1 §4.4 (aggregation header), §4.5 (packetization), §5 (what is left out).

use rtmpd_core::media::Frame;

use super::Put;
use crate::codec::av1::{self, Obu};

/// More elements cannot be counted by the header (W).
const MAX_ELEMENTS: usize = 3;
/// Z: the first element began in the packet before.
const CONTINUES: u8 = 0x80;
/// Y: the last element goes on in the next packet.
const GOES_ON: u8 = 0x40;
/// N: a coded video sequence begins.
const BEGINS: u8 = 0x08;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Obus;

impl Obus {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn packetize(&self, frame: &Frame, limit: usize, put: &mut Put<'_>) {
        let begins = frame.key && av1::is_key(&frame.data);
        let mut writer = Writer { flags: if begins { BEGINS } else { 0 }, put };
        let mut obus = av1::obus(&frame.data).filter(is_carried).map(|obu| Element::new(&obu)).peekable();
        let mut bundle = Bundle::default();
        while let Some(element) = obus.next() {
            if !bundle.has_room(&element, limit) {
                writer.give(&mut bundle, false);
            }
            if element.len() < limit {
                bundle.push(element);
            } else {
                writer.fragment(&element, limit, obus.peek().is_none());
            }
        }
        writer.give(&mut bundle, true);
    }
}

fn is_carried(obu: &Obu<'_>) -> bool {
    !matches!(obu.kind(), av1::OBU_TEMPORAL_DELIMITER | av1::OBU_TILE_LIST | av1::OBU_PADDING)
}

/// An OBU without its size.
#[derive(Copy, Clone, Default)]
struct Element<'a> {
    head: [u8; 2],
    head_len: usize,
    payload: &'a [u8],
}

impl<'a> Element<'a> {
    fn new(obu: &Obu<'a>) -> Self {
        let head = [obu.head & !av1::HAS_SIZE, obu.extension.unwrap_or(0)];
        Self { head, head_len: 1 + usize::from(obu.extension.is_some()), payload: obu.payload }
    }

    fn head(&self) -> &[u8] {
        self.head.get(..self.head_len).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.head_len + self.payload.len()
    }
}

#[derive(Default)]
struct Bundle<'a> {
    elements: [Element<'a>; MAX_ELEMENTS],
    count: usize,
    /// Bytes they take if one follows.
    size: usize,
}

impl<'a> Bundle<'a> {
    fn has_room(&self, element: &Element<'_>, limit: usize) -> bool {
        self.count == 0 || (self.count < MAX_ELEMENTS && 1 + self.size + element.len() <= limit)
    }

    fn push(&mut self, element: Element<'a>) {
        self.size += Length::of(&element).bytes().len() + element.len();
        if let Some(place) = self.elements.get_mut(self.count) {
            *place = element;
            self.count += 1;
        }
    }
}

/// leb128 of what fits into a packet.
#[derive(Copy, Clone)]
struct Length {
    bytes: [u8; 3],
    count: usize,
}

impl Length {
    fn of(element: &Element<'_>) -> Self {
        let (mut bytes, length) = ([0; 3], element.len());
        let mut place = &mut bytes[..];
        av1::put_leb128(&mut place, length & 0x1F_FFFF);
        let left = place.len();
        Self { bytes, count: 3 - left }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}

struct Writer<'w, 'p> {
    /// What the next packet's header has beyond its elements.
    flags: u8,
    put: &'w mut Put<'p>,
}

impl Writer<'_, '_> {
    fn give(&mut self, bundle: &mut Bundle<'_>, marker: bool) {
        let Bundle { elements, count, .. } = std::mem::take(bundle);
        let elements = elements.get(..count).unwrap_or_default();
        let Some((last, others)) = elements.split_last() else { return };
        let head = [std::mem::take(&mut self.flags) | (count as u8) << 4];
        let mut lengths = [Length { bytes: [0; 3], count: 0 }; MAX_ELEMENTS];
        lengths.iter_mut().zip(others).for_each(|(length, element)| *length = Length::of(element));
        let mut parts: [&[u8]; 1 + 3 * MAX_ELEMENTS] = [&[]; 1 + 3 * MAX_ELEMENTS];
        let others = others
            .iter()
            .zip(&lengths)
            .flat_map(|(element, length)| [length.bytes(), element.head(), element.payload]);
        let all = std::iter::once(&head[..]).chain(others).chain([last.head(), last.payload]);
        parts.iter_mut().zip(all).for_each(|(place, part)| *place = part);
        (self.put)(parts.get(..3 * count).unwrap_or_default(), marker);
    }

    fn fragment(&mut self, element: &Element<'_>, limit: usize, is_last: bool) {
        const ONE: u8 = 1 << 4;
        // The head is cut as the payload is: the first piece has it, and so much less of the payload.
        let count = element.len().div_ceil(limit - 1);
        let size = element.len().div_ceil(count);
        let (first, rest) =
            element.payload.split_at_checked(size - element.head_len).unwrap_or((element.payload, &[]));
        let flags = std::mem::take(&mut self.flags) | GOES_ON | ONE;
        (self.put)(&[&[flags], element.head(), first], false);
        let mut rest = rest.chunks(size).peekable();
        while let Some(piece) = rest.next() {
            let ends = rest.peek().is_none();
            let flags = CONTINUES | ONE | if ends { 0 } else { GOES_ON };
            (self.put)(&[&[flags], piece], is_last && ends);
        }
    }
}
