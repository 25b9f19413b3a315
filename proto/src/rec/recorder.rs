//! The machine: a stream's frames in, changes of files out. It is a player of its stream, whose other end is a folder.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::files::{FileCall, FileChange, Place, Root};
use rtmpd_core::media::{Description, FRAMES, Frame, Kind, Packet, TrackId};
use rtmpd_core::policy::is_recorded;
use rtmpd_core::{
    Answer, Attendant, Attending, Call, Close, Error, Event, Input, Instant, Machine, Media, Note, Output,
    Reply, Request,
};

use super::dash::DashTape;
use super::hls::{HlsTape, ticks};
use super::names::folder_name;
use super::single::SingleTape;
use super::tape::{Files, Tape};
use super::{Mode, Settings};
use crate::container::flv::{FLV, FlvPackager};
use crate::container::fmp4::Fmp4Packager;
use crate::segment::{Calendar, Cut, Cutter, HZ, leader};

/// A recording of a stream that has been silent this long is finished.
const SILENCE: Duration = Duration::from_secs(10);
/// Most recordings that wait to be completed; the next start finds the others.
const MAX_CUT_OFF: usize = 16;
/// What the codec id of H.265 is in an FLV that needs one.
const H265_ID: u8 = 12;

/// Records the streams of apps that are to be recorded.
#[derive(Debug)]
pub struct Recorders {
    settings: Settings,
}

impl Recorders {
    /// Recorders with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Attendant for Recorders {
    fn name(&self) -> &'static str {
        "rec"
    }

    fn attend(&mut self, now: Instant, request: &Request, out: &mut Vec<Attending>) {
        if is_recorded(request.key.app()) {
            out.push(Attending::only(Recorder::new(now, self.settings, request)));
        }
    }
}

/// The recorder of one stream.
pub struct Recorder {
    settings: Settings,
    request: Request,
    root: Root,
    calendar: Calendar,
    description: Arc<Description>,
    lead: Option<TrackId>,
    cutter: Cutter,
    tape: Option<Take>,
    /// The last recording's name in seconds of local time: no two may have the same.
    named: i64,
    /// Recordings that were cut off and want to be completed, and how many of them are under way.
    cut_off: Vec<Place>,
    mended: usize,
    /// Changes that wait for the ones before them.
    queue: Vec<FileChange>,
    queued: usize,
    /// Changes are under way.
    busy: bool,
    /// After a failure: when it is tried again.
    resume_at: Option<Instant>,
    /// When silence ends the recording; before the first frame, when to begin.
    deadline: Option<Instant>,
    asked: bool,
    over: bool,
    out: VecDeque<Output>,
}

/// A recording that is being written.
struct Take {
    tape: Box<dyn Tape>,
    /// The stream's time at the beginning and at the leader's last frame, and how long that was.
    begun: i64,
    last: i64,
    step: i64,
    /// Its playlist, for the log.
    name: String,
}

impl Recorder {
    /// A recorder of the stream that `request` publishes.
    pub fn new(now: Instant, settings: Settings, request: &Request) -> Self {
        let mut request = request.clone();
        request.protocol = "rec";
        Self {
            settings,
            root: Root::Rec { vhost: request.vhost.clone() },
            request,
            calendar: Calendar::new(settings.wall),
            description: Arc::default(),
            lead: None,
            cutter: Cutter::new(settings.segment, settings.part).evenly(),
            tape: None,
            named: 0,
            cut_off: Vec::new(),
            mended: 0,
            queue: Vec::new(),
            queued: 0,
            busy: false,
            resume_at: None,
            deadline: Some(now),
            asked: false,
            over: false,
            out: VecDeque::new(),
        }
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { description, .. } => {
                // The same revision again: only what is said in words has changed.
                if description.revision != self.description.revision {
                    self.finish();
                    self.description = Arc::clone(description);
                    self.lead = leader(description, |codec| codec.kind() != Kind::Data);
                }
            }
            Media::Packet(packet) => self.take_in(now, packet),
            // What is missing must not look like a still picture.
            Media::Gap => {
                self.note(Note::warn("the recorder could not keep up: the recording goes on in a new file"));
                self.finish();
            }
            Media::Ended => self.end(Close::StreamEnded),
        }
    }

    fn take_in(&mut self, now: Instant, packet: &Packet) {
        self.calendar.tick(packet.at);
        let stamp = packet.stamp;
        let data = packet.data.clone();
        let frame =
            Frame { track: stamp.track, dts: stamp.dts, cts: stamp.cts, offset_ns: 0, key: stamp.key, data };
        let Some(at) = ticks(&self.description, &frame) else { return };
        self.deadline = Some(now + SILENCE);
        if self.resume_at.is_some_and(|at| now < at) {
            return;
        }
        let leads = self.lead == Some(frame.track);
        // A leader that is no video can begin anywhere.
        let key = packet.key || packet.kind != Kind::Video;
        let size = frame.data.len();
        let cut = if leads { self.cutter.lead(at, key, size) } else { self.cutter.follow(at, size) };
        let Some(cut) = cut else { return };
        if let Some(take) = &mut self.tape {
            take.tape.arrive(&frame);
        }
        if cut == Cut::Segment && self.is_full(at) {
            self.finish_at(at);
            // This frame begins the next one.
            self.cutter.lead(at, true, size);
        }
        if self.tape.is_none() && !self.begin(at) {
            return;
        }
        let Some(take) = &mut self.tape else { return };
        take.tape.cut(cut, at);
        if leads {
            take.step = at - take.last;
            take.last = at;
        }
        take.tape.push(&frame, at);
        self.collect(now);
    }

    /// Whether the recording is as long as it should be.
    fn is_full(&self, at: i64) -> bool {
        let period = i64::try_from(self.settings.period.as_secs()).unwrap_or(i64::MAX / 100_000);
        // A GOP that is a little short must not add its whole length.
        let slack = i64::from(HZ) / 2;
        self.tape.as_ref().is_some_and(|take| at - take.begun + slack >= period * i64::from(HZ))
    }

    /// Begins a recording; false when it cannot be.
    fn begin(&mut self, at: i64) -> bool {
        let date = self.calendar.date(at);
        let seconds = date / 1_000_000;
        let local = (seconds + (self.settings.offset)(seconds)).max(self.named + 1);
        self.named = local;
        let text = crate::bytes::iso8601(local.saturating_mul(1_000_000));
        let (day, time) = text.split_at_checked(10).unwrap_or(("", ""));
        let time = time.get(1..9).unwrap_or_default().replace(':', "-");
        let stem = format!("{}/{day}/{time}", folder_name(self.request.key.name()));
        let files = Files::new(self.root.clone(), stem.clone());
        let target = self.settings.segment.as_secs();
        let description = &self.description;
        let (tape, ending): (Box<dyn Tape>, _) = match self.settings.mode {
            Mode::Hls => (Box::new(HlsTape::new(files, description, (date, target))), ".m3u8"),
            Mode::Dash => (Box::new(DashTape::new(files, description, target)), ".mpd"),
            Mode::Mp4 => {
                let packager = Box::new(Fmp4Packager::new());
                (Box::new(SingleTape::new(files, ".mp4", packager, description)), ".mp4")
            }
            Mode::Flv => {
                let Some(packager) = FlvPackager::of(FLV, H265_ID) else { return false };
                (Box::new(SingleTape::new(files, ".flv", Box::new(packager), description)), ".flv")
            }
        };
        let name = format!("{stem}{ending}");
        self.note(Note::info(format!("records {} to {name}", self.request.key)));
        self.tape = Some(Take { tape, begun: at, last: at, step: 0, name });
        true
    }

    /// Ends the recording where the leader's last frame ends.
    fn finish(&mut self) {
        let Some(end) = self.tape.as_ref().map(|take| take.last + take.step.clamp(0, i64::from(HZ))) else {
            self.cutter.reset();
            return;
        };
        self.finish_at(end);
    }

    fn finish_at(&mut self, at: i64) {
        self.cutter.reset();
        if let Some(mut take) = self.tape.take() {
            take.tape.finish(at);
            take.tape.changes(&mut self.queue);
            self.queued = bytes_of(&self.queue);
            self.note(Note::debug(format!("recorded {}", take.name)));
            self.write_on();
        }
    }

    /// Has what the tape made written.
    fn collect(&mut self, now: Instant) {
        let Some(take) = &mut self.tape else { return };
        let before = self.queue.len();
        take.tape.changes(&mut self.queue);
        if self.queue.len() == before {
            return;
        }
        self.queued += bytes_of(self.queue.get(before..).unwrap_or_default());
        if self.queued > self.settings.max_queue {
            let text = format!("{} MB wait to be written: the disk does not keep up", self.queued >> 20);
            return self.fail(now, &text);
        }
        self.write_on();
    }

    fn write_on(&mut self) {
        let last = self.over && !self.cut_off.is_empty();
        if self.busy || (self.queue.is_empty() && !last) {
            return;
        }
        self.busy = true;
        self.queued = 0;
        self.mended = self.cut_off.len();
        let mut changes: Vec<FileChange> = self.cut_off.iter().cloned().map(FileChange::Mend).collect();
        changes.append(&mut self.queue);
        self.out.push_back(Output::Event(Event::Call(Call::File(FileCall::Write(changes)))));
    }

    /// What could not be written is left out; a new recording is tried later, or with the next keyframe. What is on disk
    /// stays playable.
    fn give_up(&mut self, why: &str, resume_at: Option<Instant>) {
        let when = match resume_at {
            Some(_) => format!("in {} s", self.settings.retry.as_secs()),
            None => "with the next keyframe".to_owned(),
        };
        let name = self.tape.take().map(|take| take.name).unwrap_or_default();

        self.note(Note::warn(format!(
            "the recording {name} is cut off, the stream goes on: {why}; it is tried again {when}"
        )));
        self.cutter.reset();
        self.queue.clear();
        self.queued = 0;
        self.resume_at = resume_at;
        self.deadline = None;
    }

    fn answered(&mut self, now: Instant, answer: Answer) {
        self.busy = false;
        match answer {
            Answer::Done => {
                self.mended = self.mended.min(self.cut_off.len());
                self.cut_off.drain(..self.mended);
                self.mended = 0;
                self.write_on();
            }
            // Somebody was quicker with this name: the next second's is free.
            Answer::Exists => {
                self.give_up("its name is taken", None);
                self.named += 1;
            }
            Answer::Full(why) => self.fail(now, &format!("the disk is full: {why}")),
            Answer::Failed(why) => self.fail(now, &why),
            other @ (Answer::Page { .. }
            | Answer::File(_)
            | Answer::Data(_)
            | Answer::Unfit(_)
            | Answer::Listing { .. }
            | Answer::Streams(_)
            | Answer::Folder
            | Answer::NotFound) => self.fail(now, &format!("an answer that was not asked for: {other:?}")),
        }
    }

    fn fail(&mut self, now: Instant, why: &str) {
        // It is completed as soon as something can be written again.
        let name = self.tape.as_ref().map(|take| take.name.clone());
        if let Some(name) = name.filter(|_| self.cut_off.len() < MAX_CUT_OFF) {
            self.cut_off.push(Place::new(self.root.clone(), &name));
        }
        self.give_up(why, Some(now + self.settings.retry));
    }

    /// The stream is over: what is begun is written, then this machine ends.
    fn end(&mut self, why: Close) {
        self.finish();
        // Nobody will tell that the changes before these are made; they are made in order all the same.
        self.busy = false;
        self.over = true;
        self.write_on();
        self.deadline = None;
        self.out.push_back(Output::Close(why));
    }

    fn note(&mut self, note: Note) {
        self.out.push_back(Output::Event(Event::Note(note)));
    }
}

impl Machine for Recorder {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Timeout if !self.asked => {
                self.asked = true;
                self.deadline = None;
                let request = Box::new(self.request.clone());
                self.out.push_back(Output::Event(Event::Play(request, FRAMES)));
            }
            Input::Timeout => {
                if self.deadline.is_some_and(|deadline| deadline <= now) {
                    self.deadline = None;
                    self.finish();
                }
            }
            Input::Media(media) if !self.over => self.handle_media(now, &media),
            Input::Reply(Reply::Call(answer)) => self.answered(now, answer),
            Input::Reply(Reply::Play(Err(refusal))) => {
                self.out.push_back(Output::Close(Close::Error(Error::Refused(refusal))));
            }
            Input::Shutdown if !self.over => self.end(Close::Shutdown),
            Input::Reply(_)
            | Input::Media(_)
            | Input::Shutdown
            | Input::Bytes(_)
            | Input::Datagram { .. }
            | Input::Handed(_)
            | Input::Eof => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }
}

fn bytes_of(changes: &[FileChange]) -> usize {
    changes
        .iter()
        .map(|change| match change {
            FileChange::Create { data, .. } | FileChange::Replace { data, .. } => data.len(),
            FileChange::Append { data, .. } => data.iter().map(bytes::Bytes::len).sum(),
            FileChange::Rename { .. }
            | FileChange::Remove(_)
            | FileChange::Vacant(_)
            | FileChange::Discard(_)
            | FileChange::Mend(_)
            | FileChange::Sync(_) => 0,
        })
        .sum()
}
