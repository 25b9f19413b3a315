//! A stream to be cut: frames that can be told apart, on any clock, and a shelf that is kept as the server keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::timebase::rescale;
use rtmpd_core::media::{Codec, Description, Frame, Packager, Shelf, Shelved, Track, TrackId};
use rtmpd_core::{Instant, StreamKey, WallClock};

use crate::codec::{aac, h264};
use crate::segment::Settings;

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0a, 0xac, 0xd9, 0x42, 0xc4, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
    0x00, 0x05, 0x03, 0xc4, 0x89, 0x65, 0x80,
];
const PPS: &[u8] = &[0x68, 0xef, 0x83, 0x9c, 0xb0];

/// 2024-06-01T12:00:00Z.
pub(crate) const NOON: u64 = 1_717_243_200_000_000;
pub(crate) const VIDEO: TrackId = TrackId(1);
pub(crate) const AUDIO: TrackId = TrackId(101);

/// What a stream is like.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) fps: i64,
    /// Frames of a GOP.
    pub(crate) gop: i64,
    /// Ticks per second of all times.
    pub(crate) clock: u32,
    /// Where time begins, in ticks.
    pub(crate) origin: i64,
    pub(crate) has_video: bool,
    pub(crate) has_audio: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { fps: 25, gop: 50, clock: 1000, origin: 0, has_video: true, has_audio: true }
    }
}

impl Shape {
    pub(crate) fn description(&self, revision: u32) -> Description {
        let mut tracks = Vec::new();
        if self.has_video {
            let config = h264::write_record(&[SPS, PPS]).unwrap();
            let track = Track::new(VIDEO, 0, Codec::H264, self.clock);
            tracks.push(Track { config, width: 176, height: 144, ..track });
        }
        if self.has_audio {
            let config =
                aac::Config { object_type: 2, sample_rate: 48_000, channel_config: 2, extension: None };
            let track = Track::new(AUDIO, 0, Codec::Aac, self.clock);
            tracks.push(Track { config: config.write(), sample_rate: 48_000, channels: 2, ..track });
        }
        Description { revision, tracks, metadata: None }
    }

    /// Picture number `n`.
    pub(crate) fn picture(&self, n: i64) -> Frame {
        let key = n % self.gop == 0;
        let mut unit = vec![if key { 0x65 } else { 0x41 }, 0x88, 0x84];
        unit.extend(format!("{n:08x}").bytes());
        let mut data = (unit.len() as u32).to_be_bytes().to_vec();
        data.extend(unit);
        let dts = self.origin + rescale(n * i64::from(self.clock), self.fps as u32, 1);
        Frame { track: VIDEO, dts, cts: 0, offset_ns: 0, key, data: data.into() }
    }

    /// Frame of sound number `n`.
    pub(crate) fn sound(&self, n: i64) -> Frame {
        let dts = self.origin + rescale(n * 1024, 48_000, self.clock);
        let data = Bytes::from(format!("!sound{n:08x}"));
        Frame { track: AUDIO, dts, cts: 0, offset_ns: 0, key: true, data }
    }

    /// All frames from one second to another, in the order of their times.
    pub(crate) fn frames(self, from: i64, to: i64) -> impl Iterator<Item = Frame> {
        let (mut picture, last_picture) = (from * self.fps, to * self.fps);
        let (mut sound, last_sound) = ((from * 48_000 + 1023) / 1024, (to * 48_000 + 1023) / 1024);
        if !self.has_video {
            picture = last_picture;
        }
        if !self.has_audio {
            sound = last_sound;
        }
        std::iter::from_fn(move || {
            let next_picture = (picture < last_picture).then(|| self.picture(picture));
            let next_sound = (sound < last_sound).then(|| self.sound(sound));
            match (next_picture, next_sound) {
                (Some(frame), Some(other)) if other.dts < frame.dts => {
                    sound += 1;
                    Some(other)
                }
                (Some(frame), _) => {
                    picture += 1;
                    Some(frame)
                }
                (None, other) => {
                    sound += 1;
                    other
                }
            }
        })
    }
}

pub(crate) fn key() -> StreamKey {
    StreamKey::new("live", "a/stream").unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings { wall: WallClock::new(NOON), ..Settings::default() }
}

/// A packager and all that can be fetched of what it makes.
pub(crate) struct Hall<P: Packager> {
    pub(crate) packager: P,
    pub(crate) shelf: Shelf,
    /// All names on the shelf.
    pub(crate) names: BTreeSet<Arc<str>>,
    /// Objects as they were when they became whole, even if they are gone since.
    pub(crate) whole: BTreeMap<Arc<str>, Bytes>,
    growing: BTreeMap<Arc<str>, Vec<u8>>,
    /// Texts of playlists and manifests that were put since this was last emptied: names and texts.
    pub(crate) texts: Vec<(Arc<str>, String)>,
}

impl<P: Packager> Hall<P> {
    pub(crate) fn new(packager: P) -> Self {
        Self {
            packager,
            shelf: Shelf::default(),
            names: BTreeSet::new(),
            whole: BTreeMap::new(),
            growing: BTreeMap::new(),
            texts: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, description: &Description) {
        self.packager.start(description);
        self.collect();
    }

    pub(crate) fn push(&mut self, now: Instant, frame: &Frame) {
        self.packager.tick(now);
        self.packager.push(frame, &mut Vec::new());
        self.collect();
    }

    /// Pushes all frames, each at its own time.
    pub(crate) fn play(&mut self, shape: Shape, from: i64, to: i64) {
        for frame in shape.frames(from, to) {
            self.push(at(&shape, &frame), &frame);
        }
    }

    pub(crate) fn leave(&mut self) {
        self.packager.publisher_left();
        self.collect();
    }

    pub(crate) fn end(&mut self) {
        self.packager.stream_ended();
        self.collect();
    }

    /// The newest text of this name.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.whole.get(name).unwrap_or_else(|| panic!("no {name}")).to_vec()).unwrap()
    }

    fn collect(&mut self) {
        let mut changes = Vec::new();
        self.packager.shelve(&mut changes);
        for change in changes {
            match &change {
                Shelved::Put { name, data, .. } => {
                    self.names.insert(Arc::clone(name));
                    self.whole.insert(Arc::clone(name), data.clone());
                    if name.ends_with(".m3u8") || name.ends_with(".mpd") {
                        self.texts.push((Arc::clone(name), String::from_utf8(data.to_vec()).unwrap()));
                    }
                }
                Shelved::Grow { name, data } => {
                    self.names.insert(Arc::clone(name));
                    self.growing.entry(Arc::clone(name)).or_default().extend_from_slice(data);
                }
                Shelved::Seal { name } => {
                    let data = self.growing.remove(name).expect("something was in it");
                    assert!(self.whole.insert(Arc::clone(name), data.into()).is_none(), "{name} twice");
                }
                Shelved::Promise { name } => {
                    self.names.insert(Arc::clone(name));
                }
                Shelved::Drop { name } => {
                    assert!(self.names.remove(name), "{name} is dropped, but was never there");
                }
            }
            self.shelf.apply(change);
        }
    }

    /// All whole segments `PREFIXn.ENDING`, in order.
    pub(crate) fn segments(&self, prefix: &str, ending: &str) -> Vec<(u64, Bytes)> {
        let number = |name: &str| name.strip_prefix(prefix)?.strip_suffix(ending)?.parse::<u64>().ok();
        let mut found: Vec<(u64, Bytes)> =
            self.whole.iter().filter_map(|(name, data)| Some((number(name)?, data.clone()))).collect();
        found.sort_by_key(|(number, _)| *number);
        found
    }
}

/// When a frame comes in: at its own time.
pub(crate) fn at(shape: &Shape, frame: &Frame) -> Instant {
    let micros = rescale(frame.dts - shape.origin, shape.clock, 1_000_000);
    Instant::from_micros(u64::try_from(micros).unwrap())
}
