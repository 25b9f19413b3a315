//! What is written, byte by byte where the specification says so.

use super::*;
use crate::container::ts::packet::{Pid, write_clock};
use crate::container::ts::tables::crc32;

/// A packet's PID, start mark, counter, adaptation field and payload.
#[derive(Debug)]
struct Packet<'a> {
    pid: u16,
    is_start: bool,
    counter: u8,
    field: &'a [u8],
    payload: &'a [u8],
}

fn packets(data: &[u8]) -> Vec<Packet<'_>> {
    assert_eq!(data.len() % PACKET, 0);
    data.chunks(PACKET)
        .map(|packet| {
            assert_eq!(packet[0], 0x47);
            let has_field = packet[3] & 0x20 != 0;
            let field = if has_field { &packet[5..5 + usize::from(packet[4])] } else { &[] };
            let at = if has_field { 5 + field.len() } else { 4 };
            let payload = if packet[3] & 0x10 != 0 { &packet[at..] } else { &[] };
            Packet {
                pid: u16::from(packet[1] & 0x1F) << 8 | u16::from(packet[2]),
                is_start: packet[1] & 0x40 != 0,
                counter: packet[3] & 0x0F,
                field,
                payload,
            }
        })
        .collect()
}

fn pcr(field: &[u8]) -> Option<i64> {
    let has = field.first().is_some_and(|flags| flags & 0x10 != 0);
    has.then(|| field[1..6].iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte)) >> 7)
}

fn timestamp(bytes: &[u8]) -> i64 {
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|at| i64::from(bytes[at]));
    assert_eq!((a & 1, c & 1, e & 1), (1, 1, 1), "marker bits");
    (a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1
}

/// PTS and DTS of a PES head.
fn times(pes: &[u8]) -> (i64, i64) {
    assert_eq!(pes[..3], [0, 0, 1]);
    let pts = timestamp(&pes[9..]);
    (pts, if pes[7] & 0x40 != 0 { timestamp(&pes[14..]) } else { pts })
}

#[test]
fn tables() {
    let description = super::tracks([h264_track(), opus_track()]);
    let (mut muxer, mut out) = (Muxer::new(), BytesMut::new());
    assert!(muxer.start(&description).is_empty());
    muxer.tables(&mut out);
    let found = packets(&out);
    assert_eq!(found.iter().map(|packet| packet.pid).collect::<Vec<_>>(), [0, 0x1000]);
    let pat = &found[0].payload[..17];
    assert_eq!(pat[..13], [0, 0, 0xB0, 13, 0, 1, 0xC1, 0, 0, 0, 1, 0xF0, 0]);
    assert_eq!(crc32(&pat[1..]), 0, "with its checksum, a section's sum is 0");
    let pmt = found[1].payload;
    assert_eq!(pmt[..13], [0, 2, 0xB0, 33, 0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0]);
    assert_eq!(pmt[13..18], [0x1B, 0xE1, 0, 0xF0, 0]);
    assert_eq!(pmt[18..23], [0x06, 0xE1, 1, 0xF0, 10]);
    assert_eq!(&pmt[23..33], b"\x05\x04Opus\x7F\x02\x80\x02");
    assert_eq!(crc32(&pmt[1..37]), 0);
    assert!(pmt[37..].iter().all(|byte| *byte == 0xFF), "stuffing");
}

#[test]
fn checksums() {
    // The check value of CRC-32/MPEG-2.
    assert_eq!(crc32(b"123456789"), 0x0376_E6E7);
}

#[test]
fn versions_grow_when_the_table_changes() {
    let mut muxer = Muxer::new();
    let mut version = |tracks: &[Track]| {
        let mut out = BytesMut::new();
        muxer.start(&super::tracks(tracks));
        muxer.tables(&mut out);
        packets(&out)[1].payload[6] >> 1 & 0x1F
    };
    assert_eq!(version(&[h264_track()]), 0);
    assert_eq!(version(&[h264_track()]), 0);
    assert_eq!(version(&[h264_track(), aac_track()]), 1);
    assert_eq!(version(&[Track { config: Bytes::new(), ..h264_track() }, aac_track()]), 1);
    assert_eq!(version(&[h264_track(), opus_track()]), 2);
}

#[test]
fn tracks_without_a_form_are_told() {
    let of = |id, codec| Track::new(TrackId(id), 0, codec, 1000);
    let all = super::tracks([
        of(1, Codec::Av1),
        of(2, Codec::Vp9),
        of(3, Codec::G711A),
        of(4, Codec::Flac),
        h264_track(),
    ]);
    let mut muxer = Muxer::new();
    assert_eq!(muxer.start(&all), [TrackId(1), TrackId(2), TrackId(3), TrackId(4)]);
    assert!(!muxer.push(&sound(0, "x"), &mut BytesMut::new()));
}

#[test]
fn aac_that_no_adts_head_can_tell_is_not_carried() {
    use rtmpd_core::media::Packager;
    let with = |object_type, sample_rate, channel_config| {
        let config = aac::Config { object_type, sample_rate, channel_config, extension: None };
        Track { config: config.write(), ..aac_track() }
    };
    let left_out = |track: Track| Muxer::new().start(&super::tracks([track])).len();
    assert_eq!(left_out(with(2, 48_000, 2)), 0);
    assert_eq!(left_out(with(42, 48_000, 2)), 1, "xHE-AAC");
    assert_eq!(left_out(with(2, 12_345, 2)), 1);
    assert_eq!(left_out(with(2, 48_000, 12)), 1);
    assert_eq!(left_out(Track { config: Bytes::new(), ..aac_track() }), 1);
    let mut packager = TsPackager::new();
    packager.start(&super::tracks([with(2, 12_345, 2)]));
    let mut packed = Vec::new();
    packager.push(&sound(0, "x"), &mut packed);
    assert!(packed.is_empty());
}

#[test]
fn a_keyframe() {
    let frame = picture(90_000, 3_000, &[&[9, 0xF0], &[6, 5, 1], &[0x65, 0x88, 1, 2, 3]]);
    let out = mux(&super::tracks([h264_track()]), &[frame]);
    let found = packets(&out);
    assert_eq!(found.len(), 3);
    let first = &found[2];
    assert!(first.is_start);
    assert_eq!(first.field[0], 0x50, "random access, and the clock");
    assert_eq!(pcr(first.field), Some(90_000));
    assert_eq!(first.payload[3..9], [0xE0, 0, 0, 0x84, 0xC0, 10], "no length, aligned, both times");
    assert_eq!(times(first.payload), (90_000 + 3_000 + 63_000, 90_000 + 63_000));
    let mut expected = vec![0, 0, 0, 1, 9, 0xF0];
    for unit in [SPS, PPS, &[6, 5, 1], &[0x65, 0x88, 1, 2, 3]] {
        expected.extend([0, 0, 0, 1]);
        expected.extend_from_slice(unit);
    }
    assert_eq!(first.payload[19..], expected, "one delimiter, the parameter sets, the rest");
}

#[test]
fn sets_in_the_frame_are_not_doubled() {
    let frame = picture(0, 0, &[SPS, PPS, &[0x65, 0x88]]);
    let out = mux(&super::tracks([h264_track()]), &[frame]);
    let count = out.windows(SPS.len()).filter(|window| *window == SPS).count();
    assert_eq!(count, 1);
    let other = picture(0, 0, &[&[0x41, 0x9A]]);
    let out = mux(&super::tracks([h264_track()]), &[other]);
    assert_eq!(out.windows(SPS.len()).filter(|window| *window == SPS).count(), 0);
}

#[test]
fn sound_is_bounded_and_has_heads() {
    let out = mux(&super::tracks([aac_track()]), &[sound(0, vec![0x21; 50])]);
    let payload = packets(&out)[2].payload;
    assert_eq!(payload[3..9], [0xC0, 0, 8 + 57, 0x84, 0x80, 5]);
    assert_eq!(payload[14..21], [0xFF, 0xF1, 0x4C, 0x80, 57 >> 3, (57 & 7) << 5 | 0x1F, 0xFC]);
    let out = mux(&super::tracks([opus_track()]), &[sound(0, vec![0xFC; 600])]);
    assert_eq!(packets(&out)[2].payload[14..19], [0x7F, 0xE0, 255, 255, 90]);
    let mp3 = |rate| Track { sample_rate: rate, ..Track::new(TrackId(101), 0, Codec::Mp3, 90_000) };
    let kind = |track| packets(&mux(&super::tracks([track]), &[]))[1].payload[13];
    assert_eq!((kind(mp3(44_100)), kind(mp3(22_050))), (3, 4));
}

#[test]
fn a_packet_that_only_tells_the_time_does_not_count() {
    let pid = Pid::new(0x100);
    let mut out = BytesMut::new();
    write_clock(&mut out, &pid, -1);
    let found = packets(&out);
    assert_eq!((found[0].counter, found[0].payload.len()), (15, 0));
    assert_eq!(pcr(found[0].field), Some((1 << 33) - 1), "33 bits");
}

#[test]
fn sound_tells_the_time_while_pictures_are_late() {
    let mut frames = vec![picture(0, 0, &[&[0x65, 0x88]])];
    frames.extend((0..250).map(|n| sound(n * 1_920, vec![0x21; 9])));
    let out = mux(&super::tracks([h264_track(), aac_track()]), &frames);
    let told: Vec<_> = packets(&out).iter().filter_map(|packet| pcr(packet.field)).collect();
    assert!(told.windows(2).all(|pair| (1..=9_000).contains(&(pair[1] - pair[0]))), "each 100 ms: {told:?}");
    assert!(*told.last().unwrap() > 249 * 1_920 - 9_000);
}

/// Hours of a stream, with tracks out of step: counters are consecutive, clocks never go back and are never late.
#[test]
fn counters_and_clocks_through_hours() {
    let description = super::tracks([h264_track(), aac_track()]);
    let (mut muxer, mut out) = (Muxer::new(), BytesMut::new());
    muxer.start(&description);
    let mut counters = std::collections::BTreeMap::new();
    let mut clock: Option<i64> = None;
    for second in 0..30 * 3_600_i64 {
        // One hour in 30 s: a wrap of the 33 bits is at 26.5 hours.
        let at = second * 90_000 - 45_000;
        out.clear();
        muxer.tables(&mut out);
        muxer.push(&sound(at + 20_000, vec![0x21; 300]), &mut out);
        muxer.push(&picture(at, 6_000, &[&[0x65, 0x88, 1, 2]]), &mut out);
        muxer.push(&picture(at + 45_000, 3_000, &[&[0x41, 0x9A, 1, 2]]), &mut out);
        for packet in packets(&out) {
            if let Some(now) = pcr(packet.field) {
                let ahead = clock.map_or(0, |before| (now - before).rem_euclid(1 << 33));
                assert!(ahead <= 90_000, "at {second} s the clock moves by {ahead}");
                clock = Some(now);
            }
            if packet.payload.is_empty() {
                continue;
            }
            let before = counters.insert(packet.pid, packet.counter);
            assert!(before.is_none_or(|before| (before + 1) & 0x0F == packet.counter), "PID {}", packet.pid);
            if packet.is_start && packet.pid >= 0x100 && packet.pid < 0x1000 {
                let (pts, dts) = times(packet.payload);
                let wait = (dts - clock.unwrap()).rem_euclid(1 << 33);
                assert!(
                    (0..=63_000 + 65_000).contains(&wait),
                    "at {second} s a frame is decoded {wait} ticks after the clock"
                );
                assert!((pts - dts).rem_euclid(1 << 33) <= 6_000);
            }
        }
    }
}

#[test]
fn tables_are_repeated_for_those_who_join() {
    use rtmpd_core::media::Packager;
    let mut packager = TsPackager::new();
    let preamble = packager.start(&super::tracks([h264_track(), aac_track()]));
    assert_eq!(preamble.len(), 2 * PACKET);
    let mut packed = Vec::new();
    for n in 0..100 {
        let unit: &[u8] = if n % 50 == 0 { &[0x65, 0x88] } else { &[0x41, 0x9A] };
        packager.push(&picture(n * 3_600, 0, &[unit]), &mut packed);
    }
    assert_eq!(packed.len(), 100);
    let with_tables = |packet: &&rtmpd_core::media::Packed| packets(&packet.data)[0].pid == 0;
    assert!(packed.iter().filter(|packet| packet.key).all(|packet| with_tables(&packet)));
    let at: Vec<_> = (0..100).filter(|n| with_tables(&&packed[*n])).collect();
    assert!(at.windows(2).all(|pair| pair[1] - pair[0] <= 13), "each 500 ms: {at:?}");
}

#[test]
fn with_sound_only_each_frame_is_a_beginning() {
    use rtmpd_core::media::Packager;
    let mut packager = TsPackager::new();
    packager.start(&super::tracks([aac_track()]));
    let mut packed = Vec::new();
    (0..10).for_each(|n| packager.push(&sound(n * 1_920, vec![0x21; 9]), &mut packed));
    assert!(packed.iter().all(|packet| packet.key && packet.kind == Kind::Audio));
    let clocks =
        packed.iter().flat_map(|packet| packets(&packet.data)).filter(|packet| pcr(packet.field).is_some());
    assert!(clocks.count() >= 2, "the sound carries the clock");
}
