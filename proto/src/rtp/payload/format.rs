//! What SDP says of a payload format.
//!
//! Specs: RFC 8866 §6.6 (`rtpmap`), §6.15 (`fmtp`); the names and parameters are registered by each payload format's RFC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rtmpd_core::media::{Codec, Track};

use crate::codec::{aac, h264, h265};

/// `a=rtpmap:` and `a=fmtp:` of one payload type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Format {
    /// The name in `rtpmap`, in any case: `H264`.
    pub encoding: String,
    /// Ticks per second of the timestamps.
    pub clock_rate: u32,
    /// Channels, for sound; 0 where it is not said, which means one.
    pub channels: u8,
    /// Names and values of `fmtp`, in their order. Names may be in any case.
    pub parameters: Vec<(String, String)>,
}

impl Format {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// The format in which a packetizer sends `track`; `None` where RTP has no payload format for its codec.
    pub fn of(track: &Track) -> Option<Self> {
        let encoding = match track.codec {
            Codec::H264 => "H264",
            Codec::H265 => "H265",
            Codec::Av1 => "AV1",
            Codec::Vp8 => "VP8",
            Codec::Vp9 => "VP9",
            Codec::Aac => "mpeg4-generic",
            Codec::Opus => "opus",
            Codec::Ac3 => "ac3",
            Codec::Eac3 => "eac3",
            Codec::Mp3 => "MPA",
            Codec::G711A => "PCMA",
            Codec::G711U => "PCMU",
            Codec::Flac | Codec::Script => return None,
        };
        // RFC 7587 §7: always two, whatever is in the packets.
        let channels = if track.codec == Codec::Opus { 2 } else { track.channels };
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        let parameters = parameters(track).into_iter().map(named).collect();
        Some(Self { encoding: encoding.to_owned(), clock_rate: clock_rate(track), channels, parameters })
    }
}

/// Ticks per second of a track's RTP timestamps.
pub(super) fn clock_rate(track: &Track) -> u32 {
    const PICTURES: u32 = 90_000;
    let told = |rate| if track.sample_rate == 0 { rate } else { track.sample_rate };
    match track.codec {
        Codec::Aac => {
            let config = aac::Config::parse(&track.config);
            told(config.map_or(48_000, |config| config.sound().sample_rate))
        }
        Codec::Ac3 | Codec::Eac3 => told(48_000),
        Codec::G711A | Codec::G711U => told(8_000),
        Codec::Opus => 48_000,
        // RFC 3551 §4.5.13: MP3 too
        Codec::Mp3
        | Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Flac
        | Codec::Script => PICTURES,
    }
}

fn parameters(track: &Track) -> Vec<(&'static str, String)> {
    let config = &track.config;
    match track.codec {
        // RFC 6184 §8.1
        Codec::H264 => {
            let mut all = vec![("packetization-mode", "1".to_owned())];
            let profile = config.get(1..4).map(hex);
            all.extend(profile.map(|profile| ("profile-level-id", profile)));
            let sets: Vec<String> = h264::parameter_sets(config).map(|set| STANDARD.encode(set)).collect();
            if !sets.is_empty() {
                all.push(("sprop-parameter-sets", sets.join(",")));
            }
            all
        }
        // RFC 7798 §7.1
        Codec::H265 => {
            let of = |kind: u8| {
                let sets = h265::parameter_sets(config).filter(|set| h265::nal_type(set) == Some(kind));
                let sets: Vec<String> = sets.map(|set| STANDARD.encode(set)).collect();
                (!sets.is_empty()).then(|| sets.join(","))
            };
            let kinds =
                [("sprop-vps", h265::NAL_VPS), ("sprop-sps", h265::NAL_SPS), ("sprop-pps", h265::NAL_PPS)];
            kinds.into_iter().filter_map(|(name, kind)| of(kind).map(|sets| (name, sets))).collect()
        }
        // RFC 3640 §4.1
        Codec::Aac => vec![
            ("streamtype", "5".to_owned()),
            ("profile-level-id", "1".to_owned()),
            ("mode", "AAC-hbr".to_owned()),
            ("sizelength", "13".to_owned()),
            ("indexlength", "3".to_owned()),
            ("indexdeltalength", "3".to_owned()),
            ("config", hex(config)),
        ],
        // RFC 7587 §7
        Codec::Opus => vec![("sprop-stereo", u8::from(track.channels != 1).to_string())],
        // RTP Payload Format For AV1 §7.2.1; av1C has it in its second and third byte.
        Codec::Av1 => match config.get(1..3) {
            Some(&[profile, tier]) => vec![
                ("profile", (profile >> 5).to_string()),
                ("level-idx", (profile & 0x1f).to_string()),
                ("tier", (tier >> 7).to_string()),
            ],
            _ => Vec::new(),
        },
        Codec::Vp9
        | Codec::Vp8
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => Vec::new(),
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02X}")).collect()
}
