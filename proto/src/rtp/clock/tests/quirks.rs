//! What senders and ways get wrong, and how tracks begin.

use super::*;

#[test]
fn the_first_reports_move_little_slowly() {
    let mut bench = Bench::new();
    // Video takes 200 ms longer to make, so that it seems to be late.
    bench.delay[VIDEO] = 220_000;
    bench.frame(AUDIO, 0);
    bench.frame(VIDEO, 0);
    let (_, before) = bench.run(1, 6, none);
    assert_eq!(before, 200_000);
    let mut last = before;
    for second in 6..60 {
        let (_, now) = bench.run(second, second + 1, good);
        assert!(last - now <= 10_100, "at most 10 ms per second");
        last = now;
    }
    assert!(last.abs() <= 1100, "{last}");
    // And it is not touched any more.
    assert_eq!(bench.run(60, 600, good), (last, last));
}

#[test]
fn the_first_reports_step_over_much_at_once_and_never_back() {
    for late in [AUDIO, VIDEO] {
        let mut bench = Bench::new();
        bench.delay[late] = 2_500_000;
        let first = 1 - late;
        // The quicker track comes alone at first.
        for n in 0..25 {
            bench.frame(first, n * 100_000);
        }
        let (worst, last) = bench.run(3, 6, none);
        assert!((2_400_000..2_600_000).contains(&worst), "{worst}");
        assert_eq!(worst, last.abs());
        let (_, last) = bench.run(6, 30, good);
        assert!(last.abs() <= 20, "{last}: stepped over at once, exactly");
    }
}

#[test]
fn reports_ahead_of_the_first_frame_place_it_right() {
    let mut bench = Bench::new();
    bench.delay[VIDEO] = 1_500_000;
    bench.frame(AUDIO, 0);
    bench.report(AUDIO, 10_000, 0, 0);
    let sent = Sent { ntp: ntp(TODAY), timestamp: i64::from(bench.start[VIDEO] as u32) };
    bench.sync.sender_report(Instant::from_millis(20), VIDEO, &sent);
    assert_eq!(bench.frame(VIDEO, 0), 1_000_000);
}

#[test]
fn rtp_info_places_tracks_until_reports_come() {
    let mut bench = Bench::new();
    bench.delay[VIDEO] = 1_500_000;
    let rtptime = bench.start.map(|start| start as u32);
    bench.sync.rtp_info(Instant::ZERO, AUDIO, rtptime[AUDIO]);
    bench.sync.rtp_info(Instant::ZERO, VIDEO, rtptime[VIDEO]);
    assert_eq!((bench.frame(AUDIO, 0), bench.frame(VIDEO, 0)), (1_000_000, 1_000_000));
    // One that comes behind the first frames.
    let mut bench = Bench::new();
    bench.delay[VIDEO] = 1_500_000;
    assert_eq!(bench.apart(0), 1_480_000);
    bench.sync.rtp_info(Instant::ZERO, AUDIO, rtptime[AUDIO]);
    bench.sync.rtp_info(Instant::ZERO, VIDEO, rtptime[VIDEO]);
    assert_eq!(bench.apart(100_000), 0);
    // One that is wrong.
    let mut bench = Bench::new();
    bench.sync.rtp_info(Instant::ZERO, AUDIO, 0x4000_0000);
    bench.sync.rtp_info(Instant::ZERO, VIDEO, rtptime[VIDEO]);
    assert_eq!(bench.apart(0), 0);
}

#[test]
fn the_first_packet_alone_is_a_bad_witness() {
    // As ffmpeg sends it: sound in packets of 18 frames; and no report here.
    let mut bench = Bench::new();
    for packet in 0..200 {
        let (begin, end) = (packet * 360_000, (packet + 1) * 360_000);
        let (mut sound, mut picture) = (0, 0);
        for captured in (begin..end).step_by(40_000) {
            picture = bench.frame(VIDEO, captured) - captured as i64;
        }
        for captured in (begin..end).step_by(20_000) {
            bench.delay[AUDIO] = end - captured;
            sound = bench.frame(AUDIO, captured) - captured as i64;
        }
        let apart = (sound - picture).abs();
        assert!(apart <= if packet < 60 { 380_000 } else { 101_000 }, "{packet}: {apart}");
    }
}

#[test]
fn wrong_reports_change_nothing() {
    let wrong: [fn(&mut Bench, u64); 7] = [
        // NTP time zero.
        |bench, us| (0..2).for_each(|track| bench.report(track, us, -(TODAY as i64) * 2, 0)),
        // It never goes on.
        |bench, us| (0..2).for_each(|track| bench.report(track, us, 3_000_000 - us as i64, 0)),
        // The timestamp never goes on.
        |bench, us| (0..2).for_each(|track| bench.report(track, us, 0, 2_000_000 - us as i64)),
        // It is nonsense.
        |bench, us| {
            (0..2).for_each(|track| {
                let off = bench.luck(3_600_000_000) as i64;
                bench.report(track, us, 0, off);
            })
        },
        // Clocks that differ by an hour, a time zone perhaps.
        |bench, us| (0..2).for_each(|track| bench.report(track, us, track as i64 * 3_600_000_000, 0)),
        // Only one of them reports.
        |bench, us| bench.report(VIDEO, us, 0, 0),
        // Video counts in milliseconds.
        |bench, us| {
            bench.report(AUDIO, us, 0, 0);
            bench.report(VIDEO, us, 0, -(us as i64) / 90 * 89);
        },
    ];
    for (n, wrong) in wrong.into_iter().enumerate() {
        let mut bench = Bench::new();
        let (worst, _) = bench.run(0, 600, wrong);
        assert!(worst <= 20, "{n}: {worst} µs apart");
    }
}

#[test]
fn a_wall_clock_may_be_set_in_mid_stream() {
    for set in [3_600_000_000, -700_000, 400_000, 86_400_000_000 * 365] {
        let mut bench = Bench::new();
        (bench.pace, bench.delay[VIDEO]) = ([50, -50], 150_000);
        bench.run(0, 100, good);
        bench.run(100, 202, good);
        let (worst, _) = bench.run(202, 1000, |bench, us| {
            bench.report(AUDIO, us, set, 0);
            // Video hears of it later.
            bench.report(VIDEO, us, if us > 205_000_000 { set } else { 0 }, 0);
        });
        assert!(worst < 15_000, "{set}: {worst} µs apart");
    }
}

#[test]
fn a_source_that_begins_anew_goes_on_where_it_was() {
    let mut bench = Bench::new();
    bench.run(0, 100, good);
    bench.start = [0x3333_0077, 0x8765_4321];
    let (worst, last) = bench.run(100, 200, good);
    assert!(worst <= 20, "{worst} {last}");
    let end = bench.frame(AUDIO, 200_000_000);
    assert!((end - 201_000_000).abs() <= 100, "{end}");
    // A file that is played again: both go back as far, one a little later.
    let played: Vec<i64> = (0..2).map(|track| bench.start[track] - 50 * i64::from(RATES[track])).collect();
    bench.start[AUDIO] = played[AUDIO];
    bench.frame(AUDIO, 200_200_000);
    bench.frame(AUDIO, 200_400_000);
    bench.start[VIDEO] = played[VIDEO];
    bench.frame(VIDEO, 200_410_000);
    let (worst, _) = bench.run(201, 300, none);
    assert!(worst <= 20_000, "{worst}: as far apart as the ways differed");
}

#[test]
fn a_pause_is_no_jump() {
    let mut bench = Bench::new();
    bench.run(0, 10, good);
    // One whose clocks go on.
    assert!(bench.run(3610, 3620, good).0 <= 20);
    // One whose clocks stand still.
    let later = 3_600_000_000;
    bench.delay = bench.delay.map(|delay| delay + later);
    let before = bench.frame(VIDEO, 3_620_000_000);
    let (worst, _) = bench.run(3621, 3630, none);
    assert!(worst <= 20);
    assert_eq!(bench.frame(VIDEO, 3_630_000_000) - before, 10_000_000);
}

#[test]
fn any_numbers_are_survived() {
    let mut dice = Dice::new(1);
    let mut sync = Bench::new().sync;
    let mut now = 0;
    for _ in 0..200_000 {
        now += dice.next_u64() % 100_000;
        let (at, track) = (Instant::from_micros(now), dice.next_u64() as usize % 3);
        let wild = dice.next_u64() as i64 >> (dice.next_u64() % 64);
        match dice.next_u64() % 4 {
            0 => sync.sender_report(at, track, &Sent { ntp: dice.next_u64(), timestamp: wild }),
            1 => sync.rtp_info(at, track, wild as u32),
            _ => {
                sync.place(at, track, wild);
            }
        }
    }
}
