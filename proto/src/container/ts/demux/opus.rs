//! PES packets of Opus → its packets.
//!
//! Specs: "Encapsulation of Opus packets in MPEG-2 TS" §3 (control header), RFC 6716 §3.1 (how long a packet is).

use bytes::Bytes;
use rtmpd_core::media::timebase::rescale;

use super::found::Found;
use super::pes::{Pes, Time};
use crate::bytes::{Reader, slice};
use crate::codec::{Sound, length, opus};

const SAMPLE_RATE: u32 = 48_000;
/// Eleven bits in front of each access unit.
const PREFIX: u16 = 0x7FE0;
const START_TRIM: u16 = 0x10;
const END_TRIM: u16 = 0x08;
const EXTENSION: u16 = 0x04;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Opus {
    channels: u8,
    is_told: bool,
    /// When the next packet begins.
    next: Option<i64>,
}

impl Opus {
    pub(super) fn new(channels: u8) -> Self {
        Self { channels, is_told: false, next: None }
    }

    /// Takes a packet.
    pub(super) fn push(&mut self, pes: &Pes, out: &mut Vec<Found>) {
        if let Some(time) = pes.time {
            self.next = Some(time.dts.saturating_add(i64::from(time.cts)));
        }
        let mut reader = Reader::new(&pes.data);
        while reader.remaining() > 0 {
            let Some(data) = unit(&mut reader, &pes.data) else {
                out.push(Found::Lost);
                return;
            };
            if !self.is_told {
                self.is_told = true;
                let sound = Sound { sample_rate: SAMPLE_RATE, channels: self.channels };
                out.push(Found::Sound { config: opus::head(self.channels), sound });
            }
            let Some(dts) = self.next else { continue };
            let samples = i64::from(length::opus(&data).unwrap_or(0));
            self.next = Some(dts.saturating_add(rescale(samples, SAMPLE_RATE, 90_000)));
            out.push(Found::Unit { time: Time { dts, cts: 0 }, key: true, data });
        }
    }

    /// A packet did not come.
    pub(super) fn lose(&mut self) {
        self.next = None;
    }
}

/// The next access unit behind its control header. What is to be trimmed is left to decoders.
fn unit(reader: &mut Reader<'_>, data: &Bytes) -> Option<Bytes> {
    let flags = reader.u16()?;
    if flags & 0xFFE0 != PREFIX {
        return None;
    }
    let mut size = 0;
    loop {
        let byte = reader.u8()?;
        size += usize::from(byte);
        if byte != 0xFF {
            break;
        }
    }
    for trim in [START_TRIM, END_TRIM] {
        if flags & trim != 0 {
            reader.u16()?;
        }
    }
    if flags & EXTENSION != 0 {
        let length = reader.u8()?;
        reader.skip(usize::from(length))?;
    }
    let from = reader.position();
    reader.skip(size)?;
    slice(data, from, from + size).filter(|unit| !unit.is_empty())
}
