//! RTP payloads, in and out again.

use rtmpd_core::media::{Codec, Frame, Track};
use rtmpd_proto::rtp::payload::{Depacketizer, Format, MIN_LIMIT, Packetizer, Unit};

use super::source::Source;

/// Longest access unit that may come out, in bytes.
const MAX_UNIT: usize = 8 << 20;

/// H.264 and H.265.
pub fn rtp_nals(data: &[u8]) {
    const SETS: &str = "Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA=";
    let mut source = Source::new(data);
    let (encoding, head) = if source.byte() & 1 == 0 { ("H264", 1) } else { ("H265", 2) };
    let told = if source.byte() & 1 == 0 { SETS } else { "" };
    let (track, units) = units(&format(encoding, 90_000, &[("sprop-parameter-sets", told)]), source);
    for unit in &units {
        let mut rest = &unit.data[..];
        while let Some((length, behind)) = rest.split_at_checked(4) {
            let length = length.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
            assert!(length >= head && length <= behind.len(), "a NAL unit of {length} bytes");
            rest = &behind[length..];
        }
        assert!(rest.is_empty());
    }
    send(track, &units);
}

/// AV1.
pub fn rtp_obus(data: &[u8]) {
    let source = Source::new(data);
    let (track, units) = units(&format("AV1", 90_000, &[]), source);
    send(track, &units);
}

/// VP8 and VP9.
pub fn rtp_vpx(data: &[u8]) {
    let mut source = Source::new(data);
    let encoding = if source.byte() & 1 == 0 { "VP8" } else { "VP9" };
    let (track, units) = units(&format(encoding, 90_000, &[]), source);
    send(track, &units);
}

/// AAC behind AU headers of any form, and in LATM.
pub fn rtp_aac(data: &[u8]) {
    let mut source = Source::new(data);
    let form = source.byte();
    let number = |source: &mut Source<'_>| (source.byte() % 34).to_string();
    let mut parameters = Vec::new();
    if form & 2 != 0 {
        for name in [
            "sizelength",
            "indexlength",
            "indexdeltalength",
            "ctsdeltalength",
            "dtsdeltalength",
            "randomaccessindication",
            "streamstateindication",
            "auxiliarydatasizelength",
            "constantsize",
        ] {
            parameters.push((name, number(&mut source)));
        }
    }
    if form & 4 != 0 {
        let length = usize::from(source.byte() % 16);
        let digits = source.take(length).iter().map(|byte| format!("{byte:02x}")).collect();
        parameters.push(("config", digits));
    } else {
        parameters.push(("config", if form & 1 == 0 { "1190" } else { "400023203fc0" }.to_owned()));
    }
    parameters.push(("cpresent", (form >> 3 & 1).to_string()));
    parameters.push(("mode", if form & 16 == 0 { "AAC-hbr" } else { "generic" }.to_owned()));
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let encoding = if form & 1 == 0 { "mpeg4-generic" } else { "MP4A-LATM" };
    let (track, units) = units(&format(encoding, 48_000, &parameters), source);
    send(track, &units);
}

/// MP3, AC-3, E-AC-3, Opus and G.711.
pub fn rtp_sound(data: &[u8]) {
    let mut source = Source::new(data);
    let forms = [("MPA", 90_000), ("AC3", 48_000), ("EAC3", 48_000), ("opus", 48_000), ("PCMU", 8_000)];
    let (encoding, rate) = forms[usize::from(source.byte()) % forms.len()];
    let (track, units) = units(&format(encoding, rate, &[]), source);
    send(track, &units);
}

fn format(encoding: &str, clock_rate: u32, parameters: &[(&str, &str)]) -> Format {
    let named = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters = parameters.iter().map(named).collect();
    Format { encoding: encoding.to_owned(), clock_rate, channels: 2, parameters }
}

/// What comes of payloads, each behind a byte of flags (marker, lost, time) and a length.
fn units(format: &Format, mut source: Source<'_>) -> (Option<Track>, Vec<Unit>) {
    let Ok(mut depacketizer) = Depacketizer::new(format) else { return (None, Vec::new()) };
    let (mut out, mut time) = (Vec::new(), 0);
    while !source.is_empty() {
        let flags = source.byte();
        let length = usize::from(source.byte()) << (flags >> 6);
        time += i64::from(flags >> 2 & 3);
        depacketizer.push(time, flags & 1 != 0, flags & 2 != 0, source.take(length), &mut out);
    }
    depacketizer.flush(&mut out);
    let track = depacketizer.track().cloned();
    assert!(out.iter().all(|unit| !unit.data.is_empty() && unit.data.len() <= MAX_UNIT));
    assert!(out.is_empty() || track.is_some(), "units of an unknown track");
    (track, out)
}

/// What came can be sent, within the limit and without any loss.
fn send(track: Option<Track>, units: &[Unit]) {
    let Some(track) = track else { return };
    let Some(mut packetizer) = Packetizer::new(&track) else { return };
    for unit in units {
        let frame = Frame {
            track: track.id,
            dts: unit.timestamp,
            cts: 0,
            offset_ns: 0,
            key: unit.key,
            data: unit.data.clone(),
        };
        let mut sent = 0;
        packetizer.packetize(&frame, MIN_LIMIT, &mut |parts, _| {
            let length: usize = parts.iter().map(|part| part.len()).sum();
            assert!((1..=MIN_LIMIT).contains(&length));
            sent += length;
        });
        let cannot_be_cut = track.codec == Codec::Opus && unit.data.len() > MIN_LIMIT;
        let is_too_long = matches!(track.codec, Codec::Aac | Codec::Ac3 | Codec::Eac3);
        // Lengths of NAL units and OBUs are not sent.
        let is_wrapped = matches!(track.codec, Codec::H264 | Codec::H265 | Codec::Av1);
        assert!(sent >= unit.data.len() || cannot_be_cut || is_too_long || (is_wrapped && sent > 0));
    }
}
