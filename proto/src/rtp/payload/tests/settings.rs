//! What SDP says, and what of it is refused by name.

use super::*;

/// Encoding, parameters, what the error says.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

fn refused(encoding: &str, parameters: &[(&str, &str)]) -> String {
    Depacketizer::new(&format(encoding, 48_000, parameters)).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn what_is_not_carried_says_its_name() {
    let cases: [Case; 14] = [
        ("L16", &[], "RTP encoding 'L16' is not carried"),
        (
            "H264",
            &[("packetization-mode", "2")],
            "packetization-mode=2 (interleaved) is not carried, expected 0 or 1",
        ),
        (
            "H264",
            &[("sprop-interleaving-depth", "3")],
            "sprop-interleaving-depth=3 (interleaved) is not carried",
        ),
        ("H264", &[("packetization-mode", "one")], "packetization-mode=one, expected a number"),
        ("H265", &[("sprop-max-don-diff", "1")], "sprop-max-don-diff=1 (interleaved) is not carried"),
        ("H265", &[("tx-mode", "MRST")], "tx-mode=MRST is not carried, expected SRST"),
        ("mpeg4-generic", &[("mode", "CELP-cbr")], "mode=celp-cbr is not carried"),
        ("mpeg4-generic", &[("mode", "AAC-hbr")], "mpeg4-generic has no config"),
        ("mpeg4-generic", &[("config", "1190")], "neither sizelength nor constantsize"),
        (
            "mpeg4-generic",
            &[("mode", "AAC-hbr"), ("config", "11zz")],
            "config=11zz, expected hexadecimal digits",
        ),
        (
            "mpeg4-generic",
            &[("mode", "AAC-hbr"), ("config", "f9")],
            "config=f9, expected an AudioSpecificConfig",
        ),
        (
            "mpeg4-generic",
            &[("mode", "AAC-hbr"), ("maxDisplacement", "5")],
            "maxDisplacement=5 (interleaved)",
        ),
        ("mpeg4-generic", &[("sizelength", "33"), ("config", "1190")], "sizeLength=33, expected at most 32"),
        ("MP4A-LATM", &[("cpresent", "0")], "cpresent=0 and no config"),
    ];
    for (encoding, parameters, says) in cases {
        let error = refused(encoding, parameters);
        assert!(error.contains(says), "{error}");
    }
    let error = Depacketizer::new(&format("H264", 0, &[])).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("clock rate of H264 is 0, expected 1 to"), "{error}");
}

#[test]
fn parameter_sets_in_sdp_are_taken_as_they_come() {
    let track = |value: &str| {
        let format = format("h264", 90_000, &[("Sprop-Parameter-Sets", value)]);
        Depacketizer::new(&format).unwrap().track().map(|track| (track.width, track.height))
    };
    assert_eq!(track("Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA="), Some((176, 144)));
    // Without padding, with a comma too many; behind start codes; with what is none
    assert_eq!(track(" Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA, aO+DnLA,"), Some((176, 144)));
    assert_eq!(track("AAAAAWdkAAqs2ULE7ARAAAADAEAAAAUDxIllgAAAAAFo74OcsA=="), Some((176, 144)));
    assert_eq!(track("Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA,aO+DnLA=,ZYiEAA==,???"), Some((176, 144)));
    assert_eq!(track("Z2QACqzZQsTsBEAAAAMAQAAABQPEiWWA"), None, "a PPS is missing");
    assert_eq!(track("not base64"), None);
}
