//! How long a frame of sound is, where the codec says so.
//!
//! Specs: ISO/IEC 14496-3 §4.5.1.1, ISO/IEC 11172-3 §2.4.2.1, RFC 6716 §3.1, ETSI TS 102 366 §4.

use rtmpd_core::media::{Codec, Track};

use super::{aac, mp3};

/// Samples of a frame at the rate its track says; `None` where only its successor tells.
pub fn samples(track: &Track, frame: &[u8]) -> Option<u32> {
    if track.sample_rate == 0 {
        return None;
    }
    match track.codec {
        Codec::Aac => {
            let config = aac::Config::parse(&track.config)?;
            // The core's 1024 samples become as many more as SBR makes of them.
            let doubled = config.sound().sample_rate.checked_div(config.sample_rate)?;
            (config.sound().sample_rate == track.sample_rate).then(|| 1024 * doubled.clamp(1, 2))
        }
        Codec::Mp3 => {
            let rate = mp3::sound(frame)?.sample_rate;
            // MPEG-1 has two granules, its younger sisters one.
            (rate == track.sample_rate).then_some(if rate >= 32_000 { 1152 } else { 576 })
        }
        Codec::Opus => (track.sample_rate == 48_000).then(|| opus(frame)).flatten(),
        Codec::Ac3 => Some(1536),
        Codec::Eac3
        | Codec::Flac
        | Codec::G711A
        | Codec::G711U
        | Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Script => None,
    }
}

/// Samples of an Opus packet at 48 kHz.
pub fn opus(packet: &[u8]) -> Option<u32> {
    let (&toc, rest) = packet.split_first()?;
    let config = u32::from(toc >> 3);
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880].get(config as usize % 4).copied()?,
        12..=15 => [480, 960].get(config as usize % 2).copied()?,
        _ => 120 << (config % 4),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3F),
    };
    // RFC 6716 §3.4 [R5]: at most 120 ms.
    Some(frame * count).filter(|samples| (1..=5760).contains(samples))
}
