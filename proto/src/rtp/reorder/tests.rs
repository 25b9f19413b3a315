use proptest::prelude::*;

use super::*;
use crate::rtp::Header;

/// What came out: sequence without wraps, whether there was a hole, and whether the source began anew.
type Out = Vec<(u64, bool, bool)>;

struct Bench {
    reorder: Reorder,
    out: Out,
    ssrc: u32,
}

impl Bench {
    fn new(depth: usize) -> Self {
        let settings = ReorderSettings { depth, patience: Duration::from_millis(100), max_bytes: 1000 };
        Self { reorder: Reorder::new(&settings), out: vec![], ssrc: 1 }
    }

    fn push(&mut self, ms: u64, sequence: u16) -> Fate {
        let payload = sequence.to_be_bytes();
        let header = Header { sequence, ssrc: self.ssrc, ..Header::default() };
        let (reorder, out) = (&mut self.reorder, &mut self.out);
        reorder.push(Instant::from_millis(ms), &Packet { header, payload: &payload }, &mut |ordered| {
            assert_eq!(ordered.packet.payload, ordered.packet.header.sequence.to_be_bytes());
            assert_eq!(ordered.packet.header.sequence, ordered.sequence as u16);
            out.push((ordered.sequence, ordered.lost, ordered.restarted));
        })
    }

    fn push_all(&mut self, sequences: impl IntoIterator<Item = u16>) {
        sequences.into_iter().for_each(|sequence| {
            self.push(0, sequence);
        });
    }

    fn pass(&mut self, ms: u64) {
        let out = &mut self.out;
        self.reorder.handle_timeout(Instant::from_millis(ms), &mut |ordered| {
            out.push((ordered.sequence, ordered.lost, ordered.restarted));
        });
    }

    fn sequences(&self) -> Vec<u64> {
        self.out.iter().map(|out| out.0).collect()
    }

    /// Those that came behind a hole.
    fn lost(&self) -> Vec<u64> {
        self.out.iter().filter(|out| out.1).map(|out| out.0).collect()
    }
}

#[test]
fn what_is_in_order_passes_at_once() {
    let mut bench = Bench::new(8);
    bench.push_all([65_534, 65_535, 0, 1]);
    assert_eq!(bench.sequences(), [65_534, 65_535, 65_536, 65_537]);
    assert_eq!(bench.lost(), []);
    assert_eq!((bench.reorder.held(), bench.reorder.poll_timeout()), ((0, 0), None));
}

#[test]
fn what_is_out_of_order_waits() {
    let mut bench = Bench::new(8);
    bench.push_all([10, 12, 13]);
    assert_eq!(bench.sequences(), [10]);
    assert_eq!(bench.push(0, 12), Fate::Duplicate);
    assert_eq!(bench.push(0, 11), Fate::Taken { ahead: false });
    assert_eq!((bench.sequences(), bench.lost()), (vec![10, 11, 12, 13], vec![]));
    assert_eq!(bench.push(0, 11), Fate::Duplicate);
    assert_eq!(bench.push(0, 9), Fate::Late);
    assert_eq!(bench.push(0, 14), Fate::Taken { ahead: true });
    assert_eq!(bench.reorder.lost(), 0);
}

#[test]
fn a_hole_is_given_up_when_enough_came_after_it() {
    let mut bench = Bench::new(4);
    bench.push_all([10, 12, 13, 15]);
    assert_eq!(bench.sequences(), [10]);
    bench.push_all([16]);
    assert_eq!(
        (bench.sequences(), bench.lost()),
        (vec![10, 12, 13], vec![12]),
        "the next hole is waited for"
    );
    assert_eq!(bench.push(0, 11), Fate::Late);
    bench.push_all([14]);
    assert_eq!((bench.sequences(), bench.lost()), (vec![10, 12, 13, 14, 15, 16], vec![12]));
    assert_eq!(bench.reorder.lost(), 1);
}

#[test]
fn a_hole_is_given_up_when_patience_is_over() {
    let mut bench = Bench::new(100);
    bench.push(0, 10);
    bench.push(1000, 14);
    bench.push(1040, 12);
    assert_eq!(bench.reorder.poll_timeout(), Some(Instant::from_millis(1100)));
    bench.pass(1099);
    assert_eq!(bench.sequences(), [10]);
    bench.pass(1100);
    assert_eq!((bench.sequences(), bench.lost()), (vec![10, 12, 14], vec![12, 14]), "14 has waited as long");
    bench.push(1200, 16);
    bench.push(1250, 18);
    bench.pass(1300);
    assert_eq!(bench.lost(), [12, 14, 16]);
    assert_eq!(bench.reorder.poll_timeout(), Some(Instant::from_millis(1350)));
    bench.reorder.finish(&mut |ordered| assert_eq!((ordered.sequence, ordered.lost), (18, true)));
    assert_eq!(bench.reorder.poll_timeout(), None);
}

#[test]
fn bytes_are_bounded() {
    let mut reorder = Reorder::new(&ReorderSettings { max_bytes: 1000, ..ReorderSettings::default() });
    let mut out = 0;
    for sequence in (0..400).step_by(2) {
        let header = Header { sequence, ..Header::default() };
        reorder.push(Instant::ZERO, &Packet { header, payload: &[0; 300] }, &mut |_| out += 1);
        let (packets, bytes) = reorder.held();
        assert!(packets <= 3 && bytes <= 1000);
    }
    assert_eq!(out, 197);
    let header = Header { sequence: 402, ..Header::default() };
    reorder.push(Instant::ZERO, &Packet { header, payload: &[0; 5000] }, &mut |_| out += 1);
    assert_eq!((out, reorder.held()), (201, (0, 0)), "one that is larger than all that may be held");
}

#[test]
fn without_depth_a_hole_is_a_hole() {
    let mut bench = Bench::new(0);
    bench.push_all([10, 11, 14, 15, 13, 15]);
    assert_eq!((bench.sequences(), bench.lost()), (vec![10, 11, 14, 15], vec![14]));
    assert_eq!((bench.reorder.held(), bench.reorder.lost()), ((0, 0), 2));
}

#[test]
fn two_packets_of_a_new_sequence_make_a_restart() {
    for depth in [0, 8] {
        let mut bench = Bench::new(depth);
        bench.push_all([10, 11]);
        assert_eq!(bench.push(0, 30_000), Fate::Stray);
        assert_eq!(bench.push(0, 12), Fate::Taken { ahead: true }, "the old sequence goes on");
        bench.push(0, 14);
        assert_eq!((bench.push(0, 30_001), bench.push(0, 30_002)), (Fate::Stray, Fate::Restarted));
        bench.push(0, 30_003);
        assert_eq!(bench.sequences(), [10, 11, 12, 14, 30_001, 30_002, 30_003]);
        assert_eq!(bench.out.iter().filter(|out| out.2).map(|out| out.0).collect::<Vec<_>>(), [30_001]);
        assert_eq!(bench.lost(), [14, 30_001]);
    }
}

#[test]
fn another_source_is_a_restart_too() {
    let mut bench = Bench::new(8);
    bench.push_all([10, 11]);
    bench.ssrc = 2;
    assert_eq!((bench.push(0, 5), bench.push(0, 6)), (Fate::Stray, Fate::Restarted));
    assert_eq!(bench.out[2..], [(65_541, true, true), (65_542, false, false)], "numbers grow");
    assert_eq!(bench.reorder.ssrc(), Some(2));
    bench.ssrc = 1;
    assert_eq!(bench.push(0, 12), Fate::Stray);
    bench.ssrc = 3;
    assert_eq!(bench.push(0, 13), Fate::Stray, "two sources make no sequence");
}

const WINDOW: u64 = 16;

/// Numbers as they come: each displaced by less than the window and by luck twice or not at all; and which come.
fn shuffled(start: u64, moves: &[(u64, u8)]) -> (Vec<u64>, Vec<bool>) {
    let mut kept = vec![true; moves.len()];
    let mut keyed = Vec::new();
    for (n, &(delay, luck)) in moves.iter().enumerate() {
        // The first one decides where it begins, and the last one is there.
        kept[n] = luck != 0 || n == 0 || n + 1 == moves.len();
        let (at, delay) = (n as u64, if n == 0 { 0 } else { delay });
        if kept[n] {
            keyed.push((at + delay, start + at));
        }
        if kept[n] && luck == 1 {
            keyed.push((at + WINDOW - 1, start + at));
        }
    }
    keyed.sort_by_key(|key| key.0);
    (keyed.into_iter().map(|key| key.1).collect(), kept)
}

proptest! {
    #[test]
    fn any_order_within_the_window_comes_out_in_order(
        start in prop_oneof![0_u64..65_536, 65_500_u64..65_536],
        moves in proptest::collection::vec((0..WINDOW, 0..10_u8), 2..300),
    ) {
        let (sequences, kept) = shuffled(start, &moves);
        let mut bench = Bench::new(40);
        let before = sequences.len();
        let mut fates = Vec::new();
        for &sequence in &sequences {
            fates.push(bench.push(0, sequence as u16));
        }
        bench.pass(100);
        let expected: Vec<_> = (0..kept.len()).filter(|&n| kept[n]).map(|n| {
            (start + n as u64, n > 0 && !kept[n - 1], false)
        }).collect();
        prop_assert_eq!(&bench.out, &expected);
        let duplicates = fates.iter().filter(|fate| **fate == Fate::Duplicate).count();
        prop_assert_eq!(duplicates, before - expected.len());
        prop_assert_eq!(bench.reorder.lost() as usize, kept.iter().filter(|kept| !**kept).count());
    }

    #[test]
    fn whatever_comes_goes_out_in_rising_order_within_bounds(
        packets in proptest::collection::vec((any::<u16>(), 0..3_u32, 0..40_u64, any::<bool>()), 0..400),
        depth in 0..12_usize,
    ) {
        let mut bench = Bench::new(depth);
        let (mut now, mut near) = (0, 0_u16);
        for (sequence, ssrc, pause, wild) in packets {
            now += pause;
            bench.ssrc = if wild { ssrc } else { bench.ssrc };
            near = if wild && sequence % 4 == 0 { sequence } else { near.wrapping_add(sequence % 8) };
            bench.push(now, near);
            let (packets, bytes) = bench.reorder.held();
            prop_assert!(packets < depth.max(1) && bytes <= 1000);
            bench.pass(now);
            prop_assert!(bench.reorder.poll_timeout().is_none_or(|at| at > Instant::from_millis(now)));
        }
        bench.pass(now + 100);
        prop_assert_eq!(bench.reorder.held(), (0, 0));
        for pair in bench.out.windows(2) {
            prop_assert!(pair[0].0 < pair[1].0);
            prop_assert_eq!(pair[1].1, pair[1].2 || pair[1].0 != pair[0].0 + 1);
        }
    }
}
