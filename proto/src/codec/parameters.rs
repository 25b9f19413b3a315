//! Parameter sets that come between pictures → the decoder's configuration.
//!
//! Specs: ISO/IEC 14496-15 §5.3.3.1 (avcC), §8.3.3.1 (hvcC); ITU-T H.264 §7.4.1.2.1 and H.265 §7.4.2.4.2 (a set stays in
//! force until another one with its number comes).

use bytes::Bytes;

use super::syntax::{Role, Syntax};
use super::{Size, h264, h265};

/// More sets than this are not held; the oldest goes.
const MAX_SETS: usize = 64;
/// Longer sets are not held, in bytes: they stay with their pictures.
const MAX_SET: usize = 16 << 10;

/// The parameter sets of a stream, and the configuration made of them.
#[derive(Debug)]
pub struct Parameters {
    syntax: Syntax,
    /// By kind and number.
    known: Vec<(u8, u32, Bytes)>,
    config: Bytes,
    /// What the configuration was made of.
    configured: Vec<Bytes>,
    /// Of the configuration, where it is H.264's.
    sps: Option<h264::Sps>,
}

impl Parameters {
    /// No set is known.
    pub fn new(syntax: Syntax) -> Self {
        Self { syntax, known: Vec::new(), config: Bytes::new(), configured: Vec::new(), sps: None }
    }

    /// Whether pictures can be understood.
    pub fn are_known(&self) -> bool {
        !self.config.is_empty()
    }

    /// The SPS in force.
    pub fn sps(&self) -> Option<&h264::Sps> {
        self.sps.as_ref()
    }

    /// Whether the configuration has this set, so that it need not stand between the pictures.
    pub fn have(&self, unit: &Bytes) -> bool {
        self.configured.contains(unit)
    }

    /// Takes the sets of an access unit; the new configuration, if they change it. It changes with keyframes only: others
    /// keep their sets with them.
    pub fn take(&mut self, units: &[Bytes], is_key: bool) -> Option<(Bytes, Size)> {
        let syntax = self.syntax;
        let sets =
            || units.iter().filter(move |unit| syntax.role(unit) == Role::Set && unit.len() <= MAX_SET);
        let is_behind = || self.known.iter().any(|(_, _, set)| !self.configured.contains(set));
        if sets().all(|set| self.have(set)) && !(is_key && is_behind()) {
            return None;
        }
        let named: Vec<_> = sets().filter_map(|set| self.name(set).map(|name| (name, set))).collect();
        let replaces = named.iter().any(|((kind, id), set)| {
            *kind == self.sps_kind()
                && self.known.iter().any(|known| (known.0, known.1) == (*kind, *id) && known.2 != *set)
        });
        if is_key && replaces && self.kinds().iter().all(|kind| named.iter().any(|(name, _)| name.0 == *kind))
        {
            // Whatever else was known belongs to what was before.
            self.known.clear();
        }
        for ((kind, id), set) in named {
            // A copy, so that the access unit's bytes are not held.
            let set = Bytes::copy_from_slice(set);
            match self.known.iter_mut().find(|known| (known.0, known.1) == (kind, id)) {
                Some(known) => known.2 = set,
                None => {
                    if self.known.len() >= MAX_SETS {
                        self.known.remove(0);
                    }
                    self.known.push((kind, id, set));
                }
            }
        }
        if is_key || !self.are_known() { self.configure() } else { None }
    }

    fn configure(&mut self) -> Option<(Bytes, Size)> {
        let has = |kind: &u8| self.known.iter().any(|known| known.0 == *kind);
        if !self.kinds().iter().all(has) {
            return None;
        }
        self.known.sort_by_key(|(kind, id, _)| (*kind, *id));
        let sets: Vec<&[u8]> = self.known.iter().map(|(_, _, set)| &set[..]).collect();
        let sps = self.known.iter().find(|known| known.0 == self.sps_kind()).map(|known| &known.2[..])?;
        let (config, size) = match self.syntax {
            Syntax::H264 => {
                self.sps = h264::parse_sps(sps);
                (h264::write_record(&sets)?, h264::size(sps))
            }
            Syntax::H265 => (h265::write_record(&sets)?, h265::size(sps)),
        };
        self.configured = self.known.iter().map(|(_, _, set)| set.clone()).collect();
        if config == self.config {
            return None;
        }
        self.config = config.clone();
        Some((config, size.unwrap_or(Size { width: 0, height: 0 })))
    }

    fn name(&self, set: &[u8]) -> Option<(u8, u32)> {
        match self.syntax {
            Syntax::H264 => h264::nal_type(set).zip(h264::set_id(set)),
            Syntax::H265 => h265::nal_type(set).zip(h265::set_id(set)),
        }
    }

    fn sps_kind(&self) -> u8 {
        match self.syntax {
            Syntax::H264 => h264::NAL_SPS,
            Syntax::H265 => h265::NAL_SPS,
        }
    }

    /// What a configuration needs.
    fn kinds(&self) -> &'static [u8] {
        match self.syntax {
            Syntax::H264 => &[h264::NAL_SPS, h264::NAL_PPS],
            Syntax::H265 => &[h265::NAL_VPS, h265::NAL_SPS, h265::NAL_PPS],
        }
    }
}
