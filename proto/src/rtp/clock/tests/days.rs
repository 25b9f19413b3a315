//! Three days: all wraps of 32 bits, and 26 seconds of drift.

use super::*;

const DAYS_3: u64 = 72 * 3600;

#[test]
fn clocks_that_drift_stay_together_for_three_days() {
    let mut bench = Bench::new();
    (bench.pace, bench.jitter) = ([50, -50], 30_000);
    let mut worst_later = 0;
    for hour in 0..72 {
        let (worst, _) = bench.run(hour * 3600, (hour + 1) * 3600, |bench, us| {
            let off = bench.luck(40_000) as i64 - 20_000;
            bench.report(AUDIO, us, 0, off);
            let off = bench.luck(40_000) as i64 - 20_000;
            bench.report(VIDEO, us, 0, off);
        });
        worst_later = worst_later.max(worst);
    }
    assert!(worst_later < 40_000, "{worst_later} µs apart");
    // Sound was never stretched: it is as long as its own clock says.
    let sound = bench.last[AUDIO].unwrap() - 48_000;
    let own = bench.timestamp(AUDIO, DAYS_3 * 1_000_000 - 100_000) - bench.start[AUDIO];
    assert!((sound - own).abs() < 48, "{sound} {own}");
}

#[test]
fn reports_may_be_rare_or_frequent() {
    for (rare, seconds) in [(6, 30), (12, 60)] {
        let mut bench = Bench::new();
        bench.pace = [50, -50];
        bench.run(0, 200, good);
        let mut worst = 0;
        for round in 0..500 {
            let from = 200 + round * seconds;
            worst = worst.max(
                bench
                    .run(from, from + seconds, |bench, us| {
                        if us / 5_000_000 % rare == 0 {
                            good(bench, us);
                        }
                    })
                    .0,
            );
        }
        assert!(worst < 25_000, "every {seconds} s: {worst} µs apart");
    }
    let mut bench = Bench::new();
    bench.pace = [50, -50];
    let mut worst = 0;
    for second in 0..10_000 {
        worst = worst.max(bench.run(second, second + 1, none).0);
        let off = bench.luck(40_000) as i64 - 20_000;
        bench.report(AUDIO, second * 1_000_000 + 950_000, 0, off);
        bench.report(VIDEO, second * 1_000_000 + 950_000, 0, -off);
    }
    assert!(worst < 25_000, "every second: {worst} µs apart");
}

#[test]
fn clocks_that_agree_are_left_alone_for_three_days() {
    let mut bench = Bench::new();
    for hour in 0..72 {
        let (worst, _) = bench.run(hour * 3600, hour * 3600 + 60, good);
        assert!(worst <= 20, "{worst} µs apart: roundings of ticks");
        // What lies between is skipped with a pause, as a sender makes one that goes on with its clocks.
    }
}

#[test]
fn without_reports_arrival_keeps_them_from_drifting_apart() {
    let mut bench = Bench::new();
    (bench.pace, bench.jitter) = ([50, -50], 30_000);
    let mut worst = 0;
    for hour in 0..24 {
        worst = worst.max(bench.run(hour * 3600, (hour + 1) * 3600, none).0);
    }
    assert!(worst < 150_000, "{worst} µs apart");
}
