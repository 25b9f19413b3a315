//! A stream's objects, made once for all who fetch them.

use bytes::Bytes;
use rtmpd_core::media::{Description, Frame, Kind, Packager, Packed, Shelved, TrackId, timebase::rescale};
use rtmpd_core::{Instant, StreamKey};

use super::track::{Chunk, Lane};
use crate::container::fmp4;
use crate::dash::{self, Era, Representation};
use crate::hls::multivariant::{self, Rendition};
use crate::hls::playlist::{self, Manner, init_name};
use crate::hls::{INDEX, folder, skipping};
use crate::segment::{Calendar, Cut, Cutter, HZ, Settings, Window, first_msn, label, leader, unknown_rate};

/// The manifest of a stream, `/app/NAME.mpd`.
const MANIFEST: &str = "index.mpd";

/// CMAF of one stream.
#[derive(Debug)]
pub struct CmafPackager {
    settings: Settings,
    base: String,
    calendar: Calendar,
    cutter: Cutter,
    lanes: Vec<Lane>,
    lead: Option<TrackId>,
    revision: Option<u32>,
    /// Uninterrupted stretches of the stream that segments are left of, oldest first.
    eras: Vec<Era>,
    /// The number of the newest.
    era: u32,
    /// What the wall clock said at the stream's time zero, in µs since 1970.
    origin: Option<i64>,
    changes: Vec<Shelved>,
}

impl CmafPackager {
    /// CMAF of the stream `key`.
    pub fn new(settings: Settings, key: &StreamKey) -> Self {
        Self {
            base: folder(key.name(), "cmaf"),
            calendar: Calendar::new(settings.wall),
            cutter: Cutter::new(settings.shared_duration(), settings.part),
            lanes: Vec::new(),
            lead: None,
            revision: None,
            eras: Vec::new(),
            era: 0,
            origin: None,
            changes: Vec::new(),
            settings,
        }
    }

    /// A window that begins with this segment, after so many discontinuities.
    fn window(&self, (msn, discontinuities): (u64, u64)) -> Window {
        let part = rescale(i64::try_from(self.settings.part.as_micros()).unwrap_or(0), 1_000_000, HZ);
        let seconds = self.settings.shared_duration().as_secs();
        Window::new(msn, self.settings.shared_cache(), seconds, part).after(discontinuities)
    }

    /// Where a track begins that was not there before, beside these: players change between tracks by number, and tracks
    /// count discontinuities alike.
    fn joined(&self, others: &[Lane]) -> (u64, u64) {
        let msn = others.iter().map(|lane| lane.window.next_part().0).max();
        let begun = others.iter().filter(|lane| !lane.window.is_new());
        // The others have one in front of their next segment.
        let discontinuities = begun.map(|lane| lane.window.discontinuities() + 1).max();
        (msn.unwrap_or_else(|| first_msn(self.calendar.now())), discontinuities.unwrap_or(0))
    }

    /// Ends what is begun: nothing follows for now.
    fn finish(&mut self) {
        for index in 0..self.lanes.len() {
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.samples.finish();
            }
        }
        self.close_parts();
        self.close_segments();
        self.cutter.reset();
    }

    fn close_parts(&mut self) {
        for index in 0..self.lanes.len() {
            self.close_part(index);
        }
        self.render_playlists();
    }

    fn close_part(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let Some(Chunk { data, part, base, length }) = lane.take_chunk() else { return };
        if lane.window.unfinished().is_none() {
            let at = rescale(i64::try_from(base).unwrap_or(0), lane.samples.scale, HZ);
            let date = self.eras.last().map_or(0, |era| era.date + micros(at - era.start));
            let interrupted = lane.interrupted();
            let msn = lane.window.open(date, base, self.era, interrupted);
            // The next one too: who asks for it early waits for it.
            for msn in [msn, msn + 1] {
                self.changes.push(Shelved::Promise { name: lane.names.segment(msn) });
            }
        }
        let Some((msn, place)) = lane.window.add(part, length, data.len()) else { return };
        let (name, whole) = (lane.names.part(msn, place), lane.names.segment(msn));
        self.changes.push(Shelved::Put { name, version: 0, data: data.clone() });
        self.changes.push(Shelved::Grow { name: whole, data });
        let (msn, place) = lane.window.next_part();
        self.changes.push(Shelved::Promise { name: lane.names.part(msn, place) });
        if place == 1 {
            self.render_manifest();
        }
    }

    fn close_segments(&mut self) {
        for lane in &mut self.lanes {
            let (_, parts) = lane.window.next_part();
            let Some((msn, gone)) = lane.window.close() else { continue };
            // It was promised with the last part, but will never be.
            self.changes.push(Shelved::Drop { name: lane.names.part(msn, parts) });
            self.changes.push(Shelved::Seal { name: lane.names.segment(msn) });
            for segment in gone {
                self.changes.push(Shelved::Drop { name: lane.names.segment(segment.msn) });
                drop_parts(lane, segment.msn, segment.parts.len(), &mut self.changes);
            }
            for (msn, parts) in lane.window.forget_parts() {
                drop_parts(lane, msn, parts, &mut self.changes);
            }
            let (msn, place) = lane.window.next_part();
            self.changes.push(Shelved::Promise { name: lane.names.part(msn, place) });
        }
        self.drop_eras();
        self.render_playlists();
        self.render_index();
        self.render_manifest();
    }

    /// Forgets stretches of which no segment is left.
    fn drop_eras(&mut self) {
        let lanes = &self.lanes;
        let oldest = lanes
            .iter()
            .filter_map(|lane| lane.window.whole().next().or(lane.window.unfinished()))
            .map(|segment| segment.init)
            .min()
            .unwrap_or(self.era);
        for era in self.eras.extract_if(.., |era| era.number < oldest) {
            for representation in &era.representations {
                self.changes.push(Shelved::Drop { name: representation.init.as_str().into() });
            }
        }
    }

    fn render_playlists(&mut self) {
        for lane in &self.lanes {
            if lane.window.whole().len() == 0 {
                continue;
            }
            let names: Vec<String> = self.lanes.iter().map(|lane| format!("{}.m3u8", lane.label)).collect();
            let others: Vec<(&str, &Window)> = names
                .iter()
                .zip(&self.lanes)
                .filter(|(_, other)| other.label != lane.label && other.window.whole().len() > 0)
                .map(|(name, other)| (name.as_str(), &other.window))
                .collect();
            let count = self.settings.hls_count;
            let manner = Manner { names: &lane.names, base: "", count, others: &others };
            self.changes.extend(playlist::puts(&lane.window, &manner, &format!("{}.m3u8", lane.label)));
        }
    }

    fn render_index(&mut self) {
        if self.lanes.iter().all(|lane| lane.window.whole().len() == 0) {
            return;
        }
        let renditions: Vec<Rendition<'_>> = self
            .lanes
            .iter()
            .map(|lane| {
                let (peak, average) = rates(lane);
                let uri = format!("{}{}.m3u8", self.base, lane.label);
                Rendition { track: &lane.samples.track, uri, peak, average }
            })
            .collect();
        let data = Bytes::from(multivariant::render(&renditions));
        // Whatever version is waited for, this is it.
        self.changes.push(Shelved::Put { name: INDEX.into(), version: u64::MAX, data });
    }

    fn render_manifest(&mut self) {
        let Some(origin) = self.origin else { return };
        if self.lanes.iter().all(|lane| lane.window.whole().len() == 0) {
            return;
        }
        let lanes: Vec<dash::Lane<'_>> = self
            .lanes
            .iter()
            .map(|lane| dash::Lane {
                label: &lane.label,
                kind: lane.samples.track.kind(),
                window: &lane.window,
                scale: lane.samples.scale,
                rate: rates(lane).0,
            })
            .collect();
        let manifest = dash::Manifest {
            settings: &self.settings,
            base: &self.base,
            origin,
            now: self.calendar.now(),
            eras: &self.eras,
            lanes: &lanes,
        };
        let data = Bytes::from(dash::render(&manifest));
        self.changes.push(Shelved::Put { name: MANIFEST.into(), version: u64::MAX, data });
    }

    /// Lays the tracks out anew.
    fn lay_out(&mut self, description: &Description) {
        let mut old = std::mem::take(&mut self.lanes);
        let joined = self.joined(&old);
        for track in description.tracks.iter().filter(|track| fmp4::carries(track.codec)) {
            let name = label(track);
            let lane = match old.iter().position(|lane| lane.label == name) {
                Some(place) => {
                    let mut lane = old.swap_remove(place);
                    lane.resume(track.clone());
                    lane
                }
                None => Lane::new(track.clone(), self.window(joined)),
            };
            self.lanes.push(lane);
        }
        for lane in old {
            let name = format!("{}.m3u8", lane.label);
            let names = [skipping(&name).into(), name.into()].into_iter();
            let names = names.chain(lane.window.objects(&lane.names));
            self.changes.extend(names.map(|name| Shelved::Drop { name }));
        }
        self.lead = leader(description, fmp4::carries);
    }

    /// A new stretch begins at this time of the stream, with new initialisations.
    fn begin_era(&mut self, at: i64, date: i64) {
        let representations = self
            .lanes
            .iter()
            .map(|lane| {
                let place =
                    fmp4::Lane { number: 1, timescale: lane.samples.scale, track: &lane.samples.track };
                let init = init_name(&lane.names, self.era);
                let data = fmp4::init(&[place]);
                self.changes.push(Shelved::Put { name: init.as_str().into(), version: 0, data });
                Representation {
                    label: lane.label.clone(),
                    init,
                    codec: fmp4::codec_string(&lane.samples.track),
                    size: (lane.samples.track.width, lane.samples.track.height),
                    sample_rate: lane.samples.track.sample_rate,
                    channels: lane.samples.track.channels,
                }
            })
            .collect();
        self.eras.push(Era { number: self.era, start: at, date, representations });
    }
}

impl Packager for CmafPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        // The same revision again: only what is said in words has changed.
        if self.revision.replace(description.revision) == Some(description.revision) {
            return Bytes::new();
        }
        self.finish();
        self.era += 1;
        self.lay_out(description);
        for name in [INDEX, MANIFEST] {
            self.changes.push(Shelved::Promise { name: name.into() });
        }
        for lane in &self.lanes {
            let name = format!("{}.m3u8", lane.label);
            self.changes.push(Shelved::Promise { name: skipping(&name).into() });
            self.changes.push(Shelved::Promise { name: name.into() });
            let (msn, place) = lane.window.next_part();
            self.changes.push(Shelved::Promise { name: lane.names.part(msn, place) });
        }
        Bytes::new()
    }

    fn push(&mut self, frame: &Frame, _out: &mut Vec<Packed>) {
        let Some(index) = self.lanes.iter().position(|lane| lane.samples.track.id == frame.track) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let at = rescale(frame.dts, lane.samples.track.clock_rate, HZ);
        let leads = self.lead == Some(frame.track);
        let key = frame.key || lane.samples.track.kind() != Kind::Video;
        lane.samples.complete(frame.dts);
        let cut = if leads {
            self.cutter.lead(at, key, frame.data.len())
        } else {
            self.cutter.follow(at, frame.data.len())
        };
        match cut {
            None => return,
            Some(Cut::None) => {}
            Some(Cut::Part) => self.close_parts(),
            Some(Cut::Segment) => {
                self.close_parts();
                self.close_segments();
            }
        }
        let date = self.calendar.date(at);
        self.origin.get_or_insert(date - micros(at));
        if self.eras.last().is_none_or(|era| era.number != self.era) {
            self.begin_era(at, date);
        }
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.samples.push(frame);
        }
    }

    fn tick(&mut self, now: Instant) {
        self.calendar.tick(now);
    }

    fn publisher_left(&mut self) {
        self.finish();
    }

    fn stream_ended(&mut self) {
        self.finish();
        for lane in &mut self.lanes {
            lane.window.end();
        }
        self.render_playlists();
        self.render_manifest();
    }

    fn shelve(&mut self, out: &mut Vec<Shelved>) {
        out.append(&mut self.changes);
    }
}

fn drop_parts(lane: &Lane, msn: u64, parts: usize, changes: &mut Vec<Shelved>) {
    changes.extend((0..parts).map(|index| Shelved::Drop { name: lane.names.part(msn, index) }));
}

/// Most and usual bits per second of a lane.
fn rates(lane: &Lane) -> (u64, u64) {
    match lane.rates() {
        (0, _) => (unknown_rate(&lane.samples.track), unknown_rate(&lane.samples.track)),
        known => known,
    }
}

fn micros(ticks: i64) -> i64 {
    ticks.saturating_mul(100) / 9
}
