//! VP8 and VP9: payloads behind descriptors → frames.
//!
//! Specs: RFC 7741 §4 (VP8), RFC 9628 §4 (VP9). Of VP9 with several spatial layers the base layer is taken, which is a
//! picture of its own.

use bytes::Bytes;

use super::assembly::{Assembly, Closed};
use super::outlet::Place;
use super::{Arrival, vp8, vp9};
use crate::codec::{vp8 as vp8_frame, vp9 as vp9_frame};

/// Which of the two.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Vp8,
    Vp9,
}

/// What a descriptor says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Descriptor<'a> {
    /// The frame begins here.
    pub(super) begins: bool,
    /// Of a spatial layer above the base.
    pub(super) is_upper: bool,
    pub(super) payload: &'a [u8],
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Vpx {
    form: Form,
    unit: Assembly,
    is_waiting: bool,
}

impl Vpx {
    pub(super) fn new(form: Form) -> Self {
        Self { form, unit: Assembly::default(), is_waiting: true }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if self.unit.is_of_other(arrival.timestamp) {
            self.end(at);
        }
        let descriptor = match self.form {
            Form::Vp8 => vp8::descriptor(arrival.payload),
            Form::Vp9 => vp9::descriptor(arrival.payload),
        };
        match descriptor {
            Some(Descriptor { is_upper: true, .. }) => {}
            Some(Descriptor { begins, payload, .. }) => {
                if begins && (!self.unit.data().is_empty() || self.unit.is_damaged()) {
                    self.end(at);
                }
                let is_lost = !begins && !self.unit.is_open();
                self.unit.open(arrival.timestamp);
                if is_lost {
                    self.unit.damage();
                }
                self.unit.append(payload);
            }
            None => {
                at.malformed();
                self.unit.open(arrival.timestamp);
                self.unit.damage();
            }
        }
        if arrival.marker {
            self.end(at);
        }
    }

    pub(super) fn lose(&mut self, _: &mut Place<'_>) {
        self.unit.damage();
        self.is_waiting = true;
    }

    fn end(&mut self, at: &mut Place<'_>) {
        let time = self.unit.timestamp();
        match self.unit.close() {
            Closed::Nothing => {}
            Closed::Damaged => {
                at.damaged();
                self.is_waiting = true;
            }
            Closed::Whole(data) if data.is_empty() => {}
            Closed::Whole(data) => {
                let key = self.look(&data, at);
                if self.is_waiting && !key {
                    at.waiting();
                    return;
                }
                self.is_waiting = false;
                at.give(time, key, data);
            }
        }
    }

    /// Whether decoding can begin with a frame; takes what it says then.
    fn look(&self, data: &[u8], at: &mut Place<'_>) -> bool {
        match self.form {
            Form::Vp8 => {
                let size = vp8_frame::size(data);
                if let Some(size) = size {
                    at.pictures(Bytes::from_static(&vp8_frame::RECORD), size);
                }
                size.is_some()
            }
            Form::Vp9 => {
                let key = vp9_frame::Key::parse(data);
                if let Some(key) = key {
                    at.pictures(Bytes::copy_from_slice(&key.record()), key.size);
                }
                key.is_some()
            }
        }
    }
}
