//! Pictures: where they begin and end, what senders do wrong, what a loss costs.

use super::frames::{PPS, PPS_265, SPS, SPS_265, VPS_265};
use super::*;

const IDR: &[u8] = &[0x65, 0x88, 1];
const NEXT: &[u8] = &[0x41, 0x9A, 2];
const LATER_IDR: &[u8] = &[0x65, 0x48, 3];
const LATER: &[u8] = &[0x41, 0x48, 4];

/// H.264 with its parameter sets in SDP.
fn h264() -> Bench {
    Bench::new(&format(
        "H264",
        90_000,
        &[("sprop-parameter-sets", "Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA=")],
    ))
}

/// And its marker is known to be right.
fn proven() -> Bench {
    let mut bench = h264();
    bench.push(-2, true, IDR).push(-1, true, NEXT);
    assert_eq!(bench.units().len(), 2);
    bench
}

fn is(at: i64, key: bool, nals: &[&[u8]]) -> (i64, bool, Vec<u8>) {
    (at, key, unit(nals))
}

#[test]
fn parameter_sets_become_the_configuration() {
    let mut bench = Bench::new(&format("h264", 90_000, &[]));
    assert_eq!(bench.depacketizer.track(), None);
    let (sps, pps) = (hex(SPS), hex(PPS));
    bench.push(0, false, &[0x09, 0xF0]).push(0, false, &sps).push(0, false, &pps).push(0, true, IDR);
    bench.push(1, true, NEXT);
    let config = crate::codec::h264::write_record(&[&sps, &pps]).unwrap();
    let expected = |timestamp, key, nal: &[u8], config: Option<&Bytes>| Unit {
        timestamp,
        key,
        data: unit(&[nal]).into(),
        config: config.cloned(),
    };
    assert_eq!(bench.out, [expected(0, true, IDR, Some(&config)), expected(1, false, NEXT, None)]);
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.codec, track.width, track.height), (Codec::H264, 176, 144));
    assert_eq!(track.config, config);
    // The same again is no news; another one is.
    bench.out.clear();
    let other = hex("68ef839cb4");
    bench.push(2, false, &sps).push(2, false, &pps).push(2, true, IDR);
    bench.push(3, false, &sps).push(3, false, &other).push(3, true, IDR);
    let config = crate::codec::h264::write_record(&[&sps, &other]).unwrap();
    assert_eq!(bench.out, [expected(2, true, IDR, None), expected(3, true, IDR, Some(&config))]);
}

#[test]
fn h265_comes_out_with_its_configuration() {
    let mut bench = Bench::new(&format("H265", 90_000, &[]));
    let sets = [hex(VPS_265), hex(SPS_265), hex(PPS_265)];
    let lengths: Vec<Vec<u8>> =
        sets.iter().map(|set| [&(set.len() as u16).to_be_bytes()[..], set].concat()).collect();
    bench.push(0, false, &[&[0x60, 1][..], &lengths.concat()].concat());
    bench.push(0, false, &hex("6201 93 80 0102")).push(0, true, &hex("6201 53 03"));
    bench.push(1, true, &hex("0201 80 04"));
    assert_eq!(bench.out[0].config, crate::codec::h265::write_record(&[&sets[0], &sets[1], &sets[2]]));
    let units = bench.units();
    assert_eq!(units, [is(0, true, &[&hex("2601 80 010203")]), is(1, false, &[&hex("0201 80 04")])]);
}

#[test]
fn the_marker_is_believed_after_one_picture() {
    let mut bench = h264();
    assert_eq!(bench.push(0, true, IDR).units(), [], "another slice may follow");
    assert_eq!(bench.push(1, true, NEXT).units(), [is(0, true, &[IDR]), is(1, false, &[NEXT])]);
    assert_eq!(bench.push(2, true, NEXT).units(), [is(2, false, &[NEXT])], "at once from now on");
}

/// Seen: obs-rtspserver, smolrtsp, µStreamer.
#[test]
fn a_marker_on_each_nal_unit_is_not_believed() {
    let mut bench = h264();
    bench.push(0, true, &hex(SPS)).push(0, true, &hex(PPS)).push(0, true, IDR).push(0, true, LATER_IDR);
    bench.push(1, true, NEXT).push(1, true, LATER).push(2, true, NEXT).push(2, true, LATER);
    let pair = |at, key, first, second| is(at, key, &[first, second]);
    assert_eq!(bench.units(), [pair(0, true, IDR, LATER_IDR), pair(1, false, NEXT, LATER)]);
    bench.depacketizer.flush(&mut bench.out);
    assert_eq!(bench.units(), [], "nobody knows whether it is whole");
    assert_eq!(bench.counts(), (1, 0, 0));
}

#[test]
fn a_marker_that_turns_out_wrong_later_is_not_believed_from_then_on() {
    let mut bench = proven();
    bench.push(0, true, NEXT).push(0, true, LATER);
    assert_eq!(bench.units(), [is(0, false, &[NEXT])]);
    // What went out was not whole, and cannot be called back: on with the next keyframe.
    bench.push(1, true, NEXT).push(2, true, IDR).push(2, true, LATER_IDR).push(3, true, NEXT);
    assert_eq!(bench.units(), [is(2, true, &[IDR, LATER_IDR])]);
    assert_eq!(bench.counts(), (1, 1, 0));
}

/// Seen: the live555 proxy.
#[test]
fn without_any_marker_units_end_where_the_time_changes() {
    let mut bench = h264();
    bench.push(0, false, IDR).push(0, false, LATER_IDR).push(1, false, NEXT).push(2, false, NEXT);
    assert_eq!(bench.units(), [is(0, true, &[IDR, LATER_IDR]), is(1, false, &[NEXT])]);
}

/// Seen: Reolink cameras, with the marker on the parameter sets or not.
#[test]
fn parameter_sets_may_have_the_time_of_the_picture_before() {
    for marker in [false, true] {
        let mut bench = proven();
        let other = hex("68ef839cb4");
        bench.push(0, true, NEXT).push(0, marker, &hex(SPS)).push(0, marker, &other).push(1, true, IDR);
        assert_eq!(bench.out[1].config, crate::codec::h264::write_record(&[&hex(SPS), &other]));
        assert_eq!(bench.units(), [is(0, false, &[NEXT]), is(1, true, &[IDR])]);
        assert_eq!(bench.counts(), (0, 0, 0));
    }
}

/// Seen: V380 cameras, in fragments that cut the start codes too.
#[test]
fn nal_units_behind_start_codes_are_taken_apart() {
    let all = [&hex(SPS)[1..], &[0, 0, 0, 1], &hex(PPS), &[0, 0, 0, 1], IDR].concat();
    for cut in 1..all.len() {
        let mut bench = Bench::new(&format("H264", 90_000, &[]));
        bench.push(0, false, &[&[0x7C, 0x87][..], &all[..cut]].concat());
        bench.push(0, true, &[&[0x7C, 0x47][..], &all[cut..]].concat());
        assert_eq!(bench.push(1, true, NEXT).units()[0], is(0, true, &[IDR]), "{cut}");
    }
    let mut bench = h264();
    bench.push(0, true, &[&[0, 0, 0, 1][..], IDR, &[0, 0, 1], LATER_IDR].concat()).push(1, true, NEXT);
    assert_eq!(bench.units()[0], is(0, true, &[IDR, LATER_IDR]));
}

#[test]
fn zeros_behind_nal_units_are_cut_off() {
    let mut bench = proven();
    bench.push(0, true, &[IDR, &[0, 0]].concat());
    bench.push(1, false, &[0x7C, 0x81, 0x9A, 5]).push(1, true, &[0x7C, 0x41, 6, 0, 0]);
    bench.push(2, true, &[&hex("78 0003")[..], NEXT, &[0, 0, 0]].concat());
    let fragmented = [0x61, 0x9A, 5, 6];
    assert_eq!(bench.units(), [is(0, true, &[IDR]), is(1, false, &[&fragmented]), is(2, false, &[NEXT])]);
    assert_eq!(bench.counts(), (0, 0, 0));
}

/// Seen: CostarHD cameras; and an end that is told by the marker alone.
#[test]
fn a_fragment_may_be_the_only_one_or_lack_its_end() {
    let mut bench = proven();
    bench.push(0, true, &[0x7C, 0xC1, 0x9A, 5]);
    bench.push(1, false, &[0x7C, 0x81, 0x9A, 5]).push(1, true, &[0x7C, 0x01, 6]);
    assert_eq!(bench.units(), [is(0, false, &[&[0x61, 0x9A, 5]]), is(1, false, &[&[0x61, 0x9A, 5, 6]])]);
}

#[test]
fn empty_payloads_say_nothing() {
    let mut bench = proven();
    bench.push(0, false, IDR).push(9, true, &[]).push(0, true, LATER_IDR);
    assert_eq!(bench.units(), [is(0, true, &[IDR, LATER_IDR])]);
}

#[test]
fn after_a_loss_pictures_wait_for_a_keyframe() {
    let mut bench = proven();
    bench.push(0, false, NEXT).push_after_loss(0, true, LATER).push(1, true, NEXT).push(2, true, IDR);
    assert_eq!(bench.units(), [is(2, true, &[IDR])]);
    assert_eq!(bench.counts(), (1, 1, 0));
    // A fragment without its begin; a keyframe without its begin; and one that is whole right behind a gap.
    bench.push(3, false, &[0x7C, 0x81, 0x9A]).push_after_loss(4, true, &[0x7C, 0x41, 6]);
    bench.push_after_loss(5, true, LATER_IDR).push_after_loss(6, true, IDR);
    assert_eq!(bench.units(), [is(6, true, &[IDR])]);
    assert_eq!(bench.counts(), (4, 1, 0).max(bench.counts()));
}

#[test]
fn a_loss_behind_a_first_slice_damages_it_though_it_looks_whole() {
    let mut bench = proven();
    bench.push(0, false, IDR).push_after_loss(1, true, IDR);
    assert_eq!(bench.units(), [is(1, true, &[IDR])]);
    assert_eq!(bench.counts(), (1, 0, 0));
}

#[test]
fn recovery_points_are_keyframes_where_there_are_no_others() {
    const RECOVERY: &[u8] = &[6, 6, 1, 0xC4, 0x80];
    let mut bench = Bench::new(&format(
        "H264",
        90_000,
        &[("sprop-parameter-sets", "Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA=")],
    ));
    for second in 0..4 {
        bench.push(second * 90_000, false, RECOVERY).push(second * 90_000, true, NEXT);
    }
    assert_eq!(bench.units(), [is(180_000, true, &[RECOVERY, NEXT]), is(270_000, false, &[RECOVERY, NEXT]),]);
    assert_eq!(bench.counts(), (0, 2, 0));
}

#[test]
fn pictures_that_lead_a_first_keyframe_are_left_out() {
    let sets = "QAEMAf//AWAAAAMAkAAAAwAAAwAelZAJ";
    assert_eq!(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hex(VPS_265)), sets);
    let mut bench = Bench::new(&format("H265", 90_000, &[]));
    for set in [VPS_265, SPS_265, PPS_265] {
        bench.push(0, false, &hex(set));
    }
    let (cra, rasl, trail) = (hex("2a01 80 01"), hex("1201 80 02"), hex("0201 80 03"));
    bench
        .push(0, true, &cra)
        .push(1, true, &rasl)
        .push(2, true, &trail)
        .push(3, true, &cra)
        .push(4, true, &rasl);
    let times: Vec<i64> = bench.units().iter().map(|unit| unit.0).collect();
    assert_eq!(times, [0, 2, 3, 4]);
    bench.push_after_loss(5, true, &cra).push(6, true, &rasl).push(7, true, &trail);
    let times: Vec<i64> = bench.units().iter().map(|unit| unit.0).collect();
    assert_eq!(times, [5, 7]);
}

#[test]
fn av1_begins_with_a_sequence() {
    let mut bench = Bench::new(&format("AV1", 90_000, &[]));
    let key = hex("28 0c 08 00000003bd7c79b5f20080 30 10aabb");
    bench.push(0, true, &hex("10 30 30cc")).push(1, true, &hex("10 30 30dd")).push(2, true, &key);
    bench.push(3, false, &hex("50 30 30")).push(3, true, &hex("90 ee"));
    assert_eq!(bench.out[0].config.as_deref(), Some(&hex("81000c00 0a0b00000003bd7c79b5f20080")[..]));
    assert_eq!(
        bench.units(),
        [(2, true, hex("0a0b00000003bd7c79b5f20080 3203 10aabb")), (3, false, hex("3202 30ee")),]
    );
    assert_eq!(bench.counts(), (1, 1, 0), "the first may lack its begin");
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.codec, track.width, track.height), (Codec::Av1, 176, 144));
    // An element that goes on, and one that never began.
    bench.push(4, true, &hex("50 30 30")).push(5, true, &hex("90 ee")).push_after_loss(6, true, &key);
    assert_eq!(bench.units().len(), 1);
    assert_eq!(bench.counts(), (3, 1, 1));
    // Elements with sizes of their own, and lengths for all of them.
    bench.push(7, true, &hex("00 03 3201 30 04 3601 0030"));
    assert_eq!(bench.units(), [(7, false, hex("3201 30 3601 00"))]);
}

#[test]
fn vp8_behind_any_descriptor() {
    let mut bench = Bench::new(&format("VP8", 90_000, &[]));
    let key = hex("1006009d012ab0009000");
    bench.push(0, true, &[&[0x10][..], &key].concat());
    bench.push(1, true, &[&hex("90 f0 8001 02 23")[..], &[0x11, 1]].concat());
    bench.push(2, false, &hex("90 80 05 1102")).push(2, true, &hex("81 80 05 03"));
    assert_eq!(bench.out[0].config.as_deref(), Some(&crate::codec::vp8::RECORD[..]));
    assert_eq!(
        bench.units(),
        [(0, true, key.clone()), (1, false, vec![0x11, 1]), (2, false, vec![0x11, 2, 3])]
    );
    bench.push(3, false, &hex("10 11")).push_after_loss(3, true, &hex("00 11")).push(4, true, &hex("10 11"));
    bench.push(5, true, &[&[0x10][..], &key].concat()).push(6, true, &hex("00 11")).push(7, true, &hex("90"));
    assert_eq!(bench.units(), [(5, true, key)]);
    assert_eq!(bench.counts(), (3, 1, 1));
}

#[test]
fn vp9_behind_any_descriptor() {
    let mut bench = Bench::new(&format("VP9", 90_000, &[]));
    let key = hex("82498342000af008f60238241c");
    // A structure of two layers with their sizes and two pictures
    let structure = "38 00b00090 01600120 02 0401 04 02";
    let with = |head: &str, data: &[u8]| [&hex(head)[..], data].concat();
    bench.push(0, false, &with(&format!("aa 05 0001 {structure}"), &key));
    bench.push(0, true, &with("ac 05 0301", &[9; 5]));
    // Flexible, with two references
    bench.push(1, true, &with("fc 8006 00 0302", &[0x86, 0]));
    assert_eq!(bench.units(), [(0, true, key), (1, false, vec![0x86, 0])], "the base layer");
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.width, track.height), (176, 144));
    assert_eq!(&track.config[..], [1, 0, 0, 0, 0, 10, 0x82, 2, 2, 2, 0, 0]);
    assert_eq!(bench.counts(), (0, 0, 0));
}
