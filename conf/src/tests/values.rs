//! Every value there is, in a form it may have.

use std::net::IpAddr;
use std::path::Path;

use super::right;
use crate::Settings;
use crate::settings::{Auth, AuthTarget, HostMap, HostPort, HttpType, RecMode, Rtp};

#[test]
fn nothing_is_the_default() {
    for inner in
        ["", "<rtmp/>", "<rtmp></rtmp><http> </http>", "<rtmp><port/><ip/><gop_cache/></rtmp>", "<rtp/>"]
    {
        assert_eq!(right(inner), Settings::default(), "{inner}");
    }
}

#[test]
fn the_top_level() {
    let global = right(
        "<threads>4</threads><elapse>350</elapse><hold>5</hold><rtp min='40000' max='50000' que='9'/>\
         <sock><recvbuffer>0</recvbuffer><sendbuffer>128</sendbuffer></sock><hostmap inner='10.0.0.2' outer='a.com'/>",
    )
    .global;
    assert_eq!((global.threads, global.elapse_ms, global.hold_s), (4, 350, 5));
    assert_eq!(global.rtp, Rtp { min: 40_000, max: 50_000, que: 9, follow: false });
    assert_eq!((global.sock.recv_kb, global.sock.send_kb), (0, 128));
    assert_eq!(global.hostmap, Some(HostMap { inner: "10.0.0.2".into(), outer: "a.com".into() }));
}

#[test]
fn every_switch_and_number_of_the_services() {
    let all = right(
        "<rtmp><ip>127.0.0.1</ip><port>1</port><ssl>yes</ssl><gopcache bytes='65536' seconds='1'>off</gopcache>\
         <chunksize>128</chunksize><h265id>13</h265id><hasrtsp>0</hasrtsp><hashls>no</hashls><hasdash>FALSE</hasdash>\
         <haswebrtc>Off</haswebrtc><hassrt>false</hassrt><maxidle>3</maxidle></rtmp>\
         <rtsp><enable>0</enable><ip>::1</ip><port>2</port><ssl>1</ssl><hasrtmp>0</hasrtmp><maxidle>4</maxidle></rtsp>\
         <http><enable>0</enable><ip>[::]</ip><port>3</port><sport>4</sport><ssl>on</ssl><ioshrink>1</ioshrink>\
         <hls count='7' duration='8' cache='9'/><dash duration='5' cache='6'/><rec mode='MP4' period='60'/></http>\
         <srt><enable>0</enable><ip>0.0.0.0</ip><port>5</port><hasrtmp>0</hasrtmp><latency>0</latency>\
         <passphrase>0123456789</passphrase><pbkeylen>32</pbkeylen></srt>",
    );
    let Settings { rtmp, rtsp, http, srt, .. } = all;
    assert_eq!((rtmp.ip, rtmp.port, rtmp.ssl), (Some(IpAddr::from([127, 0, 0, 1])), 1, true));
    assert_eq!((rtmp.gop_cache.on, rtmp.gop_cache.bytes, rtmp.gop_cache.seconds), (false, 65_536, 1));
    assert_eq!((rtmp.chunk_size, rtmp.h265_id, rtmp.max_idle_s), (128, 13, 3));
    let has = [rtmp.has_rtsp, rtmp.has_hls, rtmp.has_dash, rtmp.has_webrtc, rtmp.has_srt];
    assert_eq!(has, [false; 5]);
    assert_eq!(
        (rtsp.enable, rtsp.port, rtsp.ssl, rtsp.has_rtmp, rtsp.max_idle_s),
        (false, 2, true, false, 4)
    );
    assert_eq!(rtsp.ip.map(|ip| ip.to_string()).as_deref(), Some("::1"));
    assert_eq!(http.ip.map(|ip| ip.to_string()).as_deref(), Some("::"));
    assert_eq!((http.enable, http.port, http.sport, http.ssl, http.io_shrink), (false, 3, 4, true, 1));
    assert_eq!((http.hls.count, http.hls.duration_s, http.hls.cache), (7, 8, 9));
    assert_eq!((http.dash.duration_s, http.dash.cache), (5, 6));
    assert_eq!((http.rec.mode, http.rec.period_min), (RecMode::Mp4, 60));
    assert_eq!(
        (srt.enable, srt.port, srt.has_rtmp, srt.latency_ms, srt.key_length),
        (false, 5, false, 0, 32)
    );
    assert!(!format!("{srt:?}").contains("0123456789"), "secrets are not shown");
    assert_eq!(srt.passphrase.expect("one is given").as_str(), "0123456789");
}

#[test]
fn outside_addresses_and_files() {
    let all = right(
        "<nat><rtmp>61.180.166.16:1935</rtmp><http>a.b-c.com</http><https>[2001:db8::1]:8181</https>\
         <rtsp>2001:db8::1</rtsp><srt>[2001:db8::1]</srt><rtp>61.180.166.16</rtp></nat>\
         <ssl><serverkey>server.key</serverkey><servercert>/etc/a b.crt</servercert></ssl>",
    );
    let shown = |host: Option<HostPort>| host.expect("it is given").to_string();
    assert_eq!(shown(all.nat.rtmp), "61.180.166.16:1935");
    assert_eq!(shown(all.nat.http), "a.b-c.com");
    assert_eq!(shown(all.nat.https), "[2001:db8::1]:8181");
    assert_eq!(shown(all.nat.rtsp), "[2001:db8::1]");
    assert_eq!(shown(all.nat.srt), "[2001:db8::1]");
    assert_eq!(shown(all.nat.rtp), "61.180.166.16");
    assert_eq!(all.ssl.server_key.as_deref(), Some(Path::new("server.key")));
    assert_eq!(all.ssl.server_cert.as_deref(), Some(Path::new("/etc/a b.crt")));
}

#[test]
fn the_auth_server_in_both_forms() {
    let auth = |inner: &str| right(inner).global.auth;
    let host = |host: &str, port| HostPort { host: host.into(), port };
    assert_eq!(auth("<authurl timeout='1' router='/x'></authurl>"), None);
    let target = AuthTarget::Host { host: host("192.168.1.32", Some(8181)), router: "/api/auth".into() };
    let expected = Auth { target, timeout_ms: 500, http_type: HttpType::Http };
    for router in ["/api/auth", "api/auth/"] {
        let inner =
            format!("<authurl timeout='500' httptype='http' router='{router}'>192.168.1.32:8181</authurl>");
        assert_eq!(auth(&inner), Some(expected.clone()));
    }
    for (text, tls, port, path) in [
        ("http://a.com", false, None, "/"),
        ("HTTPS://a.com:444/api/auth?x=1", true, Some(444), "/api/auth?x=1"),
        ("http://a.com?x", false, None, "/?x"),
    ] {
        let target = AuthTarget::Url { tls, host: host("a.com", port), path: path.into() };
        assert_eq!(
            auth(&format!("<authurl>{text}</authurl>")).map(|auth| auth.target),
            Some(target),
            "{text}"
        );
    }
}

#[test]
fn words_and_digits_of_the_recording_mode() {
    for (word, mode) in
        [("hls", RecMode::Hls), ("dash", RecMode::Dash), ("mp4", RecMode::Mp4), ("FLV", RecMode::Flv)]
    {
        assert_eq!(right(&format!("<http><rec mode='{word}'/></http>")).http.rec.mode, mode);
    }
    for (digit, mode, word) in [("0", RecMode::Hls, "hls"), ("1", RecMode::Dash, "dash")] {
        let parsed = super::parse(&format!("<http><rec_mode>{digit}</rec_mode></http>")).expect("right");
        assert_eq!(parsed.settings.http.rec.mode, mode);
        let [warning] = &parsed.warnings[..] else { panic!("{:?}", parsed.warnings) };
        assert!(warning.text.contains(&format!("taken as {word}")), "{warning}");
    }
}

#[test]
fn who_may_use_rtsp_and_where_multicast_goes() {
    let Settings { rtsp, global, .. } = right(
        r#"<rtp follow="true"/><rtsp><auth user="a" password="b c"/><multicast group="239.1.2.3" ttl="3">on</multicast></rtsp>"#,
    );
    let auth = rtsp.auth.expect("given");
    assert_eq!(
        (auth.user.as_str(), auth.password.as_str(), auth.realm.as_str()),
        ("a", "b c", "smart_rtmpd")
    );
    assert!(!format!("{auth:?}").contains("b c"), "passwords are not shown");
    let multicast = rtsp.multicast.expect("on");
    assert_eq!((multicast.group.to_string().as_str(), multicast.port, multicast.ttl), ("239.1.2.3", 5004, 3));
    assert!(global.rtp.follow);
}

#[test]
fn a_passphrase_for_each_stream() {
    let srt = right("<srt><passphrases> live/a=0123456789 ,rec/b/c=with a = sign</passphrases></srt>").srt;
    let all: Vec<(&str, &str)> =
        srt.passphrases.iter().map(|(stream, secret)| (stream.as_str(), secret.as_str())).collect();
    assert_eq!(all, [("live/a", "0123456789"), ("rec/b/c", "with a = sign")]);
    assert!(!format!("{srt:?}").contains("0123456789"), "passphrases are not shown");
}
