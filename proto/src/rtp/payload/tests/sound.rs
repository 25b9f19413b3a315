//! Sound: frames, several of them in a payload, fragments.

use super::*;

fn hbr(more: &[(&str, &str)]) -> Format {
    let all = [&[("mode", "AAC-hbr"), ("config", "1190")][..], more].concat();
    format("mpeg4-generic", 48_000, &all)
}

fn adts(raw: &[u8]) -> Vec<u8> {
    let len = raw.len() + 7;
    let head = [0xFF, 0xF1, 0x4C, 0x80 | (len >> 11) as u8, (len >> 3) as u8, (len << 5) as u8 | 0x1F, 0xFC];
    [&head[..], raw].concat()
}

#[test]
fn several_access_units_have_times_of_their_own() {
    let mut bench = Bench::new(&hbr(&[]));
    bench.push(1_000, true, &hex("0030 0010 0018 0008 0101 020202 03"));
    let times = [(1_000, true, vec![1, 1]), (2_024, true, vec![2, 2, 2]), (3_048, true, vec![3])];
    assert_eq!(bench.units(), times);
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.sample_rate, track.channels, &track.config[..]), (48_000, 2, &[0x11, 0x90][..]));
    // 960 samples; told; a core at half the rate
    for (config, told, step) in [("1194", "", 960), ("1190", "7", 7), ("2b098800", "", 2_048)] {
        let format = format(
            "MPEG4-GENERIC",
            48_000,
            &[
                ("mode", "AAC-hbr"),
                ("config", config),
                ("constantDuration", if told.is_empty() { "0" } else { told }),
            ],
        );
        let mut bench = Bench::new(&format);
        assert_eq!(bench.push(0, true, &hex("0020 0008 0008 01 02")).units()[1].0, step, "{config}");
    }
}

#[test]
fn headers_may_have_any_fields() {
    let parameters = [
        ("mode", "generic"),
        ("config", "\"1190\""),
        ("sizelength", "8"),
        ("indexlength", "2"),
        ("indexdeltalength", "2"),
        ("ctsdeltalength", "4"),
        ("dtsdeltalength", "4"),
        ("randomaccessindication", "1"),
        ("streamstateindication", "3"),
        ("auxiliarydatasizelength", "8"),
    ];
    let mut bench = Bench::new(&format("mpeg4-generic", 48_000, &parameters));
    // 8 size, 2 index, CTS flag 1 + 4, DTS flag 0, RAP, 3 state: 20 bits; then 16 without CTS
    let bits = "00000010 00 1 1010 0 1 010 | 00000001 00 0 0 1 001";
    let bits: Vec<char> = bits.chars().filter(char::is_ascii_digit).collect();
    let mut bytes: Vec<u8> = vec![0, bits.len() as u8];
    bytes.extend(bits.chunks(8).map(|chunk| {
        let text: String = chunk.iter().collect();
        u8::from_str_radix(&format!("{text:0<8}"), 2).unwrap()
    }));
    bytes.extend(hex("08 ff 0102 03"));
    bench.push(0, true, &bytes);
    assert_eq!(bench.units(), [(0, true, vec![1, 2]), (1_024, true, vec![3])]);
    let lbr = [("mode", "AAC-lbr"), ("config", "1190")];
    let mut bench = Bench::new(&format("mpeg4-generic", 48_000, &lbr));
    assert_eq!(bench.push(0, true, &hex("0008 08 0102")).units(), [(0, true, vec![1, 2])]);
    let constant = [("mode", "generic"), ("config", "1190"), ("constantsize", "2")];
    let mut bench = Bench::new(&format("mpeg4-generic", 48_000, &constant));
    let pair = [(0, true, vec![1, 2]), (1_024, true, vec![3, 4])];
    assert_eq!(bench.push(0, true, &hex("01020304")).units(), pair);
}

#[test]
fn aac_fragments_are_whole_or_nothing() {
    let mut bench = Bench::new(&hbr(&[]));
    bench.push(0, false, &hex("0010 0020 0102")).push(0, true, &hex("0010 0020 0304"));
    assert_eq!(bench.units(), [(0, true, vec![1, 2, 3, 4])]);
    bench.push(1, false, &hex("0010 0020 0102")).push_after_loss(1, true, &hex("0010 0020 04"));
    bench.push_after_loss(2, true, &hex("0010 0020 0304"));
    bench.push(3, false, &hex("0010 0020 0102")).push(4, true, &hex("0010 0008 09"));
    assert_eq!(bench.units(), [(4, true, vec![9])]);
    // Two indices apart are interleaved; a size beyond the end.
    bench.push(5, true, &hex("0020 0008 0009 01 02")).push(6, true, &hex("0020 0008 0010 01 02"));
    assert_eq!(bench.units(), [(6, true, vec![1])]);
    let (damaged, _, malformed) = bench.counts();
    assert_eq!((damaged, malformed), (5, 2));
}

/// Seen: anjvision cameras, without any AU headers; others with.
#[test]
fn adts_heads_are_taken_off() {
    let mut bench = Bench::new(&hbr(&[]));
    let frame = adts(&[1, 2, 3]);
    bench.push(0, true, &frame).push(1, true, &[&[0, 16, 0, (frame.len() as u8) << 3][..], &frame].concat());
    assert_eq!(bench.units(), [(0, true, vec![1, 2, 3]), (1, true, vec![1, 2, 3])]);
}

#[test]
fn latm_with_its_layout_in_sdp_and_in_band() {
    let sdp = [("cpresent", "0"), ("config", "400023203fc0")];
    let mut bench = Bench::new(&format("MP4A-LATM", 48_000, &sdp));
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((&track.config[..], track.sample_rate, track.channels), (&[0x11, 0x90][..], 48_000, 2));
    bench.push(0, true, &hex("03 010203")).push(1, false, &hex("02 04")).push(1, true, &hex("05"));
    assert_eq!(bench.units(), [(0, true, vec![1, 2, 3]), (1, true, vec![4, 5])]);
    // After a loss nothing tells where an element begins, so one is left out.
    bench.push(2, false, &hex("02 04")).push_after_loss(3, true, &hex("02 0405")).push(
        4,
        true,
        &hex("01 09"),
    );
    assert_eq!(bench.units(), [(4, true, vec![9])]);
    assert_eq!(bench.counts(), (2, 0, 0));

    let mut bench = Bench::new(&format("mp4a-latm", 48_000, &[]));
    assert_eq!(bench.depacketizer.track(), None);
    // useSameStreamMux 1 before any; then the layout, a bit later than above; then as before
    bench.push(0, true, &hex("80 c0 00")).push(1, true, &hex("20 00 11 90 1f e0 0c 00"));
    bench.push(2, true, &hex("80 c0 00"));
    assert_eq!(bench.out[0].config.as_deref(), Some(&[0x11, 0x90][..]));
    assert_eq!(bench.units(), [(1, true, vec![0x80]), (2, true, vec![0x80])]);
    assert_eq!(bench.counts(), (0, 1, 0));
}

#[test]
fn several_mp3_frames_follow_each_other() {
    let frame = |fill: u8| [&hex("fffb9064")[..], &[fill; 413]].concat();
    let mut bench = Bench::new(&format("MPA", 90_000, &[]));
    bench.push(0, false, &[&[0; 4][..], &frame(1), &frame(2)].concat());
    assert_eq!(bench.units(), [(0, true, frame(1)), (2_351, true, frame(2))]);
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.sample_rate, track.channels), (44_100, 2));
    let (first, second) = (&frame(3)[..200], &frame(3)[200..]);
    bench.push(9, false, &[&[0; 4][..], first].concat()).push(
        9,
        false,
        &[&[0, 0, 0, 200][..], second].concat(),
    );
    assert_eq!(bench.units(), [(9, true, frame(3))]);
    // A later fragment alone, one of another place, one too many.
    bench.push(10, false, &[&[0, 0, 0, 200][..], second].concat());
    bench.push(11, false, &[&[0; 4][..], first].concat()).push(
        11,
        false,
        &[&[0, 0, 0, 99][..], second].concat(),
    );
    bench.push(12, false, &[&[0; 4][..], &frame(4)].concat());
    assert_eq!(bench.units(), [(12, true, frame(4))]);
    assert_eq!(bench.counts(), (2, 0, 0));
}

#[test]
fn dolby_frames_and_fragments() {
    let frame = |fill: u8| [&hex("0b776bf108402f84")[..], &[fill; 248]].concat();
    let mut bench = Bench::new(&format("AC3", 48_000, &[]));
    bench.push(0, true, &[&[0, 2][..], &frame(1), &frame(2)].concat());
    assert_eq!(bench.units(), [(0, true, frame(1)), (1_536, true, frame(2))]);
    let (first, second) = (&frame(3)[..200], &frame(3)[200..]);
    bench.push(5, false, &[&[1, 2][..], first].concat()).push(5, true, &[&[3, 2][..], second].concat());
    assert_eq!(bench.units(), [(5, true, frame(3))]);
    bench.push(6, false, &[&[1, 2][..], first].concat()).push(7, true, &[&[3, 2][..], second].concat());
    bench.push(8, true, &[&[0, 1][..], first].concat()).push(9, true, &[0, 1, 7, 7]);
    assert_eq!(bench.units(), []);
    assert_eq!(bench.counts(), (4, 0, 1));
}

#[test]
fn substreams_do_not_hide_what_is_missing_in_front_of_them() {
    let frame = [&hex("0b77003f3287c000")[..], &[1; 120]].concat();
    let substream = [&hex("0b77403f3287c000")[..], &[2; 120]].concat();
    let part = |data: &[u8]| [&[1, 3][..], data].concat();
    let mut bench = Bench::new(&format("EAC3", 48_000, &[]));
    bench.push(0, false, &part(&frame)).push(0, false, &part(&substream)).push(0, true, &part(&substream));
    assert_eq!(bench.units(), [(0, true, [&frame[..], &substream, &substream].concat())]);
    bench.push_after_loss(1, false, &part(&substream)).push(1, true, &part(&substream));
    bench.push(2, false, &part(&frame)).push_after_loss(2, true, &part(&substream));
    assert_eq!(bench.push(3, true, &[&[0, 1][..], &frame].concat()).units(), [(3, true, frame)]);
    assert_eq!(bench.counts(), (2, 0, 0));
}

#[test]
fn telephones_and_opus_are_payloads_as_they_are() {
    let mut bench = Bench::new(&format("PCMA", 8_000, &[]));
    bench.push(0, true, &[7; 160]).push_after_loss(400, false, &[8; 33]);
    assert_eq!(bench.units(), [(0, true, vec![7; 160]), (400, true, vec![8; 33])]);
    let track = bench.depacketizer.track().unwrap();
    assert_eq!((track.codec, track.sample_rate, track.channels), (Codec::G711A, 8_000, 1));
    let mut bench = Bench::new(&format("opus", 48_000, &[]));
    bench.push(0, true, &[0xFC, 1]).push(960, false, &[0xFF]);
    assert_eq!(bench.units(), [(0, true, vec![0xFC, 1])]);
    assert_eq!(bench.counts(), (1, 0, 1), "a packet of code 3 without its count");
    assert_eq!(bench.depacketizer.track().unwrap().channels, 2);
}
