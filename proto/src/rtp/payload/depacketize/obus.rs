//! AV1: OBU elements → temporal units in low-overhead format, each OBU with its size.
//!
//! Spec: RTP Payload Format For AV1 §4.4 (aggregation header), §4.5 (packetization), §5 (what is left out).

use bytes::BytesMut;

use super::assembly::{Assembly, Closed};
use super::outlet::Place;
use super::{Arrival, MAX_UNIT};
use crate::bytes::Reader;
use crate::codec::av1::{self, Obu};

/// The first element began in the packet before.
const CONTINUES: u8 = 0x80;
/// The last element goes on in the next packet.
const GOES_ON: u8 = 0x40;
/// A coded video sequence begins.
const BEGINS: u8 = 0x08;
/// Most OBUs of a temporal unit: far more than tile groups of a frame.
const MAX_OBUS: usize = 4_096;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Obus {
    unit: Assembly,
    /// The beginning of an OBU that goes on.
    part: BytesMut,
    is_partial: bool,
    /// OBUs of the unit that is open.
    count: usize,
    is_waiting: bool,
    /// Packets before the next one did not come: if it is the first of its unit, that has to be seen from it.
    is_unproven: bool,
    /// Of the last configuration.
    sequence: Vec<u8>,
}

impl Obus {
    pub(super) fn new() -> Self {
        Self {
            unit: Assembly::default(),
            part: BytesMut::new(),
            is_partial: false,
            count: 0,
            is_waiting: true,
            is_unproven: true,
            sequence: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if self.unit.is_of_other(arrival.timestamp) {
            self.end(at);
        }
        let is_first = !self.unit.is_open();
        self.unit.open(arrival.timestamp);
        let Some((&header, elements)) = arrival.payload.split_first() else { return };
        let is_unproven = std::mem::take(&mut self.is_unproven) && header & BEGINS == 0;
        if is_first && is_unproven && !begins_with_sequence(header, elements) {
            self.unit.damage();
        }
        if header & BEGINS != 0 && self.unit.is_damaged() && self.count == 0 {
            // The first packet of the sequence comes at the time of what was lost.
            self.end(at);
            self.unit.open(arrival.timestamp);
        }
        if self.unit.is_damaged() {
            self.drop_part();
        } else if self.elements(header, elements).is_none() {
            at.malformed();
            self.damage();
        }
        if arrival.marker {
            self.end(at);
        }
    }

    pub(super) fn lose(&mut self, _: &mut Place<'_>) {
        self.damage();
        self.is_waiting = true;
        self.is_unproven = true;
    }

    fn damage(&mut self) {
        self.unit.damage();
        self.count = 0;
        self.drop_part();
    }

    fn drop_part(&mut self) {
        self.part.clear();
        self.is_partial = false;
    }

    /// `None` where the elements make no sense.
    fn elements(&mut self, header: u8, elements: &[u8]) -> Option<()> {
        if (header & CONTINUES != 0) != self.is_partial {
            return None;
        }
        let count = usize::from(header >> 4 & 3);
        let mut reader = Reader::new(elements);
        let mut place = 0;
        while reader.remaining() > 0 {
            place += 1;
            let has_length = count == 0 || place < count;
            let length = if has_length { av1::leb128(&mut reader)? } else { reader.remaining() };
            let element = reader.take(length)?;
            let goes_on = reader.remaining() == 0 && header & GOES_ON != 0;
            if !self.is_partial && !goes_on {
                self.obu(element)?;
                continue;
            }
            if self.part.len() + element.len() > MAX_UNIT {
                return None;
            }
            self.part.extend_from_slice(element);
            self.is_partial = goes_on;
            if !goes_on {
                let part = std::mem::take(&mut self.part);
                let taken = self.obu(&part);
                self.part = part;
                self.part.clear();
                taken?;
            }
        }
        (count == 0 || place == count).then_some(())
    }

    /// Takes an OBU that is whole. It may tell its size, and should not.
    fn obu(&mut self, element: &[u8]) -> Option<()> {
        if element.is_empty() {
            return Some(());
        }
        let obu = Obu::read(&mut Reader::new(element))?;
        if matches!(obu.kind(), av1::OBU_TEMPORAL_DELIMITER | av1::OBU_TILE_LIST | av1::OBU_PADDING) {
            return Some(());
        }
        self.count += 1;
        if self.count > MAX_OBUS {
            return None;
        }
        self.unit.append(&[obu.head | av1::HAS_SIZE]);
        if let Some(extension) = obu.extension {
            self.unit.append(&[extension]);
        }
        let mut size = [0; 8];
        let mut room = &mut size[..];
        av1::put_leb128(&mut room, obu.payload.len());
        let left = room.len();
        self.unit.append(size.get(..size.len() - left)?);
        self.unit.append(obu.payload);
        Some(())
    }

    fn end(&mut self, at: &mut Place<'_>) {
        if self.is_partial {
            self.unit.damage();
        }
        self.drop_part();
        self.count = 0;
        let time = self.unit.timestamp();
        match self.unit.close() {
            Closed::Nothing => {}
            Closed::Damaged => {
                at.damaged();
                self.is_waiting = true;
            }
            Closed::Whole(data) if data.is_empty() => {}
            Closed::Whole(data) => {
                let key = av1::is_key(&data);
                if key && !self.configure(&data, at) {
                    at.malformed();
                    self.is_waiting = true;
                    return;
                }
                if self.is_waiting && !key {
                    at.waiting();
                    return;
                }
                self.is_waiting = false;
                at.give(time, key, data);
            }
        }
    }

    /// Takes the sequence header of a key frame; `false` when it makes no sense.
    fn configure(&mut self, data: &[u8], at: &mut Place<'_>) -> bool {
        let sequence = av1::obus(data).find(|obu| obu.kind() == av1::OBU_SEQUENCE_HEADER);
        let Some(sequence) = sequence.map(|obu| obu.payload) else { return false };
        if sequence == self.sequence && !sequence.is_empty() {
            return true;
        }
        let told = av1::write_record(sequence).zip(av1::obu_size(data));
        let Some((record, size)) = told else { return false };
        self.sequence = sequence.to_vec();
        at.pictures(record, size);
        true
    }
}

/// Whether the first element is a sequence header: key frames have it in front.
fn begins_with_sequence(header: u8, elements: &[u8]) -> bool {
    let mut reader = Reader::new(elements);
    if header & CONTINUES != 0 || (header >> 4 & 3 != 1 && av1::leb128(&mut reader).is_none()) {
        return false;
    }
    reader.peek().is_some_and(|head| {
        matches!(head >> 3 & 0x0F, av1::OBU_SEQUENCE_HEADER | av1::OBU_TEMPORAL_DELIMITER)
    })
}
