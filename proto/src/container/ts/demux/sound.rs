//! PES packets of AAC, MP3, AC-3 and E-AC-3 → frames.
//!
//! Specs: ISO/IEC 13818-1 §2.4.3.7 (a time is that of the first frame that begins in the packet). Frames may span
//! packets; those behind the first of a packet follow it by their numbers of samples.

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::timebase::rescale;

use super::found::{Found, Remark};
use super::framing::{Framing, Head, Look, Nature};
use super::pes::{Pes, Time};
use crate::bytes::{slice, tail};
use crate::codec::latm::Latm;
use crate::codec::mp3;

/// Ticks per second of a PES.
const HZ: u32 = 90_000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Sounds {
    framing: Framing,
    latm: Latm,
    /// The beginning of a frame.
    carry: Bytes,
    /// Frames have been where the ones before them ended.
    is_locked: bool,
    nature: Option<Nature>,
    /// The last time told, and how many samples came since.
    anchor: Option<(i64, i64)>,
}

impl Sounds {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            latm: Latm::default(),
            carry: Bytes::new(),
            is_locked: false,
            nature: None,
            anchor: None,
        }
    }

    /// Takes a packet.
    pub(super) fn push(&mut self, pes: &Pes, out: &mut Vec<Found>) {
        let carried = self.carry.len();
        let data = self.joined(&pes.data);
        let mut time = pes.time;
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            match self.framing.look(rest) {
                Look::Head(head) if self.is_plausible(&head, rest) => {
                    let Some(frame) = slice(&data, at + head.skip, at + head.len) else { break };
                    if at >= carried
                        && let Some(time) = time.take()
                    {
                        self.anchor = Some((time.dts.saturating_add(i64::from(time.cts)), 0));
                    }
                    self.is_locked = true;
                    self.give(&head, frame, out);
                    at += head.len;
                }
                Look::Short => break,
                Look::Head(_) | Look::Nothing => {
                    self.remark(rest, out);
                    at += 1;
                }
            }
        }
        // A copy, so that the packet's bytes are not held.
        self.carry = Bytes::copy_from_slice(&tail(&data, at));
    }

    /// A packet did not come.
    pub(super) fn lose(&mut self, out: &mut Vec<Found>) {
        if !std::mem::take(&mut self.carry).is_empty() {
            out.push(Found::Lost);
        }
        self.is_locked = false;
        self.anchor = None;
    }

    fn joined(&mut self, data: &Bytes) -> Bytes {
        if self.carry.is_empty() {
            return data.clone();
        }
        let mut all = BytesMut::with_capacity(self.carry.len() + data.len());
        all.extend_from_slice(&self.carry);
        all.extend_from_slice(data);
        all.freeze()
    }

    /// Whether this is a head, and no data that look like one: the next one has to follow, as far as that is seen.
    fn is_plausible(&self, head: &Head, rest: &[u8]) -> bool {
        if self.is_locked {
            return true;
        }
        match rest.get(head.len..).filter(|next| !next.is_empty()) {
            None => true,
            Some(next) => match self.framing.look(next) {
                Look::Head(next) => next.nature == head.nature,
                Look::Short => true,
                Look::Nothing => false,
            },
        }
    }

    fn remark(&mut self, rest: &[u8], out: &mut Vec<Found>) {
        if std::mem::take(&mut self.is_locked) {
            out.push(Found::Lost);
        }
        if self.framing == Framing::Mp3 && self.nature.is_none() && mp3::is_other_layer(rest) {
            out.push(Found::Remark(Remark::OtherLayer));
        }
    }

    fn give(&mut self, head: &Head, frame: Bytes, out: &mut Vec<Found>) {
        if self.framing == Framing::Latm {
            return self.unwrap(&frame, out);
        }
        let Some(nature) = head.nature else { return };
        self.become_of(nature, None, out);
        let rate = nature.aac.map_or(nature.sound.sample_rate, |config| config.sample_rate);
        let time = self.tick(head.samples, rate);
        if head.blocks > 1 {
            // Without decoding, nobody knows where they begin.
            out.extend([Found::Lost, Found::Remark(Remark::SeveralBlocks)]);
        } else if let Some(time) = time {
            out.push(Found::Unit { time, key: true, data: frame });
        }
    }

    fn unwrap(&mut self, element: &[u8], out: &mut Vec<Found>) {
        let Some(frames) = self.latm.read(element) else {
            out.push(Found::Lost);
            return;
        };
        let Some((config, raw)) = self.latm.config() else { return };
        self.become_of(Nature { sound: config.sound(), aac: Some(config) }, Some(raw), out);
        for data in frames {
            if let Some(time) = self.tick(1024, config.sample_rate) {
                out.push(Found::Unit { time, key: true, data });
            }
        }
    }

    fn become_of(&mut self, nature: Nature, config: Option<Bytes>, out: &mut Vec<Found>) {
        if self.nature == Some(nature) {
            return;
        }
        self.nature = Some(nature);
        let config = config.or_else(|| nature.aac.map(|config| config.write())).unwrap_or_default();
        out.push(Found::Sound { config, sound: nature.sound });
    }

    /// The time of a frame; the next one is `samples` later.
    fn tick(&mut self, samples: u32, rate: u32) -> Option<Time> {
        let (at, passed) = self.anchor.as_mut()?;
        let dts = at.saturating_add(rescale(*passed, rate, HZ));
        *passed += i64::from(samples);
        Some(Time { dts, cts: 0 })
    }
}
