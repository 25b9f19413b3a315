//! Publishers whose times leap by hours: core puts that right, and what comes of it can be cut.

use rtmpd_core::Instant;
use rtmpd_core::media::{Frame, Resume, Timeline};

use crate::cmaf::CmafPackager;
use crate::hls::{HlsPackager, INDEX};
use crate::segment::tests::ledger::Ledger;
use crate::segment::tests::stage::{AUDIO, Hall, Shape, at, key, settings};

/// Both forms of a stream whose times core has put right.
struct Studio {
    timeline: Timeline,
    packets: Hall<HlsPackager>,
    fragments: Hall<CmafPackager>,
    ledgers: [Ledger; 3],
    shape: Shape,
    revision: u32,
}

impl Studio {
    fn new(shape: Shape) -> Self {
        let mut studio = Self {
            timeline: Timeline::new(None),
            packets: Hall::new(HlsPackager::new(settings(), &key())),
            fragments: Hall::new(CmafPackager::new(settings(), &key())),
            ledgers: Default::default(),
            shape,
            revision: 0,
        };
        studio.start();
        studio
    }

    fn start(&mut self) {
        self.revision += 1;
        self.packets.start(&self.shape.description(self.revision));
        self.fragments.start(&self.shape.description(self.revision));
    }

    fn push(&mut self, now: Instant, mut frame: Frame) {
        let description = self.shape.description(self.revision);
        self.timeline.repair(now, description.track(frame.track).unwrap(), &mut frame);
        self.packets.push(now, &frame);
        self.fragments.push(now, &frame);
        self.read();
    }

    /// Plays so many seconds, of which times say that they are `leap` seconds later than they are.
    fn play(&mut self, from: i64, to: i64, leap: i64) {
        for mut frame in self.shape.frames(from, to) {
            let now = at(&self.shape, &frame);
            frame.dts += leap * i64::from(self.shape.clock);
            self.push(now, frame);
        }
    }

    fn read(&mut self) {
        let texts = self.packets.texts.drain(..).chain(self.fragments.texts.drain(..));
        for (name, text) in texts {
            match &*name {
                INDEX if text.contains("#EXTINF") => self.ledgers[0].read(&text),
                "v0.m3u8" => self.ledgers[1].read(&text),
                "a0.m3u8" => self.ledgers[2].read(&text),
                _ => {}
            }
        }
    }

    fn end(&mut self) {
        self.packets.end();
        self.fragments.end();
        self.read();
    }
}

#[test]
fn times_that_leap() {
    for clock in [1000, 90_000] {
        let mut studio = Studio::new(Shape { clock, ..Shape::default() });
        for (round, leap) in [0, 7200, -7200, 30, -30, 90_000, 0].into_iter().enumerate() {
            let from = round as i64 * 20;
            studio.play(from, from + 20, leap);
        }
        studio.end();
        for ledger in &studio.ledgers {
            assert!((ledger.length() - 140.0).abs() < 1.0, "{} s", ledger.length());
            assert!(ledger.is_gapless() && ledger.ended);
            assert!(ledger.target <= 6, "{}", ledger.target);
        }
        assert!(studio.packets.names.len() < 150 && studio.fragments.names.len() < 300);
    }
}

#[test]
fn publishers_that_return_with_another_clock() {
    let shape = Shape { clock: 1000, ..Shape::default() };
    let mut studio = Studio::new(shape);
    studio.play(0, 20, 50_000);
    for round in 1..5 {
        studio.packets.leave();
        studio.fragments.leave();
        let Resume { end_ms } = studio.timeline.resume_point().unwrap();
        studio.timeline = Timeline::new(Some(Resume { end_ms }));
        studio.start();
        studio.play(round * 20, (round + 1) * 20, -round * 3600);
    }
    studio.end();
    for ledger in &studio.ledgers {
        assert!((ledger.length() - 100.0).abs() < 1.0, "{} s", ledger.length());
        assert_eq!(ledger.entries.values().next_back().unwrap().discontinuities, 4);
    }
}

#[test]
fn frames_hours_apart() {
    let shape = Shape { clock: 1000, gop: 1, ..Shape::default() };
    let mut studio = Studio::new(shape);
    for hour in 0..5_i64 {
        let mut picture = shape.picture(hour);
        picture.dts = hour * 3_600_000;
        let now = Instant::from_millis(hour as u64 * 3_600_000);
        let mut sound = shape.sound(hour);
        sound.dts = picture.dts + 5;
        studio.push(now, picture);
        studio.push(now, sound);
    }
    studio.play(5 * 3600, 5 * 3600 + 30, 0);
    studio.end();
    assert!(studio.ledgers.iter().all(|ledger| ledger.ended && ledger.is_gapless()));
    // Fragments say how long a frame lasts, and that is not hours.
    assert!(studio.ledgers[1].target <= 10, "{}", studio.ledgers[1].target);
}

#[test]
fn pictures_that_stay_away_for_a_while() {
    for clock in [1000, 90_000] {
        let shape = Shape { clock, ..Shape::default() };
        let mut studio = Studio::new(shape);
        let away = 12 * i64::from(clock)..34 * i64::from(clock);
        for frame in shape.frames(0, 60) {
            if frame.track == AUDIO || !away.contains(&frame.dts) {
                studio.push(at(&shape, &frame), frame);
            }
        }
        studio.end();
        let [packets, video, audio] = &studio.ledgers;
        for ledger in [packets, audio] {
            assert!((ledger.length() - 60.0).abs() <= 0.1, "{} s", ledger.length());
        }
        // The last picture stands for ten seconds; then there is a gap.
        assert!((video.length() - 48.0).abs() <= 0.1, "{} s", video.length());
        assert!(studio.ledgers.iter().all(|ledger| ledger.ended && ledger.is_gapless()));
        assert!(studio.ledgers.iter().all(|ledger| ledger.target <= 15));
    }
}
