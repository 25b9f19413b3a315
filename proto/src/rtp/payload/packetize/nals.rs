//! H.264 and H.265 → single NAL units, aggregates of small ones, fragments of large ones.
//!
//! Specs: RFC 6184 §5.6 (single), §5.7.1 (STAP-A), §5.8 (FU-A), as packetization-mode 1 has them; RFC 7798 §4.4.1
//! (single), §4.4.2 (AP), §4.4.3 (FU), with sprop-max-don-diff 0.

use bytes::Bytes;
use rtmpd_core::media::Frame;

use super::Put;
use super::pieces::pieces;
use crate::codec::syntax::Syntax;
use crate::codec::{h264, h265, nal};

/// Most NAL units of an aggregate.
const MAX_BUNDLE: usize = 8;
/// Bytes of a NAL unit's length in an aggregate.
const LENGTH: usize = 2;

const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const AP: u8 = 48;
const FU: u8 = 49;
const START: u8 = 0x80;
const END: u8 = 0x40;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Nals {
    syntax: Syntax,
    /// To be repeated in front of keyframes that do not have them.
    sets: Vec<Bytes>,
}

impl Nals {
    pub(super) fn new(syntax: Syntax, config: &Bytes) -> Self {
        let sets = match syntax {
            Syntax::H264 => h264::parameter_sets(config).map(|set| config.slice_ref(set)).collect(),
            Syntax::H265 => h265::parameter_sets(config).map(|set| config.slice_ref(set)).collect(),
        };
        Self { syntax, sets }
    }

    pub(super) fn packetize(&self, frame: &Frame, limit: usize, put: &mut Put<'_>) {
        let needs_sets = frame.key && !self.has_sets(&frame.data);
        let sets = if needs_sets { &self.sets[..] } else { &[] };
        let units = sets.iter().map(|set| &set[..]).chain(nal::units(&frame.data));
        let mut units = units.filter(|unit| self.is_carried(unit)).peekable();
        let mut bundle = Bundle::new(self.syntax);
        while let Some(unit) = units.next() {
            if !bundle.has_room(unit, limit) {
                bundle.give(false, put);
            }
            if unit.len() <= limit {
                bundle.push(unit);
            } else {
                let is_last = units.peek().is_none();
                self.fragment(unit, limit, is_last, put);
            }
        }
        bundle.give(true, put);
    }

    /// Whether a NAL unit's type has no other meaning in RTP, and it is of use to a decoder: neither delimiters nor
    /// filler are.
    fn is_carried(&self, unit: &[u8]) -> bool {
        match self.syntax {
            Syntax::H264 => {
                h264::nal_type(unit).is_some_and(|kind| matches!(kind, 1..=8 | 10 | 11 | 13..=23))
            }
            Syntax::H265 => {
                unit.len() > 2
                    && h265::nal_type(unit).is_some_and(|kind| matches!(kind, 0..=34 | 36 | 37 | 39..=47))
            }
        }
    }

    fn has_sets(&self, data: &[u8]) -> bool {
        let has = |wanted: &dyn Fn(&[u8]) -> bool| nal::units(data).any(wanted);
        match self.syntax {
            Syntax::H264 => [h264::NAL_SPS, h264::NAL_PPS]
                .iter()
                .all(|kind| has(&|unit| h264::nal_type(unit) == Some(*kind))),
            Syntax::H265 => [h265::NAL_VPS, h265::NAL_SPS, h265::NAL_PPS]
                .iter()
                .all(|kind| has(&|unit| h265::nal_type(unit) == Some(*kind))),
        }
    }

    /// `is_last`: nothing of the access unit follows.
    fn fragment(&self, unit: &[u8], limit: usize, is_last: bool, put: &mut Put<'_>) {
        let bits = |first, last| if first { START } else { 0 } | if last { END } else { 0 };
        match (self.syntax, unit) {
            (Syntax::H264, [head, body @ ..]) => {
                for piece in pieces(body, limit - 2) {
                    let fragment = bits(piece.is_first, piece.is_last) | head & 0x1F;
                    put(&[&[head & 0xE0 | FU_A, fragment], piece.data], is_last && piece.is_last);
                }
            }
            (Syntax::H265, [head, layers, body @ ..]) => {
                for piece in pieces(body, limit - 3) {
                    let fragment = bits(piece.is_first, piece.is_last) | head >> 1 & 0x3F;
                    put(&[&[head & 0x81 | FU << 1, *layers, fragment], piece.data], is_last && piece.is_last);
                }
            }
            (Syntax::H264 | Syntax::H265, _) => {}
        }
    }
}

/// NAL units that go into one payload.
struct Bundle<'a> {
    syntax: Syntax,
    units: [&'a [u8]; MAX_BUNDLE],
    count: usize,
    /// Bytes they take as an aggregate.
    size: usize,
}

impl<'a> Bundle<'a> {
    fn new(syntax: Syntax) -> Self {
        Self { syntax, units: [&[]; MAX_BUNDLE], count: 0, size: 0 }
    }

    fn has_room(&self, unit: &[u8], limit: usize) -> bool {
        self.count == 0 || (self.count < MAX_BUNDLE && self.size + LENGTH + unit.len() <= limit)
    }

    fn push(&mut self, unit: &'a [u8]) {
        let head = match self.syntax {
            Syntax::H264 => 1,
            Syntax::H265 => 2,
        };
        self.size = if self.count == 0 { head } else { self.size } + LENGTH + unit.len();
        if let Some(place) = self.units.get_mut(self.count) {
            *place = unit;
            self.count += 1;
        }
    }

    fn give(&mut self, marker: bool, put: &mut Put<'_>) {
        let units = self.units.get(..std::mem::take(&mut self.count)).unwrap_or_default();
        match units {
            [] => {}
            [unit] => put(&[unit], marker),
            units => {
                let (head, length) = self.head(units);
                // Each fits in a payload, so in 16 bits.
                let lengths = self.units.map(|unit| (unit.len() as u16).to_be_bytes());
                let mut parts: [&[u8]; 1 + 2 * MAX_BUNDLE] = [&[]; 1 + 2 * MAX_BUNDLE];
                let (first, rest) = parts.split_at_mut(1);
                first.fill(head.get(..length).unwrap_or_default());
                for ((pair, unit), length) in rest.chunks_mut(2).zip(units).zip(&lengths) {
                    pair.iter_mut().zip([&length[..], unit]).for_each(|(place, part)| *place = part);
                }
                put(parts.get(..1 + 2 * units.len()).unwrap_or_default(), marker);
            }
        }
    }

    /// What stands in front of an aggregate, and how many bytes of it are used.
    fn head(&self, units: &[&[u8]]) -> ([u8; 2], usize) {
        let firsts = || units.iter().filter_map(|unit| unit.first().copied());
        let forbidden = firsts().fold(0, |all, byte| all | byte & 0x80);
        match self.syntax {
            Syntax::H264 => {
                // RFC 6184 §5.7.1: the highest importance of them.
                let importance = firsts().map(|byte| byte & 0x60).max().unwrap_or(0);
                ([forbidden | importance | STAP_A, 0], 1)
            }
            Syntax::H265 => {
                // RFC 7798 §4.4.2: the lowest layer and the lowest temporal layer of them.
                let heads = || units.iter().filter_map(|unit| unit.first_chunk::<2>().copied());
                let layer = heads().map(|head| u16::from_be_bytes(head) & 0x01F8).min().unwrap_or(0);
                let time = heads().map(|[_, low]| u16::from(low & 7)).min().unwrap_or(1);
                ((u16::from(forbidden | AP << 1) << 8 | layer | time).to_be_bytes(), 2)
            }
        }
    }
}
