//! What is not carried or makes no sense: counted, and never passed on.

use super::*;

const IDR: &[u8] = &[0x65, 0x88, 1];

fn h264() -> Bench {
    let mut bench = Bench::new(&format(
        "H264",
        90_000,
        &[("sprop-parameter-sets", "Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA=")],
    ));
    bench.push(-2, true, IDR).push(-1, true, IDR);
    assert_eq!(bench.units().len(), 2);
    bench
}

#[test]
fn interleaved_payloads_damage_their_unit() {
    for payload in ["79 0001 0002 419a", "7a 00010002 419a", "7b 00", "7d 81 0000 9a", "7c", "78 0009 41"] {
        let mut bench = h264();
        bench
            .push(0, false, IDR)
            .push(0, true, &hex(payload))
            .push(1, true, &[0x41, 0x9A])
            .push(2, true, IDR);
        assert_eq!(bench.units(), [(2, true, unit(&[IDR]))], "{payload}");
        assert_eq!(bench.counts(), (1, 1, 1), "{payload}");
    }
}

#[test]
fn reserved_types_are_passed_over() {
    for payload in ["1e 01", "1f", "00 05"] {
        let mut bench = h264();
        bench.push(0, false, IDR).push(0, true, &hex(payload));
        assert_eq!(bench.units(), [(0, true, unit(&[IDR]))], "{payload}");
        assert_eq!(bench.counts(), (0, 0, 1), "{payload}");
    }
}

#[test]
fn fragments_out_of_place_damage_their_unit() {
    // Without a start; with a start inside; without an end where the time changes
    let cases: [&[(i64, bool, &str)]; 3] = [
        &[(0, true, "7c 45 07")],
        &[(0, false, "7c 85 88"), (0, true, "7c c5 48 07")],
        &[(0, false, "7c 85 88"), (1, true, "7c 45 07")],
    ];
    for (at, case) in cases.iter().enumerate() {
        let mut bench = h264();
        for (time, marker, payload) in *case {
            bench.push(*time, *marker, &hex(payload));
        }
        assert_eq!(bench.push(2, true, IDR).units(), [(2, true, unit(&[IDR]))], "{at}");
        assert!(bench.counts().0 >= 1, "{at}");
    }
}

#[test]
fn units_without_end_are_given_up() {
    let mut bench = h264();
    bench.push(0, false, &[0x7C, 0x85, 0x88]);
    let more = [&[0x7C, 0x05][..], &[7; 60_000]].concat();
    for _ in 0..150 {
        bench.push(0, false, &more);
    }
    bench.push(0, true, &[0x7C, 0x45, 7]).push(1, true, IDR);
    assert_eq!(bench.units(), [(1, true, unit(&[IDR]))]);
    assert_eq!(bench.counts(), (1, 0, 0));
    for _ in 0..5_000 {
        bench.push(2, false, &[0x41, 0x48, 1]);
    }
    for number in 0..200 {
        bench.push(3, false, &[0x68, number, 1]);
    }
    assert_eq!(bench.push(3, true, IDR).push(4, true, IDR).units().last(), Some(&(4, true, unit(&[IDR]))));
}
