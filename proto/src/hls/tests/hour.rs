//! An hour of MPEG-TS in HLS, and clocks that are about to begin anew.

use rtmpd_core::media::{Frame, TrackId};

use crate::container::ts::{Demuxed, Demuxer};
use crate::hls::{HlsPackager, INDEX};
use crate::segment::tests::ledger::Ledger;
use crate::segment::tests::stage::{AUDIO, Hall, Shape, VIDEO, key, settings};

/// What the muxer adds to all times.
const DELAY: i64 = 63_000;
const WRAP: i64 = 1 << 33;

struct Watched {
    hall: Hall<HlsPackager>,
    ledger: Ledger,
}

impl Watched {
    fn new() -> Self {
        Self { hall: Hall::new(HlsPackager::new(settings(), &key())), ledger: Ledger::default() }
    }

    fn play(&mut self, shape: Shape, from: i64, to: i64) {
        self.hall.play(shape, from, to);
        self.read();
    }

    fn read(&mut self) {
        for (name, text) in std::mem::take(&mut self.hall.texts) {
            if &*name == INDEX {
                self.ledger.read(&text);
            }
        }
    }

    fn end(&mut self) {
        self.hall.end();
        self.read();
    }
}

fn demux(hall: &Hall<HlsPackager>) -> Vec<Frame> {
    let mut demuxer = Demuxer::new();
    let mut frames = Vec::new();
    let mut drain = |demuxer: &mut Demuxer| {
        while let Some(demuxed) = demuxer.pull() {
            match demuxed {
                Demuxed::Frame(frame) => frames.push(frame),
                Demuxed::Tracks(_) => {}
                Demuxed::Note(note) => panic!("{}", note.text),
            }
        }
    };
    for (_, data) in hall.segments("", ".ts") {
        demuxer.push(&data);
        drain(&mut demuxer);
    }
    demuxer.finish();
    drain(&mut demuxer);
    let counts = demuxer.counts();
    assert_eq!((counts.gaps, counts.lost_units, counts.bad_sections), (0, 0, 0), "{counts:?}");
    frames
}

/// The frames of a track come back, in order, at their times modulo 33 bits.
fn assert_same(shape: Shape, found: &[Frame], (from, to): (i64, i64), track: TrackId) {
    let is_video = track == VIDEO;
    // The demuxer numbers tracks in its own way: what is in them tells them apart.
    let mine = found.iter().filter(|frame| frame.data.windows(6).any(|piece| piece == b"!sound") != is_video);
    let sent: Vec<Frame> = shape.frames(from, to).filter(|frame| frame.track == track).collect();
    let mine: Vec<&Frame> = mine.collect();
    assert_eq!(mine.len(), sent.len());
    for (found, sent) in mine.iter().zip(&sent) {
        let number = if is_video { &sent.data[7..] } else { &sent.data[..] };
        assert!(found.data.ends_with(number), "{found:?} is not {sent:?}");
        let ticks = rtmpd_core::media::timebase::rescale(sent.pts(), shape.clock, 90_000) + DELAY;
        let off = (found.pts() - ticks).rem_euclid(WRAP);
        assert!(off <= 2 || off >= WRAP - 2, "{found:?} is not {sent:?}: off by {off}");
    }
    let is_continuous = mine.windows(2).all(|pair| pair[0].dts < pair[1].dts);
    assert!(is_continuous, "times do not rise");
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
            60..120 => early = early.max(watched.hall.names.len()),
            3600.. => late = late.max(watched.hall.names.len()),
            _ => {}
        }
    }
    watched.end();
    assert_eq!(early, late, "what can be fetched does not grow");
    let ledger = &watched.ledger;
    assert!(ledger.ended && ledger.is_gapless());
    assert!((ledger.length() - 3700.0).abs() <= 0.04, "{} s", ledger.length());
    assert!(ledger.entries.values().all(|entry| entry.discontinuities == 0));
    let listed: Vec<u64> = ledger.entries.keys().copied().collect();
    let made: Vec<u64> = watched.hall.segments("", ".ts").iter().map(|(number, _)| *number).collect();
    assert_eq!(listed, made);
    let frames = demux(&watched.hall);
    assert_same(shape, &frames, (0, 3700), VIDEO);
    assert_same(shape, &frames, (0, 3700), AUDIO);
}

#[test]
fn clocks_that_begin_anew() {
    let origins = [
        (1000, (1 << 32) - 30_000),
        (1000, (1 << 31) - 30_000),
        (90_000, (1 << 33) - 30 * 90_000 - 63_000),
        (90_000, (1 << 32) - 30 * 90_000),
        (48_000, (1 << 32) - 30 * 48_000),
        (1000, (1 << 33) / 90 - 30_000),
    ];
    for (clock, origin) in origins {
        let shape = Shape { clock, origin, ..Shape::default() };
        let mut watched = Watched::new();
        watched.hall.start(&shape.description(1));
        watched.play(shape, 0, 61);
        watched.end();
        assert!((watched.ledger.length() - 61.0).abs() <= 0.04, "{} s", watched.ledger.length());
        assert!(watched.ledger.is_gapless());
        let frames = demux(&watched.hall);
        assert_same(shape, &frames, (0, 61), VIDEO);
        assert_same(shape, &frames, (0, 61), AUDIO);
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
    let ledger = &watched.ledger;
    assert!((ledger.length() - 600.0).abs() <= 0.04, "{} s", ledger.length());
    assert!(ledger.is_gapless());
    let mut begun = 0.0;
    for entry in ledger.entries.values() {
        let era = (begun + 0.02) as u64 / 30;
        assert_eq!(entry.discontinuities, era, "at {begun} s: {entry:?}");
        begun += entry.duration;
    }
    assert!(watched.hall.names.len() < 130, "{}", watched.hall.names.len());
}

#[test]
fn the_same_revision_again_changes_nothing() {
    let shape = Shape::default();
    let mut watched = Watched::new();
    for second in 0..60 {
        watched.hall.start(&shape.description(1));
        watched.play(shape, second, second + 1);
    }
    watched.end();
    assert!(watched.ledger.entries.values().all(|entry| entry.discontinuities == 0));
    assert!((watched.ledger.length() - 60.0).abs() <= 0.04);
}
