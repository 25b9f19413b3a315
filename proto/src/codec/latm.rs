//! AudioMuxElements → raw AAC.
//!
//! Spec: ISO/IEC 14496-3 §1.7.3 (AudioMuxElement, StreamMuxConfig, PayloadLengthInfo), §4.4.1 (GASpecificConfig). One
//! program with one layer of general audio, which is what is sent in practice.

use bytes::Bytes;

use super::aac::Config;
use crate::bytes::Bits;

/// The way into AudioMuxElements: remembers their layout.
#[derive(Debug, Default)]
pub struct Latm {
    layout: Option<Layout>,
}

#[derive(Clone, Debug)]
struct Layout {
    config: Config,
    /// The AudioSpecificConfig as it came.
    raw: Bytes,
    /// Frames of an element.
    frames: u32,
}

impl Latm {
    /// For elements that never tell their layout: it is this StreamMuxConfig. `None` when it is cut off or of a form that
    /// is not carried.
    pub fn with_layout(config: &[u8]) -> Option<Self> {
        Some(Self { layout: Some(layout(&mut Bits::new(config))?) })
    }

    /// The configuration, read and raw.
    pub fn config(&self) -> Option<(Config, Bytes)> {
        self.layout.as_ref().map(|layout| (layout.config, layout.raw.clone()))
    }

    /// The frames of an element; none before the first configuration. `None` when it is cut off or of a form that is not
    /// carried.
    pub fn read(&mut self, element: &[u8]) -> Option<Vec<Bytes>> {
        let mut bits = Bits::new(element);
        let is_as_before = bits.bit()?;
        if !is_as_before {
            self.layout = None;
            self.layout = Some(layout(&mut bits)?);
        }
        self.frames(&mut bits)
    }

    /// The frames of an element that never tells its layout (muxConfigPresent is 0).
    pub fn read_bare(&self, element: &[u8]) -> Option<Vec<Bytes>> {
        self.frames(&mut Bits::new(element))
    }

    fn frames(&self, bits: &mut Bits<'_>) -> Option<Vec<Bytes>> {
        let Some(layout) = &self.layout else { return Some(Vec::new()) };
        let mut frames = Vec::new();
        for _ in 0..layout.frames {
            let mut length = 0;
            loop {
                let byte = bits.read(8)?;
                length += byte as usize;
                if byte != 0xFF {
                    break;
                }
            }
            frames.push(copy(bits, length * 8)?);
        }
        frames.retain(|frame| !frame.is_empty());
        Some(frames)
    }
}

/// StreamMuxConfig.
fn layout(bits: &mut Bits<'_>) -> Option<Layout> {
    let is_newer = bits.bit()?;
    if is_newer {
        if bits.bit()? {
            return None; // audioMuxVersionA: reserved
        }
        value(bits)?; // taraBufferFullness
    }
    let is_same_framing = bits.bit()?;
    let frames = bits.read(6)? + 1;
    let (programs, layers) = (bits.read(4)?, bits.read(3)?);
    if !is_same_framing || programs > 0 || layers > 0 {
        return None;
    }
    let raw = if is_newer {
        let length = value(bits)? as usize;
        copy(bits, length)?
    } else {
        let mut end = *bits;
        skip_specific(&mut end)?;
        copy(bits, bits.remaining() - end.remaining())?
    };
    let config = Config::parse(&raw)?;
    if is_cut_short(*bits) {
        return Some(Layout { config, raw, frames });
    }
    if bits.read(3)? != 0 {
        return None; // frameLengthType: frames of fixed length
    }
    bits.skip(8)?; // latmBufferFullness
    if bits.bit()? {
        // otherDataLenBits; the data stand behind the frames
        if is_newer {
            value(bits)?;
        } else {
            while bits.bit()? {
                bits.skip(8)?;
            }
            bits.skip(8)?;
        }
    }
    if bits.bit()? {
        bits.skip(8)?; // crcCheckSum
    }
    Some(Layout { config, raw, frames })
}

/// GStreamer's `rtpmp4apay` puts a whole AudioSpecificConfig into the StreamMuxConfig that SDP tells, with the extension of
/// §1.6.5.2 if there is one (a sync word that can be no frame length), and nothing of what should follow.
fn is_cut_short(mut bits: Bits<'_>) -> bool {
    const SYNC_EXTENSION: u32 = 0x2B7;
    bits.remaining() < 3 + 8 + 1 + 1 || bits.read(11) == Some(SYNC_EXTENSION)
}

/// Passes over an AudioSpecificConfig, whose length is not told.
fn skip_specific(bits: &mut Bits<'_>) -> Option<()> {
    let config = Config::read(bits)?;
    let is_short = bits.bit()?; // frameLengthFlag: 960 samples
    if bits.bit()? {
        bits.skip(14)?; // coreCoderDelay
    }
    let is_extended = bits.bit()?;
    let is_plain = matches!(config.object_type, 1..=4) && config.channel_config > 0;
    (is_plain && !is_short && !is_extended).then_some(())
}

/// LatmGetValue
fn value(bits: &mut Bits<'_>) -> Option<u32> {
    let count = bits.read(2)? as usize + 1;
    bits.read(count * 8)
}

/// The next `count` bits, with zeros up to a byte behind them.
fn copy(bits: &mut Bits<'_>, count: usize) -> Option<Bytes> {
    if bits.remaining() < count {
        return None;
    }
    let mut out = Vec::with_capacity(count.div_ceil(8));
    for _ in 0..count / 8 {
        out.push(bits.read(8)? as u8);
    }
    let rest = count % 8;
    if rest > 0 {
        out.push((bits.read(rest)? << (8 - rest)) as u8);
    }
    Some(out.into())
}
