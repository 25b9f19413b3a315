//! What clients call a stream, what control messages say, and times that wrap.

use crate::bytes::param;
use crate::rtmp::unwrap::Unwrap;
use crate::rtmp::url::Place;

fn asked(app: &str, tc_url: &str, name: &str) -> (String, String, String) {
    let place = Place::new(Some(app).filter(|app| !app.is_empty()), Some(tc_url));
    let (key, vhost, params) = place.stream(name).unwrap();
    (key.to_string(), vhost.to_string(), params.to_string())
}

#[test]
fn what_is_asked_for() {
    let cases = [
        ("live", "rtmp://host/live", "s", "live/s", "host", ""),
        ("live", "rtmp://host:1935/live", "/s/", "live/s", "host", ""),
        ("live/", "rtmp://host/live/", "s", "live/s", "host", ""),
        ("live/a", "rtmp://host/live/a", "b", "live/a/b", "host", ""),
        ("live", "rtmp://host/live", "a/b", "live/a/b", "host", ""),
        ("live/_definst_", "rtmp://host/live/_definst_", "s", "live/s", "host", ""),
        ("", "rtmp://host/live/a", "b", "live/a/b", "host", ""),
        ("live/s", "rtmp://host/live/s", "", "live/s", "host", ""),
        ("live/s", "rtmp://host/live/s", "?k=1", "live/s", "host", "k=1"),
        ("live", "rtmp://host/live", "mp4:s", "live/s", "host", ""),
        ("live", "rtmp://host/live", "flv:s", "live/s", "host", ""),
        ("live", "rtmp://host/live", "a%2Fb%20c%zz%4", "live/a/b c%zz%4", "host", ""),
        ("live/a%20b", "rtmp://host/live/a%20b", "c", "live/a b/c", "host", ""),
        ("live", "rtmp://host/live", "s?k=1&l=%20", "live/s", "host", "k=1&l=%20"),
        ("live?k=1", "rtmp://host/live?k=1", "s?l=2", "live/s", "host", "k=1&l=2"),
        ("live", "rtmp://host/live?k=1", "s", "live/s", "host", "k=1"),
        ("live?k=1", "rtmp://host/live?k=1", "s?k=1", "live/s", "host", "k=1"),
        ("live?vhost=other", "rtmp://host/live", "s", "live/s", "other", "vhost=other"),
        ("live", "rtmp://host/live", "s?vhost=other", "live/s", "other", "vhost=other"),
        ("live", "rtmp://[2001:db8::1]:1935/live", "s", "live/s", "2001:db8::1", ""),
        ("live", "rtmp://user:word@host:19/live", "s", "live/s", "host", ""),
        ("live", "", "s", "live/s", "", ""),
    ];
    for (app, tc_url, name, key, vhost, params) in cases {
        let expected = (key.to_owned(), vhost.to_owned(), params.to_owned());
        assert_eq!(asked(app, tc_url, name), expected, "{app} {tc_url} {name}");
    }
}

#[test]
fn names_that_are_none() {
    let place = Place::new(Some("live"), None);
    for name in ["", "/", "mp4:", "a/../b", "a//b", "%00", "a%5Cb"] {
        assert!(place.stream(name).is_err(), "{name:?}");
    }
}

#[test]
fn parameters() {
    assert_eq!(param("a=1&b=2=3&b=4", "b"), Some("2=3"));
    assert_eq!(param("a", "a"), None);
    assert_eq!(param("", ""), None);
}

#[test]
fn times_wrap_forwards_and_backwards() {
    let mut unwrap = Unwrap::default();
    let wrap = 1_i64 << 32;
    for (wire, time) in [
        (0xFFFF_FF00_u32, wrap - 256),
        (5, wrap + 5),
        (0xFFFF_FFFF, wrap - 1), // the other kind of media, still before the wrap
        (20, wrap + 20),
        (0x7000_0000, wrap + 0x7000_0000), // a jump is passed on as it is
        (10, wrap + 10),
        (0, wrap),
    ] {
        assert_eq!(unwrap.unwrap(wire), time, "{wire:#x}");
    }
    let mut fresh = Unwrap::default();
    assert_eq!(fresh.unwrap(3), 3);
    assert_eq!(fresh.unwrap(0xFFFF_FFFE), -2, "before the start");
}
