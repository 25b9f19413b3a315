use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

const SIZE: Option<Size> = Some(Size { width: 176, height: 144 });
const fn sound(sample_rate: u32, channels: u8) -> Option<Sound> {
    Some(Sound { sample_rate, channels })
}

const AVCC: &str = "0164000affe100186764000aacd942c4ec0440000003004000000503c489658001000568ef839cb0fdf8f800";

#[test]
fn avcc_of_x264() {
    let avcc = hex(AVCC);
    let record = h264::parse_record(&avcc).unwrap();
    assert_eq!(record.length_size, 4);
    assert_eq!(h264::size(record.sps.unwrap()), SIZE);
    assert!(h264::parse_record(&avcc[..4]).is_err());
    assert!(h264::parse_record(&[]).is_err());
    assert_eq!(h264::parse_record(&avcc[..9]).unwrap().sps, None);
    let error = h264::parse_record(&[0, 0, 0, 1, 0x67]).unwrap_err().to_string();
    assert!(error.contains("avcC version is 0, expected 1"), "{error}");
}

#[test]
fn h264_sizes_with_cropping_and_fields() {
    // 1920x1080: 120 × 68 macroblocks, 8 lines cropped (x264, High)
    let sps = hex("67640028acd940780227e5c044000003000400000300c83c60c658");
    assert_eq!(h264::size(&sps), Some(Size { width: 1920, height: 1080 }));
    // Baseline 640x480 without cropping
    let sps = hex("6742c01ed900a03db0110000030001000003003c0f162e48");
    assert_eq!(h264::size(&sps), Some(Size { width: 640, height: 480 }));
    assert_eq!(h264::size(&hex("68ef839cb0")), None, "a PPS");
}

#[test]
fn keyframes_by_their_nal_units() {
    assert!(h264::is_key(&hex("00000002 0910 00000003 658884")));
    assert!(!h264::is_key(&hex("00000002 419a")));
    assert!(!h264::is_key(&hex("000000ff 65")), "a length that is too large");
    assert!(h265::is_key(&hex("00000003 2801ac")));
    assert!(!h265::is_key(&hex("00000003 0201d0")));
}

#[test]
fn hvcc_of_x265() {
    let hvcc = hex(
        "0101600000009000000000001ef000fcfdf8f800000f04200001001840010c01ffff01600000030090000003000003\
        001e959009210001002a42010101600000030090000003000003001ea01620245965644a4c2f01680800000300080000030050\
        40220001000644 01c073c189",
    );
    let record = h265::parse_record(&hvcc).unwrap();
    assert_eq!(record.length_size, 4);
    assert_eq!(h265::size(record.sps.unwrap()), SIZE);
    assert!(h265::parse_record(&hvcc[..20]).is_err());
    assert_eq!(h265::parse_record(&hvcc[..60]).unwrap().sps, None);
}

#[test]
fn records_are_written() {
    let avcc = hex(AVCC);
    let sets: Vec<_> = h264::parameter_sets(&avcc).collect();
    assert_eq!(h264::write_record(&sets).unwrap(), avcc);
    assert_eq!(h264::write_record(&sets[1..]), None, "no SPS");
    assert_eq!(h264::write_record(&[&hex("674200")]), None, "cut off");
    let baseline = hex("6742c01ed900a03db0110000030001000003003c0f162e48");
    assert_eq!(h264::write_record(&[&baseline]).unwrap()[..6], hex("0142c01effe1"));
    let (vps, sps, pps) = (
        hex("40010c01ffff01600000030090000003000003001e959009"),
        hex("42010101600000030090000003000003001ea01620245965644a4c2f016808000003000800000300504022"),
        hex("4401c073c189"),
    );
    let hvcc = h265::write_record(&[&pps, &vps, &sps]).unwrap();
    assert_eq!(hvcc[..23], hex("0101600000009000000000001ef000fcfdf8f800000f03"));
    assert_eq!(h265::parameter_sets(&hvcc).collect::<Vec<_>>(), [&vps, &sps, &pps]);
    assert_eq!(h265::parse_record(&hvcc).unwrap().length_size, 4);
    assert_eq!(h265::size(h265::parse_record(&hvcc).unwrap().sps.unwrap()), SIZE);
    assert_eq!(h265::write_record(&[&vps, &pps]), None, "no SPS");
    assert_eq!([&vps, &sps, &pps].map(|set| h265::set_id(set)), [Some(0); 3]);
    assert_eq!(h265::set_id(&hex("2601af")), None, "a slice");
}

#[test]
fn where_pictures_begin() {
    let sps = h264::parse_sps(&hex("67640028acd940780227e5c044000003000400000300c83c60c658")).unwrap();
    assert_eq!((sps.chroma, sps.luma_depth, sps.chroma_depth), (1, 0, 0));
    assert!(h264::SliceHead::parse(&hex("658884"), &sps).unwrap().intra, "slice_type 7");
    assert!(!h264::SliceHead::parse(&hex("419a11"), &sps).unwrap().intra, "slice_type 5");
    assert_eq!(h264::SliceHead::parse(&hex("41"), &sps), None);
    assert!(h264::begins_picture(&hex("4180")) && !h264::begins_picture(&hex("4140")));
    assert!(h265::begins_picture(&hex("020180")) && !h265::begins_picture(&hex("020140")));
    assert_eq!(h264::set_id(&hex("68ef839cb0")), Some(0));
    assert_eq!(h264::set_id(&hex("685f")), Some(1));
    assert_eq!(h264::set_id(&hex("6742c01e5f")), Some(1));
    assert_eq!(h264::set_id(&hex("6588")), None);
    // user data of 2 bytes, then the recovery point
    assert!(h264::is_recovery_point(&hex("06 0502aabb 0601c4 80")));
    assert!(!h264::is_recovery_point(&hex("06 0502aabb 80")));
    assert!(!h264::is_recovery_point(&hex("06 05ffffff")));
}

#[test]
fn parameter_sets_tell_how_far_pictures_are_reordered() {
    let h264 = |text: &str| h264::parse_sps(&hex(text)).unwrap().reorder_depth;
    // libx264: no B pictures, plain ones, a pyramid with HRD parameters.
    assert_eq!(h264("67f4000a919640836c0440000003004000000c83c48992"), Some(0));
    assert_eq!(h264("67f4000a919a2041b60220000003002000000641e244a240"), Some(1));
    let pyramid = "67f40009919b2841b602d404080900000300010000030032602001e840007a12930c01e244b2c0";
    assert_eq!(h264(pyramid), Some(2));
    assert_eq!(h264("6742c01ed900a03db0110000030001000003003c0f162e48"), Some(0), "baseline");
    // Without VUI parameters, and cut off within them.
    assert_eq!(h264("674d401ef28589c8"), None);
    assert_eq!(h264("674d401eda0b2920"), Some(0), "order count 2");
    assert_eq!(h264(&pyramid[..60]), None);
    let h265 = |text: &str| h265::parse_sps(&hex(text)).unwrap().reorder_depth;
    let head = "4201010408000003009e0800000300001e9002040c2c";
    assert_eq!(h265(&format!("{head}b2b349265780b7020200040000030004000003006420")), Some(2));
    assert_eq!(h265(&format!("{head}b2549265780b7020200040000003004000000642")), Some(0));
    assert_eq!(h265(&format!("{head}b2")), None);
}

#[test]
fn fields_of_a_frame() {
    // A Main SPS with frame_mbs_only_flag 0 and log2_max_frame_num 4.
    let sps = hex("674d401e da0b2920");
    let sps = h264::parse_sps(&sps).unwrap();
    assert_eq!(sps.size, Size { width: 176, height: 160 });
    // ue(0) ue(5) ue(0), frame_num 2, field_pic_flag, bottom_field_flag
    let top = h264::SliceHead::parse(&hex("41 9a50"), &sps).unwrap();
    let bottom = h264::SliceHead::parse(&hex("41 9a58"), &sps).unwrap();
    assert!(top.is_field_pair(&bottom), "{top:?} {bottom:?} {sps:?}");
    assert!(!top.is_field_pair(&top));
}

#[test]
fn start_codes() {
    let units = |text: &str| nal::annex_b(&hex(text)).map(<[u8]>::to_vec).collect::<Vec<_>>();
    assert_eq!(units("00000001 0910 000001 6742 0000 000001 68"), [hex("0910"), hex("6742"), hex("68")]);
    assert_eq!(units("ffff 000001 09 000001 000001 65 0000"), [hex("09"), hex("65")]);
    assert_eq!(units("000001 65 000003 01 000002 000000"), [hex("65 000003 01 000002")]);
    assert_eq!(units("0000"), Vec::<Vec<u8>>::new());
    assert_eq!(units("000001"), Vec::<Vec<u8>>::new());
    assert_eq!(units("01000001 65 01000001 41"), [hex("6501"), hex("41")]);
}

#[test]
fn lengths_of_sound_frames() {
    let adts = aac::Adts::parse(&hex("fff14c80073ffc")).unwrap();
    assert_eq!((adts.head, adts.len, adts.blocks), (7, 57, 1));
    assert_eq!(
        (adts.config.sample_rate, adts.config.channel_config, adts.config.object_type),
        (48_000, 2, 2)
    );
    assert_eq!(aac::Adts::parse(&hex("fff04c80073ffd")).unwrap().head, 9, "with a checksum");
    assert_eq!(aac::Adts::parse(&hex("fff54c80073ffc")), None, "layer");
    assert_eq!(aac::Adts::parse(&hex("fff17c80073ffc")), None, "a reserved rate");
    assert_eq!(aac::Adts::parse(&hex("fff14c80001ffc")), None, "shorter than its head");
    assert_eq!(mp3::frame_len(&hex("fffb9064")), Some(417), "128 kbit/s at 44.1 kHz");
    assert_eq!(mp3::frame_len(&hex("fffb9264")), Some(418), "with padding");
    assert_eq!(mp3::frame_len(&hex("fff384c4")), Some(192), "64 kbit/s at 24 kHz");
    assert_eq!(mp3::frame_len(&hex("fffd9064")), None);
    assert!(mp3::is_other_layer(&hex("fffd9064")) && !mp3::is_other_layer(&hex("fffb9064")));
    assert_eq!(ac3::frame_len(&hex("0b776bf108402f84")), Some(256), "64 kbit/s at 48 kHz");
    assert_eq!(ac3::frame_len(&hex("0b77000041400000")), Some(140), "32 kbit/s at 44.1 kHz");
    assert_eq!(ac3::frame_len(&hex("0b77003f3287c000")), None, "E-AC-3");
    let frame = ac3::sync_frame(&hex("0b77003f3287c000")).unwrap();
    assert_eq!((frame.len, frame.samples, frame.continues), (128, 1_536, false));
    assert!(ac3::sync_frame(&hex("0b77403f3287c000")).unwrap().continues, "a dependent substream");
}

#[test]
fn lengths_are_widened() {
    assert_eq!(nal::widen(&hex("0002 0910 0001 65"), 2).unwrap(), hex("00000002 0910 00000001 65"));
    assert_eq!(nal::widen(&hex("02 0910 01 65"), 1).unwrap(), hex("00000002 0910 00000001 65"));
    assert_eq!(nal::widen(&hex("000002 0910"), 3).unwrap(), hex("00000002 0910"));
    assert_eq!(nal::widen(&hex("0003 0910"), 2), None);
}

#[test]
fn av1_and_vp() {
    assert_eq!(av1::size(&hex("81000c00 0a0b00000003bd7c79b5f20080")), SIZE);
    let av1c = hex("81000c00 0a0b00000003bd7c79b5f20080");
    assert_eq!(av1::write_record(&av1c[6..]).as_deref(), Some(&av1c[..]), "as libaom and ffmpeg write it");
    assert_eq!(av1::write_record(&av1c[6..12]), None, "cut off");
    assert!(av1::is_key(&[&av1c[4..], &hex("3201 10")].concat()));
    assert!(!av1::is_key(&[&av1c[4..], &hex("3201 30")].concat()), "an inter frame");
    assert!(!av1::is_key(&hex("3201 10")), "without a sequence header");
    assert_eq!(vp9::size(&hex("82498342000af008f60238241c")), SIZE);
    let key = vp9::Key::parse(&hex("82498342000af008f60238241c")).unwrap();
    assert_eq!(key.record(), [1, 0, 0, 0, 0, 10, 0x82, 2, 2, 2, 0, 0]);
    assert_eq!(vp9::size(&hex("8600409292")), None, "not a keyframe");
    assert_eq!(vp8::size(&hex("1006009d012ab0009000")), SIZE);
    assert_eq!(vp8::size(&hex("1106009d012ab0009000")), None, "not a keyframe");
}

#[test]
fn audio_specific_configs() {
    let lc = aac::Config::parse(&hex("119056e500")).unwrap();
    assert_eq!(
        lc,
        aac::Config { object_type: aac::LC, sample_rate: 48_000, channel_config: 2, extension: None }
    );
    assert_eq!(&lc.write()[..], hex("1190"));
    // HE-AAC, 24 kHz doubled to 48 kHz, stereo
    let he = aac::Config {
        object_type: 2,
        sample_rate: 24_000,
        channel_config: 2,
        extension: Some((aac::SBR, 48_000)),
    };
    assert_eq!(&he.write()[..], hex("2b118800"));
    assert_eq!(aac::Config::parse(&he.write()), Some(he));
    assert_eq!(he.sound(), Sound { sample_rate: 48_000, channels: 2 });
    let v2 = aac::Config { channel_config: 1, extension: Some((aac::PS, 48_000)), ..he };
    assert_eq!(aac::Config::parse(&v2.write()), Some(v2));
    assert_eq!(v2.sound().channels, 2);
    let odd = aac::Config { object_type: 42, sample_rate: 12_345, channel_config: 7, extension: None };
    assert_eq!(aac::Config::parse(&odd.write()), Some(odd));
    assert_eq!(odd.sound().channels, 8);
    assert_eq!(aac::Config::parse(&hex("12")), None);
}

#[test]
fn heads_of_sound() {
    assert_eq!(opus::sound(&hex("4f707573486561640101380180bb0000000000")), sound(48_000, 1));
    for channels in 1..9 {
        let head = opus::head(channels);
        assert_eq!(opus::sound(&head), sound(48_000, channels));
        assert_eq!(head.len(), if channels < 3 { 19 } else { 21 + usize::from(channels) });
    }
    assert_eq!(opus::sound(&opus::head(0)), sound(48_000, 2));
    assert_eq!(opus::sound(b"OpusTags"), None);
    let info = hex("009b009b00000000014b01f400f00000000000000000000000000000000000000000");
    let blocks = flac::blocks(&info).unwrap();
    assert_eq!(flac::sound(&blocks), sound(8_000, 1));
    let stream = [&flac::MAGIC[..], &blocks].concat();
    assert_eq!(flac::blocks(&stream).unwrap(), blocks);
    assert_eq!(flac::blocks(b"fLaC"), None);
    assert_eq!(ac3::sound(&hex("0b776bf108402f842b41c7")), sound(48_000, 1));
    assert_eq!(ac3::sound(&hex("0b770000 1e40 e1fc")), sound(48_000, 6), "3/2 with LFE");
    assert_eq!(ac3::enhanced_sound(&hex("0b77003f3287c00021")), sound(48_000, 1));
    assert_eq!(mp3::sound(&hex("fffb10c4")), sound(44_100, 1));
    assert_eq!(mp3::sound(&hex("fff384c4")), sound(24_000, 1));
    assert_eq!(mp3::sound(&hex("00fb10c4")), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..120), length_size in 0_u8..6) {
        let sps = [&[0x67][..], &data].concat();
        let _ = (h264::parse_record(&data), h264::size(&data), h264::size(&sps), h264::is_key(&data));
        let sps = [&[0x42, 1][..], &data].concat();
        let _ = (h265::parse_record(&data), h265::size(&data), h265::size(&sps), h265::is_key(&data));
        let _ = (nal::widen(&data, length_size), av1::size(&data), av1::obu_size(&data));
        let _ = (av1::write_record(&data), av1::is_key(&data), av1::obus(&data).count());
        let _ = (vp8::size(&data), vp9::size(&data), aac::Config::parse(&data), opus::sound(&data));
        let _ = (flac::blocks(&data), flac::sound(&data), ac3::sound(&data), ac3::enhanced_sound(&data));
        let _ = (mp3::sound(&data), mp3::frame_len(&data), ac3::frame_len(&data), ac3::sync_frame(&data));
        let _ = (aac::Adts::parse(&data), h264::set_id(&data), h265::set_id(&data), h264::is_recovery_point(&data));
        let sps = [&[0x42, 1][..], &data].concat();
        let _ = (h264::write_record(&[&data]), h265::write_record(&[&sps, &data]), h265::set_id(&sps));
        prop_assert!(nal::annex_b(&data).all(|unit| !unit.is_empty()));
    }

    #[test]
    fn changed_parameter_sets_end(at in 0_usize..44, byte in any::<u8>()) {
        let mut avcc = hex(AVCC);
        avcc[at] = byte;
        if let Ok(record) = h264::parse_record(&avcc) {
            let _ = record.sps.map(h264::size);
        }
    }
}

#[test]
fn a_layout_that_gstreamer_tells() {
    let config = [0x40, 0, 0x24, 0x20, 0xAD, 0xCA, 0];
    let (config, raw) = latm::Latm::with_layout(&config).unwrap().config().unwrap();
    assert_eq!((config.sound().sample_rate, config.channel_config), (44_100, 2));
    assert_eq!(raw[..], [0x12, 0x10]);
    // What should follow is not always missing.
    assert!(latm::Latm::with_layout(&[0x40, 0, 0x24, 0x20, 0x3F, 0xC0]).is_some());
}
