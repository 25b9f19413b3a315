//! Where segments and parts end.

use std::time::Duration;

use crate::segment::{Cut, Cutter};

const SECOND: i64 = 90_000;

fn cutter(segment: u64) -> Cutter {
    Cutter::new(Duration::from_secs(segment), Duration::from_millis(250))
}

/// Times in ms of the segments' beginnings, of frames `step` ticks apart of which each `gop`th is a keyframe.
fn segments(mut cutter: Cutter, step: i64, gop: i64, seconds: i64) -> Vec<i64> {
    let mut out = Vec::new();
    for n in 0..seconds * SECOND / step {
        match cutter.lead(n * step, n % gop == 0, 100) {
            Some(Cut::Segment) => out.push(n * step / 90),
            None => panic!("it has begun with the first"),
            Some(Cut::None | Cut::Part) => {}
        }
    }
    out
}

#[test]
fn the_first_segments_are_short_and_the_others_are_not_longer_than_they_should_be() {
    assert_eq!(segments(cutter(5), 3600, 25, 30), [2000, 4000, 6000, 11_000, 16_000, 21_000, 26_000]);
    assert_eq!(segments(cutter(5), 3600, 50, 20), [2000, 4000, 6000, 10_000, 14_000, 18_000]);
    assert_eq!(segments(cutter(5).evenly(), 3600, 25, 20), [5000, 10_000, 15_000]);
    // Shorter than the first ones would be.
    assert_eq!(segments(cutter(1), 3600, 25, 5), [1000, 2000, 3000, 4000]);
}

#[test]
fn frames_that_are_rounded_make_no_segment_a_gop_longer() {
    let mut cutter = cutter(4).evenly();
    let mut found = Vec::new();
    // 30 frames a second, in ms: the keyframe after two seconds comes at 2000 or a little before.
    for n in 0..30 * 30_i64 {
        let ms = (n * 1000) / 30 - i64::from(n % 60 == 0);
        if cutter.lead(ms * 90, n % 60 == 0, 100) == Some(Cut::Segment) {
            found.push((ms + 1) / 1000);
        }
    }
    assert_eq!(found, [4, 8, 12, 16, 20, 24, 28]);
}

#[test]
fn a_gop_that_is_longer_than_a_segment_is_one() {
    assert_eq!(segments(cutter(5).evenly(), 3600, 250, 50), [10_000, 20_000, 30_000, 40_000]);
    assert_eq!(segments(cutter(5), 3600, 250, 50), [10_000, 20_000, 30_000, 40_000]);
}

#[test]
fn without_keyframes_it_is_cut_all_the_same() {
    assert_eq!(segments(cutter(5), 3600, i64::MAX, 100), [30_000, 60_000, 90_000]);
    assert_eq!(segments(cutter(10), 3600, i64::MAX, 100), [40_000, 80_000]);
}

#[test]
fn a_segment_has_only_so_many_bytes() {
    let mut cutter = cutter(5);
    let mut cuts = Vec::new();
    for n in 0..100 {
        if cutter.lead(n * 3600, n == 0, 4 << 20) == Some(Cut::Segment) {
            cuts.push(n);
        }
    }
    // 64 MiB and one frame more, whatever their time; sound counts too.
    assert_eq!(cuts, [17, 34, 51, 68, 85]);
    cutter.reset();
    assert_eq!(cutter.lead(0, true, 1), Some(Cut::None));
    assert_eq!(cutter.follow(0, 65 << 20), Some(Cut::None));
    assert_eq!(cutter.lead(3600, false, 1), Some(Cut::Segment));
}

#[test]
fn pictures_that_are_all_keyframes() {
    let found = segments(cutter(5).evenly(), 3600, 1, 21);
    assert_eq!(found, [5000, 10_000, 15_000, 20_000]);
}

#[test]
fn sound_alone() {
    // Frames of 1024 samples at 48 kHz: none is cut too early, so a frame more than five seconds.
    let found = segments(cutter(5).evenly(), 1920, 1, 21);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.windows(2).all(|pair| (4979..=5022).contains(&(pair[1] - pair[0]))), "{found:?}");
    assert!((4979..=5022).contains(&found[0]), "{found:?}");
}

#[test]
fn nothing_begins_without_a_keyframe() {
    let mut cutter = cutter(5);
    assert_eq!(cutter.follow(0, 10), None);
    assert_eq!(cutter.lead(0, false, 10), None);
    assert_eq!(cutter.lead(3600, true, 10), Some(Cut::None));
    assert_eq!(cutter.follow(3600, 10), Some(Cut::None));
    cutter.reset();
    assert_eq!(cutter.follow(7200, 10), None);
    assert_eq!(cutter.lead(7200, false, 10), None);
    assert_eq!(cutter.lead(10_800, true, 10), Some(Cut::None));
}

#[test]
fn a_leader_that_falls_silent_is_not_waited_for() {
    let mut cutter = cutter(5).evenly();
    for n in 0..25 {
        cutter.lead(n * 3600, n == 0, 100);
    }
    let (mut parts, mut segments) = (Vec::new(), Vec::new());
    for n in 0..1000 {
        let dts = 24 * 3600 + n * 1920;
        match cutter.follow(dts, 100) {
            Some(Cut::Part) => parts.push(dts),
            Some(Cut::Segment) => segments.push(dts),
            Some(Cut::None) => {}
            None => panic!("it has begun"),
        }
    }
    assert!(parts.len() > 10, "{parts:?}");
    assert!(parts.windows(2).all(|pair| pair[1] - pair[0] <= 12 * SECOND), "{parts:?}");
    // Twice as long as it should be, and a second for the lead.
    assert_eq!(segments.len(), 2, "{segments:?}");
    assert!((10 * SECOND..=12 * SECOND).contains(&segments[0]), "{segments:?}");
    // It comes back in the middle of a GOP: its part goes on, its keyframe cuts.
    let back = 24 * 3600 + 1000 * 1920;
    assert!(matches!(cutter.lead(back, false, 100), Some(Cut::None | Cut::Part)));
    assert_eq!(cutter.lead(back + 3600, true, 100), Some(Cut::Segment));
}

#[test]
fn times_that_leap_end_nothing_but_the_segment() {
    let mut cutter = cutter(5);
    assert_eq!(cutter.lead(0, true, 1), Some(Cut::None));
    assert_eq!(cutter.lead(7200 * SECOND, false, 1), Some(Cut::Segment));
    assert!(cutter.lead(7200 * SECOND + 3600, false, 1).is_some());
    // Back by hours: core has levelled that before, but nothing breaks.
    assert!(cutter.lead(0, true, 1).is_some());
    assert!(cutter.follow(-7200 * SECOND, 1).is_some());
    assert!(cutter.lead(i64::MAX / 16, true, 1).is_some());
}

proptest::proptest! {
    #[test]
    fn no_segment_is_much_longer_than_it_may_be(
        steps in proptest::collection::vec((1i64..20_000, proptest::bool::weighted(0.05)), 1..2000),
        target in 1u64..12,
    ) {
        let mut cutter = cutter(target);
        let (mut at, mut begun) = (0, None);
        for (step, key) in steps {
            at += step;
            match cutter.lead(at, key, 100) {
                None => proptest::prop_assert!(begun.is_none() && !key),
                Some(Cut::Segment) => begun = Some(at),
                Some(Cut::None | Cut::Part) => {
                    let length = at - *begun.get_or_insert(at);
                    let most = (target as i64 * 4).max(30) * SECOND;
                    proptest::prop_assert!(length < most, "{length}");
                }
            }
        }
    }
}
