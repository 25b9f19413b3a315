//! What is not known is passed over with a warning.

use super::{parse, warnings};
use crate::Settings;

#[test]
fn unknown_names_are_named_once_with_what_was_perhaps_meant() {
    for (inner, warning) in [
        (
            "<rtmp><prot>1</prot></rtmp>",
            "1:15: <rtmp><prot> is not known here and is passed over; did you mean port?",
        ),
        (
            "<rtmp><gopcahe>1</gopcahe></rtmp>",
            "1:15: <rtmp><gopcahe> is not known here and is passed over; did you mean gopcache?",
        ),
        ("<rtmp prt='1'/>", "1:15: <rtmp prt> is not known here and is passed over; did you mean port?"),
        (
            "<http><hls cuont='1'/></http>",
            "1:27: <http><hls cuont> is not known here and is passed over; did you mean hls_count?",
        ),
        (
            "<rtpm><port>1</port><ip>x</ip></rtpm>",
            "1:9: <rtpm> is not known here and is passed over; did you mean rtmp?",
        ),
        (
            "<sip><port>5060</port><enable>true</enable></sip>",
            "1:9: <sip> is not known here and is passed over",
        ),
        ("<natmap/>", "1:9: <natmap> is not known here and is passed over"),
        ("<rtp mni='1'/>", "1:19: <rtp mni> is not known here and is passed over; did you mean rtp_min?"),
        (
            "<rtmp><port><!-- --></port>stray</rtmp>",
            "1:36: 'stray' stands in <rtmp> outside of any element and is passed over",
        ),
        ("<http><hls>5</hls></http>", "1:15: <http><hls> is not known here and is passed over"),
    ] {
        assert_eq!(warnings(inner), [format!("config.xml:{warning}")], "{inner}");
        assert_eq!(parse(inner).expect("right").settings, Settings::default(), "{inner}");
    }
}

#[test]
fn many_problems_are_counted() {
    let inner = "<a/>".repeat(150);
    let warnings = warnings(&inner);
    assert_eq!((warnings.len(), warnings[100].as_str()), (101, "config.xml: and 50 more"));
}
