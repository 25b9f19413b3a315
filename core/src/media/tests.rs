//! Tables and properties of the media model.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::time::Instant;

fn packet(at_ms: u64, key: bool, size: usize) -> Packet {
    let data = Bytes::from(vec![0; size]);
    Packet {
        at: Instant::from_millis(at_ms),
        revision: 1,
        kind: Kind::Video,
        key,
        stamp: super::Stamp::default(),
        data,
    }
}

fn limits() -> RingLimits {
    RingLimits {
        gop_cache: true,
        max_lag: Duration::from_secs(3),
        max_bytes: 1000,
        max_age: Duration::from_secs(30),
    }
}

fn take_all(ring: &Ring, cursor: &mut Cursor) -> (Vec<u64>, usize) {
    let (mut times, mut gaps) = (Vec::new(), 0);
    loop {
        match ring.step(cursor) {
            Step::Packet(packet) => times.push(packet.at.as_millis()),
            Step::Gap => gaps += 1,
            Step::Empty => return (times, gaps),
        }
    }
}

#[test]
fn rescale_rounds_to_nearest_and_saturates() {
    assert_eq!(timebase::rescale(1, 90_000, 1000), 0);
    assert_eq!(timebase::rescale(45, 90_000, 1000), 1);
    assert_eq!(timebase::rescale(-45, 90_000, 1000), -1);
    assert_eq!(timebase::rescale(1000, 1000, 44_100), 44_100);
    assert_eq!(timebase::rescale(i64::MAX, 1, 90_000), i64::MAX);
    assert_eq!(timebase::rescale(i64::MIN, 1, 90_000), i64::MIN);
    assert_eq!(timebase::rescale(5, 0, 1000), 0);
}

#[test]
fn a_joiner_starts_at_the_newest_keyframe() {
    let mut ring = Ring::new(limits());
    for (ms, key) in [(0, true), (40, false), (80, true), (120, false)] {
        ring.push(packet(ms, key, 10));
    }
    assert_eq!(take_all(&ring, &mut ring.join()), (vec![80, 120], 0));
    assert_eq!(ring.backlog().map(|p| p.at.as_millis()).collect::<Vec<_>>(), [80, 120]);
}

#[test]
fn without_gop_cache_a_joiner_waits_for_the_next_keyframe() {
    let mut ring = Ring::new(RingLimits { gop_cache: false, ..limits() });
    ring.push(packet(0, true, 10));
    let mut cursor = ring.join();
    ring.push(packet(40, false, 10));
    assert!(!ring.is_behind(cursor));
    assert_eq!(take_all(&ring, &mut cursor), (vec![], 0));
    ring.push(packet(80, true, 10));
    assert!(ring.is_behind(cursor));
    ring.push(packet(120, false, 10));
    assert_eq!(take_all(&ring, &mut cursor), (vec![80, 120], 0));
}

#[test]
fn a_slow_viewer_is_moved_to_the_newest_keyframe() {
    let mut ring = Ring::new(limits());
    ring.push(packet(0, true, 10));
    let mut cursor = ring.join();
    for ms in (40..10_000).step_by(40) {
        ring.push(packet(ms, ms % 2000 == 0, 1));
    }
    let (times, gaps) = take_all(&ring, &mut cursor);
    assert_eq!(gaps, 1);
    assert_eq!(times.first(), Some(&8000));
    assert_eq!(times.last(), Some(&9960));
}

#[test]
fn whole_gops_are_kept_while_a_viewer_may_be_in_them() {
    let mut ring = Ring::new(limits());
    for ms in (0..6000).step_by(1000) {
        ring.push(packet(ms, true, 10));
    }
    // 5000 is the newest: viewers may lag to 2000; the GOP at 2000 covers that.
    assert_eq!(ring.len(), 4);
}

#[test]
fn bytes_are_bounded_even_without_any_keyframe() {
    let mut ring = Ring::new(limits());
    let mut waiting = ring.join();
    for ms in 0..50 {
        ring.push(packet(ms, false, 100));
        assert!(ring.bytes() <= 1000);
    }
    // Nobody waits for a keyframe that never comes.
    assert_eq!(take_all(&ring, &mut waiting).0, [49]);
    let mut joiner = ring.join();
    ring.push(packet(50, false, 100));
    assert_eq!(take_all(&ring, &mut joiner).0, [50]);
    // Once one comes, it is where joiners start.
    ring.push(packet(51, true, 100));
    ring.push(packet(52, false, 100));
    assert_eq!(take_all(&ring, &mut ring.join()).0, [51, 52]);
}

#[test]
fn one_packet_larger_than_the_limit_is_still_delivered() {
    let mut ring = Ring::new(limits());
    ring.push(packet(0, true, 5000));
    assert_eq!(take_all(&ring, &mut ring.join()).0, [0]);
}

#[test]
fn a_gap_moves_everybody_on() {
    let mut ring = Ring::new(limits());
    ring.push(packet(0, true, 1));
    let mut cursor = ring.join();
    take_all(&ring, &mut cursor);
    ring.gap();
    ring.push(packet(80, true, 1));
    assert_eq!(take_all(&ring, &mut cursor), (vec![80], 1));
}

#[test]
fn a_sealed_ring_serves_those_in_it_but_no_joiner() {
    let mut ring = Ring::new(limits());
    ring.push(packet(0, true, 1));
    let mut inside = ring.join();
    ring.push(packet(40, false, 1));
    ring.seal();
    let mut joiner = ring.join();
    assert_eq!(take_all(&ring, &mut joiner), (vec![], 0));
    assert_eq!(take_all(&ring, &mut inside), (vec![0, 40], 0));
    ring.push(packet(80, true, 1));
    assert_eq!(take_all(&ring, &mut joiner), (vec![80], 0));
    assert_eq!(take_all(&ring, &mut inside), (vec![80], 0));
}

proptest! {
    /// A viewer that steps after every push sees every packet once it has seen a keyframe; any viewer sees times that
    /// only grow, and what follows a gap is a keyframe.
    #[test]
    fn viewers_never_see_packets_twice_or_out_of_order(
        pushes in prop::collection::vec((0u64..500, prop::bool::weighted(0.2), 1usize..200, prop::bool::weighted(0.1)), 1..200)
    ) {
        let mut ring = Ring::new(limits());
        let (mut keen, mut lazy) = (ring.join(), ring.join());
        let (mut now, mut keen_seen, mut lazy_seen, mut pushed) = (0, Vec::new(), Vec::new(), Vec::new());
        for (step, key, size, lazy_steps) in pushes {
            now += step + 1;
            ring.push(packet(now, key, size));
            pushed.push(now);
            let (times, gaps) = take_all(&ring, &mut keen);
            prop_assert_eq!(gaps, 0);
            keen_seen.extend(times);
            if lazy_steps {
                lazy_seen.extend(take_all(&ring, &mut lazy).0);
            }
            prop_assert!(ring.bytes() <= 1000 || ring.len() == 1);
        }
        prop_assert!(pushed.ends_with(&keen_seen));
        prop_assert!(lazy_seen.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

fn track(id: u8, codec: Codec) -> Track {
    Track::new(TrackId(id), 0, codec, 1000)
}

fn frame(track: &Track, dts: i64, cts: i32) -> Frame {
    Frame { track: track.id, dts, cts, offset_ns: 0, key: true, data: Bytes::new() }
}

/// Feeds `(track, dts)` with 20 ms between arrivals; returns the repaired DTS.
fn repaired(timeline: &mut Timeline, tracks: &[Track; 2], input: &[(usize, i64)]) -> Vec<i64> {
    let mut at = Instant::ZERO;
    let mut out = Vec::new();
    for &(index, dts) in input {
        at += Duration::from_millis(20);
        let mut one = frame(&tracks[index], dts, 0);
        timeline.repair(at, &tracks[index], &mut one);
        out.push(one.dts);
    }
    out
}

fn av() -> [Track; 2] {
    [track(0, Codec::H264), track(1, Codec::Aac)]
}

#[test]
fn sound_time_is_left_alone() {
    let input = [(0, 0), (1, 5), (0, 40), (1, 28), (0, 80), (1, 51), (0, 80), (0, 4000)];
    assert_eq!(repaired(&mut Timeline::new(None), &av(), &input), [0, 5, 40, 28, 80, 51, 80, 4000]);
}

#[test]
fn a_jump_keeps_the_offset_between_tracks() {
    for jump in [3_600_000, -3_600_000, i64::from(u32::MAX)] {
        let base = 4_000_000;
        let far = base + jump;
        let input = [
            (0, base),
            (1, base + 10),
            (0, base + 40),
            (0, far + 80),
            (1, base + 33),
            (1, far + 90),
            (0, far + 120),
        ];
        let out = repaired(&mut Timeline::new(None), &av(), &input);
        let resumed = base + 40 + 20;
        assert_eq!(
            out,
            [base, base + 10, base + 40, resumed, base + 33, resumed + 10, resumed + 40],
            "jump of {jump} ms"
        );
    }
}

#[test]
fn small_steps_back_are_held_and_pts_is_kept() {
    let [video, _] = av();
    let mut timeline = Timeline::new(None);
    let mut first = frame(&video, 100, 0);
    timeline.repair(Instant::from_millis(1), &video, &mut first);
    let mut second = frame(&video, 60, 80);
    assert_eq!(timeline.repair(Instant::from_millis(2), &video, &mut second), Repair::Held(40));
    assert_eq!((second.dts, second.pts()), (100, 140));
}

#[test]
fn a_pause_that_the_clock_confirms_is_no_jump() {
    let [video, _] = av();
    let mut timeline = Timeline::new(None);
    timeline.repair(Instant::from_millis(0), &video, &mut frame(&video, 0, 0));
    let mut late = frame(&video, 60_000, 0);
    assert_eq!(timeline.repair(Instant::from_millis(60_000), &video, &mut late), Repair::None);
    assert_eq!(late.dts, 60_000);
}

#[test]
fn a_returning_publisher_continues_the_time() {
    let tracks = av();
    let mut timeline = Timeline::new(None);
    repaired(&mut timeline, &tracks, &[(0, 7_000), (1, 7_010)]);
    let mut again = Timeline::new(timeline.resume_point());
    assert_eq!(repaired(&mut again, &tracks, &[(1, 30), (0, 0), (0, 40)]), [7_030, 7_010, 7_040]);
}

proptest! {
    /// Whatever a publisher sends, every track's DTS never goes back and PTS is never before DTS unless it came so.
    #[test]
    fn dts_never_goes_back(input in prop::collection::vec((0usize..2, any::<i32>(), 0i32..200), 1..100)) {
        let tracks = av();
        let mut timeline = Timeline::new(None);
        let mut last = [i64::MIN; 2];
        for (n, (index, dts, cts)) in input.into_iter().enumerate() {
            let mut one = frame(&tracks[index], i64::from(dts), cts);
            timeline.repair(Instant::from_millis(n as u64 * 20), &tracks[index], &mut one);
            prop_assert!(one.dts >= last[index]);
            prop_assert!(one.cts >= 0);
            last[index] = one.dts;
        }
    }
}
