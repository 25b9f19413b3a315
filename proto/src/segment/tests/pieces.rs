//! Windows, calendars and samples, one by one.

use bytes::Bytes;
use rtmpd_core::media::{Codec, Frame, Track, TrackId};
use rtmpd_core::{Instant, WallClock};

use super::stage::{AUDIO, NOON, Shape};
use crate::segment::{Calendar, Names, Part, Samples, Settings, Window, first_msn, label, leader};

fn part(duration: i64) -> Part {
    Part { duration, independent: true }
}

#[test]
fn a_window_forgets_what_is_old() {
    let mut window = Window::new(10, 3, 2, 22_500);
    assert!(window.is_new() && window.next_part() == (10, 0) && window.close().is_none());
    let mut gone = Vec::new();
    for number in 0..10 {
        // The first one is never behind a discontinuity.
        assert_eq!(window.open(0, number * 5, 1, number % 2 == 0), 10 + number);
        assert_eq!(window.next_part(), (10 + number, 0));
        window.add(part(180_000), 5, 7);
        assert_eq!(window.next_part(), (10 + number, 1));
        let (msn, old) = window.close().unwrap();
        assert_eq!(msn, 10 + number);
        gone.extend(old.iter().map(|segment| segment.msn));
        assert_eq!(window.next_part(), (11 + number, 0));
        assert_eq!(window.discontinuities(), number / 2);
    }
    assert_eq!(gone, (10..17).collect::<Vec<u64>>());
    let kept: Vec<(u64, bool)> = window.whole().map(|segment| (segment.msn, segment.discontinuity)).collect();
    assert_eq!(kept, [(17, false), (18, true), (19, false)]);
    assert_eq!((0..4).map(|index| window.discontinuities_before(index)).collect::<Vec<_>>(), [3, 3, 4, 4]);
}

#[test]
fn targets_only_rise() {
    let mut window = Window::new(0, 3, 4, 22_500);
    for (ticks, target) in [(90_000, 4), (4 * 90_000 + 44_999, 4), (4 * 90_000 + 45_000, 5), (90_000, 5)] {
        window.open(0, 0, 1, false);
        window.add(part(ticks), 0, 0);
        window.close();
        assert_eq!(window.target(), target);
        assert!(window.part_target() >= ticks);
    }
    assert_eq!(Window::new(0, 0, 0, 1).target(), 1);
}

#[test]
fn objects_of_a_window_are_all_that_was_named() {
    let mut window = Window::new(5, 4, 1, 1);
    let names = Names { prefix: "a0-".into(), ending: "m4s" };
    let of = |window: &Window| window.objects(&names).iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(of(&window), ["a0-5.0.m4s"]);
    window.open(0, 0, 1, false);
    window.add(part(90_000), 0, 0);
    window.add(part(90_000), 0, 0);
    window.close();
    assert_eq!(of(&window), ["a0-5.m4s", "a0-5.0.m4s", "a0-5.1.m4s", "a0-6.m4s", "a0-6.0.m4s"]);
}

#[test]
fn dates_follow_the_stream_and_not_the_network() {
    let mut calendar = Calendar::new(WallClock::new(NOON));
    let noon = NOON as i64;
    let mut date = |ms: u64, dts: i64| {
        calendar.tick(Instant::from_millis(ms));
        calendar.date(dts) - noon
    };
    assert_eq!(date(0, 900_000), 0);
    // A second of the stream, whenever it comes in.
    assert_eq!(date(1400, 990_000), 1_000_000);
    assert_eq!(date(600, 990_000), 1_000_000);
    // More than half a second off: the clock is right.
    assert_eq!(date(2000, 1_034_000), 2_000_000);
    assert_eq!(date(2500, 1_079_000), 2_500_000);
    calendar.reset();
    calendar.tick(Instant::from_millis(9000));
    assert_eq!(calendar.date(0) - noon, 9_000_000);
}

#[test]
fn segments_are_numbered_by_the_time() {
    assert_eq!(first_msn(NOON as i64), 1_717_243_200 - 1_704_067_200);
    // Before 2024 there is no better number.
    assert_eq!(first_msn(0), 0);
    assert_eq!(first_msn(i64::MIN), 0);
}

#[test]
fn leaders_and_labels() {
    let description = Shape::default().description(1);
    let id = |carries: fn(Codec) -> bool| leader(&description, carries).map(|id| id.0);
    assert_eq!(id(|_| true), Some(1));
    assert_eq!(id(|codec| codec == Codec::Aac), Some(101));
    assert_eq!(id(|_| false), None);
    let labels: Vec<String> = description.tracks.iter().map(label).collect();
    assert_eq!(labels, ["v0", "a0"]);
}

#[test]
fn what_hls_and_dash_share_serves_both() {
    let settings = Settings::default();
    assert_eq!(settings.shared_duration(), settings.hls_duration);
    assert_eq!(settings.shared_cache(), 12);
}

fn frame(dts: i64, key: bool) -> Frame {
    Frame { track: TrackId(1), dts, cts: 0, offset_ns: 0, key, data: Bytes::from_static(b"x") }
}

#[test]
fn a_picture_lasts_until_the_next() {
    let mut samples = Samples::new(Track::new(TrackId(1), 0, Codec::H264, 1000));
    assert!(samples.take().is_none() && samples.is_empty());
    for (place, ms) in [0, 33, 67, 100].into_iter().enumerate() {
        samples.complete(ms);
        samples.push(&frame(ms, place == 0));
    }
    let batch = samples.take().unwrap();
    assert_eq!(batch.samples.iter().map(|sample| sample.duration).collect::<Vec<_>>(), [2970, 3060, 2970]);
    assert_eq!((batch.base, batch.length, batch.duration, batch.independent), (0, 9000, 9000, true));
    // One is still held: it lasts as long as the one before.
    assert!(!samples.is_empty());
    samples.finish();
    let batch = samples.take().unwrap();
    assert_eq!((batch.base, batch.length, batch.independent), (9000, 2970, false));
    assert!(samples.is_empty() && samples.take().is_none());
}

#[test]
fn a_picture_lasts_ten_seconds_at_most() {
    let mut samples = Samples::new(Track::new(TrackId(1), 0, Codec::H264, 90_000));
    samples.push(&frame(0, true));
    samples.complete(7200 * 90_000);
    samples.push(&frame(7200 * 90_000, true));
    assert_eq!(samples.take().unwrap().length, 900_000);
    // Times that step back last no time, and nothing overlaps.
    samples.complete(0);
    samples.push(&frame(0, true));
    samples.complete(0);
    let batch = samples.take().unwrap();
    assert_eq!((batch.base, batch.length), (7200 * 90_000, 0));
}

#[test]
fn sound_is_counted_in_samples() {
    let shape = Shape::default();
    let description = shape.description(1);
    let mut samples = Samples::new(description.track(AUDIO).unwrap().clone());
    for n in 0..470 {
        samples.push(&shape.sound(n));
    }
    let batch = samples.take().unwrap();
    assert!(batch.samples.iter().all(|sample| sample.duration == 1024));
    assert_eq!((batch.base, batch.length), (0, 470 * 1024));
    // Half a second is missing: the one before is said to last so long within a fragment, and not beyond it.
    samples.push(&shape.sound(470));
    samples.push(&shape.sound(494));
    let batch = samples.take().unwrap();
    assert_eq!(batch.base, 470 * 1024);
    assert!((batch.length as i64 - 25 * 1024).abs() <= 48, "{}", batch.length);
}
