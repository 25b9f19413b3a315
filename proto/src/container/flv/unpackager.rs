//! Tag bodies → tracks, frames and notes, for whoever receives FLV: an RTMP publisher's connection, our own RTMP
//! player, an FLV reader.
//!
//! Specs: see [`super`]. The first tracks are held back until all that the stream will have are known: what metadata
//! or an empty sequence header promises is waited for, at most 1 s of media or clock time, 512 frames or 8 MiB; without a promise the first frame
//! decides, because encoders send their sequence headers before it. Tracks that appear later make a new description.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Kind, Metadata};
use rtmpd_core::{Error, Instant, Note};

use super::hold::{Hold, Promise};
use super::part::{Content, Part};
use super::script::{self, Script};
use super::tracks::{MAX_INDEX, SCRIPT, Tracks};
use super::{DEFAULT_H265_ID, TagType, parse_audio, parse_video};
use crate::codec::{Sound, nal};

/// How bodies are to be read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The classic codec id that stands for H.265.
    pub h265_id: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { h265_id: DEFAULT_H265_ID }
    }
}

/// What comes out.
#[derive(Clone, PartialEq, Debug)]
pub enum Unpacked {
    /// The tracks from here on; before the first frame and whenever they or the metadata change.
    Tracks(Arc<Description>),
    /// The next frame. Its track is in the latest description; times are ms.
    Frame(Frame),
    /// For the log.
    Note(Note),
}

/// Remarks that are made once.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Remark {
    Unsupported(Kind),
    NoHeader(Kind),
    Ignored(&'static str),
    BadScript,
    BadLengths,
}

/// See the module's text.
#[derive(Debug)]
pub struct Unpackager {
    settings: Settings,
    tracks: Tracks,
    metadata: Option<Arc<Metadata>>,
    promise: Promise,
    /// `None` once the first tracks were given out.
    hold: Option<Hold>,
    /// The tracks or the metadata differ from what was given out.
    changed: bool,
    remarks: BTreeSet<Remark>,
    parts: Vec<Part>,
    out: VecDeque<Unpacked>,
}

impl Default for Unpackager {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Unpackager {
    /// An unpackager at the start of a stream.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            tracks: Tracks::default(),
            metadata: None,
            promise: Promise::default(),
            hold: Some(Hold::default()),
            changed: true,
            remarks: BTreeSet::new(),
            parts: Vec::new(),
            out: VecDeque::new(),
        }
    }

    /// Takes a tag body. `timestamp_ms` is already unwrapped to 64 bits. Empty bodies are passed over.
    ///
    /// # Errors
    /// When a sound or picture body is malformed. Script data that cannot be read is passed over with a note.
    pub fn push(&mut self, now: Instant, tag: TagType, timestamp_ms: i64, body: Bytes) -> Result<(), Error> {
        let mut parts = std::mem::take(&mut self.parts);
        parts.clear();
        let kind = match tag {
            TagType::Script => {
                self.script(now, timestamp_ms, &body);
                Kind::Data
            }
            TagType::Video => {
                parse_video(&body, self.settings.h265_id, &mut parts)?;
                Kind::Video
            }
            TagType::Audio => {
                parse_audio(&body, &mut parts)?;
                Kind::Audio
            }
        };
        for part in parts.drain(..) {
            self.part(now, kind, timestamp_ms, part)?;
        }
        self.parts = parts;
        self.open_if_ready(now);
        Ok(())
    }

    /// What comes next, or `None` until the next input.
    pub fn poll(&mut self) -> Option<Unpacked> {
        self.out.pop_front()
    }

    /// When [`Self::handle_timeout`] is wanted.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.hold.as_ref().and_then(Hold::deadline)
    }

    /// Stops waiting for tracks when their time is over.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.open_if_ready(now);
    }

    /// The publisher ended: frames still held come out. For streams shorter than the wait.
    pub fn finish(&mut self) {
        self.open();
    }

    fn part(&mut self, now: Instant, kind: Kind, dts: i64, part: Part) -> Result<(), Error> {
        let Part { index, offset_ns, content } = part;
        if index > MAX_INDEX {
            self.remark(Remark::Unsupported(kind), &format!("track id {index} (at most {MAX_INDEX})"));
            return Ok(());
        }
        match content {
            Content::Config { codec, data } => {
                if self.tracks.differs(codec, index, &data) {
                    // What is held belongs to the old header.
                    self.open_if_held();
                }
                self.changed |= self.tracks.configure(codec, index, &data)?;
                if data.is_empty() && codec == Codec::H264 {
                    self.remark(Remark::Ignored("empty H.264 sequence header"), "");
                }
            }
            Content::Frame { codec, key, cts, data, hint } => {
                self.observe(codec, index, &data, hint);
                let frame = Frame { track: SCRIPT, dts, cts, offset_ns, key, data };
                self.frame(now, codec, index, frame);
            }
            Content::Channels(count) => self.changed |= self.tracks.set_channels(index, count),
            Content::End => {}
            Content::Ignored(what) => self.remark(Remark::Ignored(what), ""),
            Content::Unsupported(what) => {
                match kind {
                    Kind::Audio => self.promise.audio = false,
                    Kind::Video => self.promise.video = false,
                    Kind::Data => {}
                }
                self.remark(Remark::Unsupported(kind), &what);
            }
        }
        Ok(())
    }

    fn observe(&mut self, codec: Codec, index: u8, data: &[u8], hint: Option<Sound>) {
        if !data.is_empty() {
            self.changed |= self.tracks.observe(codec, index, data, hint);
        }
    }

    fn frame(&mut self, now: Instant, codec: Codec, index: u8, mut frame: Frame) {
        if frame.data.is_empty() {
            return;
        }
        let found = self.tracks.find(codec.kind(), index).filter(|entry| entry.track.codec == codec);
        let Some(entry) = found else {
            return self.remark(Remark::NoHeader(codec.kind()), codec.name());
        };
        frame.track = entry.track.id;
        if entry.length_size != 4 && matches!(codec, Codec::H264 | Codec::H265) {
            let Some(data) = nal::widen(&frame.data, entry.length_size) else {
                return self.remark(Remark::BadLengths, codec.name());
            };
            frame.data = data;
        }
        if let Some(hold) = &mut self.hold {
            hold.has_media = true;
        }
        self.give(now, frame);
    }

    fn script(&mut self, now: Instant, dts: i64, body: &Bytes) {
        if body.is_empty() {
            return;
        }
        let data = match script::parse(body) {
            Ok(Script::Metadata(metadata, data)) => {
                let is_first = self.hold.is_some();
                self.promise = Promise::of(&metadata);
                self.metadata = Some(Arc::new(metadata));
                self.changed = true;
                if is_first {
                    return;
                }
                data
            }
            Ok(Script::Other(data)) => data,
            Ok(Script::Clear) => return,
            Err(error) => return self.remark(Remark::BadScript, &error.to_string()),
        };
        self.give(now, Frame { track: SCRIPT, dts, cts: 0, offset_ns: 0, key: true, data });
    }

    fn give(&mut self, now: Instant, frame: Frame) {
        if let Some(hold) = &mut self.hold {
            return hold.push(now, frame);
        }
        self.describe();
        self.out.push_back(Unpacked::Frame(frame));
    }

    fn open_if_ready(&mut self, now: Instant) {
        let Some(hold) = &self.hold else { return };
        let kept = self.tracks.are_settled()
            && (!self.promise.audio || self.tracks.has(Kind::Audio))
            && (!self.promise.video || self.tracks.has(Kind::Video));
        if hold.has_media && kept || hold.is_over(now) {
            self.open();
        }
    }

    fn open_if_held(&mut self) {
        if self.hold.as_ref().is_some_and(|hold| hold.has_media) {
            self.open();
        }
    }

    fn open(&mut self) {
        let Some(mut hold) = self.hold.take() else { return };
        let frames = hold.take();
        if frames.is_empty() {
            return;
        }
        self.describe();
        self.out.extend(frames.into_iter().map(Unpacked::Frame));
    }

    fn describe(&mut self) {
        if std::mem::take(&mut self.changed) {
            let description = Description { metadata: self.metadata.clone(), ..self.tracks.describe() };
            self.out.push_back(Unpacked::Tracks(Arc::new(description)));
        }
    }

    fn remark(&mut self, remark: Remark, detail: &str) {
        if !self.remarks.insert(remark) {
            return;
        }
        let note = match remark {
            Remark::Unsupported(_) => Note::warn(format!("{detail} is not carried: left out")),
            Remark::NoHeader(kind) => Note::info(format!(
                "{kind:?} frames ({detail}) have no sequence header before them: left out"
            )),
            Remark::Ignored(what) => Note::debug(format!("{what} passed over")),
            Remark::BadScript => Note::info(format!("script data passed over: {detail}")),
            Remark::BadLengths => Note::warn(format!("{detail} frame with wrong NAL unit lengths left out")),
        };
        self.out.push_back(Unpacked::Note(note));
    }
}
