//! A manifest with its segments, a track each. Specs: ISO/IEC 23009-1 §5.3 (static presentations), §8.3 (on demand).
//!
//! The manifest says at any moment what is whole, so it needs no repair; a comment tells how much of each file counts.

use std::fmt::Write;

use bytes::BytesMut;
use rtmpd_core::files::FileChange;
use rtmpd_core::media::{Description, Frame, Kind, timebase::rescale};

use super::repair::open_comment;
use super::tape::{Files, Tape};
use crate::container::fmp4::{self, Run};
use crate::segment::{Batch, Cut, HZ, Samples, label, seconds};

/// The manifest's name behind the recording's.
const MANIFEST: &str = ".mpd";

/// A DASH recording.
#[derive(Debug)]
pub(super) struct DashTape {
    files: Files,
    lanes: Vec<Lane>,
    /// The stream's time at the beginning, in ticks of 90 kHz.
    start: Option<i64>,
    end: i64,
    target: u64,
}

#[derive(Debug)]
struct Lane {
    samples: Samples,
    label: String,
    sequence: u32,
    has_init: bool,
    /// Whole segments: where they begin and how long they are, in the lane's scale; and the one that is being written.
    segments: Vec<(u64, u64)>,
    open: Option<(u64, u64)>,
    /// Bytes of the open segment, and of all.
    open_bytes: u64,
    bytes: u64,
}

impl DashTape {
    pub(super) fn new(files: Files, description: &Description, target: u64) -> Self {
        let carried = description.tracks.iter().filter(|track| fmp4::carries(track.codec));
        let lanes = carried
            .map(|track| Lane {
                samples: Samples::new(track.clone()),
                label: label(track),
                sequence: 0,
                has_init: false,
                segments: Vec::new(),
                open: None,
                open_bytes: 0,
                bytes: 0,
            })
            .collect();
        Self { files, lanes, start: None, end: 0, target: target.max(1) }
    }

    fn close_parts(&mut self, at: i64) {
        self.end = self.end.max(at);
        let mut wrote = false;
        for lane in &mut self.lanes {
            wrote |= lane.close_part(&mut self.files);
        }
        if wrote {
            self.write_manifest();
        }
    }

    fn write_manifest(&mut self) {
        let text = self.manifest().unwrap_or_default();
        self.files.replace(MANIFEST, text);
    }

    fn manifest(&self) -> Result<String, std::fmt::Error> {
        let start = self.start.unwrap_or(0).max(0);
        let length = seconds((self.end - start).max(0));
        let target = self.target;
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.push_str("<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"");
        write!(out, " profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" minBufferTime=\"PT{target}S\"")?;
        writeln!(out, " mediaPresentationDuration=\"PT{length:.3}S\">\n<Period id=\"0\" start=\"PT0S\">")?;
        for (place, lane) in self.lanes.iter().enumerate().filter(|(_, lane)| lane.has_init) {
            lane.describe(&mut out, &self.files, (place, start, length))?;
        }
        out.push_str("</Period>\n</MPD>\n");
        Ok(out)
    }
}

impl Lane {
    fn segment(&self) -> String {
        format!("-{}-{}.m4s", self.label, self.segments.len())
    }

    fn init(&self) -> String {
        format!("-{}-init.mp4", self.label)
    }

    /// Writes what is complete; false when nothing is.
    fn close_part(&mut self, files: &mut Files) -> bool {
        let Some(Batch { samples, base, length, .. }) = self.samples.take() else { return false };
        if !std::mem::replace(&mut self.has_init, true) {
            let lane = fmp4::Lane { number: 1, timescale: self.samples.scale, track: &self.samples.track };
            files.create(&self.init(), fmp4::init(&[lane]));
        }
        self.sequence = self.sequence.wrapping_add(1);
        let mut data = BytesMut::new();
        fmp4::chunk(self.sequence, &[Run { number: 1, base, samples: &samples }], &mut data);
        let data = data.freeze();
        self.bytes += data.len() as u64;
        self.open_bytes += data.len() as u64;
        match &mut self.open {
            Some((_, so_far)) => {
                *so_far += length;
                files.append(&self.segment(), data);
            }
            None => {
                self.open = Some((base, length));
                files.create(&self.segment(), data);
            }
        }
        true
    }

    fn close_segment(&mut self, files: &mut Files) {
        if let Some(segment) = self.open.take() {
            // Its number is the count of those before it.
            let name = self.segment();
            files.sync(&name);
            self.segments.push(segment);
            self.open_bytes = 0;
        }
    }

    fn describe(
        &self,
        out: &mut String,
        files: &Files,
        (place, start, length): (usize, i64, f64),
    ) -> std::fmt::Result {
        let Samples { track, scale, .. } = &self.samples;
        let kind = if track.kind() == Kind::Video { "video" } else { "audio" };
        write!(out, "<AdaptationSet id=\"{place}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\"")?;
        out.push_str(" segmentAlignment=\"true\" startWithSAP=\"1\">\n");
        let (offset, label) = (rescale(start, HZ, *scale), &self.label);
        write!(out, "<SegmentTemplate timescale=\"{scale}\" presentationTimeOffset=\"{offset}\"")?;
        write!(out, " media=\"{}\"", files.name(&format!("-{label}-$Number$.m4s")))?;
        writeln!(out, " initialization=\"{}\" startNumber=\"0\">", files.name(&self.init()))?;
        out.push_str("<SegmentTimeline>");
        for (base, length) in self.segments.iter().chain(&self.open) {
            write!(out, "<S t=\"{base}\" d=\"{length}\"/>")?;
        }
        out.push_str("</SegmentTimeline></SegmentTemplate>\n");
        if self.open.is_some() {
            out.push_str(&open_comment(self.open_bytes, &files.name(&self.segment())));
        }
        let rate = if length > 0.0 { self.bytes as f64 * 8.0 / length } else { 1.0 };
        write!(out, "<Representation id=\"{label}\" bandwidth=\"{:.0}\"", rate.max(1.0))?;
        if let Some(codec) = fmp4::codec_string(track) {
            write!(out, " codecs=\"{codec}\"")?;
        }
        if track.width > 0 && track.height > 0 {
            write!(out, " width=\"{}\" height=\"{}\"", track.width, track.height)?;
        }
        if track.kind() == Kind::Audio && track.sample_rate > 0 {
            write!(out, " audioSamplingRate=\"{}\"", track.sample_rate)?;
        }
        out.push_str("/>\n</AdaptationSet>\n");
        Ok(())
    }
}

impl Tape for DashTape {
    fn arrive(&mut self, frame: &Frame) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.samples.track.id == frame.track) {
            lane.samples.complete(frame.dts);
        }
    }

    fn cut(&mut self, cut: Cut, at: i64) {
        if cut != Cut::None {
            self.close_parts(at);
        }
        if cut == Cut::Segment {
            for lane in &mut self.lanes {
                lane.close_segment(&mut self.files);
            }
        }
    }

    fn push(&mut self, frame: &Frame, at: i64) {
        self.start.get_or_insert(at);
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.samples.track.id == frame.track) {
            lane.samples.push(frame);
        }
    }

    fn finish(&mut self, at: i64) {
        for lane in &mut self.lanes {
            lane.samples.finish();
        }
        self.close_parts(at);
        for lane in &mut self.lanes {
            lane.close_segment(&mut self.files);
        }
        if self.start.is_some() {
            self.write_manifest();
        }
    }

    fn changes(&mut self, out: &mut Vec<FileChange>) {
        self.files.take(out);
    }
}
