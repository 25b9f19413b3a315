//! The media playlist of a [`Window`]. Specs: RFC 8216bis §4.4, §6.2.

use std::fmt::Write;

use bytes::Bytes;
use rtmpd_core::media::Shelved;

use crate::bytes::{encode_path, iso8601};
use crate::segment::{HZ, Names, Segment, Window, seconds};

/// A delta update may leave out segments further back than this many target durations: RFC 8216bis §4.4.3.8.
const SKIP_UNTIL: u64 = 6;
/// Players stay this many parts behind the newest: RFC 8216bis §4.4.3.8 asks for three.
const HOLD_BACK: i64 = 3;

/// What a playlist says beside its window.
#[derive(Clone, Debug)]
pub struct Manner<'a> {
    /// Names of the objects.
    pub names: &'a Names,
    /// Where they lie, as seen from the playlist: empty, or ending with `/`.
    pub base: &'a str,
    /// How many whole segments are listed.
    pub count: usize,
    /// Playlists of the stream's other tracks: their names and windows.
    pub others: &'a [(&'a str, &'a Window)],
}

/// How far apart the segments are that a player is told of.
struct Listed<'a> {
    segments: Vec<&'a Segment>,
    /// Index of the first among all whole ones.
    from: usize,
    skipped: usize,
}

/// The playlist's text. `skip`: as a delta update, as far as segments can be left out.
pub fn render(window: &Window, manner: &Manner<'_>, skip: bool) -> String {
    let listed = listed(window, manner.count, skip);
    let mut out = String::with_capacity(4096);
    // Writing to a string cannot fail, here and below.
    let _ = write_head(&mut out, window, manner, &listed);
    let mut init = None;
    for segment in listed.segments.iter().skip(listed.skipped) {
        let _ = write_segment(&mut out, segment, manner, &mut init);
    }
    if let Some(open) = window.unfinished().filter(|open| !open.parts.is_empty()) {
        let _ = write_beginning(&mut out, open, manner, &mut init);
        let _ = write_parts(&mut out, open, manner);
    }
    let _ = write_tail(&mut out, window, manner);
    out
}

/// Whether a delta update would be shorter.
pub fn can_skip(window: &Window, count: usize) -> bool {
    listed(window, count, true).skipped > 0
}

fn listed(window: &Window, count: usize, skip: bool) -> Listed<'_> {
    let from = window.whole().len().saturating_sub(count.max(1));
    let segments: Vec<&Segment> = window.whole().skip(from).collect();
    let mut behind = window.unfinished().map_or(0, |open| open.duration);
    let reach = reach(window);
    let mut keep = 0;
    for segment in segments.iter().rev() {
        if skip && behind >= reach {
            break;
        }
        behind += segment.duration;
        keep += 1;
    }
    let skipped = if skip { segments.len() - keep } else { 0 };
    Listed { segments, from, skipped }
}

/// How far back segments may not be left out, in ticks.
fn reach(window: &Window) -> i64 {
    i64::try_from(window.target() * SKIP_UNTIL).unwrap_or(i64::MAX / 8).saturating_mul(i64::from(HZ))
}

fn write_head(
    out: &mut String,
    window: &Window,
    manner: &Manner<'_>,
    listed: &Listed<'_>,
) -> std::fmt::Result {
    let long = can_skip(window, manner.count);
    let version = if long { 9 } else { 6 };
    let part = window.part_target();
    let target = window.target();
    write!(out, "#EXTM3U\n#EXT-X-VERSION:{version}\n#EXT-X-TARGETDURATION:{target}\n")?;
    out.push_str("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES");
    write!(out, ",PART-HOLD-BACK={:.3},HOLD-BACK={}", seconds(part * HOLD_BACK), target * 3)?;
    if long {
        write!(out, ",CAN-SKIP-UNTIL={}", target * SKIP_UNTIL)?;
    }
    write!(out, "\n#EXT-X-PART-INF:PART-TARGET={:.3}\n", seconds(part))?;
    let first = listed.segments.first().map_or(window.next_part().0, |segment| segment.msn);
    writeln!(out, "#EXT-X-MEDIA-SEQUENCE:{first}")?;
    writeln!(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{}", window.discontinuities_before(listed.from))?;
    out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    if listed.skipped > 0 {
        writeln!(out, "#EXT-X-SKIP:SKIPPED-SEGMENTS={}", listed.skipped)?;
    }
    Ok(())
}

fn write_segment(
    out: &mut String,
    segment: &Segment,
    manner: &Manner<'_>,
    init: &mut Option<u32>,
) -> std::fmt::Result {
    write_beginning(out, segment, manner, init)?;
    write_parts(out, segment, manner)?;
    if segment.size == 0 {
        out.push_str("#EXT-X-GAP\n");
    }
    let name = manner.names.segment(segment.msn);
    write!(out, "#EXTINF:{:.6},\n{}{name}\n", seconds(segment.duration), manner.base)
}

fn write_beginning(
    out: &mut String,
    segment: &Segment,
    manner: &Manner<'_>,
    init: &mut Option<u32>,
) -> std::fmt::Result {
    if segment.discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    // Multiplexes carry their own tables; number 0 says so.
    if segment.init > 0 && *init != Some(segment.init) {
        *init = Some(segment.init);
        writeln!(out, "#EXT-X-MAP:URI=\"{}{}\"", manner.base, init_name(manner.names, segment.init))?;
    }
    writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", iso8601(segment.date))
}

fn write_parts(out: &mut String, segment: &Segment, manner: &Manner<'_>) -> std::fmt::Result {
    for (index, part) in segment.parts.iter().enumerate() {
        let name = manner.names.part(segment.msn, index);
        write!(out, "#EXT-X-PART:DURATION={:.6},URI=\"{}{name}\"", seconds(part.duration), manner.base)?;
        out.push_str(if part.independent { ",INDEPENDENT=YES\n" } else { "\n" });
    }
    Ok(())
}

fn write_tail(out: &mut String, window: &Window, manner: &Manner<'_>) -> std::fmt::Result {
    if window.is_ended() {
        out.push_str("#EXT-X-ENDLIST\n");
        return Ok(());
    }
    let (msn, index) = window.next_part();
    let name = manner.names.part(msn, index);
    writeln!(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}{name}\"", manner.base)?;
    for (name, other) in manner.others {
        let (msn, part) = match other.next_part() {
            (msn, 0) => (msn.saturating_sub(1), None),
            (msn, parts) => (msn, Some(parts - 1)),
        };
        // RFC 8216bis §4.4.5.4: a whole segment's last part need not be named.
        write!(out, "#EXT-X-RENDITION-REPORT:URI=\"{name}\",LAST-MSN={msn}")?;
        let last = other.whole().next_back().map(|segment| segment.parts.len().saturating_sub(1));
        writeln!(out, ",LAST-PART={}", part.or(last).unwrap_or(0))?;
    }
    Ok(())
}

/// The name of a track's initialisation.
pub fn init_name(names: &Names, number: u32) -> String {
    format!("{}init{number}.mp4", names.prefix)
}

/// The name under which a playlist's delta updates are kept.
pub fn skipping(playlist: &str) -> String {
    match playlist.strip_suffix(".m3u8") {
        Some(stem) => format!("{stem}.skip.m3u8"),
        None => playlist.to_owned(),
    }
}

/// The folder of a stream's objects, as seen from its playlist `/app/NAME.m3u8`: `LAST.hls/`.
pub fn folder(name: &str, ending: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    format!("{}.{ending}/", encode_path(last))
}

/// Puts a playlist and its delta update on the shelf under `name`.
pub fn puts(window: &Window, manner: &Manner<'_>, name: &str) -> [Shelved; 2] {
    let version = window.version();
    let full = Bytes::from(render(window, manner, false));
    let delta = match can_skip(window, manner.count) {
        true => Bytes::from(render(window, manner, true)),
        false => full.clone(),
    };
    let put = |name: String, data| Shelved::Put { name: name.into(), version, data };
    [put(name.to_owned(), full), put(skipping(name), delta)]
}
