//! Where frames of sound begin and end in a byte stream.
//!
//! Specs: ISO/IEC 14496-3 §1.A.2.2 (ADTS), §1.7.2 (LOAS); ISO/IEC 11172-3 §2.4.1.3; ETSI TS 102 366 §4.3, §E.1.

use rtmpd_core::media::Codec;

use crate::codec::{Sound, aac, ac3, mp3};

/// Bytes that every head has.
const HEAD: usize = 8;

/// More substreams of E-AC-3 at a time (ETSI TS 102 366 §E.1.3.1.2) are not put together.
const MAX_SUBSTREAMS: usize = 16;

/// How frames of sound follow each other.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    Adts,
    Latm,
    Mp3,
    Ac3,
    Eac3,
}

/// What a head says about sound.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Nature {
    pub(super) sound: Sound,
    pub(super) aac: Option<aac::Config>,
}

/// A frame by its head.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    /// Bytes in front of what a frame of the track is.
    pub(super) skip: usize,
    pub(super) len: usize,
    pub(super) samples: u32,
    /// How many frames share the head.
    pub(super) blocks: u8,
    /// `None` where only the content tells.
    pub(super) nature: Option<Nature>,
}

/// What stands at the front of some bytes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Look {
    Head(Head),
    /// Too few bytes to tell.
    Short,
    /// No frame begins here.
    Nothing,
}

impl Framing {
    pub(super) fn codec(self) -> Codec {
        match self {
            Self::Adts | Self::Latm => Codec::Aac,
            Self::Mp3 => Codec::Mp3,
            Self::Ac3 => Codec::Ac3,
            Self::Eac3 => Codec::Eac3,
        }
    }

    pub(super) fn look(self, data: &[u8]) -> Look {
        // Shorter pieces that cannot be a head need not be waited for.
        let sync = match self {
            Self::Adts | Self::Mp3 => 0xFF,
            Self::Latm => 0x56,
            Self::Ac3 | Self::Eac3 => 0x0B,
        };
        if data.first() != Some(&sync) {
            return Look::Nothing;
        }
        if data.len() < HEAD {
            return Look::Short;
        }
        let head = match self {
            Self::Adts => adts(data),
            Self::Latm => loas(data),
            Self::Mp3 => mpeg(data),
            Self::Ac3 => ac3(data),
            Self::Eac3 => return enhanced(data),
        };
        head.map_or(Look::Nothing, Look::Head)
    }
}

impl Head {
    fn plain(len: usize, samples: u32, sound: Sound) -> Self {
        Self { skip: 0, len, samples, blocks: 1, nature: Some(Nature { sound, aac: None }) }
    }
}

fn adts(data: &[u8]) -> Option<Head> {
    let aac::Adts { head, len, blocks, config } = aac::Adts::parse(data)?;
    let nature = Nature { sound: config.sound(), aac: Some(config) };
    Some(Head { skip: head, len, samples: 1024 * u32::from(blocks), blocks, nature: Some(nature) })
}

fn loas(data: &[u8]) -> Option<Head> {
    let &[0x56, high, low, ..] = data else { return None };
    let len = 3 + (usize::from(high & 0x1F) << 8 | usize::from(low));
    (high & 0xE0 == 0xE0).then_some(Head { skip: 3, len, samples: 1024, blocks: 1, nature: None })
}

fn mpeg(data: &[u8]) -> Option<Head> {
    let sound = mp3::sound(data)?;
    let samples = if sound.sample_rate >= 32_000 { 1152 } else { 576 };
    Some(Head::plain(mp3::frame_len(data).filter(|len| *len >= HEAD)?, samples, sound))
}

fn ac3(data: &[u8]) -> Option<Head> {
    Some(Head::plain(ac3::frame_len(data)?, 1536, ac3::sound(data)?))
}

/// With the substreams that belong to it. Whether one follows behind the end of `data` is not waited for: senders keep
/// them in one PES packet.
fn enhanced(data: &[u8]) -> Look {
    let first = ac3::sync_frame(data).zip(ac3::enhanced_sound(data));
    let Some((first, sound)) = first else { return Look::Nothing };
    if first.continues || first.len < HEAD {
        return Look::Nothing;
    }
    let mut len = first.len;
    for _ in 1..MAX_SUBSTREAMS {
        let Some(rest) = data.get(len..).filter(|rest| !rest.is_empty()) else { break };
        if rest.len() < HEAD {
            return Look::Short;
        }
        match ac3::sync_frame(rest) {
            Some(next) if next.continues => len += next.len,
            Some(_) | None => break,
        }
    }
    Look::Head(Head::plain(len, first.samples, sound))
}
