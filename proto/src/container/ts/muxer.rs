//! Frames → transport packets.

use bytes::BytesMut;
use rtmpd_core::media::{Codec, Description, Frame, Kind, Track, TrackId, timebase::rescale};

use super::packet::{Pes, Pid, write_pes};
use super::payload::Payload;
use super::tables::{self, Entry};

/// PIDs of the tracks begin here, one after the other.
const FIRST_PID: u16 = 0x100;
/// Most tracks of a program.
const MAX_TRACKS: usize = 32;
/// Decoders get this long between a frame's arrival and its decoding, in ticks of 90 kHz: sound and pictures may be
/// that far apart in the stream. It is also what keeps times of reordered frames from being negative.
const DELAY: i64 = 63_000;
/// The clock is told at least this often, in ticks: ISO/IEC 13818-1 §2.7.2 allows 100 ms.
const PCR_PERIOD: i64 = 7_200;
/// Ticks per second of a PES.
const HZ: u32 = 90_000;

/// Frames of one program → transport packets.
#[derive(Debug, Default)]
pub struct Muxer {
    lanes: Vec<Lane>,
    /// Which of them carries the clock.
    clock: usize,
    pcr_at: Option<i64>,
    version: u8,
    pat: u8,
    pmt: u8,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Lane {
    track: Track,
    pid: Pid,
    payload: Payload,
}

impl Muxer {
    /// A multiplex without tracks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a transport stream can carry this codec in a form that players know.
    pub fn carries(codec: Codec) -> bool {
        tables::stream_type(codec).is_some()
    }

    /// Takes the tracks as they are from here on; gives those that cannot be carried.
    pub fn start(&mut self, description: &Description) -> Vec<TrackId> {
        let old = std::mem::take(&mut self.lanes);
        let mut left_out = Vec::new();
        for track in description.tracks.iter().filter(|track| track.kind() != Kind::Data) {
            if !Self::carries(track.codec) || self.lanes.len() >= MAX_TRACKS {
                left_out.push(track.id);
                continue;
            }
            let place = self.lanes.len();
            // Counters go on where a track keeps its place: a jump would look like a loss.
            let pid = old.get(place).map_or_else(|| Pid::new(FIRST_PID + place as u16), |lane| lane.pid);
            self.lanes.push(Lane { track: track.clone(), pid, payload: Payload::of(track) });
        }
        let types = |lanes: &[Lane]| lanes.iter().map(|lane| lane.track.codec).collect::<Vec<_>>();
        if !old.is_empty() && types(&old) != types(&self.lanes) {
            self.version = (self.version + 1) & 0x1F;
        }
        self.clock = self.lanes.iter().position(|lane| lane.track.kind() == Kind::Video).unwrap_or(0);
        self.pcr_at = None;
        left_out
    }

    /// Appends PAT and PMT.
    pub fn tables(&mut self, out: &mut BytesMut) {
        let entries: Vec<Entry<'_>> =
            self.lanes.iter().map(|lane| Entry { pid: lane.pid.number, track: &lane.track }).collect();
        let clock = self.lanes.get(self.clock).map_or(0x1FFF, |lane| lane.pid.number);
        tables::write(out, &entries, clock, self.version, (&mut self.pat, &mut self.pmt));
    }

    /// Appends a frame's packets; false when its track is not carried.
    pub fn push(&mut self, frame: &Frame, out: &mut BytesMut) -> bool {
        let clock = self.clock;
        let Some(place) = self.lanes.iter().position(|lane| lane.track.id == frame.track) else {
            return false;
        };
        let Some(lane) = self.lanes.get_mut(place) else { return false };
        let at = |ticks: i64| rescale(ticks, lane.track.clock_rate, HZ) + DELAY;
        let (dts, pts) = (at(frame.dts), at(frame.pts()));
        let is_video = lane.track.kind() == Kind::Video;
        let due = self.pcr_at.is_none_or(|last| dts - last >= PCR_PERIOD || dts < last);
        let pcr = (place == clock && (due || (is_video && frame.key))).then_some(dts - DELAY);
        if pcr.is_some() {
            self.pcr_at = Some(dts);
        }
        self.scratch.clear();
        if !lane.payload.write(frame, &mut self.scratch) {
            return true;
        }
        let pes = Pes {
            stream_id: lane.payload.stream_id(),
            pts,
            dts: if is_video { dts } else { pts },
            random_access: frame.key,
            pcr,
            data: &self.scratch,
            bounded: !is_video,
        };
        write_pes(out, &mut lane.pid, &pes);
        true
    }
}
