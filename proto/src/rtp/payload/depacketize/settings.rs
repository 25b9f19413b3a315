//! What SDP said → how to read it.
//!
//! Specs: RFC 6184 §8.1 (H.264), RFC 7798 §7.1 (H.265), RFC 3640 §4.1 (AAC), RFC 6416 §7.3 (LATM); the others have nothing
//! that we need.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use bytes::Bytes;
use rtmpd_core::media::{Codec, Kind, Track, TrackId};
use rtmpd_core::{Error, Refusal};

use super::super::Format;
use super::Reader;
use super::aac::Aac;
use super::frames::{self, Frames};
use super::headers::Fields;
use super::latm::Elements;
use super::nals::Nals;
use super::obus::Obus;
use super::outlet::Known;
use super::vpx::{self, Vpx};
use super::whole::Whole;
use crate::bytes::Bits;
use crate::codec::aac::Config;
use crate::codec::latm::Latm;
use crate::codec::parameters::Parameters;
use crate::codec::syntax::{Role, Syntax};
use crate::codec::{Size, nal, opus};

/// Parameter sets beyond these are not looked at.
const MAX_SETS: usize = 64;
/// Longest configuration, in bytes.
const MAX_CONFIG: usize = 1024;
/// Faster clocks are nobody's, in ticks per second.
const MAX_CLOCK_RATE: u32 = 100_000_000;

/// Cameras forget the padding, or write bits behind the last byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How to read a format, and what is known of it.
pub(super) fn read(format: &Format) -> Result<(Reader, Known), Error> {
    let rate = format.clock_rate;
    if !(1..=MAX_CLOCK_RATE).contains(&rate) {
        let what =
            format!("rtpmap clock rate of {} is {rate}, expected 1 to {MAX_CLOCK_RATE}", format.encoding);
        return Err(Error::malformed(what, "RFC 8866 §6.6"));
    }
    let plain = |codec, reader| Ok((reader, known(codec, format, codec_is_told(codec))));
    match format.encoding.to_ascii_uppercase().as_str() {
        "H264" => h264(format),
        "H265" => h265(format),
        "AV1" => plain(Codec::Av1, Reader::Obus(Obus::new())),
        "VP8" => plain(Codec::Vp8, Reader::Vpx(Vpx::new(vpx::Form::Vp8))),
        "VP9" => plain(Codec::Vp9, Reader::Vpx(Vpx::new(vpx::Form::Vp9))),
        "MPEG4-GENERIC" => aac(format),
        "MP4A-LATM" => latm(format),
        "OPUS" => {
            let mut opus = known(Codec::Opus, format, true);
            opus.track.config = opus::head(2);
            (opus.track.sample_rate, opus.track.channels) = (48_000, 2);
            Ok((Reader::Whole(Whole::Opus), opus))
        }
        "PCMU" => plain(Codec::G711U, Reader::Whole(Whole::Samples)),
        "PCMA" => plain(Codec::G711A, Reader::Whole(Whole::Samples)),
        "MPA" => plain(Codec::Mp3, Reader::Frames(Frames::new(frames::Form::Mp3, rate))),
        "AC3" => plain(Codec::Ac3, Reader::Frames(Frames::new(frames::Form::Ac3, rate))),
        "EAC3" => plain(Codec::Eac3, Reader::Frames(Frames::new(frames::Form::Eac3, rate))),
        _ => Err(unsupported(format!("RTP encoding '{}' is not carried", format.encoding))),
    }
}

/// Ticks of an access unit.
pub(super) fn duration(config: &Config, specific: &[u8], clock_rate: u32) -> i64 {
    const LOW_DELAY: u8 = 23;
    let mut bits = Bits::new(specific);
    let is_short = Config::read(&mut bits).is_some() && bits.bit() == Some(true); // frameLengthFlag
    let samples = match (config.object_type == LOW_DELAY, is_short) {
        (false, false) => 1024,
        (false, true) => 960,
        (true, false) => 512,
        (true, true) => 480,
    };
    samples * i64::from(clock_rate) / i64::from(config.sample_rate.max(1))
}

/// G.711 needs no other telling; the others tell with their first frame or keyframe.
fn codec_is_told(codec: Codec) -> bool {
    matches!(codec, Codec::G711A | Codec::G711U)
}

fn known(codec: Codec, format: &Format, is_known: bool) -> Known {
    let mut track = Track::new(TrackId(0), 0, codec, format.clock_rate);
    if track.kind() == Kind::Audio {
        track.sample_rate = format.clock_rate;
        track.channels = format.channels.max(1);
    }
    Known { track, is_known }
}

fn h264(format: &Format) -> Result<(Reader, Known), Error> {
    const SPEC: &str = "RFC 6184 §8.1";
    match number(format, "packetization-mode", SPEC)? {
        None | Some(0 | 1) => {}
        Some(mode) => {
            let what =
                format!("H264 packetization-mode={mode} (interleaved) is not carried, expected 0 or 1");
            return Err(unsupported(what));
        }
    }
    refuse_above_zero(format, "sprop-interleaving-depth", SPEC)?;
    refuse_above_zero(format, "sprop-max-don-diff", SPEC)?;
    Ok(pictures(Syntax::H264, format, &["sprop-parameter-sets"]))
}

fn h265(format: &Format) -> Result<(Reader, Known), Error> {
    const SPEC: &str = "RFC 7798 §7.1";
    // With it, each payload has decoding order numbers.
    refuse_above_zero(format, "sprop-max-don-diff", SPEC)?;
    if let Some(mode) = format.parameter("tx-mode").filter(|mode| !mode.eq_ignore_ascii_case("SRST")) {
        return Err(unsupported(format!("H265 tx-mode={mode} is not carried, expected SRST")));
    }
    Ok(pictures(Syntax::H265, format, &["sprop-vps", "sprop-sps", "sprop-pps"]))
}

fn pictures(syntax: Syntax, format: &Format, names: &[&str]) -> (Reader, Known) {
    let codec = match syntax {
        Syntax::H264 => Codec::H264,
        Syntax::H265 => Codec::H265,
    };
    let mut known = known(codec, format, false);
    let mut parameters = Parameters::new(syntax);
    let values = names.iter().filter_map(|name| format.parameter(name));
    let mut sets: Vec<Bytes> = values.flat_map(|value| value.split(',')).flat_map(sets).collect();
    // Seen: an encoder that lists a whole IDR picture among them.
    sets.retain(|set| syntax.role(set) == Role::Set);
    sets.truncate(MAX_SETS);
    if let Some((config, Size { width, height })) = parameters.take(&sets, true) {
        known.is_known = true;
        known.track = Track { config, width, height, ..known.track };
    }
    (Reader::Nals(Box::new(Nals::new(syntax, format.clock_rate, parameters))), known)
}

/// The parameter sets in one item of SDP; none where it is no base64, for there may be others in band. Some write start
/// codes into it.
fn sets(item: &str) -> Vec<Bytes> {
    let mut data = LENIENT.decode(item.trim()).unwrap_or_default();
    if nal::start_code(&data).is_none() {
        data.splice(0..0, [0, 0, 1]);
    }
    nal::annex_b(&data).map(Bytes::copy_from_slice).collect()
}

fn aac(format: &Format) -> Result<(Reader, Known), Error> {
    const SPEC: &str = "RFC 3640 §4.1";
    let defaults = match format.parameter("mode").map(str::to_ascii_lowercase).as_deref() {
        Some("aac-hbr") => [13, 3, 3],
        Some("aac-lbr") => [6, 2, 2],
        None | Some("generic") => [0, 0, 0],
        Some(mode) => {
            let what =
                format!("mpeg4-generic mode={mode} is not carried, expected AAC-hbr, AAC-lbr or generic");
            return Err(unsupported(what));
        }
    };
    if let Some(kind) = number(format, "streamtype", SPEC)?.filter(|kind| *kind != 5) {
        return Err(unsupported(format!(
            "mpeg4-generic streamtype={kind} is not carried, expected 5 (sound)"
        )));
    }
    for name in ["maxDisplacement", "de-interleaveBufferSize"] {
        refuse_above_zero(format, name, SPEC)?;
    }
    let bits = |name: &str, default: usize| {
        let count = number(format, name, SPEC)?.map_or(default, |count| count as usize);
        if count > 32 {
            let what = format!("mpeg4-generic {name}={count}, expected at most 32");
            return Err(Error::malformed(what, SPEC));
        }
        Ok(count)
    };
    let [size, index, delta] = defaults;
    let fields = Fields {
        size: bits("sizeLength", size)?,
        index: bits("indexLength", index)?,
        index_delta: bits("indexDeltaLength", delta)?,
        cts_delta: bits("CTSDeltaLength", 0)?,
        dts_delta: bits("DTSDeltaLength", 0)?,
        random_access: bits("randomAccessIndication", 0)? > 0,
        stream_state: bits("streamStateIndication", 0)?,
        auxiliary: bits("auxiliaryDataSizeLength", 0)?,
        constant_size: number(format, "constantSize", SPEC)?.unwrap_or(0) as usize,
    };
    if fields.size == 0 && fields.constant_size == 0 {
        let what = "mpeg4-generic has neither sizelength nor constantsize, expected one of them";
        return Err(Error::malformed(what, SPEC));
    }
    let raw = config(format, SPEC)?.ok_or_else(|| Error::malformed("mpeg4-generic has no config", SPEC))?;
    let config = Config::parse(&raw).ok_or_else(|| bad_config(format, "an AudioSpecificConfig", SPEC))?;
    let told = number(format, "constantDuration", SPEC)?.map(i64::from).filter(|told| *told > 0);
    let duration = told.unwrap_or_else(|| duration(&config, &raw, format.clock_rate));
    Ok((Reader::Aac(Aac::new(fields, duration)), aac_track(format, &config, raw)))
}

fn latm(format: &Format) -> Result<(Reader, Known), Error> {
    const SPEC: &str = "RFC 6416 §7.3";
    let is_in_band = number(format, "cpresent", SPEC)? != Some(0);
    let told = config(format, SPEC)?;
    let latm = match &told {
        Some(told) => {
            Latm::with_layout(told).ok_or_else(|| bad_config(format, "a StreamMuxConfig of AAC", SPEC))?
        }
        None if is_in_band => Latm::default(),
        None => {
            let what = "MP4A-LATM has cpresent=0 and no config, expected one in SDP or in band";
            return Err(Error::malformed(what, SPEC));
        }
    };
    let known = match latm.config() {
        Some((config, raw)) => aac_track(format, &config, raw),
        None => known(Codec::Aac, format, false),
    };
    Ok((Reader::Latm(Elements::new(latm, is_in_band, format.clock_rate)), known))
}

fn aac_track(format: &Format, config: &Config, raw: Bytes) -> Known {
    let mut known = known(Codec::Aac, format, true);
    let sound = config.sound();
    known.track.sample_rate = sound.sample_rate;
    known.track.channels = if sound.channels == 0 { known.track.channels } else { sound.channels };
    known.track.config = raw;
    known
}

/// `config` in hexadecimal digits.
fn config(format: &Format, spec: &'static str) -> Result<Option<Bytes>, Error> {
    let Some(text) = format.parameter("config").map(|text| text.trim_matches('"')) else { return Ok(None) };
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| (1..=2 * MAX_CONFIG).contains(&digits.len()));
    let digits = digits.ok_or_else(|| bad_config(format, "hexadecimal digits", spec))?;
    // Of an odd number of digits, the last one is half a byte.
    Ok(Some(
        digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |all, digit| all << 4 | digit) << (8 - 4 * pair.len()))
            .collect(),
    ))
}

fn bad_config(format: &Format, expected: &str, spec: &'static str) -> Error {
    let text: String = format.parameter("config").unwrap_or_default().chars().take(64).collect();
    Error::malformed(format!("{} config={text}, expected {expected}", format.encoding), spec)
}

fn number(format: &Format, name: &str, spec: &'static str) -> Result<Option<u32>, Error> {
    let Some(value) = format.parameter(name) else { return Ok(None) };
    let shown = || value.chars().take(32).collect::<String>();
    let number = value.trim_matches('"').parse().map_err(|_| {
        Error::malformed(format!("{} {name}={}, expected a number", format.encoding, shown()), spec)
    });
    number.map(Some)
}

fn refuse_above_zero(format: &Format, name: &str, spec: &'static str) -> Result<(), Error> {
    match number(format, name, spec)? {
        None | Some(0) => Ok(()),
        Some(value) => {
            let what = format!("{} {name}={value} (interleaved) is not carried, expected 0", format.encoding);
            Err(unsupported(what))
        }
    }
}

fn unsupported(what: String) -> Error {
    Error::Refused(Refusal::Unsupported(what))
}
