//! A byte stream → the NAL units of each access unit.
//!
//! Specs: ITU-T H.264 §7.4.1.2.3 (first NAL unit of an access unit), table 7-1; ITU-T H.265 §7.4.2.4.4, table 7-1.

use bytes::Bytes;

use crate::codec::syntax::{Role, Syntax};
use crate::codec::{h264, nal};

/// Most NAL units of a PES packet: pictures have at most 600 slices (H.265 §A.4.1).
const MAX_UNITS: usize = 4_096;

/// The NAL units of one access unit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct AccessUnit {
    /// In their order, without delimiters.
    pub(super) units: Vec<Bytes>,
    /// The first slice.
    pub(super) slice: Option<Bytes>,
    pub(super) is_key: bool,
}

/// The access units of `data`, which begins with one. `None` when it has more NAL units than pictures can need.
pub(super) fn split(syntax: Syntax, data: &Bytes) -> Option<Vec<AccessUnit>> {
    let mut all = Vec::with_capacity(1);
    let mut now = AccessUnit::default();
    for (count, unit) in nal::annex_b(data).enumerate() {
        if count >= MAX_UNITS {
            return None;
        }
        let role = syntax.role(unit);
        let begins = match role {
            Role::Delimiter | Role::Set | Role::Before => true,
            Role::Slice { is_first, .. } => is_first,
            Role::Other => false,
        };
        if begins && now.slice.is_some() {
            all.push(std::mem::take(&mut now));
        }
        if role == Role::Delimiter {
            continue;
        }
        let unit = data.slice_ref(unit);
        if let Role::Slice { is_key, .. } = role {
            now.is_key |= is_key;
            now.slice.get_or_insert_with(|| unit.clone());
        }
        now.units.push(unit);
    }
    if !now.units.is_empty() {
        all.push(now);
    }
    Some(all)
}

/// Puts the two fields of each frame together, as players that want whole frames expect.
pub(super) fn join_fields(units: Vec<AccessUnit>, sps: &h264::Sps) -> Vec<AccessUnit> {
    let head = |unit: &AccessUnit| h264::SliceHead::parse(unit.slice.as_ref()?, sps);
    let mut joined: Vec<AccessUnit> = Vec::with_capacity(units.len());
    let mut is_pair = false;
    for unit in units {
        let fits = |last: &AccessUnit| head(last).zip(head(&unit)).is_some_and(|(a, b)| a.is_field_pair(&b));
        match joined.last_mut() {
            Some(last) if !is_pair && fits(last) => {
                last.units.extend(unit.units);
                is_pair = true;
            }
            Some(_) | None => {
                joined.push(unit);
                is_pair = false;
            }
        }
    }
    joined
}

/// Bytes of `data` that still belong to the access unit before. A PES packet that tells a time and begins with a NAL
/// unit begins an access unit, unless that is a later slice.
pub(super) fn lead(syntax: Syntax, data: &[u8], has_time: bool) -> usize {
    let mut at = 0;
    let mut is_front = true;
    loop {
        let rest = data.get(at..).unwrap_or_default();
        let Some(code) = nal::start_code(rest) else { return data.len() };
        let is_aligned = rest.get(..code).is_some_and(|zeros| zeros.iter().all(|byte| *byte == 0));
        let unit = rest.get(code + nal::START_CODE_LEN..).unwrap_or_default();
        let begins = match syntax.role(unit) {
            Role::Delimiter | Role::Set | Role::Before => true,
            Role::Slice { is_first, .. } => is_first,
            Role::Other => is_front && is_aligned && has_time,
        };
        if begins {
            return if is_front && is_aligned { 0 } else { at + code };
        }
        at += code + nal::START_CODE_LEN;
        is_front = false;
    }
}
