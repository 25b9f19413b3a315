//! The body of an audio tag or message → its parts.
//!
//! Specs: FLV 10.1 §E.4.2.1 (AUDIODATA, AACAUDIODATA); Enhanced RTMP v2, ExAudioTagHeader and ExAudioTagBody.

use bytes::Bytes;
use rtmpd_core::Error;
use rtmpd_core::media::{Codec, Kind};

use super::enhanced::{Header, TrackBody};
use super::part::{Content, Part};
use crate::bytes::tail;
use crate::codec::Sound;

/// SoundFormat
pub(super) const MP3: u8 = 2;
pub(super) const G711_A: u8 = 7;
pub(super) const G711_U: u8 = 8;
pub(super) const EX_HEADER: u8 = 9;
pub(super) const AAC: u8 = 10;
pub(super) const MP3_8K: u8 = 14;

/// AudioPacketType
pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
const SEQUENCE_END: u8 = 2;
const MULTICHANNEL_CONFIG: u8 = 4;
pub(super) const MULTITRACK: u8 = 5;

/// Samples per second of SoundRate 0 to 3.
pub(super) const SOUND_RATES: [u32; 4] = [5_512, 11_025, 22_050, 44_100];

/// Appends the parts of an audio body to `out`. An empty body, which Flash took for silence, has no parts; neither has
/// one that stops behind its first byte. Data is shared with `body`.
///
/// # Errors
/// When the body is cut off in a header or says something that no spec knows.
pub fn parse_audio(body: &Bytes, out: &mut Vec<Part>) -> Result<(), Error> {
    let Some(&first) = body.first() else { return Ok(()) };
    if body.len() == 1 {
        return Ok(());
    }
    if first >> 4 == EX_HEADER {
        return parse_enhanced(body, first & 0x0F, out);
    }
    let content = classic(body, first)?;
    out.push(Part { index: 0, offset_ns: 0, content });
    Ok(())
}

fn classic(body: &Bytes, first: u8) -> Result<Content, Error> {
    let channels = 1 + (first & 1);
    let rate = SOUND_RATES.get(usize::from(first >> 2 & 3)).copied().unwrap_or(0);
    let (codec, sample_rate) = match first >> 4 {
        AAC => return aac(body),
        MP3 => (Codec::Mp3, rate),
        MP3_8K => (Codec::Mp3, 8_000),
        // No value of SoundRate means 8 kHz, which is what G.711 runs at.
        G711_A => (Codec::G711A, 8_000),
        G711_U => (Codec::G711U, 8_000),
        id => return Ok(Content::Unsupported(format!("sound format {id} ({})", classic_name(id)))),
    };
    let hint = Some(Sound { sample_rate, channels });
    Ok(Content::Frame { codec, key: true, cts: 0, data: tail(body, 1), hint })
}

fn aac(body: &Bytes) -> Result<Content, Error> {
    let data = tail(body, 2);
    match body.get(1) {
        Some(&SEQUENCE_START) => Ok(Content::Config { codec: Codec::Aac, data }),
        Some(&CODED_FRAMES) => Ok(Content::Frame { codec: Codec::Aac, key: true, cts: 0, data, hint: None }),
        other => Err(Error::malformed(
            format!("AAC packet type is {other:?}, expected 0 or 1"),
            "FLV 10.1 §E.4.2.1, AACPacketType",
        )),
    }
}

fn classic_name(format: u8) -> &'static str {
    match format {
        0 | 3 => "linear PCM",
        1 => "ADPCM",
        4..=6 => "Nellymoser",
        11 => "Speex",
        15 => "device-specific",
        _ => "not known",
    }
}

fn parse_enhanced(body: &Bytes, packet_type: u8, out: &mut Vec<Part>) -> Result<(), Error> {
    let mut header = Header::parse(Kind::Audio, body, packet_type)?;
    let offset_ns = header.offset_ns;
    if header.packet_type != MULTITRACK {
        let packet_type = header.packet_type;
        out.push(part(header.single()?, packet_type, offset_ns));
        return Ok(());
    }
    let mut tracks = Vec::new();
    header.multitrack(&mut tracks)?;
    out.extend(tracks.into_iter().map(|track| part(track, header.packet_type, offset_ns)));
    Ok(())
}

fn part(track: TrackBody, packet_type: u8, offset_ns: u32) -> Part {
    let content = match track.codec {
        Ok(codec) => content(codec, track.data, packet_type),
        Err(code) => Content::Unsupported(format!("audio FourCC '{code}'")),
    };
    Part { index: track.index, offset_ns, content }
}

fn content(codec: Codec, data: Bytes, packet_type: u8) -> Content {
    match packet_type {
        SEQUENCE_START => Content::Config { codec, data },
        CODED_FRAMES => Content::Frame { codec, key: true, cts: 0, data, hint: None },
        SEQUENCE_END => Content::End,
        // The order of the channels, then how many; what follows says where each is.
        MULTICHANNEL_CONFIG => {
            data.get(1).map_or(Content::Ignored("channel order"), |n| Content::Channels(*n))
        }
        // What later versions of the spec may add is no reason to end a stream.
        _ => Content::Ignored("audio packet of unknown type"),
    }
}
