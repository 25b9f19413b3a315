//! Payloads byte by byte, as the RFCs draw them.

use super::frames::{PPS, PPS_265, SPS, SPS_265, VPS_265};
use super::*;

/// The payloads of one frame, with their markers.
fn sent(track: &Track, frame: &Frame, limit: usize) -> Vec<(bool, Vec<u8>)> {
    let sent = packetize(track, std::slice::from_ref(frame), limit);
    sent.into_iter().map(|sent| (sent.marker, sent.payload)).collect()
}

#[test]
fn h264_with_parameter_sets_in_one_aggregate() {
    let config = crate::codec::h264::write_record(&[&hex(SPS), &hex(PPS)]).unwrap();
    let track = track(Codec::H264, &config);
    let (sps, pps) = (hex(SPS), hex(PPS));
    let idr = [&[0x65, 0x88][..], &[7; 198]].concat();
    let stap = [&[0x78, 0, sps.len() as u8][..], &sps, &[0, pps.len() as u8], &pps].concat();
    // 199 bytes behind the header, in pieces of 50.
    let fragment = |header, len| [&[0x7C, header][..], &vec![7; len]].concat();
    let first = [&[0x7C, 0x85, 0x88][..], &[7; 49]].concat();
    let expected = [
        (false, stap),
        (false, first),
        (false, fragment(0x05, 50)),
        (false, fragment(0x05, 50)),
        (true, fragment(0x45, 49)),
    ];
    assert_eq!(sent(&track, &frame(0, true, &unit(&[&[9, 0xF0], &idr, &[12, 255]])), 64), expected);
    let with_own = unit(&[&sps, &pps, &[0x65, 0x88]]);
    assert_eq!(sent(&track, &frame(0, true, &with_own), 64).len(), 1, "not repeated when it has them");
    let other = sent(&track, &frame(0, false, &unit(&[&[0x41, 0x9A, 1]])), 64);
    assert_eq!(other, [(true, vec![0x41, 0x9A, 1])], "not repeated in front of others");
}

#[test]
fn an_aggregate_is_as_important_as_its_most_important() {
    let parts = unit(&[&[0x06, 5, 1], &[0x41, 0x9A]]);
    let expected = [(true, hex("58 0003 060501 0002 419a"))];
    assert_eq!(sent(&track(Codec::H264, &[]), &frame(0, false, &parts), 1_200), expected);
    let many: Vec<&[u8]> = vec![&[0x01, 0x80]; 9];
    let sent = sent(&track(Codec::H264, &[]), &frame(0, false, &unit(&many)), 1_200);
    assert_eq!(
        sent.iter().map(|(marker, payload)| (*marker, payload.len())).collect::<Vec<_>>(),
        [(false, 33), (true, 2)]
    );
}

#[test]
fn what_would_mean_something_else_is_left_out() {
    let parts = unit(&[&[24, 1], &[28, 0x85, 1], &[0, 0, 1], &[], &[0x41, 0x9A]]);
    assert_eq!(sent(&track(Codec::H264, &[]), &frame(0, false, &parts), 99), [(true, vec![0x41, 0x9A])]);
    let parts = unit(&[&[48 << 1, 1, 1], &[49 << 1, 1, 1], &[0x02], &[0x02, 1, 0x80]]);
    assert_eq!(sent(&track(Codec::H265, &[]), &frame(0, false, &parts), 99), [(true, vec![0x02, 1, 0x80])]);
    assert_eq!(sent(&track(Codec::H264, &[]), &frame(0, false, &[]), 99), []);
    assert!(Packetizer::new(&track(Codec::Flac, &[])).is_none());
    assert!(Packetizer::new(&track(Codec::Script, &[])).is_none());
}

#[test]
fn h265_with_parameter_sets_in_one_aggregate() {
    let sets = [hex(VPS_265), hex(SPS_265), hex(PPS_265)];
    let config = crate::codec::h265::write_record(&[&sets[0], &sets[1], &sets[2]]).unwrap();
    let idr = [&[0x26, 0x01, 0x80][..], &[7; 200]].concat();
    let sent = sent(&track(Codec::H265, &config), &frame(0, true, &unit(&[&idr])), 128);
    let lengths: Vec<Vec<u8>> =
        sets.iter().map(|set| [&(set.len() as u16).to_be_bytes()[..], set].concat()).collect();
    assert_eq!(sent[0], (false, [&[0x60, 0x01][..], &lengths.concat()].concat()));
    assert_eq!(sent[1], (false, [&hex("6201 93 80")[..], &[7; 100]].concat()));
    assert_eq!(sent[2], (true, [&hex("6201 53")[..], &[7; 100]].concat()));
}

#[test]
fn obus_without_their_sizes() {
    let sequence = hex("0a0b00000003bd7c79b5f20080");
    let small = [&hex("1200")[..], &sequence, &hex("3203 10aabb"), &hex("7a01ff")].concat();
    // W=2, N; the sequence header has a length, the frame has not; neither delimiter nor padding
    let expected = [&hex("28 0c 08 00000003bd7c79b5f20080 30 10aabb")[..]].concat();
    let track = track(Codec::Av1, &[]);
    assert_eq!(sent(&track, &frame(0, true, &small), 64), [(true, expected)]);
    let large = [&hex("3664 5c20")[..], &[7; 99]].concat();
    let large = [&hex("36 5c 64 30")[..], &[7; 99], &large[..0]].concat();
    let expected = [
        // Z=0 Y=1 W=1, header without has_size, extension
        (false, [&hex("50 345c 30")[..], &[7; 48]].concat()),
        (true, [&hex("90")[..], &[7; 51]].concat()),
    ];
    assert_eq!(sent(&track, &frame(0, false, &large), 64), expected);
}

#[test]
fn vp8_and_vp9_count_pictures() {
    let frames = [frame(0, true, &[7; 100]), frame(1, false, &[8; 3])];
    let payloads = |codec| {
        let sent = packetize(&track(codec, &[]), &frames, 64);
        sent.into_iter().map(|sent| (sent.marker, sent.payload)).collect::<Vec<_>>()
    };
    assert_eq!(
        payloads(Codec::Vp8),
        [
            (false, [&hex("90808000")[..], &[7; 50]].concat()),
            (true, [&hex("80808000")[..], &[7; 50]].concat()),
            (true, hex("90808001080808")),
        ]
    );
    assert_eq!(
        payloads(Codec::Vp9),
        [
            (false, [&hex("888000")[..], &[7; 50]].concat()),
            (true, [&hex("848000")[..], &[7; 50]].concat()),
            (true, hex("cc8001080808")),
        ]
    );
}

#[test]
fn sound_behind_its_heads() {
    let of = |codec, data: &[u8]| sent(&track(codec, &[0x11, 0x90]), &frame(0, true, data), 64);
    assert_eq!(of(Codec::Aac, &[7; 5]), [(true, hex("0010 0028 0707070707"))]);
    // Each fragment says how long the whole is.
    assert_eq!(
        of(Codec::Aac, &[7; 100]),
        [
            (false, [&hex("0010 0320")[..], &[7; 50]].concat()),
            (true, [&hex("0010 0320")[..], &[7; 50]].concat()),
        ]
    );
    assert_eq!(of(Codec::Aac, &[7; 8_192]), [], "longer than 13 bits tell");
    assert_eq!(of(Codec::Opus, &[0xFC, 1]), [(false, vec![0xFC, 1])]);
    assert_eq!(of(Codec::Opus, &[0xFC; 65]), [], "Opus cannot be cut");
    assert_eq!(
        of(Codec::Mp3, &[7; 100]),
        [(false, [&[0, 0, 0, 0][..], &[7; 50]].concat()), (false, [&[0, 0, 0, 50][..], &[7; 50]].concat()),]
    );
    assert_eq!(of(Codec::Ac3, &[7; 5]), [(true, hex("0001 0707070707"))]);
    // 60 of 90 bytes are more than 5/8, 50 of 100 are not.
    assert_eq!(of(Codec::Ac3, &[7; 100])[0].1[..2], [2, 2]);
    assert_eq!(of(Codec::Ac3, &[7; 100])[1], (true, [&[3, 2][..], &[7; 50]].concat()));
    assert_eq!(of(Codec::Eac3, &[7; 100])[0].1[..2], [1, 2]);
    assert_eq!(of(Codec::G711A, &[7; 100]), [(false, vec![7; 64]), (false, vec![7; 36])]);
}

#[test]
fn clocks_and_static_types() {
    let sound = |codec, sample_rate, channels| Track { sample_rate, channels, ..track(codec, &[0x11, 0x90]) };
    let rate = |track: &Track| Packetizer::new(track).unwrap().clock_rate();
    assert_eq!(rate(&track(Codec::H264, &[])), 90_000);
    assert_eq!(rate(&sound(Codec::Aac, 44_100, 2)), 44_100);
    assert_eq!(rate(&sound(Codec::Aac, 0, 2)), 48_000, "what the configuration says");
    assert_eq!(rate(&sound(Codec::Mp3, 44_100, 2)), 90_000);
    assert_eq!(rate(&sound(Codec::Opus, 48_000, 2)), 48_000);
    let ticks = |track: &Track| Packetizer::new(track).unwrap().bytes_per_tick();
    assert_eq!(ticks(&sound(Codec::G711A, 8_000, 2)), Some(2));
    assert_eq!(ticks(&sound(Codec::Opus, 48_000, 2)), None);
    assert_eq!(static_payload_type(&sound(Codec::G711U, 8_000, 1)), Some(0));
    assert_eq!(static_payload_type(&sound(Codec::G711A, 8_000, 1)), Some(8));
    assert_eq!(static_payload_type(&sound(Codec::G711A, 16_000, 1)), None);
    assert_eq!(static_payload_type(&sound(Codec::Mp3, 44_100, 2)), Some(14));
    assert_eq!(static_payload_type(&track(Codec::H264, &[])), None);
}

#[test]
fn formats_say_what_decoders_need() {
    let config = crate::codec::h264::write_record(&[&hex(SPS), &hex(PPS)]).unwrap();
    let h264 = Format::of(&track(Codec::H264, &config)).unwrap();
    assert_eq!((&h264.encoding[..], h264.clock_rate), ("H264", 90_000));
    assert_eq!(h264.parameter("Profile-Level-ID"), Some("64000A"));
    assert_eq!(
        h264.parameter("sprop-parameter-sets"),
        Some("Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA="),
        "base64 with padding"
    );
    let aac = Format::of(&Track { sample_rate: 48_000, channels: 2, ..track(Codec::Aac, &[0x11, 0x90]) });
    let aac = aac.unwrap();
    assert_eq!((&aac.encoding[..], aac.clock_rate, aac.channels), ("mpeg4-generic", 48_000, 2));
    assert_eq!((aac.parameter("config"), aac.parameter("mode")), (Some("1190"), Some("AAC-hbr")));
    let opus = Format::of(&Track { channels: 1, ..track(Codec::Opus, &[]) }).unwrap();
    assert_eq!((opus.channels, opus.parameter("sprop-stereo")), (2, Some("0")));
    assert_eq!(Format::of(&track(Codec::Flac, &[])), None);
}
