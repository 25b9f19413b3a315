//! Names of codecs with their profiles. Specs: RFC 6381; ISO/IEC 14496-15 Annex E; AV1-ISOBMFF §5; VP9-ISOBMFF.

use rtmpd_core::media::{Codec, Track};

use crate::bytes::Reader;
use crate::codec::aac;

/// The name that playlists and MSE use: `avc1.64001f`; `None` where the track's configuration does not tell.
pub fn codec_string(track: &Track) -> Option<String> {
    match track.codec {
        Codec::H264 => {
            let mut reader = Reader::new(&track.config);
            reader.u8()?;
            let [profile, compatibility, level] = reader.array()?;
            Some(format!("avc1.{profile:02x}{compatibility:02x}{level:02x}"))
        }
        Codec::H265 => h265(&track.config),
        Codec::Av1 => av1(&track.config),
        Codec::Vp9 => vp9(&track.config),
        Codec::Aac => {
            let config = aac::Config::parse(&track.config)?;
            Some(format!("mp4a.40.{}", config.extension.map_or(config.object_type, |(signal, _)| signal)))
        }
        Codec::Mp3 => Some("mp4a.40.34".to_owned()),
        Codec::Opus => Some("opus".to_owned()),
        Codec::Flac => Some("fLaC".to_owned()),
        Codec::Ac3 => Some("ac-3".to_owned()),
        Codec::Eac3 => Some("ec-3".to_owned()),
        Codec::Vp8 | Codec::G711A | Codec::G711U | Codec::Script => None,
    }
}

/// `hvc1.`, profile space and number, compatibility in reverse, tier and level, constraints without trailing zeros.
fn h265(record: &[u8]) -> Option<String> {
    let mut reader = Reader::new(record);
    reader.u8()?;
    let general = reader.u8()?;
    let compatibility = reader.u32()?.reverse_bits();
    let constraints: [u8; 6] = reader.array()?;
    let level = reader.u8()?;
    let space = ["", "A", "B", "C"].get(usize::from(general >> 6)).copied()?;
    let tier = if general & 0x20 == 0 { 'L' } else { 'H' };
    let mut name = format!("hvc1.{space}{}.{compatibility:X}.{tier}{level}", general & 0x1F);
    let used = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(used) {
        name.push_str(&format!(".{byte:X}"));
    }
    Some(name)
}

fn av1(record: &[u8]) -> Option<String> {
    let mut reader = Reader::new(record);
    reader.u8()?;
    let [first, second] = reader.array()?;
    let (profile, level) = (first >> 5, first & 0x1F);
    let tier = if second & 0x80 == 0 { 'M' } else { 'H' };
    // Twelve bits need both flags, ten need one.
    let depth = match (second & 0x40 != 0, second & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    Some(format!("av01.{profile}.{level:02}{tier}.{depth:02}"))
}

fn vp9(record: &[u8]) -> Option<String> {
    let mut reader = Reader::new(record);
    reader.u32()?; // version and flags of the box
    let [profile, level, depth] = reader.array()?;
    Some(format!("vp09.{profile:02}.{level:02}.{:02}", depth >> 4))
}
