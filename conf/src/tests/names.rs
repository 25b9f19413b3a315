//! The forms in which names are accepted.

use super::{errors, parse, right, warnings};
use crate::Settings;

#[test]
fn squeezed_snake_and_nested_are_one() {
    for (inner, is_set) in [
        ("<rtmp><gopcache>0</gopcache></rtmp>", (|all| !all.rtmp.gop_cache.on) as fn(&Settings) -> bool),
        ("<rtmp><gop_cache>0</gop_cache></rtmp>", |all| !all.rtmp.gop_cache.on),
        ("<rtmp gop_cache='0'/>", |all| !all.rtmp.gop_cache.on),
        ("<rtmp><gop_cache_bytes>99999</gop_cache_bytes></rtmp>", |all| all.rtmp.gop_cache.bytes == 99_999),
        ("<rtmp><has_rtsp>0</has_rtsp></rtmp>", |all| !all.rtmp.has_rtsp),
        ("<rtmp><max_idle>7</max_idle></rtmp>", |all| all.rtmp.max_idle_s == 7),
        ("<rtmp><chunk_size>128</chunk_size></rtmp>", |all| all.rtmp.chunk_size == 128),
        ("<rtmp><h265_id>13</h265_id></rtmp>", |all| all.rtmp.h265_id == 13),
        ("<http><hls count='9'/></http>", |all| all.http.hls.count == 9),
        ("<http><hls><count>9</count></hls></http>", |all| all.http.hls.count == 9),
        ("<http><hls_count>9</hls_count></http>", |all| all.http.hls.count == 9),
        ("<http><dash_duration>9</dash_duration></http>", |all| all.http.dash.duration_s == 9),
        ("<http><rec_period>9</rec_period></http>", |all| all.http.rec.period_min == 9),
        ("<http><io_shrink>9</io_shrink></http>", |all| all.http.io_shrink == 9),
        ("<rtp><min>9</min></rtp>", |all| all.global.rtp.min == 9),
        ("<auth_url>a.com</auth_url>", |all| all.global.auth.is_some()),
        ("<sock><recv_buffer>9</recv_buffer></sock>", |all| all.global.sock.recv_kb == 9),
        ("<ssl><server_key>k</server_key><server_cert>c</server_cert></ssl>", |all| {
            all.ssl.server_key.is_some()
        }),
        ("<RTMP><Port>9</Port></RTMP>", |all| all.rtmp.port == 9),
        ("<rtmp><port>7</port></rtmp><rtmp><maxidle>9</maxidle></rtmp>", |all| all.rtmp.max_idle_s == 9),
    ] {
        assert!(is_set(&right(inner)), "{inner}");
    }
}

#[test]
fn comments_and_blanks_are_no_part_of_a_value() {
    let all = right("<!-- a --><rtmp><!-- b --> <port> <!-- c -->19<!-- d -->36\n</port></rtmp><!-- e -->");
    assert_eq!(all.rtmp.port, 1936);
    assert_eq!(right("<rtmp><port><![CDATA[1936]]></port></rtmp>").rtmp.port, 1936);
}

#[test]
fn one_value_once() {
    assert_eq!(
        errors("<rtmp><gopcache>1</gopcache><gop_cache>0</gop_cache></rtmp>"),
        ["config.xml:1:48: <rtmp><gop_cache> is '0', but was '1' before: keep one of them"]
    );
    assert_eq!(errors("<http><hls count='1'/><hls_count>2</hls_count></http>").len(), 1);
    assert_eq!(errors("<rtmp><port>1</port></rtmp><rtmp><port>2</port></rtmp>").len(), 1);
    right("<rtmp><port>7</port><port/></rtmp>");
}

#[test]
fn the_older_meaning_of_elapse() {
    for word in ["false", "true", "off"] {
        let inner = format!("<elapse>{word}</elapse>");
        assert_eq!(parse(&inner).expect("right").settings.global.elapse_ms, 10);
        let warning =
            format!("config.xml:1:17: <elapse> is '{word}', which is its older meaning; taken as 10 (ms)");
        assert_eq!(warnings(&inner), [warning]);
    }
    for (number, ms) in [("0", 0), ("1", 1), ("1000", 1000)] {
        assert_eq!(right(&format!("<elapse>{number}</elapse>")).global.elapse_ms, ms);
    }
}
