//! PES packets of H.264 and H.265 → access units with 4-byte lengths.
//!
//! Specs: ISO/IEC 13818-1 §2.14 and §2.17 (carriage), §2.4.3.7 (a time is that of the first access unit that begins in the
//! packet); ITU-T H.264 §D.2.8 (recovery points).
//!
//! Mostly a packet is an access unit, and comes out as soon as it is whole. Where encoders are seen to spread access units
//! over packets, each is held until the next one begins.

use bytes::{BufMut, Bytes, BytesMut};

use super::found::{Found, Remark};
use super::nals::{self, AccessUnit};
use super::pes::{Pes, Time};
use crate::bytes::{slice, tail};
use crate::codec::h264;
use crate::codec::parameters::Parameters;
use crate::codec::syntax::Syntax;

/// Longest access unit, in bytes.
const MAX_UNIT: usize = 8 << 20;
/// A packet with a length that is nearly the most it can tell may be the first of several of its access unit.
const NEARLY_FULL: usize = 60_000;
/// Between pictures, in ticks, while nothing is known: 25 a second.
const DEFAULT_STEP: i64 = 3_600;
/// Steps are believed up to this: one second.
const MAX_STEP: i64 = 90_000;
/// After so many ticks without an IDR picture, recovery points are keyframes.
const LONG_WITHOUT_IDR: i64 = 180_000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Pictures {
    syntax: Syntax,
    parameters: Parameters,
    held: Option<Held>,
    /// Access units have been seen to go on in the next packet.
    is_spread: bool,
    step: i64,
    /// Time of the last packet that had one, and how many pictures came since.
    timed: Option<(i64, i64)>,
    last: Option<i64>,
    /// When the last IDR picture was, or the first picture.
    idr_at: Option<i64>,
}

#[derive(Debug)]
struct Held {
    time: Option<Time>,
    data: BytesMut,
}

impl Pictures {
    pub(super) fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            parameters: Parameters::new(syntax),
            held: None,
            is_spread: false,
            step: DEFAULT_STEP,
            timed: None,
            last: None,
            idr_at: None,
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.data.len())
    }

    /// Takes a packet.
    pub(super) fn push(&mut self, pes: &Pes, out: &mut Vec<Found>) {
        let lead = nals::lead(self.syntax, &pes.data, pes.time.is_some());
        if lead > 0 {
            self.go_on(slice(&pes.data, 0, lead).unwrap_or_default(), out);
        }
        let rest = tail(&pes.data, lead);
        if rest.is_empty() {
            return;
        }
        self.flush(out);
        if self.is_spread || (pes.is_bounded && pes.data.len() >= NEARLY_FULL) {
            self.held = Some(Held { time: pes.time, data: rest.into() });
        } else {
            self.read(pes.time, &rest, out);
        }
    }

    /// What is held is whole.
    pub(super) fn flush(&mut self, out: &mut Vec<Found>) {
        if let Some(Held { time, data }) = self.held.take() {
            self.read(time, &data.freeze(), out);
        }
    }

    /// A packet did not come.
    pub(super) fn lose(&mut self, out: &mut Vec<Found>) {
        out.extend(self.held.take().map(|_| Found::Lost));
    }

    /// More of the access unit in front.
    fn go_on(&mut self, more: Bytes, out: &mut Vec<Found>) {
        self.is_spread = true;
        match &mut self.held {
            Some(held) if held.data.len() + more.len() <= MAX_UNIT => held.data.extend_from_slice(&more),
            Some(_) => {
                self.held = None;
                out.extend([Found::Lost, Found::Remark(Remark::TooLong)]);
            }
            None => out.push(Found::Lost),
        }
    }

    fn read(&mut self, time: Option<Time>, data: &Bytes, out: &mut Vec<Found>) {
        let Some(mut units) = nals::split(self.syntax, data) else {
            out.extend([Found::Lost, Found::Remark(Remark::TooLong)]);
            return;
        };
        if units.len() > 1
            && let Some(sps) = self.sps(&units)
        {
            units = nals::join_fields(units, &sps);
        }
        if units.len() > 1 {
            out.push(Found::Remark(Remark::SeveralPictures));
        }
        self.measure(time, units.len() as i64);
        let cts = time.map_or(0, |time| time.cts);
        let mut first = time;
        for unit in units {
            let estimated = self.last.map(|last| Time { dts: last.saturating_add(self.step), cts });
            let Some(time) = first.take().or(estimated) else { continue };
            self.last = Some(time.dts);
            self.give(time, unit, out);
        }
    }

    /// The SPS in force, or the one that comes with the first picture.
    fn sps(&self, units: &[AccessUnit]) -> Option<h264::Sps> {
        let known = self.parameters.sps().copied();
        known.or_else(|| units.first()?.units.iter().find_map(|unit| h264::parse_sps(unit)))
    }

    /// Learns how far pictures stand apart.
    fn measure(&mut self, time: Option<Time>, count: i64) {
        match (time, &mut self.timed) {
            (Some(Time { dts, .. }), timed) => {
                let step = timed.map(|(before, passed)| dts.saturating_sub(before) / passed.max(1));
                self.step = step.filter(|step| (1..=MAX_STEP).contains(step)).unwrap_or(self.step);
                *timed = Some((dts, count));
            }
            (None, Some((_, passed))) => *passed += count,
            (None, None) => {}
        }
    }

    fn give(&mut self, time: Time, unit: AccessUnit, out: &mut Vec<Found>) {
        let key = unit.is_key || self.is_recovery(&unit, time.dts);
        if key && !unit.is_key {
            out.push(Found::Remark(Remark::RecoveryPoints));
        }
        if unit.is_key || self.idr_at.is_none() {
            self.idr_at = Some(time.dts);
        }
        if let Some((config, size)) = self.parameters.take(&unit.units, key) {
            out.push(Found::Pictures { config, size });
        }
        if !self.parameters.are_known() || unit.slice.is_none() {
            return;
        }
        let kept = || unit.units.iter().filter(|unit| !self.parameters.have(unit));
        let mut data = BytesMut::with_capacity(kept().map(|unit| unit.len() + 4).sum());
        for unit in kept() {
            // PES packets are far shorter than 4 GiB.
            data.put_u32(unit.len() as u32);
            data.put_slice(unit);
        }
        out.push(Found::Unit { time, key, data: data.freeze() });
    }

    /// Whether decoding can begin here although it is no IDR picture, and IDR pictures are scarce.
    fn is_recovery(&self, unit: &AccessUnit, dts: i64) -> bool {
        if self.syntax != Syntax::H264
            || self.idr_at.is_none_or(|at| dts.saturating_sub(at) < LONG_WITHOUT_IDR)
        {
            return false;
        }
        let is_marked =
            |unit: &Bytes| h264::nal_type(unit) == Some(h264::NAL_SEI) && h264::is_recovery_point(unit);
        let slice = unit.slice.as_ref().zip(self.parameters.sps());
        unit.units.iter().any(is_marked)
            && slice
                .and_then(|(slice, sps)| h264::SliceHead::parse(slice, sps))
                .is_some_and(|head| head.intra)
    }
}
