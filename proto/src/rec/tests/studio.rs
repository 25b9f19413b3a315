//! A recorder with a disk of its own, and players of what is on it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::files::{FileCall, FileChange, Root};
use rtmpd_core::media::{Codec, Description, FRAMES, Frame, Packet};
use rtmpd_core::{
    Answer, Call, Close, Event, Input, Instant, Machine, Media, Note, Output, Reply, Request, StreamKey,
    WallClock,
};

use crate::codec::opus;
use crate::container::{flv, mp4, ts};
use crate::rec::{Mode, Recorder, Settings};
use crate::segment::tests::stage::{AUDIO, NOON, Shape, at};

/// Files by path.
pub(super) type Disk = BTreeMap<String, Vec<u8>>;

/// What tells a frame: `v` or `s`, and its number.
pub(super) type Mark = (char, u32);

pub(super) fn settings(mode: Mode) -> Settings {
    Settings { mode, wall: WallClock::new(NOON), ..Settings::default() }
}

pub(super) fn request(name: &str) -> Request {
    Request {
        vhost: "example.org".into(),
        key: StreamKey::new("rec", name).unwrap(),
        params: "".into(),
        protocol: "rtmp",
        agent: "".into(),
        patience: Duration::ZERO,
    }
}

/// Sound that transport streams have no common form for.
pub(super) fn with_opus(shape: Shape, revision: u32) -> Description {
    let mut description = shape.description(revision);
    for track in description.tracks.iter_mut().filter(|track| track.id == AUDIO) {
        (track.codec, track.config) = (Codec::Opus, opus::head(2));
    }
    description
}

pub(super) struct Studio {
    pub(super) recorder: Recorder,
    pub(super) disk: Disk,
    /// All changes that were made, in order.
    pub(super) made: Vec<FileChange>,
    /// Batches that are under way, when [`Self::is_slow`].
    pub(super) waiting: VecDeque<Vec<FileChange>>,
    pub(super) is_slow: bool,
    /// What is answered to the next batches instead of making them.
    pub(super) refusals: VecDeque<Answer>,
    pub(super) notes: Vec<Note>,
    pub(super) closed: Vec<Close>,
    pub(super) now: Instant,
    description: Arc<Description>,
}

impl Studio {
    pub(super) fn new(settings: Settings, name: &str) -> Self {
        let mut studio = Self {
            recorder: Recorder::new(Instant::ZERO, settings, &request(name)),
            disk: Disk::new(),
            made: Vec::new(),
            waiting: VecDeque::new(),
            is_slow: false,
            refusals: VecDeque::new(),
            notes: Vec::new(),
            closed: Vec::new(),
            now: Instant::ZERO,
            description: Arc::default(),
        };
        assert_eq!(studio.recorder.poll_timeout(), Some(Instant::ZERO), "it begins at once");
        studio.recorder.handle_input(Instant::ZERO, Input::Timeout).unwrap();
        match studio.recorder.poll_output() {
            Some(Output::Event(Event::Play(request, FRAMES))) => assert_eq!(request.protocol, "rec"),
            other => panic!("{other:?}"),
        }
        studio
    }

    pub(super) fn start(&mut self, description: Description) {
        self.description = Arc::new(description);
        let description = Arc::clone(&self.description);
        self.tell(Input::Media(Media::Start { description: &description, preamble: &Bytes::new() }));
    }

    pub(super) fn tell(&mut self, input: Input<'_>) {
        self.recorder.handle_input(self.now, input).unwrap();
        self.drain();
    }

    pub(super) fn push(&mut self, now: Instant, frame: &Frame) {
        self.now = now;
        let track = self.description.track(frame.track).unwrap();
        let packet = Packet {
            at: now,
            revision: self.description.revision,
            kind: track.kind(),
            key: self.description.can_begin_with(track, frame),
            stamp: frame.stamp(),
            data: frame.data.clone(),
        };
        self.tell(Input::Media(Media::Packet(&packet)));
    }

    pub(super) fn play(&mut self, shape: Shape, from: i64, to: i64) {
        for frame in shape.frames(from, to) {
            self.push(at(&shape, &frame), &frame);
        }
    }

    /// Makes what is under way, up to the last of it.
    pub(super) fn catch_up(&mut self) {
        while let Some(batch) = self.waiting.pop_front() {
            self.make(batch);
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.recorder.poll_output() {
            match output {
                Output::Event(Event::Call(Call::File(FileCall::Write(changes)))) => {
                    assert!(!changes.is_empty());
                    if self.is_slow {
                        self.waiting.push_back(changes);
                    } else {
                        self.make(changes);
                    }
                }
                Output::Event(Event::Note(note)) => self.notes.push(note),
                Output::Close(close) => self.closed.push(close),
                Output::Transmit(_) | Output::Event(_) | Output::Datagram(..) => panic!("{output:?}"),
            }
        }
    }

    fn make(&mut self, changes: Vec<FileChange>) {
        let answer = self.refusals.pop_front().unwrap_or(Answer::Done);
        if answer == Answer::Done {
            for change in changes {
                apply(&mut self.disk, &change, 1);
                self.made.push(change);
            }
        }
        if self.closed.is_empty() {
            self.tell(Input::Reply(Reply::Call(answer)));
        }
    }

    pub(super) fn warnings(&self) -> Vec<&str> {
        let warnings = self.notes.iter().filter(|note| note.level == rtmpd_core::NoteLevel::Warn);
        warnings.map(|note| note.text.as_str()).collect()
    }
}

/// Makes a change; of a file's bytes only this part, where they are not replaced at once.
pub(super) fn apply(disk: &mut Disk, change: &FileChange, part: usize) {
    assert_eq!(change.place().root, Root::Rec { vhost: "example.org".into() });
    let path = change.place().path.to_string();
    match change {
        FileChange::Create { data, .. } => {
            let data = data[..data.len() / part].to_vec();
            assert!(disk.insert(path.clone(), data).is_none(), "{path} is there already");
        }
        FileChange::Append { data, .. } => {
            let data = data.concat();
            disk.get_mut(&path).expect("only what is there grows").extend(&data[..data.len() / part]);
        }
        FileChange::Replace { data, .. } if part == 1 => {
            disk.insert(path, data.to_vec());
        }
        FileChange::Replace { .. } => {}
        FileChange::Sync(_) => assert!(disk.contains_key(&path), "{path}"),
        FileChange::Mend(_) => {
            let text = disk
                .get(&path)
                .filter(|_| path.ends_with(".m3u8"))
                .map(|data| String::from_utf8(data.clone()).unwrap());
            let repaired = text.and_then(|text| crate::rec::repair::playlist(&text));
            if let Some(repair) = repaired {
                let folder = path.rsplit_once('/').unwrap().0;
                for (name, length) in &repair.cuts {
                    disk.get_mut(&format!("{folder}/{name}")).unwrap().truncate(*length as usize);
                }
                disk.insert(path, repair.text.into_bytes());
            }
        }
        FileChange::Rename { .. }
        | FileChange::Remove(_)
        | FileChange::Vacant(_)
        | FileChange::Discard(_) => {
            panic!("{change:?}")
        }
    }
}

/// The names of all playlists, manifests and films on the disk.
pub(super) fn playable(disk: &Disk) -> Vec<String> {
    let is_playable = |path: &&String| crate::rec::names::is_playable(path.rsplit('/').next().unwrap());
    disk.keys().filter(is_playable).cloned().collect()
}

pub(super) fn text<'a>(disk: &'a Disk, path: &str) -> &'a str {
    std::str::from_utf8(&disk[path]).unwrap()
}

/// The files that a playlist lists, in order, as paths.
pub(super) fn listed(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').unwrap().0;
    text.lines().filter(|line| !line.starts_with('#')).map(|name| format!("{folder}/{name}")).collect()
}

/// All frames of a recording, in order, as players would find them.
pub(super) fn watch(disk: &Disk, path: &str) -> Vec<Mark> {
    let file = &disk[path];
    match path.rsplit_once('.').unwrap().1 {
        "m3u8" => watch_playlist(disk, path),
        "mpd" => watch_manifest(disk, path),
        "mp4" => fragments(file),
        "flv" => tags(file),
        other => panic!("{other}"),
    }
}

fn watch_playlist(disk: &Disk, path: &str) -> Vec<Mark> {
    let text = text(disk, path);
    let bytes: Vec<u8> = listed(path, text).iter().flat_map(|name| disk[name].clone()).collect();
    match text.split_once("#EXT-X-MAP:URI=\"").and_then(|(_, rest)| rest.split_once('"')) {
        None => packets(&bytes),
        Some((name, _)) => {
            let init = &disk[&format!("{}/{name}", path.rsplit_once('/').unwrap().0)];
            fragments(&[init.clone(), bytes].concat())
        }
    }
}

/// Tracks one after the other.
fn watch_manifest(disk: &Disk, path: &str) -> Vec<Mark> {
    let (folder, text) = (path.rsplit_once('/').unwrap().0, text(disk, path));
    let mut marks = Vec::new();
    for template in text.split("<SegmentTemplate ").skip(1) {
        let of = |name: &str| template.split_once(name).unwrap().1.split_once('"').unwrap().0;
        let timeline = template.split_once("</SegmentTimeline>").unwrap().0;
        let mut bytes = disk[&format!("{folder}/{}", of("initialization=\""))].clone();
        for number in 0..timeline.matches("<S ").count() {
            let name = of("media=\"").replace("$Number$", &number.to_string());
            bytes.extend(&disk[&format!("{folder}/{name}")]);
        }
        marks.extend(fragments(&bytes));
    }
    marks
}

fn mark(data: &[u8]) -> Mark {
    let kind = if data.windows(6).any(|piece| piece == b"!sound") { 's' } else { 'v' };
    let digits = std::str::from_utf8(&data[data.len() - 8..]).unwrap();
    (kind, u32::from_str_radix(digits, 16).unwrap())
}

fn packets(bytes: &[u8]) -> Vec<Mark> {
    let mut demuxer = ts::Demuxer::new();
    demuxer.push(bytes);
    demuxer.finish();
    let mut marks = Vec::new();
    while let Some(demuxed) = demuxer.pull() {
        match demuxed {
            ts::Demuxed::Frame(frame) => marks.push(mark(&frame.data)),
            ts::Demuxed::Tracks(_) => {}
            ts::Demuxed::Note(note) => assert!(note.text.contains("announce"), "{}", note.text),
        }
    }
    let counts = demuxer.counts();
    assert_eq!((counts.gaps, counts.lost_units, counts.damaged), (0, 0, 0), "{counts:?}");
    marks
}

fn fragments(bytes: &[u8]) -> Vec<Mark> {
    let (mut fragments, mut marks) = (mp4::Fragments::new(), Vec::new());
    fragments.push(bytes);
    while let Some(piece) = fragments.poll().unwrap() {
        if let mp4::Piece::Frame(frame) = piece {
            marks.push(mark(&frame.data));
        }
    }
    marks
}

fn tags(bytes: &[u8]) -> Vec<Mark> {
    let (mut demuxer, mut unpackager) = (flv::Demuxer::new(), flv::Unpackager::default());
    demuxer.push(bytes);
    while let Some(flv::Tag { tag, timestamp, body }) = demuxer.poll().unwrap() {
        unpackager.push(Instant::ZERO, tag, i64::from(timestamp), body).unwrap();
    }
    unpackager.finish();
    let mut marks = Vec::new();
    while let Some(unpacked) = unpackager.poll() {
        if let flv::Unpacked::Frame(frame) = unpacked {
            marks.push(mark(&frame.data));
        }
    }
    marks
}

/// The numbers of a track's frames.
pub(super) fn numbers(marks: &[Mark], kind: char) -> Vec<u32> {
    marks.iter().filter(|mark| mark.0 == kind).map(|mark| mark.1).collect()
}

/// Whether these are consecutive.
pub(super) fn is_run(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|pair| pair[0] + 1 == pair[1])
}
