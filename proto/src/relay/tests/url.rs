//! URLs of other servers.

use crate::relay::{Scheme, Url};

#[test]
fn what_a_url_says() {
    let cases = [
        ("rtmp://a.com/live/b", "rtmp://a.com/live/b", "a.com", 1935),
        ("RTMPS://a.com:8443/live/", "rtmps://a.com:8443/live", "a.com", 8443),
        ("rtsp://me:p%40ss@10.0.0.1/cam/1?x=y", "rtsp://10.0.0.1/cam/1", "10.0.0.1", 554),
        ("srt://[::1]:9001?streamid=%23!::r=a&latency=200#x", "srt://[::1]:9001/", "::1", 9001),
        ("srt://h", "srt://h/", "h", 9000),
    ];
    for (text, shown, host, port) in cases {
        let url = Url::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(
            (url.to_string().as_str(), url.host.as_str(), url.real_port()),
            (shown, host, port),
            "{text}"
        );
    }
    let url = Url::parse("rtsp://me:p%40ss@h/a/b/c?x=1").unwrap();
    assert_eq!(url.account, Some(("me".into(), "p@ss".into())));
    assert_eq!(url.app_and_name(), ("a", "b/c"));
    assert_eq!(format!("{url:?}"), "rtsp://h/a/b/c", "passwords are not shown");
    let url = Url::parse("srt://h:1?streamid=%23!::r=a/b,m=publish&passphrase=0123456789").unwrap();
    assert_eq!(url.param("streamid").as_deref(), Some("#!::r=a/b,m=publish"));
    assert_eq!((url.scheme, url.param("latency")), (Scheme::Srt, None));
}

#[test]
fn what_is_none() {
    for text in [
        "",
        "a.com",
        "http://a.com/x",
        "rtmp://",
        "rtmp:///live",
        "rtmp://a b/live",
        "rtmp://a:0/live",
        "rtmp://a:x/live",
        "rtmp://a:70000/live",
        "rtmp://[::1/live",
        "rtmp://[::g]/live",
        "rtmp://[::1]x/live",
        "rtmp://a/\u{7}",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
    assert!(Url::parse(&format!("rtmp://a/{}", "x".repeat(3000))).is_err());
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_url_or_an_error(text in "(rtmp|srt|rtsp)://\\PC{0,40}|\\PC{0,40}") {
        if let Ok(url) = Url::parse(&text) {
            proptest::prop_assert!(!url.host.is_empty());
        }
    }
}
