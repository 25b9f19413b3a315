//! A frame's bytes as a PES carries them. Specs: H.264 and H.265 Annex B; ISO/IEC 14496-3 §1.A.2.2 (ADTS); "Encapsulation
//! of Opus packets in MPEG-2 TS" §3.

use bytes::Bytes;
use rtmpd_core::media::{Codec, Frame, Track};

use crate::codec::{aac, h264, h265, nal};

const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// Longest frame that an ADTS head can tell, in bytes.
const MAX_ADTS: usize = 0x1FFF;

/// How the frames of a track are written.
#[derive(Debug)]
pub(super) enum Payload {
    /// NAL units behind start codes, with these parameter sets (start codes included) in front of keyframes.
    H264(Bytes),
    H265(Bytes),
    /// Raw AAC behind ADTS heads.
    Aac(aac::Config),
    Opus,
    /// As they are.
    Plain(u8),
}

impl Payload {
    /// `None` when a transport stream cannot tell what the track is.
    pub(super) fn of(track: &Track) -> Option<Self> {
        Some(match track.codec {
            Codec::H264 => Self::H264(behind_start_codes(h264::parameter_sets(&track.config))),
            Codec::H265 => Self::H265(behind_start_codes(h265::parameter_sets(&track.config))),
            Codec::Aac => Self::Aac(aac::Config::parse(&track.config).filter(has_adts)?),
            Codec::Opus => Self::Opus,
            Codec::Mp3 => Self::Plain(0xC0),
            Codec::Ac3
            | Codec::Eac3
            | Codec::Av1
            | Codec::Vp9
            | Codec::Vp8
            | Codec::Flac
            | Codec::G711A
            | Codec::G711U
            | Codec::Script => Self::Plain(0xBD),
        })
    }

    /// ISO/IEC 13818-1 table 2-22.
    pub(super) fn stream_id(&self) -> u8 {
        match self {
            Self::H264(_) | Self::H265(_) => 0xE0,
            Self::Aac(_) => 0xC0,
            Self::Opus => 0xBD,
            Self::Plain(id) => *id,
        }
    }

    /// Appends a frame; false when it cannot be written.
    pub(super) fn write(&self, frame: &Frame, out: &mut Vec<u8>) -> bool {
        match self {
            Self::H264(sets) => {
                // An access unit begins with its delimiter: any slice type.
                out.extend([0, 0, 0, 1, 9, 0xF0]);
                let is_set = |unit: &[u8]| h264::nal_type(unit) == Some(h264::NAL_SPS);
                let is_delimiter = |unit: &[u8]| h264::nal_type(unit) == Some(9);
                write_units(frame, sets, (is_set, is_delimiter), out);
            }
            Self::H265(sets) => {
                out.extend([0, 0, 0, 1, 0x46, 1, 0x50]);
                let is_set = |unit: &[u8]| h265::nal_type(unit) == Some(h265::NAL_SPS);
                let is_delimiter = |unit: &[u8]| h265::nal_type(unit) == Some(35);
                write_units(frame, sets, (is_set, is_delimiter), out);
            }
            Self::Aac(config) => {
                if frame.data.len() + 7 > MAX_ADTS || frame.data.is_empty() {
                    return false;
                }
                out.extend(adts(config, frame.data.len()));
                out.extend_from_slice(&frame.data);
            }
            Self::Opus => {
                // Control header: its mark, then the length as bytes of 255 and a smaller last one.
                out.extend([0x7F, 0xE0]);
                let mut left = frame.data.len();
                while left >= 255 {
                    out.push(255);
                    left -= 255;
                }
                out.push(left as u8);
                out.extend_from_slice(&frame.data);
            }
            Self::Plain(_) => out.extend_from_slice(&frame.data),
        }
        !out.is_empty()
    }
}

fn behind_start_codes<'a>(units: impl Iterator<Item = &'a [u8]>) -> Bytes {
    units.flat_map(|unit| [&START_CODE[..], unit].concat()).collect::<Vec<u8>>().into()
}

/// Which units are parameter sets, and which delimiters.
type Tests = (fn(&[u8]) -> bool, fn(&[u8]) -> bool);

fn write_units(frame: &Frame, sets: &[u8], (is_set, is_delimiter): Tests, out: &mut Vec<u8>) {
    out.reserve(frame.data.len() + sets.len() + 64);
    // Sets that the frame brings itself are newer than those of the track.
    if frame.key && !nal::units(&frame.data).any(is_set) {
        out.extend_from_slice(sets);
    }
    for unit in nal::units(&frame.data).filter(|unit| !unit.is_empty() && !is_delimiter(unit)) {
        out.extend(START_CODE);
        out.extend_from_slice(unit);
    }
}

/// Whether an ADTS head has room for what the configuration says: two bits of profile, rates of the table, three bits of
/// channels.
fn has_adts(config: &aac::Config) -> bool {
    (1..=4).contains(&config.object_type)
        && config.channel_config < 8
        && aac::rate_index(config.sample_rate).is_some()
}

/// An ADTS head without checksum, for a frame of `length` bytes.
fn adts(config: &aac::Config, length: usize) -> [u8; 7] {
    let profile = config.object_type.saturating_sub(1).min(3);
    let rate = aac::rate_index(config.sample_rate).unwrap_or(4);
    let channels = config.channel_config & 7;
    let length = length + 7;
    [
        0xFF,
        0xF1,
        profile << 6 | rate << 2 | channels >> 2,
        (channels & 3) << 6 | (length >> 11) as u8 & 3,
        (length >> 3) as u8,
        (length << 5) as u8 | 0x1F,
        0xFC,
    ]
}
