//! AAC in AudioMuxElements.
//!
//! Spec: RFC 6416 §6.1 (an element, or a fragment of one; the marker is set with its last), §7.3 (cpresent, config).

use super::Arrival;
use super::assembly::{Assembly, Closed};
use super::outlet::Place;
use crate::codec::latm::Latm;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Elements {
    latm: Latm,
    /// The configuration is between the elements, not in SDP.
    is_in_band: bool,
    clock_rate: u32,
    element: Assembly,
    /// Packets before the next one did not come.
    is_unproven: bool,
}

impl Elements {
    pub(super) fn new(latm: Latm, is_in_band: bool, clock_rate: u32) -> Self {
        Self { latm, is_in_band, clock_rate, element: Assembly::default(), is_unproven: false }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if self.element.is_of_other(arrival.timestamp) {
            // Without a marker its end is where the next one begins.
            self.end(at);
        }
        self.element.open(arrival.timestamp);
        if std::mem::take(&mut self.is_unproven) {
            // It may lack its begin, and nothing tells.
            self.element.damage();
        }
        self.element.append(arrival.payload);
        if arrival.marker {
            self.end(at);
        }
    }

    pub(super) fn lose(&mut self, _: &mut Place<'_>) {
        self.element.damage();
        self.is_unproven = true;
    }

    fn end(&mut self, at: &mut Place<'_>) {
        let time = self.element.timestamp();
        match self.element.close() {
            Closed::Nothing => {}
            Closed::Damaged => at.damaged(),
            Closed::Whole(element) => self.unwrap(time, &element, at),
        }
    }

    fn unwrap(&mut self, time: i64, element: &[u8], at: &mut Place<'_>) {
        let frames = if self.is_in_band { self.latm.read(element) } else { self.latm.read_bare(element) };
        let Some(frames) = frames else {
            at.malformed();
            at.damaged();
            return;
        };
        let Some((config, raw)) = self.latm.config() else {
            at.waiting();
            return;
        };
        at.sound(raw.clone(), config.sound());
        let duration = super::settings::duration(&config, &raw, self.clock_rate);
        for (place, data) in (0_i64..).zip(frames) {
            at.give(time.saturating_add(place * duration), true, data);
        }
    }
}
