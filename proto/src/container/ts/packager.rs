//! Frames → an endless transport stream. Specs: ISO/IEC 13818-1 §2.4.4; ETSI TS 101 154 §4.1.7 (tables twice a second).

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Description, Frame, Kind, Packager, Packaging, Packed, Track, timebase::rescale};

use super::Muxer;

/// A stream as MPEG-TS.
pub const TS: Packaging = Packaging("ts");

/// Tables are repeated after so many ms.
const TABLES_PERIOD: i64 = 500;

/// See the module's text.
#[derive(Debug, Default)]
pub struct TsPackager {
    muxer: Muxer,
    description: Description,
    /// When the tables were last written, in ms of the stream.
    tables_at: Option<i64>,
    out: BytesMut,
}

impl TsPackager {
    /// A stream without tracks.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Packager for TsPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        let left_out = self.muxer.start(description);
        let is_carried = |track: &&Track| track.kind() != Kind::Data && !left_out.contains(&track.id);
        self.description = Description {
            tracks: description.tracks.iter().filter(is_carried).cloned().collect(),
            ..description.clone()
        };
        self.tables_at = None;
        self.muxer.tables(&mut self.out);
        self.out.split().freeze()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(track) = self.description.track(frame.track) else { return };
        let key = self.description.can_begin_with(track, frame);
        let ms = rescale(frame.dts, track.clock_rate, 1000);
        let due = self.tables_at.is_none_or(|at| ms - at >= TABLES_PERIOD || ms < at);
        if due || (key && track.kind() == Kind::Video) {
            self.muxer.tables(&mut self.out);
            self.tables_at = Some(ms);
        }
        let kind = track.kind();
        if self.muxer.push(frame, &mut self.out) && !self.out.is_empty() {
            out.push(Packed { kind, key, data: self.out.split().freeze() });
        }
    }
}
