//! AAC: AudioSpecificConfig, heads of ADTS frames.
//!
//! Spec: ISO/IEC 14496-3 §1.6.2.1, §1.A.2.2.

use bytes::Bytes;

use super::Sound;
use crate::bytes::Bits;

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Low complexity.
pub const LC: u8 = 2;
/// Spectral band replication: HE-AAC.
pub const SBR: u8 = 5;
/// Parametric stereo: HE-AAC v2.
pub const PS: u8 = 29;

/// The part of an AudioSpecificConfig that every AAC has.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Audio object type of the core: 2 is low complexity.
    pub object_type: u8,
    /// Samples per second of the core.
    pub sample_rate: u32,
    /// channelConfiguration: 0 says that the stream itself tells, 7 is eight channels.
    pub channel_config: u8,
    /// Explicit SBR: the object type that signals it ([`SBR`] or [`PS`]) and the samples per second it doubles to.
    pub extension: Option<(u8, u32)>,
}

impl Config {
    /// Reads an AudioSpecificConfig; `None` when it is cut off or has reserved values.
    pub fn parse(data: &[u8]) -> Option<Self> {
        Self::read(&mut Bits::new(data))
    }

    /// Reads the part of it that every AAC has, up to before the GASpecificConfig.
    pub fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let first = object_type(bits)?;
        let sample_rate = rate(bits)?;
        let channel_config = bits.read(4)? as u8;
        if first != SBR && first != PS {
            return Some(Self { object_type: first, sample_rate, channel_config, extension: None });
        }
        let doubled = rate(bits)?;
        let object_type = object_type(bits)?;
        Some(Self { object_type, sample_rate, channel_config, extension: Some((first, doubled)) })
    }

    /// Writes it, with the GASpecificConfig of 1024 samples a frame.
    pub fn write(&self) -> Bytes {
        let mut bits = BitWriter::default();
        bits.object_type(self.extension.map_or(self.object_type, |(signal, _)| signal));
        bits.rate(self.sample_rate);
        bits.put(u32::from(self.channel_config), 4);
        if let Some((_, doubled)) = self.extension {
            bits.rate(doubled);
            bits.object_type(self.object_type);
        }
        bits.put(0, 3); // frameLengthFlag, dependsOnCoreCoder, extensionFlag
        bits.finish()
    }

    /// What comes out of a decoder.
    pub fn sound(&self) -> Sound {
        let channels = match self.channel_config {
            // Parametric stereo makes two of one.
            1 if self.extension.is_some_and(|(signal, _)| signal == PS) => 2,
            count @ 0..=6 => count,
            11 => 7,
            7 | 12 | 14 => 8,
            _ => 0,
        };
        Sound { sample_rate: self.extension.map_or(self.sample_rate, |(_, doubled)| doubled), channels }
    }
}

/// The head of an ADTS frame, §1.A.2.2.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Adts {
    /// Bytes of the head, its checksum included.
    pub head: usize,
    /// Bytes of the whole frame.
    pub len: usize,
    /// How many raw blocks it holds.
    pub blocks: u8,
    /// What it says about its sound.
    pub config: Config,
}

impl Adts {
    /// Reads a head; `None` when it is none.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(data.get(..7)?);
        // syncword; the layer is always 0
        if bits.read(12)? != 0xFFF || bits.read(3)? & 3 != 0 {
            return None;
        }
        let head = if bits.bit()? { 7 } else { 9 };
        let object_type = bits.read(2)? as u8 + 1;
        let sample_rate = *RATES.get(bits.read(4)? as usize)?;
        bits.skip(1)?; // private_bit
        let channel_config = bits.read(3)? as u8;
        bits.skip(4)?; // original_copy, home, copyright
        let len = bits.read(13)? as usize;
        bits.skip(11)?; // adts_buffer_fullness
        let blocks = bits.read(2)? as u8 + 1;
        let config = Config { object_type, sample_rate, channel_config, extension: None };
        (len > head).then_some(Self { head, len, blocks, config })
    }
}

/// The place of a rate in the table of §1.6.3.4; `None` where it is not in it.
pub fn rate_index(sample_rate: u32) -> Option<u8> {
    RATES.iter().position(|&known| known == sample_rate).map(|index| index as u8)
}

fn object_type(bits: &mut Bits<'_>) -> Option<u8> {
    let short = bits.read(5)? as u8;
    Some(if short == 31 { 32 + bits.read(6)? as u8 } else { short })
}

fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    let index = bits.read(4)? as usize;
    if index == 15 { bits.read(24) } else { RATES.get(index).copied() }
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl BitWriter {
    fn put(&mut self, value: u32, count: u32) {
        self.pending = self.pending << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.pending >> self.count) as u8);
        }
    }

    fn object_type(&mut self, value: u8) {
        if value < 31 {
            self.put(u32::from(value), 5);
        } else {
            self.put(31, 5);
            self.put(u32::from(value.saturating_sub(32) & 0x3F), 6);
        }
    }

    fn rate(&mut self, rate: u32) {
        match RATES.iter().position(|&known| known == rate) {
            Some(index) => self.put(index as u32, 4),
            None => {
                self.put(15, 4);
                self.put(rate & 0x00FF_FFFF, 24);
            }
        }
    }

    fn finish(mut self) -> Bytes {
        let padding = (8 - self.count % 8) % 8;
        self.put(0, padding);
        self.bytes.into()
    }
}
