//! RTP packets of all tracks of a session → tracks and frames: what a publisher by RTSP is, and a camera that we pull from.
//!
//! Frames wait until all announced tracks are known, for a moment: players are told the tracks once. A track that says
//! nothing of itself by then comes later, or never.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Kind, Track, TrackId};
use rtmpd_core::{Counted, Error, Event, Instant, Note, Output};

use super::payload::{Depacketizer, Format, Unit};
use super::rtcp::Compound;
use super::{Arrived, DtsMaker, Receiver, ReceiverSettings, Sync, TrackClock};
use crate::codec::{h264, h265};

/// How long the first frames wait for tracks that are not known yet.
const HOLD: Duration = Duration::from_secs(2);
/// Most bytes of frames that wait.
const MAX_HELD: usize = 8 << 20;

/// All tracks of a session.
pub struct Ingest {
    tracks: Vec<Incoming>,
    sync: Sync,
    /// Frames that wait for the tracks to be known, with their bytes.
    held: VecDeque<Frame>,
    held_bytes: usize,
    hold_until: Option<Instant>,
    /// The tracks that the shard knows.
    described: Option<Arc<Description>>,
    /// Kept for its memory.
    units: Vec<Unit>,
}

/// One track.
struct Incoming {
    receiver: Receiver,
    clock_rate: u32,
    depacketizer: Depacketizer,
    /// Payload types that are not its media.
    others: Vec<u8>,
    dts: DtsMaker,
    /// Its configuration has changed since the shard was told.
    changed: bool,
    reported: Losses,
}

/// What was counted so far.
#[derive(Copy, Clone, Default)]
struct Losses {
    lost: u64,
    doubled: u64,
    late: u64,
    dropped: u64,
}

impl Ingest {
    /// A session whose tracks have these formats.
    ///
    /// # Errors
    /// For formats that are not taken, each with its place: the session can go on without them.
    pub fn new(formats: &[Format], settings: &ReceiverSettings) -> (Self, Vec<(usize, Error)>) {
        let (mut tracks, mut errors) = (Vec::new(), Vec::new());
        for (place, format) in formats.iter().enumerate() {
            match Depacketizer::new(format) {
                Ok(depacketizer) => tracks.push(Incoming {
                    receiver: Receiver::new(settings, format.clock_rate),
                    clock_rate: format.clock_rate,
                    dts: DtsMaker::new(format.clock_rate, depth_of(&depacketizer)),
                    depacketizer,
                    others: Vec::new(),
                    changed: false,
                    reported: Losses::default(),
                }),
                Err(error) => errors.push((place, error)),
            }
        }
        let clock = |track: &Incoming| {
            let kind = track.depacketizer.kind();
            TrackClock { rate: track.clock_rate, steady: kind == Kind::Audio }
        };
        let clocks: Vec<TrackClock> = tracks.iter().map(clock).collect();
        let session = Self {
            sync: Sync::new(&clocks),
            tracks,
            held: VecDeque::new(),
            held_bytes: 0,
            hold_until: None,
            described: None,
            units: Vec::new(),
        };
        (session, errors)
    }

    /// An RTP packet of a track.
    ///
    /// # Errors
    /// When it is none: it is left out, and the session goes on.
    pub fn push_rtp(
        &mut self,
        now: Instant,
        place: usize,
        data: &[u8],
        out: &mut VecDeque<Output>,
    ) -> Result<(), Error> {
        let Some(track) = self.tracks.get_mut(place) else { return Ok(()) };
        let Incoming { receiver, depacketizer, others, .. } = track;
        let units = &mut self.units;
        let result = receiver.push_rtp(now, data, &mut |arrived: Arrived<'_>| {
            // They have their place in the order all the same.
            let payload = if others.contains(&arrived.payload_type) { &[] } else { arrived.payload };
            depacketizer.push(arrived.timestamp, arrived.marker, arrived.lost, payload, units);
        });
        // One that came ahead of the track's first packet is known to be its own only now.
        if let Some(sent) = track.receiver.poll_sender_report() {
            self.sync.sender_report(now, place, &sent);
        }
        self.take_units(now, place, out);
        result
    }
}

impl Ingest {
    /// Packets of these payload types come among a track's own, and are not its media: repair, comfort noise.
    pub fn pass_over(&mut self, place: usize, others: &[u8]) {
        if let Some(track) = self.tracks.get_mut(place) {
            track.others = others.to_vec();
        }
    }

    /// A track comes by a way of this kind from now on.
    pub fn set_receiver(&mut self, place: usize, settings: &ReceiverSettings) {
        if let Some(track) = self.tracks.get_mut(place) {
            track.receiver = Receiver::new(settings, track.clock_rate);
        }
    }

    /// A compound RTCP packet about a track.
    pub fn push_rtcp(&mut self, now: Instant, place: usize, compound: &Compound) {
        if let Some(track) = self.tracks.get_mut(place) {
            track.receiver.push_rtcp(now, compound);
            if let Some(sent) = track.receiver.poll_sender_report() {
                self.sync.sender_report(now, place, &sent);
            }
        }
    }

    /// The answer to PLAY tells this track's timestamp at a moment that is the same for all tracks (RFC 2326 §12.33).
    pub fn rtp_info(&mut self, now: Instant, place: usize, rtptime: u32) {
        self.sync.rtp_info(now, place, rtptime);
    }

    /// What waited long enough for what came before it.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        for place in 0..self.tracks.len() {
            let Some(track) = self.tracks.get_mut(place) else { continue };
            if track.receiver.poll_timeout().is_none_or(|at| now < at) {
                continue;
            }
            let Incoming { receiver, depacketizer, others, .. } = track;
            let units = &mut self.units;
            receiver.handle_timeout(now, &mut |arrived: Arrived<'_>| {
                // They have their place in the order all the same.
                let payload = if others.contains(&arrived.payload_type) { &[] } else { arrived.payload };
                depacketizer.push(arrived.timestamp, arrived.marker, arrived.lost, payload, units);
            });
            self.take_units(now, place, out);
        }
        if self.hold_until.is_some_and(|until| until <= now) {
            self.release(out);
        }
    }

    /// When [`Self::handle_timeout`] is wanted next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let receivers = self.tracks.iter().filter_map(|track| track.receiver.poll_timeout());
        receivers.chain(self.hold_until).min()
    }

    /// Receiver reports that are due: for which track, and the compound packet.
    pub fn reports(&mut self, now: Instant) -> Vec<(usize, Bytes)> {
        let reports = self.tracks.iter_mut().enumerate();
        reports
            .filter_map(|(place, track)| track.receiver.report(now).map(|report| (place, report)))
            .collect()
    }

    /// Nothing will follow: what is whole goes out, and what was lost is told.
    pub fn finish(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        for place in 0..self.tracks.len() {
            if let Some(Incoming { receiver, depacketizer, .. }) = self.tracks.get_mut(place) {
                let units = &mut self.units;
                receiver.finish(&mut |arrived: Arrived<'_>| {
                    depacketizer.push(
                        arrived.timestamp,
                        arrived.marker,
                        arrived.lost,
                        arrived.payload,
                        units,
                    );
                });
                depacketizer.flush(units);
            }
            self.take_units(now, place, out);
        }
        self.release(out);
        let all = self.losses();
        if all.lost + all.late + all.dropped > 0 {
            let Losses { lost, doubled, late, dropped } = all;
            let text = format!(
                "RTP: {lost} packets lost, {late} too late, {doubled} twice; {dropped} access units left out for that"
            );
            out.push_back(Output::Event(Event::Note(Note::warn(text))));
        }
    }

    fn losses(&self) -> Losses {
        self.tracks.iter().fold(Losses::default(), |sum, track| {
            let of = track.losses();
            Losses {
                lost: sum.lost + of.lost,
                doubled: sum.doubled + of.doubled,
                late: sum.late + of.late,
                dropped: sum.dropped + of.dropped,
            }
        })
    }

    /// Passes on what a depacketizer has made.
    fn take_units(&mut self, now: Instant, place: usize, out: &mut VecDeque<Output>) {
        let mut units = std::mem::take(&mut self.units);
        for unit in units.drain(..) {
            let Some(track) = self.tracks.get_mut(place) else { continue };
            track.changed |= unit.config.is_some();
            if unit.config.is_some() {
                track.dts.set_depth(depth_of(&track.depacketizer));
            }
            let pts = self.sync.place(now, place, unit.timestamp);
            // Only pictures are decoded in another order than they are shown.
            let dts = if track.depacketizer.kind() == Kind::Video { track.dts.push(pts) } else { pts };
            let cts = i32::try_from(pts.saturating_sub(dts)).unwrap_or_default();
            let id = TrackId(u8::try_from(place).unwrap_or(u8::MAX));
            let frame = Frame { track: id, dts, cts, offset_ns: 0, key: unit.key, data: unit.data };
            self.pass(now, frame, out);
        }
        self.units = units;
        if let Some(track) = self.tracks.get_mut(place) {
            track.tell_losses(out);
        }
    }

    /// Passes a frame on, when the tracks are known.
    fn pass(&mut self, now: Instant, frame: Frame, out: &mut VecDeque<Output>) {
        if self.described.is_some() {
            self.describe_changes(out);
            out.push_back(Output::Event(Event::Frame(frame)));
            return;
        }
        self.held_bytes += frame.data.len();
        self.held.push_back(frame);
        let until = *self.hold_until.get_or_insert(now + HOLD);
        let all_known = self.tracks.iter().all(|track| track.depacketizer.track().is_some());
        if all_known || until <= now || self.held_bytes > MAX_HELD {
            self.release(out);
        }
    }

    /// Tells the tracks that are known, then the frames that waited for that.
    fn release(&mut self, out: &mut VecDeque<Output>) {
        self.hold_until = None;
        if self.held.is_empty() {
            return;
        }
        self.describe(out);
        self.held_bytes = 0;
        out.extend(self.held.drain(..).map(|frame| Output::Event(Event::Frame(frame))));
    }

    fn describe_changes(&mut self, out: &mut VecDeque<Output>) {
        if self.tracks.iter().any(|track| track.changed) {
            self.describe(out);
        }
    }

    /// Tells the tracks, unless they are those that were told.
    fn describe(&mut self, out: &mut VecDeque<Output>) {
        let mut tracks = Vec::new();
        for (place, incoming) in self.tracks.iter_mut().enumerate() {
            incoming.changed = false;
            let Some(known) = incoming.depacketizer.track() else { continue };
            let id = TrackId(u8::try_from(place).unwrap_or(u8::MAX));
            let kind = known.kind();
            let before = tracks.iter().filter(|track: &&Track| track.kind() == kind).count();
            tracks.push(Track { id, index: u8::try_from(before).unwrap_or(u8::MAX), ..known.clone() });
        }
        // Pictures first, as everywhere.
        tracks.sort_by_key(|track| track.kind() != Kind::Video);
        let description = Arc::new(Description { revision: 0, tracks, metadata: None });
        if self.described.as_ref().is_none_or(|known| !known.same_tracks(&description)) {
            self.described = Some(description.clone());
            out.push_back(Output::Event(Event::Tracks(description)));
        }
    }
}

impl Incoming {
    fn losses(&self) -> Losses {
        let (received, units) = (self.receiver.counts(), self.depacketizer.counts());
        Losses {
            lost: received.lost,
            doubled: received.duplicates,
            late: received.late,
            dropped: units.damaged + units.waiting,
        }
    }

    /// For the counters: what was lost since this was last told.
    fn tell_losses(&mut self, out: &mut VecDeque<Output>) {
        let (now, before) = (self.losses(), self.reported);
        self.reported = now;
        let counts = [
            (Counted::PacketsLost, now.lost, before.lost),
            (Counted::PacketsDoubled, now.doubled, before.doubled),
            (Counted::PacketsLate, now.late, before.late),
            (Counted::UnitsDropped, now.dropped, before.dropped),
        ];
        for (counted, now, before) in counts {
            if now > before {
                out.push_back(Output::Event(Event::Count(counted, now - before)));
            }
        }
    }
}

/// How far the pictures of a track are reordered, where its parameter sets tell.
fn depth_of(depacketizer: &Depacketizer) -> Option<u8> {
    let track = depacketizer.track()?;
    match track.codec {
        Codec::H264 => {
            let sets = &mut h264::parameter_sets(&track.config);
            sets.find_map(h264::parse_sps).and_then(|sps| sps.reorder_depth)
        }
        Codec::H265 => {
            let sets = &mut h265::parameter_sets(&track.config);
            let sps = sets.find(|set| h265::nal_type(set) == Some(h265::NAL_SPS));
            sps.and_then(h265::parse_sps).and_then(|sps| sps.reorder_depth)
        }
        // Their pictures are shown as they are decoded.
        Codec::Av1 | Codec::Vp9 | Codec::Vp8 => Some(0),
        Codec::Aac
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => None,
    }
}
