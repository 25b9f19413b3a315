//! Frames → transport packets.

use bytes::BytesMut;
use rtmpd_core::media::{Codec, Description, Frame, Kind, Track, TrackId, timebase::rescale};

use super::packet::{Pes, Pid, write_clock, write_pes};
use super::payload::Payload;
use super::tables::{self, Entry};

/// PIDs of the tracks begin here, one after the other.
const FIRST_PID: u16 = 0x100;
/// Most tracks of a program.
const MAX_TRACKS: usize = 32;
/// Decoders get this long between a frame's arrival and its decoding, in ticks of 90 kHz: sound and pictures may be
/// that far apart in the stream. It is also what keeps times of reordered frames from being negative.
const DELAY: i64 = 63_000;
/// The clock goes so far ahead of pictures at most: half of that, so that it never overtakes them.
const LEEWAY: i64 = DELAY / 2;
/// The clock is told at least this often, in ticks: ISO/IEC 13818-1 §2.7.2 allows 100 ms.
const PCR_PERIOD: i64 = 7_200;
/// What stands for a clock where there is none.
const NO_CLOCK: u16 = 0x1FFF;
/// Ticks per second of a PES.
const HZ: u32 = 90_000;

/// Frames of one program → transport packets.
#[derive(Debug, Default)]
pub struct Muxer {
    lanes: Vec<Lane>,
    /// Counters by place; they go on where a track goes and comes: a jump would look like a loss.
    pids: Vec<Pid>,
    /// Which of the lanes carries the clock.
    clock: usize,
    /// What the clock last told.
    pcr: Option<i64>,
    version: u8,
    pat: u8,
    pmt: u8,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Lane {
    track: Track,
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
            let payload = Payload::of(track).filter(|_| Self::carries(track.codec));
            let Some(payload) = payload.filter(|_| self.lanes.len() < MAX_TRACKS) else {
                left_out.push(track.id);
                continue;
            };
            if self.pids.len() <= self.lanes.len() {
                self.pids.push(Pid::new(FIRST_PID + self.pids.len() as u16));
            }
            self.lanes.push(Lane { track: track.clone(), payload });
        }
        // What the table of the program is made of.
        let listed = |lane: &Lane| (lane.track.codec, lane.track.sample_rate, lane.track.channels);
        if !old.is_empty() && !old.iter().map(listed).eq(self.lanes.iter().map(listed)) {
            self.version = (self.version + 1) & 0x1F;
        }
        self.clock = self.lanes.iter().position(|lane| lane.track.kind() == Kind::Video).unwrap_or(0);
        self.pcr = None;
        left_out
    }

    /// Appends PAT and PMT.
    pub fn tables(&mut self, out: &mut BytesMut) {
        let entries: Vec<Entry<'_>> = std::iter::zip(&self.lanes, &self.pids)
            .map(|(lane, pid)| Entry { pid: pid.number, track: &lane.track })
            .collect();
        let clock = entries.get(self.clock).map_or(NO_CLOCK, |entry| entry.pid);
        tables::write(out, &entries, clock, self.version, (&mut self.pat, &mut self.pmt));
    }

    /// Appends a frame's packets; false when its track is not carried. A frame that has no form in a transport stream,
    /// such as an empty one, is carried as nothing.
    pub fn push(&mut self, frame: &Frame, out: &mut BytesMut) -> bool {
        let Some(place) = self.lanes.iter().position(|lane| lane.track.id == frame.track) else {
            return false;
        };
        let Some(lane) = self.lanes.get(place) else { return false };
        self.scratch.clear();
        if !lane.payload.write(frame, &mut self.scratch) {
            return true;
        }
        let ticks = |ticks: i64| rescale(ticks, lane.track.clock_rate, HZ);
        let is_video = lane.track.kind() == Kind::Video;
        let stream_id = lane.payload.stream_id();
        let pts = ticks(frame.pts());
        let dts = if is_video { ticks(frame.dts) } else { pts };
        let pcr = self.tick(dts, place == self.clock, is_video && frame.key);
        // Sound tells the time where pictures are too far apart to do so.
        if let Some(pcr) = pcr.filter(|_| place != self.clock)
            && let Some(pid) = self.pids.get(self.clock)
        {
            write_clock(out, pid, pcr);
        }
        let Some(pid) = self.pids.get_mut(place) else { return false };
        let pes = Pes {
            stream_id,
            pts: pts.saturating_add(DELAY),
            dts: dts.saturating_add(DELAY),
            random_access: frame.key,
            pcr: pcr.filter(|_| place == self.clock),
            data: &self.scratch,
            bounded: !is_video,
        };
        write_pes(out, pid, &pes);
        true
    }

    /// What the clock is to tell with a frame that is decoded at `dts`, if that is due or it is a keyframe. Tracks are not
    /// in step: sound moves the clock on while pictures are late, but not far, and only pictures that jump move it back.
    fn tick(&mut self, dts: i64, is_clock: bool, is_key: bool) -> Option<i64> {
        let Some(last) = self.pcr else {
            self.pcr = Some(dts);
            return self.pcr;
        };
        let passed = dts.saturating_sub(last);
        let is_due = passed >= PCR_PERIOD && (is_clock || passed <= LEEWAY);
        if is_due || (is_clock && passed < -LEEWAY) {
            self.pcr = Some(dts);
        } else if is_clock && is_key {
            self.pcr = Some(last.max(dts));
        } else {
            return None;
        }
        self.pcr
    }
}
