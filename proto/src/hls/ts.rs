//! MPEG-TS segments and parts with their playlist. Specs: RFC 8216bis §3.1.1 (MPEG-2 transport streams).

use bytes::BytesMut;
use rtmpd_core::StreamKey;
use rtmpd_core::media::{Description, Frame, Kind, Shelved, TrackId, timebase::rescale};

use super::playlist::{self, Manner};
use super::{INDEX, folder, skipping};
use crate::container::ts::Muxer;
use crate::segment::{Calendar, Cut, Cutter, HZ, Names, Part, Settings, Window, first_msn, leader};

/// The segments of one multiplex.
#[derive(Debug)]
pub(super) struct TsSegments {
    muxer: Muxer,
    cutter: Cutter,
    window: Window,
    names: Names,
    base: String,
    count: usize,
    description: Description,
    lead: Option<TrackId>,
    /// The part that is being made.
    part: BytesMut,
    begun: i64,
    independent: bool,
    /// Decoding time of the leader's last frame, and how long the one before was.
    last: i64,
    step: i64,
    interrupted: bool,
    changes: Vec<Shelved>,
}

impl TsSegments {
    /// `now`: in µs since 1970; numbers begin where no earlier segment of this stream can have had them.
    pub(super) fn new(settings: &Settings, key: &StreamKey, now: i64) -> Self {
        let part_target = rescale(i64::try_from(settings.part.as_micros()).unwrap_or(0), 1_000_000, HZ);
        let keep = settings.hls_cache.max(settings.hls_count);
        Self {
            muxer: Muxer::new(),
            cutter: Cutter::new(settings.hls_duration, settings.part),
            window: Window::new(first_msn(now), keep, settings.hls_duration.as_secs(), part_target),
            names: Names { prefix: String::new(), ending: "ts" },
            base: folder(key.name(), "hls"),
            count: settings.hls_count,
            description: Description::default(),
            lead: None,
            part: BytesMut::new(),
            begun: 0,
            independent: false,
            last: 0,
            step: 0,
            interrupted: false,
            changes: Vec::new(),
        }
    }

    /// The tracks as they are from here on.
    pub(super) fn restart(&mut self, description: &Description) {
        self.finish();
        self.muxer.start(description);
        self.lead = leader(description, Muxer::carries);
        self.description = description.clone();
        self.interrupted = !self.window.is_new();
        for name in [INDEX.into(), skipping(INDEX).into()] {
            self.changes.push(Shelved::Promise { name });
        }
        self.promise_part();
    }

    pub(super) fn push(&mut self, calendar: &mut Calendar, frame: &Frame) {
        let Some(track) = self.description.track(frame.track).filter(|track| Muxer::carries(track.codec))
        else {
            return;
        };
        let at = rescale(frame.dts, track.clock_rate, HZ);
        let leads = self.lead == Some(frame.track);
        let key = frame.key || track.kind() != Kind::Video;
        let cut = if leads {
            self.cutter.lead(at, key, frame.data.len())
        } else {
            self.cutter.follow(at, frame.data.len())
        };
        match cut {
            None => return,
            Some(Cut::None) => {}
            Some(Cut::Part) => self.close_part(at),
            Some(Cut::Segment) => {
                self.close_part(at);
                self.close_segment();
            }
        }
        if leads {
            self.step = at - self.last;
            self.last = at;
        }
        if self.part.is_empty() {
            self.begin_part(calendar, at, leads && key);
        }
        self.muxer.push(frame, &mut self.part);
    }

    /// Ends what is begun: nothing follows for now.
    pub(super) fn finish(&mut self) {
        let end = self.last + self.step.clamp(0, i64::from(HZ));
        self.close_part(end.max(self.begun));
        self.close_segment();
        self.cutter.reset();
    }

    /// Nothing will follow.
    pub(super) fn end(&mut self) {
        self.finish();
        self.window.end();
        self.render();
    }

    /// The stream goes on in another form: its objects go, but for the playlist that the new form will replace.
    pub(super) fn leave(&mut self, out: &mut Vec<Shelved>) {
        self.finish();
        self.shelve(out);
        out.extend(self.window.objects(&self.names).into_iter().map(|name| Shelved::Drop { name }));
        out.push(Shelved::Drop { name: skipping(INDEX).into() });
    }

    pub(super) fn shelve(&mut self, out: &mut Vec<Shelved>) {
        out.append(&mut self.changes);
    }

    fn begin_part(&mut self, calendar: &mut Calendar, at: i64, independent: bool) {
        if self.window.unfinished().is_none() {
            let interrupted = std::mem::take(&mut self.interrupted);
            let msn = self.window.open(calendar.date(at), 0, 0, interrupted);
            // The next one too: who asks for it early waits for it.
            for msn in [msn, msn + 1] {
                self.changes.push(Shelved::Promise { name: self.names.segment(msn) });
            }
        }
        self.begun = at;
        self.independent = independent;
        // Each part carries the tables: players may begin with any that has a keyframe.
        self.muxer.tables(&mut self.part);
    }

    fn close_part(&mut self, at: i64) {
        if self.part.is_empty() {
            return;
        }
        let data = self.part.split().freeze();
        let part = Part { duration: at - self.begun, independent: self.independent };
        let Some((msn, index)) = self.window.add(part, 0, data.len()) else { return };
        let (name, whole) = (self.names.part(msn, index), self.names.segment(msn));
        self.changes.push(Shelved::Put { name, version: 0, data: data.clone() });
        self.changes.push(Shelved::Grow { name: whole, data });
        self.promise_part();
        self.render();
    }

    fn close_segment(&mut self) {
        let (_, parts) = self.window.next_part();
        let Some((msn, gone)) = self.window.close() else { return };
        // It was promised with the last part, but will never be.
        self.changes.push(Shelved::Drop { name: self.names.part(msn, parts) });
        self.changes.push(Shelved::Seal { name: self.names.segment(msn) });
        for segment in gone {
            self.changes.push(Shelved::Drop { name: self.names.segment(segment.msn) });
            self.drop_parts(segment.msn, segment.parts.len());
        }
        for (msn, parts) in self.window.forget_parts() {
            self.drop_parts(msn, parts);
        }
        self.promise_part();
        self.render();
    }

    fn drop_parts(&mut self, msn: u64, parts: usize) {
        let names = (0..parts).map(|index| Shelved::Drop { name: self.names.part(msn, index) });
        self.changes.extend(names);
    }

    fn promise_part(&mut self) {
        let (msn, index) = self.window.next_part();
        self.changes.push(Shelved::Promise { name: self.names.part(msn, index) });
    }

    fn render(&mut self) {
        // Players that know nothing of parts need a whole segment.
        if self.window.whole().len() == 0 {
            return;
        }
        let manner = Manner { names: &self.names, base: &self.base, count: self.count, others: &[] };
        self.changes.extend(playlist::puts(&self.window, &manner, INDEX));
    }
}
