//! An hour of fragments, and clocks that are about to begin anew.

use rtmpd_core::media::timebase::rescale;
use rtmpd_core::media::{Frame, TrackId};

use crate::cmaf::CmafPackager;
use crate::container::mp4::{Fragments, Piece};
use crate::segment::tests::ledger::Ledger;
use crate::segment::tests::stage::{AUDIO, Hall, Shape, VIDEO, key, settings};

struct Watched {
    hall: Hall<CmafPackager>,
    video: Ledger,
    audio: Ledger,
}

impl Watched {
    fn new() -> Self {
        let hall = Hall::new(CmafPackager::new(settings(), &key()));
        Self { hall, video: Ledger::default(), audio: Ledger::default() }
    }

    fn play(&mut self, shape: Shape, from: i64, to: i64) {
        self.hall.play(shape, from, to);
        self.read();
    }

    fn read(&mut self) {
        for (name, text) in std::mem::take(&mut self.hall.texts) {
            match &*name {
                "v0.m3u8" => self.video.read(&text),
                "a0.m3u8" => self.audio.read(&text),
                _ => {}
            }
        }
    }

    fn end(&mut self) {
        self.hall.end();
        self.read();
    }

    /// All frames of a track, by the segments and initialisations that its playlist listed.
    fn frames(&self, ledger: &Ledger) -> Vec<Frame> {
        let (mut fragments, mut map, mut frames) = (Fragments::new(), None, Vec::new());
        for entry in ledger.entries.values() {
            let object = |name: &str| self.hall.whole.get(name).unwrap_or_else(|| panic!("no {name}"));
            if map != entry.map {
                map.clone_from(&entry.map);
                fragments.push(object(map.as_deref().unwrap()));
            }
            fragments.push(object(&entry.uri));
            while let Some(piece) = fragments.poll().unwrap() {
                match piece {
                    Piece::Tracks(tracks) => assert_eq!(tracks.len(), 1),
                    Piece::Frame(frame) => frames.push(frame),
                }
            }
        }
        frames
    }
}

/// The frames of a track come back in order: pictures at their own times, sound without a gap.
fn assert_same(shape: Shape, found: &[Frame], (from, to): (i64, i64), track: TrackId) {
    let sent: Vec<Frame> = shape.frames(from, to).filter(|frame| frame.track == track).collect();
    assert_eq!(found.len(), sent.len());
    let scale = if track == VIDEO { 90_000 } else { 48_000 };
    let first = found.first().unwrap().dts;
    for (place, (found, sent)) in found.iter().zip(&sent).enumerate() {
        assert_eq!(found.data, sent.data);
        assert_eq!(found.key, sent.key);
        let dts =
            if track == VIDEO { rescale(sent.dts, shape.clock, scale) } else { first + place as i64 * 1024 };
        assert_eq!(found.dts, dts, "frame {place}");
        assert!((found.dts - rescale(sent.dts, shape.clock, scale)).abs() <= i64::from(scale) / 1000);
    }
}

#[test]
fn an_hour() {
    let shape = Shape::default();
    let mut watched = Watched::new();
    watched.hall.start(&shape.description(1));
    let (mut early, mut late) = (0, 0);
    for second in 0..3700 {
        watched.play(shape, second, second + 1);
        match second {
            120..240 => early = early.max(watched.hall.names.len()),
            3580.. => late = late.max(watched.hall.names.len()),
            _ => {}
        }
    }
    watched.end();
    assert_eq!(early, late, "what can be fetched does not grow");
    for ledger in [&watched.video, &watched.audio] {
        assert!(ledger.ended && ledger.is_gapless());
        assert!((ledger.length() - 3700.0).abs() <= 0.04, "{} s", ledger.length());
        assert!(ledger.entries.values().all(|entry| entry.discontinuities == 0));
    }
    assert!(watched.video.entries.keys().eq(watched.audio.entries.keys()));
    assert_same(shape, &watched.frames(&watched.video), (0, 3700), VIDEO);
    assert_same(shape, &watched.frames(&watched.audio), (0, 3700), AUDIO);
}

#[test]
fn clocks_that_begin_anew() {
    let origins = [
        (1000, (1 << 32) - 30_000),
        (1000, (1 << 31) - 30_000),
        (90_000, (1 << 33) - 30 * 90_000),
        (90_000, (1 << 32) - 30 * 90_000),
        (48_000, (1 << 32) - 30 * 48_000),
    ];
    for (clock, origin) in origins {
        let shape = Shape { clock, origin, ..Shape::default() };
        let mut watched = Watched::new();
        watched.hall.start(&shape.description(1));
        watched.play(shape, 0, 61);
        watched.end();
        for ledger in [&watched.video, &watched.audio] {
            assert!((ledger.length() - 61.0).abs() <= 0.04, "{} s", ledger.length());
            assert!(ledger.is_gapless());
        }
        assert_same(shape, &watched.frames(&watched.video), (0, 61), VIDEO);
        assert_same(shape, &watched.frames(&watched.audio), (0, 61), AUDIO);
    }
}

#[test]
fn publishers_that_return() {
    let shape = Shape { clock: 90_000, ..Shape::default() };
    let mut watched = Watched::new();
    for round in 0..20 {
        let from = round * 30;
        watched.hall.start(&shape.description(round as u32 + 1));
        watched.play(shape, from, from + 30);
        // Every other time only the resolution changes.
        if round % 2 == 0 {
            watched.hall.leave();
            watched.read();
        }
    }
    watched.end();
    for ledger in [&watched.video, &watched.audio] {
        assert!((ledger.length() - 600.0).abs() <= 0.5, "{} s", ledger.length());
        assert!(ledger.is_gapless());
        let mut begun = 0.0;
        for entry in ledger.entries.values() {
            let era = (begun + 1.0) as u64 / 30;
            assert_eq!(entry.discontinuities, era, "at {begun} s: {entry:?}");
            assert!(entry.map.as_deref().unwrap().ends_with(&format!("init{}.mp4", era + 1)));
            begun += entry.duration;
        }
    }
    let inits = watched.hall.names.iter().filter(|name| name.contains("init")).count();
    assert!(inits <= 2 * 4, "initialisations go with their segments: {inits}");
    let frames = watched.frames(&watched.video);
    assert_same(shape, &frames, (0, 600), VIDEO);
}

#[test]
fn tracks_that_come_and_go() {
    let both = Shape { clock: 90_000, ..Shape::default() };
    let silent = Shape { has_audio: false, ..both };
    let mut watched = Watched::new();
    let mut most = 0;
    for round in 0..40 {
        let (from, shape) = (round * 30, if round % 2 == 0 { silent } else { both });
        watched.hall.start(&shape.description(round as u32 + 1));
        watched.play(shape, from, from + 30);
        if round == 9 {
            most = watched.hall.names.len();
        }
        if round % 2 == 0 {
            continue;
        }
        // Both tracks count discontinuities alike.
        let video = watched.video.entries.values().next_back().unwrap();
        let audio = watched.audio.entries.values().next_back().unwrap();
        assert_eq!(video.discontinuities, audio.discontinuities, "in round {round}");
        assert_eq!(video.discontinuities, round as u64);
        assert!(watched.video.entries.keys().next_back() == watched.audio.entries.keys().next_back());
        // The next one is another playlist.
        watched.audio = Ledger::default();
    }
    assert_eq!(watched.hall.names.len(), most, "what can be fetched does not grow: {:?}", watched.hall.names);
}
