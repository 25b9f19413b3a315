use proptest::prelude::*;

use crate::rtsp::url::{Url, names};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

#[test]
fn streams_and_tracks_are_found_wherever_clients_put_them() {
    for (text, key, params, track) in [
        ("rtsp://10.0.0.1/live/a", "live/a", "", None),
        ("rtsp://10.0.0.1:554/live/a/", "live/a", "", None),
        ("RTSPS://user:p@ss@10.0.0.1/live/a", "live/a", "", None),
        ("rtsp://10.0.0.1/live/a/b/c", "live/a/b/c", "", None),
        ("rtsp://10.0.0.1//live//a", "live/a", "", None),
        ("rtsp://10.0.0.1/live/a%20b", "live/a b", "", None),
        ("rtsp://10.0.0.1/live/front door", "live/front door", "", None),
        // ours and VLC's, ffmpeg's, GStreamer's, in any case
        ("rtsp://10.0.0.1/live/a/trackID=0", "live/a", "", Some(0)),
        ("rtsp://10.0.0.1/live/a/trackid=1/", "live/a", "", Some(1)),
        ("rtsp://10.0.0.1/live/a/streamid=1", "live/a", "", Some(1)),
        ("rtsp://10.0.0.1/live/a/stream=2", "live/a", "", Some(2)),
        // The query before the control part: ffmpeg, VLC; with a slash from Content-Base.
        ("rtsp://10.0.0.1/live/a?token=x/trackID=0", "live/a", "token=x", Some(0)),
        ("rtsp://10.0.0.1/live/a?token=x&k=/v//trackID=1", "live/a", "token=x&k=/v", Some(1)),
        ("rtsp://10.0.0.1/live/a?token=x/", "live/a", "token=x", None),
        ("rtsp://10.0.0.1/live/a?/trackID=1", "live/a", "", Some(1)),
        // Behind it: GStreamer.
        ("rtsp://10.0.0.1/live/a/trackID=0?token=x", "live/a", "token=x", Some(0)),
        ("rtsp://10.0.0.1/live/a/?token=x", "live/a", "token=x", None),
        // A stream or a parameter of that name.
        ("rtsp://10.0.0.1/live/stream=1", "live/stream=1", "", None),
        ("rtsp://10.0.0.1/live/a?stream=1", "live/a", "stream=1", None),
        ("rtsp://10.0.0.1/live/a/trackID=x", "live/a/trackID=x", "", None),
        // Only the path.
        ("/live/a/trackID=0", "live/a", "", Some(0)),
        ("/live/a?u=http://x/y", "live/a", "u=http://x/y", None),
    ] {
        let url = url(text);
        assert_eq!(url.key().map(|key| key.as_str().to_owned()), Ok(key.to_owned()), "{text}");
        assert_eq!((url.params.as_str(), url.track), (params, track), "{text}");
    }
}

#[test]
fn control_attributes_are_found_at_the_end_of_urls() {
    for (url, control) in [
        ("rtsp://h/live/a/streamid=0", "streamid=0"),
        ("rtsp://h/live/a/streamid=0/", "streamid=0"),
        // ffmpeg 5.1 and GStreamer 1.22, publishing to a URL with a query
        ("rtsp://h/live/a?k=v/streamid=1", "streamid=1"),
        ("rtsp://h/live/a/stream=1?k=v", "stream=1"),
        ("rtsp://h/live/a/track1", "track1"),
        ("rtsp://h/live/a/video/", "/video/"),
        ("rtsp://h:554/live/a/trackID=1", "rtsp://192.168.1.64:554/live/a/trackID=1"),
        ("rtsp://h/live/a/trackID=1?x=y", "rtsp://h/live/a/trackID=1?x=y"),
    ] {
        assert!(names(url, control), "{url} {control}");
    }
    for (url, control) in [
        ("rtsp://h/live/a/streamid=10", "streamid=0"),
        ("rtsp://h/live/a/xstreamid=0", "streamid=0"),
        ("rtsp://h/live/a", "*"),
        ("rtsp://h/live/a", ""),
        ("rtsp://h/live/a", "rtsp://h/"),
    ] {
        assert!(!names(url, control), "{url} {control}");
    }
}

#[test]
fn hosts_are_virtual_hosts() {
    for (text, host, vhost) in [
        ("rtsp://10.0.0.1:554/live/a", "10.0.0.1", "10.0.0.1"),
        ("rtsp://[2001:db8::1]:8554/live/a", "2001:db8::1", "2001:db8::1"),
        ("rtsp://user:pass@example.com/live/a?vhost=other", "example.com", "other"),
        ("rtsp://example.com?x", "example.com", "example.com"),
        ("/live/a", "", ""),
    ] {
        let url = url(text);
        assert_eq!((url.host(), url.vhost()), (host, vhost), "{text}");
    }
}

#[test]
fn bases_lead_back_to_the_stream() {
    for (text, base) in [
        ("rtsp://u:p@h:554/live/a%20b/", "rtsp://h:554/live/a%20b"),
        ("rtsp://h/live/a/trackID=0?x=y", "rtsp://h/live/a?x=y"),
        ("/live/a/", "/live/a"),
    ] {
        assert_eq!(url(text).base(), base, "{text}");
    }
}

#[test]
fn what_is_no_url_says_so() {
    for text in [
        "",
        "*",
        "live/a",
        "http://h/live/a",
        "rtsp:/live/a",
        "rtsp://h\r\n/live/a",
        "rtsp://a b/live/a",
        "://",
    ] {
        let refusal = Url::parse(text).unwrap_err().to_string();
        assert!(refusal.contains("expected rtsp://HOST/APP/NAME"), "{text}: {refusal}");
    }
    for text in [
        "rtsp://h",
        "rtsp://h/",
        "rtsp://h/live",
        "rtsp://h/live/",
        "rtsp://h/live/../x",
        "rtsp://h/live/%2e%2e",
        "rtsp://h/live/a%00",
        "rtsp://h/live/a//b",
        "rtsp://h/live/a%5Cb",
    ] {
        assert!(url(text).key().is_err(), "{text}");
    }
    assert!(url(&format!("rtsp://h/live/{}", "a".repeat(300))).key().is_err());
}

proptest! {
    #[test]
    fn control_urls_lead_to_their_track(
        name in "[a-z0-9%._~-]{1,8}(/[a-z0-9._~]{1,8}){0,2}", query in "([a-z]{1,4}=[a-z0-9]{1,4}(&[a-z]{1,3}=[a-z/]{1,4})?)?", track in 0_usize..16,
    ) {
        let query = query.trim_end_matches('/');
        let text = if query.is_empty() { format!("rtsp://h/live/{name}") } else { format!("rtsp://h/live/{name}?{query}") };
        let base = url(&text);
        prop_assert_eq!(&url(&base.base()), &base);
        // As clients put the two together.
        let mut forms = vec![format!("{}/trackID={track}", base.base()), format!("{}//trackID={track}/", base.base())];
        forms.push(format!("rtsp://h/live/{name}/trackID={track}?{query}"));
        for form in forms {
            let found = url(&form);
            prop_assert_eq!((found.base(), found.track), (base.base(), Some(track)), "{}", form);
        }
    }

    #[test]
    fn any_text_is_survived(text in "(rtsp://)?(\\PC|[/?%@:=&]|trackID=[0-9]{1,30}){0,30}") {
        if let Ok(url) = Url::parse(&text) {
            url.key().ok();
            Url::parse(&url.base()).ok();
            names(&text, &url.params);
        }
    }
}
