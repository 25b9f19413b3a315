//! Opus and G.711: a payload is what it carries.
//!
//! Specs: RFC 7587 §4.2, RFC 3551 §4.5.14.

use bytes::Bytes;

use super::Arrival;
use super::outlet::Place;
use crate::codec::length;

/// See the module's text.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Whole {
    Opus,
    Samples,
}

impl Whole {
    pub(super) fn push(self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        if self == Self::Opus && length::opus(arrival.payload).is_none() {
            at.malformed();
            at.damaged();
            return;
        }
        at.give(arrival.timestamp, true, Bytes::copy_from_slice(arrival.payload));
    }
}
