//! H.264 and H.265: payloads → access units of NAL units with 4-byte lengths.
//!
//! Specs: RFC 6184 §5.1 (marker), RFC 7798 §4.1 (marker), and what [`super::layouts`] names; ITU-T H.264 §7.4.1.2.3.
//!
//! An access unit ends with its marker, so that nothing waits for the next one. But the marker is believed only after a
//! first unit has shown that another time follows on it: there are servers that set it on each NAL unit (seen:
//! obs-rtspserver, smolrtsp, µStreamer) and such that never set it (seen: the live555 proxy). For those, units end where
//! the time changes. A unit is whole when nothing was missing in it and its first slice is a picture's first one.
//!
//! Keyframes are IDR and IRAP pictures. Where there was none for two seconds, recovery points are: of open GOPs, and of
//! encoders that refresh pictures bit by bit, whose decoders show a whole picture some frames later.

use bytes::{BufMut, Bytes, BytesMut};

use super::Arrival;
use super::assembly::{Assembly, Closed};
use super::layouts::{Fragment, Layout, aggregated};
use super::outlet::Place;
use crate::codec::parameters::Parameters;
use crate::codec::syntax::{Role, Syntax};
use crate::codec::{h264, h265, nal};

/// Most NAL units of an access unit: pictures have at most 600 slices (H.265 §A.4.1).
const MAX_UNITS: usize = 4_096;
/// Parameter sets that wait for their picture; with more, the sender is not in its right mind.
const MAX_SETS: usize = 64;
/// Longer sets stay with their pictures, in bytes.
const MAX_SET: usize = 16 << 10;
/// Bytes of a NAL unit that tell what it is, and to which frame a slice belongs.
const HEAD: usize = 40;
/// Bytes of a NAL unit's length.
const LENGTH: usize = 4;
/// Seconds without a keyframe after which recovery points are.
const LONG: i64 = 2;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Nals {
    syntax: Syntax,
    clock_rate: i64,
    parameters: Parameters,
    unit: Assembly,
    picture: Picture,
    /// Where the length of the NAL unit stands whose fragments are coming.
    fragments: Option<usize>,
    /// Of the unit that is open, or of the next one with a slice.
    sets: Vec<Bytes>,
    marker: Marker,
    /// The time of the unit that ended with the last marker.
    ended: Option<i64>,
    /// NAL units were seen that have start codes within.
    is_byte_stream: bool,
    is_waiting: bool,
    /// Pictures in front of the keyframe after which all is well, in time, cannot be decoded.
    skips_leading: bool,
    /// When the last keyframe was, or the first picture.
    key_at: Option<i64>,
}

/// What is known of the pictures of the unit that is open.
#[derive(Copy, Clone, Debug, Default)]
struct Picture {
    /// Where the first slice begins.
    slice: Option<usize>,
    is_key: bool,
    is_marked: bool,
    units: usize,
}

/// What the marker means.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Marker {
    Unproven,
    /// The end of an access unit.
    Proven,
    /// Nothing.
    Refuted,
}

impl Nals {
    /// `parameters`: with what SDP said.
    pub(super) fn new(syntax: Syntax, clock_rate: u32, parameters: Parameters) -> Self {
        Self {
            syntax,
            clock_rate: i64::from(clock_rate),
            parameters,
            unit: Assembly::default(),
            picture: Picture::default(),
            fragments: None,
            sets: Vec::new(),
            marker: Marker::Unproven,
            ended: None,
            is_byte_stream: false,
            is_waiting: true,
            skips_leading: false,
            key_at: None,
        }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        let time = arrival.timestamp;
        if self.unit.is_of_other(time) {
            if self.picture.is_marked && self.marker == Marker::Unproven {
                self.marker = Marker::Proven;
            }
            self.end(at);
        }
        self.unit.open(time);
        match Layout::of(self.syntax, arrival.payload) {
            Layout::Single(unit) => self.whole(unit, at),
            Layout::ByteStream(data) => {
                self.is_byte_stream = true;
                nal::annex_b(data).for_each(|unit| self.whole(unit, at));
            }
            Layout::Aggregate(data) => {
                for unit in aggregated(data) {
                    match unit {
                        Some(unit) => self.whole(unit, at),
                        None => self.malformed(at),
                    }
                }
            }
            Layout::Fragment(fragment) => self.fragment(&fragment, at),
            Layout::Refused => self.malformed(at),
            Layout::Reserved => at.malformed(),
        }
        if arrival.marker {
            self.mark(at);
        }
    }

    /// Packets are missing here: what is open is damaged, for nobody knows whether its end was among them.
    pub(super) fn lose(&mut self, at: &mut Place<'_>) {
        if self.picture.units > 0 {
            self.damage();
        } else {
            self.end(at);
        }
        self.sets.clear();
        self.ended = None;
        self.is_waiting = true;
    }

    pub(super) fn flush(&mut self, at: &mut Place<'_>) {
        if !self.picture.is_marked || self.marker == Marker::Refuted {
            self.damage();
        }
        self.end(at);
    }

    fn malformed(&mut self, at: &mut Place<'_>) {
        at.malformed();
        self.damage();
    }

    fn damage(&mut self) {
        self.unit.damage();
        self.fragments = None;
    }

    fn whole(&mut self, unit: &[u8], at: &mut Place<'_>) {
        let head = unit.get(..unit.len().min(HEAD)).unwrap_or_default();
        self.begin(head, at);
        self.unit.append(unit);
        self.complete(at);
    }

    fn fragment(&mut self, fragment: &Fragment<'_>, at: &mut Place<'_>) {
        if fragment.is_start {
            let mut head = [0; HEAD];
            let front = fragment.head.bytes().iter().chain(fragment.data);
            let len = head.iter_mut().zip(front).map(|(place, byte)| *place = *byte).count();
            self.begin(head.get(..len).unwrap_or_default(), at);
            self.unit.append(fragment.head.bytes());
        } else if self.fragments.is_none() {
            // Its start was lost, or never sent.
            if !self.unit.is_damaged() {
                self.malformed(at);
            }
            self.picture.units += 1;
            return;
        }
        self.unit.append(fragment.data);
        // Both start and end in one are against the rules (seen: CostarHD cameras), and harmless.
        if fragment.is_end {
            self.complete(at);
        }
    }

    /// A NAL unit begins with `head`.
    fn begin(&mut self, head: &[u8], at: &mut Place<'_>) {
        if self.fragments.is_some() {
            // The end of the one before did not come.
            self.malformed(at);
        }
        let role = self.syntax.role(head);
        let may_end = self.picture.slice.is_some() || self.unit.is_damaged();
        if may_end && self.begins_unit(role, head) {
            // Behind a slice and at the same time: Reolink cameras send parameter sets at the time of the picture
            // before the one they are for.
            if self.picture.is_marked && self.marker == Marker::Unproven {
                self.marker = Marker::Proven;
            }
            let time = self.unit.timestamp();
            self.end(at);
            self.unit.open(time);
        }
        if let Role::Slice { is_first, is_key } = role {
            self.slice(is_first, is_key);
        }
        self.picture.units += 1;
        if self.picture.units > MAX_UNITS || self.sets.len() > MAX_SETS {
            self.damage();
            self.sets.clear();
        }
        self.fragments = Some(self.unit.data().len());
        self.unit.append(&[0; LENGTH]);
    }

    fn begins_unit(&self, role: Role, head: &[u8]) -> bool {
        match role {
            Role::Delimiter | Role::Set => true,
            Role::Slice { is_first, .. } => is_first && !self.is_second_field(head),
            Role::Before | Role::Other => false,
        }
    }

    /// Whether a slice is of the second field of the picture that is open.
    fn is_second_field(&self, head: &[u8]) -> bool {
        let heads = || {
            let sps = self.parameters.sps()?;
            let first = self.unit.data().get(self.picture.slice?..)?;
            Some((h264::SliceHead::parse(first, sps)?, h264::SliceHead::parse(head, sps)?))
        };
        self.syntax == Syntax::H264 && heads().is_some_and(|(first, second)| first.is_field_pair(&second))
    }

    fn slice(&mut self, is_first: bool, is_key: bool) {
        if self.picture.slice.is_none() {
            if !is_first {
                // Of a picture whose begin is missing. If that went out at a marker, the marker means nothing.
                if self.ended == Some(self.unit.timestamp()) {
                    self.marker = Marker::Refuted;
                }
                self.damage();
            }
            self.picture.slice = Some(self.unit.data().len() + LENGTH);
        } else if !is_first && self.picture.is_marked && self.marker == Marker::Unproven {
            self.marker = Marker::Refuted;
        }
        self.picture.is_key |= is_key;
    }

    /// The NAL unit that began is complete.
    fn complete(&mut self, at: &mut Place<'_>) {
        let Some(place) = self.fragments.take().filter(|_| !self.unit.is_damaged()) else { return };
        let from = place + LENGTH;
        let written = self.unit.data().get(from..).unwrap_or_default();
        // A NAL unit never ends with a zero (H.264 §7.4.1): cameras fill packets to even lengths.
        let len = written.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let unit = written.get(..len).unwrap_or_default();
        let role = self.syntax.role(unit);
        let is_slice = matches!(role, Role::Slice { .. });
        if (self.is_byte_stream || !is_slice) && nal::start_code(unit).is_some() {
            return self.split(place, at);
        }
        if len > 0 && !is_nal_unit(self.syntax, unit) {
            self.unit.truncate(place);
            return at.malformed();
        }
        let set = (role == Role::Set && len <= MAX_SET).then(|| Bytes::copy_from_slice(unit));
        if len == 0 || set.is_some() || role == Role::Delimiter || is_filler(self.syntax, unit) {
            self.unit.truncate(place);
            self.sets.extend(set.filter(|set| !self.sets.contains(set)));
        } else {
            self.unit.truncate(from + len);
            self.unit.patch(place, (len as u32).to_be_bytes());
        }
    }

    /// A NAL unit has others within, behind start codes (seen: V380 cameras send SPS, PPS and IDR as one).
    fn split(&mut self, place: usize, at: &mut Place<'_>) {
        self.is_byte_stream = true;
        let mut all = vec![0, 0, 1];
        all.extend_from_slice(self.unit.data().get(place + LENGTH..).unwrap_or_default());
        self.unit.truncate(place);
        if self.picture.slice == Some(place + LENGTH) {
            self.picture.slice = None;
        }
        nal::annex_b(&all).for_each(|unit| self.whole(unit, at));
    }

    fn mark(&mut self, at: &mut Place<'_>) {
        // Seen: senders that never set the last fragment's end bit.
        if self.fragments.is_some() {
            self.complete(at);
        }
        let has_content = self.picture.slice.is_some() || self.unit.is_damaged();
        if self.marker == Marker::Proven && has_content {
            self.ended = Some(self.unit.timestamp());
            self.end(at);
        } else {
            self.picture.is_marked |= self.picture.slice.is_some();
        }
    }

    /// The access unit ends here.
    fn end(&mut self, at: &mut Place<'_>) {
        if self.fragments.take().is_some() {
            self.unit.damage();
        }
        let picture = std::mem::take(&mut self.picture);
        match self.unit.close() {
            Closed::Nothing => {}
            Closed::Damaged => {
                at.damaged();
                self.sets.clear();
                self.is_waiting = true;
            }
            // Sets with a time of their own are kept for the picture that follows.
            Closed::Whole(_) if picture.slice.is_none() => {}
            Closed::Whole(data) => self.give(&picture, data, at),
        }
    }

    fn give(&mut self, picture: &Picture, data: Bytes, at: &mut Place<'_>) {
        let time = self.unit.timestamp();
        let key = picture.is_key || self.is_recovery(time, &data);
        if key || self.key_at.is_none() {
            self.key_at = Some(time);
        }
        let sets = std::mem::take(&mut self.sets);
        if let Some((config, size)) = self.parameters.take(&sets, key) {
            at.pictures(config, size);
        }
        let slice = picture.slice.and_then(|slice| data.get(slice..)).unwrap_or_default();
        if !self.parameters.are_known() || (self.is_waiting && !key) || self.is_undecodable(key, slice) {
            at.waiting();
            return;
        }
        self.is_waiting = false;
        let kept: Vec<&Bytes> = sets.iter().filter(|set| !self.parameters.have(set)).collect();
        let data = if kept.is_empty() { data } else { with_sets(&kept, &data) };
        at.give(time, key, data);
    }

    /// Whether a picture needs others from before the keyframe with which decoding began (H.265 §3.111, RASL).
    fn is_undecodable(&mut self, key: bool, slice: &[u8]) -> bool {
        if self.syntax == Syntax::H264 {
            return false;
        }
        if key {
            self.skips_leading = self.is_waiting;
        }
        self.skips_leading && matches!(h265::nal_type(slice), Some(8 | 9))
    }

    fn is_recovery(&self, time: i64, data: &[u8]) -> bool {
        let is_late = |at: i64| time.saturating_sub(at) >= LONG.saturating_mul(self.clock_rate);
        let is_marked = |unit: &[u8]| match self.syntax {
            Syntax::H264 => h264::nal_type(unit) == Some(h264::NAL_SEI) && h264::is_recovery_point(unit),
            Syntax::H265 => h265::nal_type(unit) == Some(h265::NAL_SEI) && h265::is_recovery_point(unit),
        };
        self.key_at.is_some_and(is_late) && nal::units(data).any(is_marked)
    }
}

/// Whether a type is one of NAL units, and not one of payloads.
fn is_nal_unit(syntax: Syntax, unit: &[u8]) -> bool {
    match syntax {
        Syntax::H264 => matches!(h264::nal_type(unit), Some(1..=23)),
        Syntax::H265 => unit.len() > 2 && matches!(h265::nal_type(unit), Some(0..=47)),
    }
}

fn is_filler(syntax: Syntax, unit: &[u8]) -> bool {
    match syntax {
        Syntax::H264 => h264::nal_type(unit) == Some(12),
        Syntax::H265 => h265::nal_type(unit) == Some(38),
    }
}

/// The access unit with parameter sets in front.
fn with_sets(sets: &[&Bytes], data: &[u8]) -> Bytes {
    let mut out =
        BytesMut::with_capacity(data.len() + sets.iter().map(|set| set.len() + LENGTH).sum::<usize>());
    for set in sets {
        out.put_u32(set.len() as u32);
        out.put_slice(set);
    }
    out.put_slice(data);
    out.freeze()
}
