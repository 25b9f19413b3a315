//! The playlist of playlists. Specs: RFC 8216bis §4.4.6.

use std::fmt::Write;

use rtmpd_core::media::{Kind, Track};

use crate::container::fmp4;

/// A track with its playlist.
#[derive(Clone, Debug)]
pub struct Rendition<'a> {
    /// What it is.
    pub track: &'a Track,
    /// Its playlist, as seen from this one.
    pub uri: String,
    /// Most bits per second of a segment.
    pub peak: u64,
    /// Bits per second of all.
    pub average: u64,
}

/// Its text.
pub fn render(renditions: &[Rendition<'_>]) -> String {
    let of = |kind: Kind| renditions.iter().filter(move |rendition| rendition.track.kind() == kind);
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let has_video = of(Kind::Video).next().is_some();
    if has_video {
        for (number, sound) in of(Kind::Audio).enumerate() {
            // Writing to a string cannot fail, here and below.
            let _ = write_sound(&mut out, sound, number);
        }
        // One sound's rate: the one that is played with the pictures.
        let sound = of(Kind::Audio).max_by_key(|sound| sound.peak);
        let codecs: Vec<&Rendition<'_>> = of(Kind::Audio).collect();
        for video in of(Kind::Video) {
            let _ = write_variant(&mut out, video, sound, &codecs);
        }
    } else {
        for sound in of(Kind::Audio) {
            let _ = write_variant(&mut out, sound, None, &[]);
        }
    }
    out
}

fn write_sound(out: &mut String, sound: &Rendition<'_>, number: usize) -> std::fmt::Result {
    let (name, default) = (number + 1, if number == 0 { "YES" } else { "NO" });
    write!(
        out,
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{name}\",DEFAULT={default},AUTOSELECT=YES"
    )?;
    if sound.track.channels > 0 {
        write!(out, ",CHANNELS=\"{}\"", sound.track.channels)?;
    }
    writeln!(out, ",URI=\"{}\"", sound.uri)
}

fn write_variant(
    out: &mut String,
    main: &Rendition<'_>,
    sound: Option<&Rendition<'_>>,
    group: &[&Rendition<'_>],
) -> std::fmt::Result {
    let rate = |of: fn(&Rendition<'_>) -> u64| of(main) + sound.map_or(0, of);
    write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={}", rate(|rendition| rendition.peak).max(1))?;
    write!(out, ",AVERAGE-BANDWIDTH={}", rate(|rendition| rendition.average).max(1))?;
    let mut codecs: Vec<String> = fmp4::codec_string(main.track).into_iter().collect();
    for sound in group {
        codecs.extend(fmp4::codec_string(sound.track).filter(|name| !codecs.contains(name)));
    }
    if !codecs.is_empty() {
        write!(out, ",CODECS=\"{}\"", codecs.join(","))?;
    }
    let Track { width, height, .. } = *main.track;
    if width > 0 && height > 0 {
        write!(out, ",RESOLUTION={width}x{height}")?;
    }
    if sound.is_some() {
        out.push_str(",AUDIO=\"audio\"");
    }
    write!(out, "\n{}\n", main.uri)
}
