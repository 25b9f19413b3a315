//! A playlist with its segments. Specs: RFC 8216bis §4.4 (EVENT playlists, §4.4.3.5).
//!
//! The playlist lists whole segments only, so players may follow it while it grows. What is known of the one that is being
//! written stands in a comment, from which [`super::repair`] completes the playlist if nobody else does.

use std::fmt::Write;

use bytes::{Bytes, BytesMut};
use rtmpd_core::files::FileChange;
use rtmpd_core::media::{Codec, Description, Frame, timebase::rescale};

use super::repair::open_line;
use super::tape::{Files, Tape};
use crate::bytes::iso8601;
use crate::container::fmp4::{self, Run};
use crate::container::ts::Muxer;
use crate::segment::{Batch, Cut, HZ, Samples, seconds};

/// The playlist's name behind the recording's.
const PLAYLIST: &str = ".m3u8";
/// The initialisation's.
const INIT: &str = "-init.mp4";

/// An HLS recording.
#[derive(Debug)]
pub(super) struct HlsTape {
    files: Files,
    mux: Mux,
    /// Whole segments in the words of the playlist.
    listed: String,
    /// Longest of them, rounded to seconds.
    target: u64,
    count: u64,
    open: Option<Open>,
    begun: i64,
    date: i64,
    ended: bool,
}

/// The segment that is being written.
#[derive(Debug)]
struct Open {
    duration: i64,
    bytes: u64,
    date: i64,
}

#[derive(Debug)]
enum Mux {
    Ts { muxer: Box<Muxer>, part: BytesMut },
    Fragments { lanes: Vec<Samples>, sequence: u32, has_init: bool },
}

impl HlsTape {
    /// `date`: of the first frame, in µs since 1970. `target`: seconds of a segment.
    pub(super) fn new(files: Files, description: &Description, (date, target): (i64, u64)) -> Self {
        let mux = if is_plain(description) {
            let mut muxer = Box::new(Muxer::new());
            muxer.start(description);
            Mux::Ts { muxer, part: BytesMut::new() }
        } else {
            let carried = description.tracks.iter().filter(|track| fmp4::carries(track.codec));
            let lanes = carried.map(|track| Samples::new(track.clone())).collect();
            Mux::Fragments { lanes, sequence: 0, has_init: false }
        };
        Self {
            files,
            mux,
            listed: String::new(),
            target: target.max(1),
            count: 0,
            open: None,
            begun: 0,
            date,
            ended: false,
        }
    }

    fn segment(&self) -> String {
        format!("-{}.{}", self.count, if matches!(self.mux, Mux::Ts { .. }) { "ts" } else { "m4s" })
    }

    fn close_part(&mut self, at: i64) {
        let Some(data) = self.mux.take() else { return };
        // From one cut to the next, whichever track has frames in between.
        let duration = (at - self.begun).max(0);
        self.begun = self.begun.max(at);
        if let Mux::Fragments { lanes, has_init: has_init @ false, .. } = &mut self.mux {
            *has_init = true;
            let numbered = (1..).zip(lanes.iter());
            let places: Vec<fmp4::Lane<'_>> = numbered
                .map(|(number, lane)| fmp4::Lane { number, timescale: lane.scale, track: &lane.track })
                .collect();
            let init = fmp4::init(&places);
            self.files.create(INIT, init);
        }
        let (segment, bytes) = (self.segment(), data.len() as u64);
        let first = self.open.is_none();
        let date = self.date;
        let open = self.open.get_or_insert(Open { duration: 0, bytes: 0, date });
        open.duration += duration;
        open.bytes += bytes;
        self.date += duration.saturating_mul(100) / 9;
        if first {
            self.files.create(&segment, data);
        } else {
            self.files.append(&segment, data);
        }
        self.write_playlist();
    }

    fn close_segment(&mut self) {
        let Some(open) = self.open.take() else { return };
        let name = self.files.name(&self.segment());
        let rounded = u64::try_from((open.duration + i64::from(HZ) / 2) / i64::from(HZ)).unwrap_or(0);
        self.target = self.target.max(rounded);
        // Writing to a string cannot fail.
        let _ = write!(
            self.listed,
            "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{:.6},\n{name}\n",
            iso8601(open.date),
            seconds(open.duration)
        );
        self.count += 1;
        self.write_playlist();
    }

    fn write_playlist(&mut self) {
        let target = self.target;
        let mut text = format!("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{target}\n");
        text.push_str("#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        if matches!(self.mux, Mux::Fragments { .. }) {
            let _ = writeln!(text, "#EXT-X-MAP:URI=\"{}\"", self.files.name(INIT));
        }
        text.push_str(&self.listed);
        if let Some(open) = &self.open {
            let name = self.files.name(&self.segment());
            text.push_str(&open_line(seconds(open.duration), open.bytes, &name));
        }
        if self.ended {
            text.push_str("#EXT-X-ENDLIST\n");
        }
        self.files.replace(PLAYLIST, text);
    }
}

impl Tape for HlsTape {
    fn arrive(&mut self, frame: &Frame) {
        if let Mux::Fragments { lanes, .. } = &mut self.mux
            && let Some(lane) = lanes.iter_mut().find(|lane| lane.track.id == frame.track)
        {
            lane.complete(frame.dts);
        }
    }

    fn cut(&mut self, cut: Cut, at: i64) {
        if cut != Cut::None {
            self.close_part(at);
        }
        if cut == Cut::Segment {
            let segment = self.segment();
            if self.open.is_some() {
                self.files.sync(&segment);
            }
            self.close_segment();
        }
    }

    fn push(&mut self, frame: &Frame, at: i64) {
        if self.mux.is_empty() {
            self.begun = at;
        }
        self.mux.push(frame);
    }

    fn finish(&mut self, at: i64) {
        if let Mux::Fragments { lanes, .. } = &mut self.mux {
            lanes.iter_mut().for_each(Samples::finish);
        }
        self.close_part(at);
        self.ended = true;
        if self.open.is_some() {
            self.close_segment();
        } else if self.count > 0 {
            self.write_playlist();
        }
    }

    fn changes(&mut self, out: &mut Vec<FileChange>) {
        self.files.take(out);
    }
}

impl Mux {
    fn is_empty(&self) -> bool {
        match self {
            Self::Ts { part, .. } => part.is_empty(),
            Self::Fragments { lanes, .. } => lanes.iter().all(Samples::is_empty),
        }
    }

    fn push(&mut self, frame: &Frame) {
        match self {
            Self::Ts { muxer, part } => {
                if part.is_empty() {
                    muxer.tables(part);
                }
                muxer.push(frame, part);
            }
            Self::Fragments { lanes, .. } => {
                if let Some(lane) = lanes.iter_mut().find(|lane| lane.track.id == frame.track) {
                    lane.push(frame);
                }
            }
        }
    }

    /// The part that is at hand.
    fn take(&mut self) -> Option<Bytes> {
        match self {
            Self::Ts { part, .. } => (!part.is_empty()).then(|| part.split().freeze()),
            Self::Fragments { lanes, sequence, .. } => {
                let batches: Vec<(u32, Batch)> = (1..)
                    .zip(lanes.iter_mut())
                    .filter_map(|(number, lane)| Some((number, lane.take()?)))
                    .collect();
                let runs: Vec<Run<'_>> = batches
                    .iter()
                    .map(|(number, batch)| Run { number: *number, base: batch.base, samples: &batch.samples })
                    .collect();
                if runs.is_empty() {
                    return None;
                }
                *sequence = sequence.wrapping_add(1);
                let mut out = BytesMut::new();
                fmp4::chunk(*sequence, &runs, &mut out);
                Some(out.freeze())
            }
        }
    }
}

/// Whether MPEG-TS is the form that plays everywhere.
fn is_plain(description: &Description) -> bool {
    let carried = || description.tracks.iter().filter(|track| fmp4::carries(track.codec));
    let plain = |codec: Codec| matches!(codec, Codec::H264 | Codec::Aac | Codec::Mp3);
    carried().all(|track| plain(track.codec))
        && description.tracks.iter().any(|track| Muxer::carries(track.codec))
}

/// A frame's time in ticks of 90 kHz.
pub(super) fn ticks(description: &Description, frame: &Frame) -> Option<i64> {
    Some(rescale(frame.dts, description.track(frame.track)?.clock_rate, HZ))
}
