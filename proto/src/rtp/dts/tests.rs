use proptest::prelude::*;

use super::*;

const RATE: u32 = 90_000;
const STEP: i64 = 3600;

/// Groups of pictures in decoding order, as display numbers within the group, and how far they are reordered.
const PATTERNS: [(&[i64], usize); 8] = [
    (&[0], 0),
    (&[1, 0], 1),
    (&[2, 0, 1], 1),
    (&[3, 0, 1, 2], 1),
    (&[3, 1, 0, 2], 2),             // a pyramid of two floors
    (&[7, 3, 1, 0, 2, 5, 4, 6], 3), // of three
    (&[15, 7, 3, 1, 0, 2, 5, 4, 6, 11, 9, 8, 10, 13, 12, 14], 4),
    (&[4, 2, 0, 1, 3], 2),
];

/// Presentation times of `groups` of a pattern behind a keyframe at 0.
fn presentation(pattern: &[i64], groups: i64) -> Vec<i64> {
    let group = |n: i64| pattern.iter().map(move |at| (1 + n * pattern.len() as i64 + at) * STEP);
    std::iter::once(0).chain((0..groups).flat_map(group)).collect()
}

fn decoding(made: &mut DtsMaker, pts: &[i64]) -> Vec<i64> {
    pts.iter().map(|&pts| made.push(pts)).collect()
}

#[test]
fn told_depths_give_the_encoders_times_from_the_first_picture() {
    for (pattern, depth) in PATTERNS {
        let pts = presentation(pattern, 50);
        let mut made = DtsMaker::new(RATE, Some(depth as u8));
        let dts = decoding(&mut made, &pts);
        // An encoder begins `depth` pictures before the first presentation and decodes one each step.
        let encoders: Vec<i64> = (0..pts.len() as i64).map(|n| (n - depth as i64) * STEP).collect();
        assert_eq!(dts, encoders, "{pattern:?}");
        assert_eq!(usize::from(made.depth()), depth, "nothing was learned");
    }
}

#[test]
fn depths_are_learned_and_settle() {
    for (pattern, depth) in PATTERNS {
        let pts = presentation(pattern, 50);
        let mut made = DtsMaker::new(RATE, None);
        let dts = decoding(&mut made, &pts);
        assert_eq!(usize::from(made.depth()), depth, "{pattern:?}");
        let settled = 2 * pattern.len() + 1;
        for (n, (dts, pts)) in dts.iter().zip(&pts).enumerate() {
            assert!(dts <= pts);
            assert!(n < settled || *dts == (n as i64 - depth as i64) * STEP, "{pattern:?} {n}");
        }
    }
}

#[test]
fn a_depth_that_is_too_large_is_a_constant_offset() {
    let pts = presentation(&[3, 1, 0, 2], 50);
    let dts = decoding(&mut DtsMaker::new(RATE, Some(4)), &pts);
    assert!(dts.iter().enumerate().all(|(n, dts)| *dts == (n as i64 - 4) * STEP));
}

#[test]
fn another_frame_rate_than_the_usual_settles() {
    for step in [750, 1500, 1501, 90_000] {
        let pts: Vec<i64> = presentation(&[3, 1, 0, 2], 50).iter().map(|pts| pts / STEP * step).collect();
        let dts = decoding(&mut DtsMaker::new(RATE, Some(2)), &pts);
        assert!(dts.windows(2).all(|pair| pair[0] <= pair[1]), "{step}");
        assert!((2..200).all(|n| dts[n] == (n as i64 - 2) * step), "{step}");
    }
}

#[test]
fn equal_times_are_equal() {
    let mut made = DtsMaker::new(RATE, Some(0));
    assert_eq!(decoding(&mut made, &[0, 0, 9, 9, 9]), [0, 0, 9, 9, 9]);
    assert_eq!(made.depth(), 0);
    let mut made = DtsMaker::new(RATE, Some(1));
    assert_eq!(decoding(&mut made, &[0, 0, STEP, STEP]), [-STEP, 0, 0, STEP]);
}

#[test]
fn jumps_begin_anew() {
    let mut made = DtsMaker::new(RATE, Some(2));
    let pts = presentation(&[3, 1, 0, 2], 20);
    decoding(&mut made, &pts);
    for base in [1_000_000_000, -7, 50 * STEP, 49 * STEP - 30 * STEP] {
        let moved: Vec<i64> = pts.iter().map(|pts| pts + base).collect();
        let dts = decoding(&mut made, &moved);
        assert!((0..pts.len()).all(|n| dts[n] == base + (n as i64 - 2) * STEP), "{base}: {dts:?}");
        assert_eq!(made.depth(), 2);
    }
}

#[test]
fn what_is_lost_disturbs_only_for_a_moment() {
    let pts = presentation(&[7, 3, 1, 0, 2, 5, 4, 6], 50);
    let mut made = DtsMaker::new(RATE, Some(3));
    let mut last = i64::MIN;
    for (n, &pts) in pts.iter().enumerate().filter(|(n, _)| n % 50 != 7 && !(100..140).contains(n)) {
        let dts = made.push(pts);
        assert!(dts <= pts && dts >= last);
        last = dts;
        if n % 50 > 25 && !(100..170).contains(&n) {
            assert_eq!(dts, (n as i64 - 3) * STEP, "{n}");
        }
    }
    assert_eq!(made.depth(), 3);
}

#[test]
fn a_new_parameter_set_changes_the_depth() {
    let mut made = DtsMaker::new(RATE, Some(0));
    let first = decoding(&mut made, &(0..100).map(|n| n * STEP).collect::<Vec<_>>());
    assert_eq!(first.last(), Some(&(99 * STEP)));
    made.set_depth(Some(2));
    made.set_depth(None);
    let pts: Vec<i64> = presentation(&[3, 1, 0, 2], 50).iter().map(|pts| pts + 100 * STEP).collect();
    let dts = decoding(&mut made, &pts);
    assert!(dts[0] == 99 * STEP && dts.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!((2..200).all(|n| dts[n] == (n as i64 + 98) * STEP));
}

proptest! {
    #[test]
    fn whatever_the_times_decoding_is_never_after_presentation(
        pts in proptest::collection::vec(prop_oneof![any::<i64>(), -9_000..9_000_i64], 0..200),
        depth in proptest::option::of(any::<u8>()),
        rate in any::<u32>(),
    ) {
        let mut made = DtsMaker::new(rate, depth);
        for pts in pts {
            prop_assert!(made.push(pts) <= pts);
        }
    }

    #[test]
    fn within_the_depth_times_never_step_back(
        order in proptest::collection::vec((0..5_i64, 1..40_i64), 1..200),
    ) {
        // Each picture is presented up to four pictures later than it is decoded.
        let mut keyed: Vec<(i64, i64)> = order.iter().enumerate().map(|(n, (late, _))| (n as i64 + late, n as i64)).collect();
        keyed.sort_unstable();
        let mut time = 0;
        let mut pts = vec![0; order.len()];
        for (index, (_, step)) in keyed.iter().zip(&order) {
            time += step * 100;
            pts[index.1 as usize] = time;
        }
        let dts = decoding(&mut DtsMaker::new(RATE, Some(4)), &pts);
        prop_assert!(dts.windows(2).all(|pair| pair[0] <= pair[1]), "{pts:?} {dts:?}");
        prop_assert!(dts.iter().zip(&pts).all(|(dts, pts)| dts <= pts));
    }
}
