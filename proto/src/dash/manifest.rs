//! The manifest's text. Specs: ISO/IEC 23009-1 §5.3, §5.3.9.6 (SegmentTimeline), §5.8.4.11 (UTCTiming).

use std::fmt::Write;

use rtmpd_core::media::{Kind, timebase::rescale};

use crate::bytes::iso8601;
use crate::segment::{HZ, Segment, Settings, Window, seconds};

/// An uninterrupted stretch of a stream: a Period.
#[derive(Clone, Debug)]
pub struct Era {
    /// Its number; segments carry it as their initialisation's.
    pub number: u32,
    /// The stream's time at its beginning.
    pub start: i64,
    /// What the wall clock said then, in µs since 1970. A stream's time stands still while it has no publisher, the wall
    /// clock does not: players look for what is new where the wall clock says that it is.
    pub date: i64,
    /// Its tracks.
    pub representations: Vec<Representation>,
}

/// A track during an [`Era`].
#[derive(Clone, Debug)]
pub struct Representation {
    /// `v0`, `a1`.
    pub label: String,
    /// The name of its initialisation.
    pub init: String,
    /// RFC 6381.
    pub codec: Option<String>,
    /// Width and height; 0 for sound.
    pub size: (u32, u32),
    /// Samples per second; 0 for pictures.
    pub sample_rate: u32,
    /// Channels; 0 for pictures.
    pub channels: u8,
}

/// A track's segments.
#[derive(Clone, Debug)]
pub struct Lane<'a> {
    /// `v0`, `a1`.
    pub label: &'a str,
    /// Pictures or sound.
    pub kind: Kind,
    /// Its segments.
    pub window: &'a Window,
    /// Ticks per second of their times.
    pub scale: u32,
    /// Most bits per second.
    pub rate: u64,
}

/// All that a manifest says.
#[derive(Clone, Debug)]
pub struct Manifest<'a> {
    /// Lengths and counts.
    pub settings: &'a Settings,
    /// Where the objects lie, as seen from the manifest; ends with `/`.
    pub base: &'a str,
    /// What the wall clock said at the stream's time zero, in µs since 1970.
    pub origin: i64,
    /// What it says now.
    pub now: i64,
    /// Stretches of which there are segments, oldest first.
    pub eras: &'a [Era],
    /// The tracks' segments.
    pub lanes: &'a [Lane<'a>],
}

/// How far behind the newest part players should stay, in ms.
const LATENCY: u32 = 1500;
/// How often players look for new segments, in seconds.
const UPDATE: &str = "PT1S";
/// Where they learn what time it is.
const CLOCK: &str = "/api/time";

/// The manifest's text.
pub fn render(manifest: &Manifest<'_>) -> String {
    let mut out = String::with_capacity(4096);
    // Writing to a string cannot fail.
    let _ = write_manifest(&mut out, manifest);
    out
}

fn write_manifest(out: &mut String, manifest: &Manifest<'_>) -> std::fmt::Result {
    let Manifest { settings, origin, now, eras, lanes, .. } = manifest;
    let longest = lanes.iter().map(|lane| lane.window.target()).max().unwrap_or(1);
    let ended = lanes.iter().all(|lane| lane.window.is_ended());
    let depth = settings.dash_cache.max(1) as u64 * longest;
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"dynamic\"");
    out.push_str(" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"");
    write!(out, " availabilityStartTime=\"{}\" publishTime=\"{}\"", iso8601(*origin), iso8601(*now))?;
    if ended {
        let end = lanes.iter().filter_map(end_of).max().unwrap_or(0);
        let last = eras.last().map_or(0.0, |era| place_of(manifest, era) + seconds((end - era.start).max(0)));
        write!(out, " mediaPresentationDuration=\"PT{last:.3}S\"")?;
    } else {
        write!(out, " minimumUpdatePeriod=\"{UPDATE}\"")?;
    }
    write!(out, " timeShiftBufferDepth=\"PT{depth}S\" maxSegmentDuration=\"PT{longest}S\"")?;
    writeln!(out, " minBufferTime=\"PT1S\" suggestedPresentationDelay=\"PT{}S\">", longest * 2)?;
    out.push_str("<ServiceDescription id=\"0\">");
    write!(out, "<Latency referenceId=\"0\" target=\"{LATENCY}\" min=\"500\" max=\"{}\"/>", LATENCY * 4)?;
    out.push_str("<PlaybackRate min=\"0.96\" max=\"1.04\"/></ServiceDescription>\n");
    let listed: Vec<&Era> = eras.iter().filter(|era| has_segments(manifest, era)).collect();
    for (place, era) in listed.iter().enumerate() {
        write_period(out, manifest, era, place + 1 == listed.len())?;
    }
    if !ended {
        writeln!(out, "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"{CLOCK}\"/>")?;
    }
    out.push_str("</MPD>\n");
    Ok(())
}

fn has_segments(manifest: &Manifest<'_>, era: &Era) -> bool {
    manifest.lanes.iter().any(|lane| listed(manifest, lane, era).next().is_some())
}

/// The end of a lane's last segment, in ticks of 90 kHz.
fn end_of(lane: &Lane<'_>) -> Option<i64> {
    let last = lane.window.whole().next_back()?;
    Some(rescale(i64::try_from(last.base + last.length).ok()?, lane.scale, HZ))
}

/// A lane's segments within a stretch, the unfinished one included.
fn listed<'a>(
    manifest: &Manifest<'a>,
    lane: &Lane<'a>,
    era: &Era,
) -> impl Iterator<Item = &'a Segment> + use<'a> {
    let window = lane.window;
    let from = window.whole().len().saturating_sub(manifest.settings.dash_cache.max(1));
    let number = era.number;
    window.whole().skip(from).chain(window.unfinished()).filter(move |segment| segment.init == number)
}

/// Where a lane's segments begin and how long they are. The one that is being made, or will be next, is among them from the
/// moment the one before is whole: players that have read all they know of find it at once, and wait for its bytes. It stays
/// there while the stream has no publisher: players that find nothing behind what they have would ask in a loop.
fn timeline(manifest: &Manifest<'_>, lane: &Lane<'_>, era: &Era) -> Vec<(u64, u64)> {
    let whole = |segment: &&Segment| lane.window.unfinished().is_none_or(|open| open.msn != segment.msn);
    let all: Vec<&Segment> = listed(manifest, lane, era).collect();
    let mut out: Vec<(u64, u64)> =
        all.iter().copied().filter(whole).map(|segment| (segment.base, segment.length)).collect();
    // As long as its neighbour, as far as anybody knows: players find what follows by what was said of it.
    let expected = out.last().map_or(u64::from(lane.scale), |(_, length)| *length);
    match lane.window.unfinished().filter(|open| open.init == era.number) {
        Some(open) => out.push((open.base, open.length.max(expected))),
        None if !lane.window.is_ended()
            && manifest.eras.last().is_some_and(|last| last.number == era.number) =>
        {
            out.extend(out.last().map(|(base, length)| (base + length, expected)));
        }
        None => {}
    }
    out
}

/// Seconds from the beginning of the presentation to that of a stretch.
fn place_of(manifest: &Manifest<'_>, era: &Era) -> f64 {
    (era.date - manifest.origin).max(0) as f64 / 1e6
}

fn write_period(out: &mut String, manifest: &Manifest<'_>, era: &Era, is_last: bool) -> std::fmt::Result {
    writeln!(out, "<Period id=\"{}\" start=\"PT{:.3}S\">", era.number, place_of(manifest, era))?;
    for (place, lane) in manifest.lanes.iter().enumerate() {
        let representation = era.representations.iter().find(|known| known.label == lane.label);
        let Some(representation) = representation else { continue };
        if listed(manifest, lane, era).next().is_some() {
            write_set(out, manifest, (era, lane, representation), (place, is_last))?;
        }
    }
    out.push_str("</Period>\n");
    Ok(())
}

fn write_set(
    out: &mut String,
    manifest: &Manifest<'_>,
    (era, lane, representation): (&Era, &Lane<'_>, &Representation),
    (place, is_last): (usize, bool),
) -> std::fmt::Result {
    let kind = if lane.kind == Kind::Video { "video" } else { "audio" };
    write!(out, "<AdaptationSet id=\"{place}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\"")?;
    out.push_str(" segmentAlignment=\"true\" startWithSAP=\"1\">\n");
    // What players with low latency reckon their delay from.
    if is_last {
        let at = rescale(era.start.max(0), HZ, lane.scale);
        let date = iso8601(era.date);
        write!(out, "<ProducerReferenceTime id=\"0\" type=\"encoder\" wallClockTime=\"{date}\"")?;
        out.push_str(&format!(" presentationTime=\"{at}\">"));
        writeln!(
            out,
            "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"{CLOCK}\"/></ProducerReferenceTime>"
        )?;
    }
    write_template(out, manifest, (era, lane), is_last)?;
    write!(out, "<Representation id=\"{}\" bandwidth=\"{}\"", lane.label, lane.rate.max(1))?;
    if let Some(codec) = &representation.codec {
        write!(out, " codecs=\"{codec}\"")?;
    }
    let (width, height) = representation.size;
    if width > 0 && height > 0 {
        write!(out, " width=\"{width}\" height=\"{height}\"")?;
    }
    if lane.kind == Kind::Audio && representation.sample_rate > 0 {
        write!(out, " audioSamplingRate=\"{}\"", representation.sample_rate)?;
    }
    if lane.kind == Kind::Audio && representation.channels > 0 {
        let scheme = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
        write!(out, "><AudioChannelConfiguration schemeIdUri=\"{scheme}\"")?;
        writeln!(out, " value=\"{}\"/></Representation>", representation.channels)?;
    } else {
        out.push_str("/>\n");
    }
    out.push_str("</AdaptationSet>\n");
    Ok(())
}

fn write_template(
    out: &mut String,
    manifest: &Manifest<'_>,
    (era, lane): (&Era, &Lane<'_>),
    is_last: bool,
) -> std::fmt::Result {
    let base = manifest.base;
    let first = listed(manifest, lane, era).next().map_or(0, |segment| segment.msn);
    let offset = rescale(era.start.max(0), HZ, lane.scale);
    write!(out, "<SegmentTemplate timescale=\"{}\" presentationTimeOffset=\"{offset}\"", lane.scale)?;
    write!(out, " media=\"{base}$RepresentationID$-$Number$.m4s\"")?;
    write!(
        out,
        " initialization=\"{base}$RepresentationID$-init{}.mp4\" startNumber=\"{first}\"",
        era.number
    )?;
    // A segment can be fetched, part by part, as soon as its first part is there.
    if is_last && !lane.window.is_ended() {
        let length = lane.window.whole().next_back().map_or(0, |segment| segment.duration);
        let early = (seconds(length) - manifest.settings.part.as_secs_f64()).max(0.0);
        write!(out, " availabilityTimeOffset=\"{early:.3}\" availabilityTimeComplete=\"false\"")?;
    }
    out.push_str(">\n<SegmentTimeline>");
    let mut next = None;
    for (base, length) in timeline(manifest, lane, era) {
        if next == Some(base) {
            write!(out, "<S d=\"{length}\"/>")?;
        } else {
            write!(out, "<S t=\"{base}\" d=\"{length}\"/>")?;
        }
        next = Some(base + length);
    }
    out.push_str("</SegmentTimeline></SegmentTemplate>\n");
    Ok(())
}
