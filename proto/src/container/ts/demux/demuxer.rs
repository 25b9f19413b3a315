//! The whole: packets → tables → streams → tracks, frames and notes. Specs: see [`super`].

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::Note;
use rtmpd_core::media::{Description, Frame, Kind};

use super::super::PACKET;
use super::clock::Clock;
use super::found::{Found, Remark};
use super::head::{Continuity, Head, Order};
use super::hold::Hold;
use super::psi::{Elementary, Form, Section};
use super::section::Sections;
use super::stream::{Place, Stream};

const PAT_PID: u16 = 0;
/// Packets without content.
const NULL_PID: u16 = 0x1FFF;
/// Programs beyond these are not looked at.
const MAX_PROGRAMS: usize = 64;
/// Elementary streams of a program beyond these are not looked at.
const MAX_STREAMS: usize = 64;
/// Tracks beyond these are not carried.
const MAX_TRACKS: usize = 32;
/// Longest PES packet of pictures, in bytes. Those of sound always tell their length, in 16 bits.
const MAX_PICTURES: usize = 8 << 20;
const MAX_SOUND: usize = 66_000;
/// Most that all tracks together may hold, in bytes.
const MAX_HELD: usize = 16 << 20;

/// What comes out.
#[derive(Clone, PartialEq, Debug)]
pub enum Demuxed {
    /// The tracks from here on; before the first frame and whenever they change.
    Tracks(Arc<Description>),
    /// The next frame. Its track is in the latest description; times are ticks of 90 kHz, continuous across the wraps
    /// of their 33 bits.
    Frame(Frame),
    /// For the log. Each is made once.
    Note(Note),
}

/// What a stream was like, for statistics.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Packets, whatever they carry.
    pub packets: u64,
    /// How often no sync byte was where a packet should begin.
    pub sync_losses: u64,
    /// Packets that the link marked as damaged, or whose head makes no sense.
    pub damaged: u64,
    /// Scrambled transport packets and PES packets.
    pub scrambled: u64,
    /// How often a continuity counter jumped.
    pub gaps: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Sections with a wrong checksum or length.
    pub bad_sections: u64,
    /// Access units that were left out because something of them is missing or wrong.
    pub lost_units: u64,
}

#[derive(Debug, Default)]
struct Table {
    continuity: Continuity,
    sections: Sections,
    /// As last taken: most are repetitions.
    last: Bytes,
}

#[derive(Debug)]
struct Program {
    number: u16,
    pid: u16,
    table: Table,
}

/// Transport stream → tracks and frames. Push bytes cut anywhere, then pull until there is nothing more.
///
/// The first program that has sound or pictures is taken. Nothing in the bytes is an error: what cannot be used is left
/// out and counted.
#[derive(Debug)]
pub struct Demuxer {
    packets: super::sync::Sync,
    pat: Table,
    programs: Vec<Program>,
    /// Number and PID of the one that is taken.
    chosen: Option<(u16, u16)>,
    streams: Vec<Stream>,
    clock: Clock,
    counts: Counts,
    found: Vec<Found>,
    /// `None` once the first tracks were given out.
    hold: Option<Hold>,
    /// The tracks differ from what was given out.
    changed: bool,
    remarks: BTreeSet<Remark>,
    out: VecDeque<Demuxed>,
}

impl Default for Demuxer {
    fn default() -> Self {
        Self::new()
    }
}

impl Demuxer {
    /// A demuxer before the first byte.
    pub fn new() -> Self {
        Self {
            packets: super::sync::Sync::default(),
            pat: Table::default(),
            programs: Vec::new(),
            chosen: None,
            streams: Vec::new(),
            clock: Clock::default(),
            counts: Counts::default(),
            found: Vec::new(),
            hold: Some(Hold::default()),
            changed: false,
            remarks: BTreeSet::new(),
            out: VecDeque::new(),
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, data: &[u8]) {
        self.packets.push(data);
        self.drain();
    }

    /// Nothing will follow: what is held comes out.
    pub fn finish(&mut self) {
        self.packets.finish();
        self.drain();
        for place in 0..self.streams.len() {
            self.with(place, |stream, at| stream.finish(at));
        }
        self.open();
    }

    /// What comes next, or `None` until the next input.
    pub fn pull(&mut self) -> Option<Demuxed> {
        self.out.pop_front()
    }

    /// What the stream was like so far.
    pub fn counts(&self) -> Counts {
        let tables = std::iter::once(&self.pat).chain(self.programs.iter().map(|program| &program.table));
        let bad: u64 = tables.map(|table| table.sections.bad).sum();
        Counts {
            sync_losses: self.packets.losses,
            bad_sections: self.counts.bad_sections + bad,
            ..self.counts
        }
    }

    fn drain(&mut self) {
        while let Some(packet) = self.packets.next() {
            if self.packets.losses > 0 {
                self.remark(Remark::SyncLost);
            }
            self.packet(&packet);
        }
    }

    fn packet(&mut self, packet: &[u8; PACKET]) {
        self.counts.packets += 1;
        let Some(head) = Head::parse(packet).filter(|head| !head.is_damaged) else {
            // Its counter will be missed.
            self.counts.damaged += 1;
            return;
        };
        if head.pid == PAT_PID {
            for section in self.pat.push(&head) {
                self.programs(&section);
            }
        } else if let Some(program) = self.programs.iter_mut().find(|program| program.pid == head.pid) {
            let pid = program.pid;
            for section in program.table.push(&head) {
                self.streams(pid, &section);
            }
        } else if head.pid != NULL_PID
            && let Some(place) = self.streams.iter().position(|stream| stream.source.pid == head.pid)
        {
            let all: usize = self.streams.iter().map(Stream::held).sum();
            self.with(place, |stream, at| {
                let most = if stream.track.kind() == Kind::Video { MAX_PICTURES } else { MAX_SOUND };
                let room = MAX_HELD.saturating_sub(all - stream.held()).min(most);
                stream.push(&head, room, at);
            });
            return;
        } else {
            return;
        }
        if self.counts().bad_sections > 0 {
            self.remark(Remark::BadSection);
        }
    }

    /// Takes a PAT.
    fn programs(&mut self, section: &[u8]) {
        let Some(section) = Section::parse(section) else { return };
        let Some(listed) = section.programs() else { return };
        let listed: Vec<(u16, u16)> = listed.take(MAX_PROGRAMS).collect();
        if section.is_only {
            let (kept, gone) = std::mem::take(&mut self.programs)
                .into_iter()
                .partition(|program| listed.contains(&(program.number, program.pid)));
            self.programs = kept;
            self.counts.bad_sections +=
                gone.into_iter().map(|program: Program| program.table.sections.bad).sum::<u64>();
            self.chosen = self.chosen.filter(|chosen| listed.contains(chosen));
        }
        for (number, pid) in listed {
            let is_known = |program: &Program| (program.number, program.pid) == (number, pid);
            if self.programs.len() < MAX_PROGRAMS && !self.programs.iter().any(is_known) {
                self.programs.push(Program { number, pid, table: Table::default() });
            }
        }
        if self.programs.len() > 1 {
            self.remark(Remark::Programs(self.programs.len()));
        }
    }

    /// Takes a PMT.
    fn streams(&mut self, pid: u16, section: &[u8]) {
        let Some(section) = Section::parse(section) else { return };
        let named = (section.id, pid);
        if self.chosen.is_some_and(|chosen| chosen != named) {
            return;
        }
        let Some(listed) = section.streams(MAX_STREAMS) else { return };
        let mut carried: Vec<Elementary> = Vec::new();
        for source in listed {
            match source.form {
                Form::Unsupported(what) => self.remark(Remark::Unsupported(what)),
                Form::Other(what) => self.remark(Remark::Ignored(what)),
                Form::H264
                | Form::H265
                | Form::Adts
                | Form::Latm
                | Form::Mp3
                | Form::Ac3
                | Form::Eac3
                | Form::Opus(_) => {
                    if carried.len() < MAX_TRACKS && !carried.iter().any(|other| other.pid == source.pid) {
                        carried.push(source);
                    }
                }
            }
        }
        if carried.is_empty() && self.chosen.is_none() {
            return;
        }
        self.chosen = Some(named);
        if !self.streams.iter().map(|stream| stream.source).eq(carried.iter().copied()) {
            self.replace(carried);
        }
    }

    /// Other streams from here on; those that stay go on.
    fn replace(&mut self, carried: Vec<Elementary>) {
        if self.hold.as_ref().is_some_and(|hold| !hold.is_empty()) {
            self.open();
        }
        let mut old = std::mem::take(&mut self.streams);
        let mut counts = [0_u8; 2];
        for source in carried {
            let known = old.iter().position(|stream| stream.source == source);
            let Some(mut stream) = known.map(|place| old.swap_remove(place)).or_else(|| Stream::new(source))
            else {
                continue;
            };
            let [pictures, sounds] = &mut counts;
            let count = if stream.track.kind() == Kind::Video { pictures } else { sounds };
            stream.place(*count);
            *count += 1;
            self.streams.push(stream);
        }
        self.changed = true;
    }

    /// Lets a stream do something, and takes what it finds.
    fn with(&mut self, place: usize, act: impl FnOnce(&mut Stream, &mut Place<'_>)) {
        let mut found = std::mem::take(&mut self.found);
        if let Some(stream) = self.streams.get_mut(place) {
            let mut at = Place { clock: &mut self.clock, counts: &mut self.counts, found: &mut found };
            act(stream, &mut at);
        }
        for found in found.drain(..) {
            self.take(place, found);
        }
        self.found = found;
    }

    fn take(&mut self, place: usize, found: Found) {
        let Some(stream) = self.streams.get_mut(place) else { return };
        match found {
            Found::Pictures { .. } | Found::Sound { .. } => {
                if stream.is_known {
                    // What is held belongs to the old parameters.
                    self.open();
                }
                self.configure(place, found);
                self.open_if_ready();
            }
            Found::Unit { time, key, data } => {
                let frame =
                    Frame { track: stream.track.id, dts: time.dts, cts: time.cts, offset_ns: 0, key, data };
                match &mut self.hold {
                    Some(hold) => hold.push(frame),
                    None => {
                        self.describe();
                        self.out.push_back(Demuxed::Frame(frame));
                    }
                }
                self.open_if_ready();
            }
            Found::Lost => self.counts.lost_units += 1,
            Found::Remark(remark) => {
                stream.is_refused |= remark == Remark::OtherLayer;
                self.remark(remark);
            }
        }
    }

    fn configure(&mut self, place: usize, found: Found) {
        let Some(stream) = self.streams.get_mut(place) else { return };
        let track = &mut stream.track;
        let before = track.clone();
        match found {
            Found::Pictures { config, size } => {
                (track.config, track.width, track.height) = (config, size.width, size.height);
            }
            Found::Sound { config, sound } => {
                track.config = config;
                (track.sample_rate, track.channels) = (sound.sample_rate, sound.channels);
            }
            Found::Unit { .. } | Found::Lost | Found::Remark(_) => return,
        }
        self.changed |= !stream.is_known || stream.track != before;
        stream.is_known = true;
    }

    fn open_if_ready(&mut self) {
        let Some(hold) = &self.hold else { return };
        let is_settled = self.streams.iter().all(|stream| stream.is_known || stream.is_refused);
        if !hold.is_empty() && (is_settled || hold.is_over()) {
            if !is_settled {
                self.remark(Remark::Silent);
            }
            self.open();
        }
    }

    /// Stops waiting for tracks.
    fn open(&mut self) {
        let Some(hold) = self.hold.take_if(|hold| !hold.is_empty()) else { return };
        self.describe();
        self.out.extend(hold.take().into_iter().map(Demuxed::Frame));
    }

    fn describe(&mut self) {
        if std::mem::take(&mut self.changed) {
            let known = self.streams.iter().filter(|stream| stream.is_known);
            let mut tracks: Vec<_> = known.map(|stream| stream.track.clone()).collect();
            tracks.sort_by_key(|track| (track.kind(), track.index));
            self.out.push_back(Demuxed::Tracks(Arc::new(Description {
                revision: 0,
                tracks,
                metadata: None,
            })));
        }
    }

    fn remark(&mut self, remark: Remark) {
        if self.remarks.insert(remark) {
            self.out.push_back(Demuxed::Note(remark.note()));
        }
    }
}

impl Table {
    /// Takes a packet; new sections that it completes.
    fn push(&mut self, head: &Head<'_>) -> Vec<Bytes> {
        let mut new = Vec::new();
        let Some(payload) = head.payload.filter(|_| !head.is_scrambled) else { return new };
        match self.continuity.check(head, payload) {
            Order::Duplicate => return new,
            Order::Gap | Order::Anew => self.sections.lose(),
            Order::Next => {}
        }
        self.sections.push(head.is_start, payload);
        while let Some(section) = self.sections.next() {
            if section != self.last {
                self.last = section.clone();
                new.push(section);
            }
        }
        new
    }
}
