//! AAC behind AU headers.
//!
//! Spec: RFC 3640 §3.2.3 (access units and fragments), §3.3.5 (AAC-lbr), §3.3.6 (AAC-hbr).

use bytes::Bytes;

use super::Arrival;
use super::assembly::{Assembly, Closed};
use super::headers::{Fields, Section};
use super::outlet::Place;
use crate::bytes::Reader;
use crate::codec::aac::Adts;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Aac {
    fields: Fields,
    /// Ticks of an access unit.
    duration: i64,
    /// An access unit of which the first fragments came.
    unit: Assembly,
    /// Its bytes.
    size: usize,
}

impl Aac {
    pub(super) fn new(fields: Fields, duration: i64) -> Self {
        Self { fields, duration, unit: Assembly::default(), size: 0 }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if self.unit.is_of_other(arrival.timestamp) {
            // Its last fragments never came.
            self.unit.damage();
            self.end(at);
        }
        // Seen: anjvision cameras send ADTS frames without any AU headers.
        if let Some(head) = Adts::parse(arrival.payload)
            && head.len == arrival.payload.len()
        {
            give(arrival.timestamp, arrival.payload, at);
            return;
        }
        match self.fields.read(arrival.payload) {
            Some(Section { sizes, data }) => self.section(&sizes, data, arrival, at),
            None => {
                at.malformed();
                self.unit.damage();
                self.end(at);
            }
        }
    }

    pub(super) fn lose(&mut self, at: &mut Place<'_>) {
        self.unit.damage();
        self.end(at);
    }

    fn section(&mut self, sizes: &[usize], data: &[u8], arrival: &Arrival<'_>, at: &mut Place<'_>) {
        match sizes {
            // Fragments come alone, with the size of the whole.
            [size] if *size > data.len() || self.unit.is_open() => self.fragment(*size, data, arrival, at),
            sizes => {
                self.unit.damage();
                self.end(at);
                if sizes.is_empty() {
                    at.malformed();
                }
                let mut reader = Reader::new(data);
                let mut time = arrival.timestamp;
                for size in sizes {
                    match reader.take(*size) {
                        Some(unit) => give(time, unit, at),
                        None => {
                            at.malformed();
                            at.damaged();
                            return;
                        }
                    }
                    time = time.saturating_add(self.duration);
                }
            }
        }
    }

    fn fragment(&mut self, size: usize, data: &[u8], arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if !self.unit.is_open() {
            self.unit.open(arrival.timestamp);
            self.size = size;
        } else if size != self.size {
            self.unit.damage();
        }
        self.unit.append(data);
        let len = self.unit.data().len();
        if arrival.marker && len < self.size || len > self.size {
            self.unit.damage();
        }
        if arrival.marker || len >= self.size {
            self.end(at);
        }
    }

    fn end(&mut self, at: &mut Place<'_>) {
        match self.unit.close() {
            Closed::Nothing => {}
            Closed::Damaged => at.damaged(),
            Closed::Whole(data) => give(self.unit.timestamp(), &data, at),
        }
    }
}

/// An access unit, whose data may stand behind an ADTS head (seen: cameras whose encoder puts out nothing else).
fn give(timestamp: i64, unit: &[u8], at: &mut Place<'_>) {
    let raw = match Adts::parse(unit) {
        Some(head) if head.len == unit.len() && head.blocks == 1 => unit.get(head.head..),
        Some(_) | None => Some(unit),
    };
    if let Some(raw) = raw.filter(|raw| !raw.is_empty()) {
        at.give(timestamp, true, Bytes::copy_from_slice(raw));
    }
}
