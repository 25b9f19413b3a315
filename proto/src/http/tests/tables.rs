//! Heads, targets, routes, dates and types.

use rtmpd_core::StreamKey;
use rtmpd_core::media::Packaging;

use super::super::library::{Aim, Area, Library};
use super::super::route::{Route, route};
use super::super::wire::{Body, HeadReader, Target, imf_fixdate};
use super::super::{mime, wire::Failure};

fn path(text: &str) -> Result<String, u16> {
    Target::parse(text).map(|target| target.path).map_err(|failure| failure.status)
}

#[test]
fn paths_never_leave_the_root() {
    for (text, expected) in [
        ("/", Ok("/")),
        ("/a/b.html", Ok("/a/b.html")),
        ("/a//b/./c/", Ok("/a/b/c/")),
        ("/a/../b", Ok("/b")),
        ("/a/b/..", Ok("/a/")),
        ("/%61%2Fb", Ok("/a/b")),
        ("/%E4%BD%A0.mp4", Ok("/你.mp4")),
        ("http://h:8080/x?y", Ok("/x")),
        ("http://h", Ok("/")),
        ("/..", Err(400)),
        ("/%2e%2e/etc/passwd", Err(400)),
        ("/a/%2e%2e/%2e%2e/x", Err(400)),
        ("/..%2fetc", Err(400)),
        ("/a%00b", Err(400)),
        ("/a%5cb", Err(400)),
        ("/a\\b", Err(400)),
        ("/%", Err(400)),
        ("/%4", Err(400)),
        ("/%zz", Err(400)),
        ("/%ff", Err(400)),
        ("x", Err(400)),
        ("*", Err(400)),
        ("", Err(400)),
    ] {
        assert_eq!(path(text), expected.map(str::to_owned), "{text}");
    }
    // Decoded once only: what decodes to an escape is a name.
    assert_eq!(path("/%252e%252e/x"), Ok("/%2e%2e/x".to_owned()));
}

fn routed(method: &str, target: &str, upgrade: bool) -> Result<Route, Failure> {
    route(method, &Target::parse(target).unwrap(), upgrade)
}

fn key(name: &str) -> StreamKey {
    StreamKey::new("live", name).unwrap()
}

#[test]
fn routes() {
    for (target, upgrade, name, packaging) in [
        ("/live/a.flv", false, "a", "flv"),
        ("/live/a", false, "a", "flv"),
        ("/live/a/b.flv", false, "a/b", "flv"),
        ("/live/a.b.flv", false, "a.b", "flv"),
        ("/live/a.flv?hevc=legacy", false, "a", "flv+legacy"),
        ("/live/a.flv?user=x&tracks=all", false, "a", "flv+all"),
        ("/live/a.flv", true, "a", "ws-flv"),
        ("/live/a.flv?hevc=legacy", true, "a", "ws-flv+legacy"),
        ("/live/a.flv?tracks=all", true, "a", "ws-flv+all"),
        ("/live/a.ts", false, "a", "ts"),
        ("/live/a.ts?hevc=legacy", true, "a", "ws-ts"),
        ("/live/a/b.mp4", false, "a/b", "mp4"),
        ("/live/a.mp4", true, "a", "ws-mp4"),
    ] {
        let (found, as_messages) = match routed("GET", target, upgrade) {
            Ok(Route::Live(key, packaging, _)) => ((key, packaging), false),
            Ok(Route::WebSocket(key, packaging, _)) => ((key, packaging), true),
            other => panic!("{target}: {other:?}"),
        };
        assert_eq!((found, as_messages), ((key(name), Packaging(packaging)), upgrade), "{target}");
    }
    // Without a day it is the live stream's playlist.
    assert!(matches!(routed("GET", "/rec/a.m3u8", false), Ok(Route::Shelf(..))));
    assert_eq!(routed("GET", "/a/b.flv", false), Ok(Route::Page("/a/b.flv".into())));
    assert_eq!(routed("OPTIONS", "/live/a.flv", false), Ok(Route::Preflight));
    for (method, target, upgrade, status) in [
        ("POST", "/live/a.flv", false, 405),
        ("DELETE", "/", false, 405),
        ("GET", "/live/a.xyz", false, 404),
        ("GET", "/live/", false, 404),
        ("GET", "/rec", false, 404),
        ("GET", "/vod/x.mp4", true, 404),
        ("GET", "/api/nothing", false, 404),
        ("GET", "/chat", true, 404),
    ] {
        assert_eq!(routed(method, target, upgrade).unwrap_err().status, status, "{method} {target}");
    }
    let wrong_app = routed("GET", "/abc/x.flv", true).unwrap_err();
    assert!(wrong_app.text.contains("app 'abc' does not exist"), "{}", wrong_app.text);
}

#[test]
fn routes_to_objects() {
    for (target, name, packaging, object, version) in [
        ("/live/a.m3u8", "a", "hls", "index.m3u8", 0),
        ("/live/a.m3u8?format=fmp4", "a", "cmaf", "index.m3u8", 0),
        ("/live/a/b.m3u8?_HLS_msn=5", "a/b", "hls", "index.m3u8", 6 << 16),
        ("/live/a.m3u8?_HLS_msn=5&_HLS_part=2&_HLS_skip=YES", "a", "hls", "index.skip.m3u8", (5 << 16) | 3),
        ("/live/a.mpd", "a", "cmaf", "index.mpd", 0),
        ("/live/a.hls/5.2.ts", "a", "hls", "5.2.ts", 0),
        ("/live/x/a.cmaf/v0.m3u8?_HLS_msn=1&_HLS_part=0", "x/a", "cmaf", "v0.m3u8", (1 << 16) | 1),
        ("/live/a.cmaf/a1-init1.mp4", "a", "cmaf", "a1-init1.mp4", 0),
    ] {
        let Ok(Route::Shelf(found, wanted)) = routed("GET", target, false) else { panic!("{target}") };
        let wanted = (found, wanted.packaging.0, wanted.name.to_string(), wanted.at_least);
        assert_eq!(wanted, (key(name), packaging, object.to_owned(), version), "{target}");
    }
    for (target, status) in [
        ("/live/a.m3u8?_HLS_part=2", 400),
        ("/live/a.m3u8?_HLS_msn=x", 400),
        ("/live/a.m3u8?_HLS_msn=99999999999999999999", 400),
        ("/live/a.m3u8?_HLS_skip=maybe", 400),
        ("/live/.m3u8", 404),
        ("/live/a.hls/", 404),
    ] {
        assert_eq!(routed("GET", target, false).map_err(|failure| failure.status), Err(status), "{target}");
    }
}

#[test]
fn routes_to_files() {
    for (target, area, path, aim) in [
        ("/api/rec", Area::Rec(None), "", Aim::Streams),
        ("/api/rec?vhost=a.com", Area::Rec(Some("a.com".into())), "", Aim::Streams),
        ("/rec/sport", Area::Rec(None), "sport", Aim::Days),
        ("/rec/sport?cmd=query", Area::Rec(None), "sport", Aim::Days),
        ("/rec/a/b", Area::Rec(None), "a%2Fb", Aim::Days),
        ("/rec/sport?day=2022-05-21", Area::Rec(None), "sport/2022-05-21", Aim::Recordings),
        ("/rec/sport/2022-05-21", Area::Rec(None), "sport/2022-05-21", Aim::Recordings),
        ("/rec/sport?cmd=query&day=2022-05-21", Area::Rec(None), "sport/2022-05-21", Aim::Recordings),
        ("/rec/a/2022-05-21/1.ts?vhost=v", Area::Rec(Some("v".into())), "a/2022-05-21/1.ts", Aim::Serve),
        ("/api/vod", Area::Vod, "", Aim::List),
        ("/api/vod/x/y.mkv", Area::Vod, "x/y.mkv", Aim::List),
    ] {
        let expected = Library { area, path: path.to_owned(), aim };
        assert_eq!(routed("GET", target, false), Ok(Route::Library(expected)), "{target}");
    }
}

fn head(text: &str) -> Result<Option<super::super::wire::Head>, u16> {
    HeadReader::default().read(&mut text.as_bytes()).map_err(|failure| failure.status)
}

#[test]
fn heads_are_bounded_and_checked() {
    let long = "x".repeat(9000);
    let many = "a: b\r\n".repeat(101);
    for (text, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: h\r\na: {long}\r\nb: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n".into(), 400),
        ("GET / HTTP/9\r\n\r\n".into(), 505),
        ("\u{1}\u{2}\r\n\r\n".into(), 400),
    ] {
        assert_eq!(head(&text).unwrap_err(), status, "{text:.60}");
    }
    assert_eq!(head("GET / HTTP/1.1\r\nHost: h\r\n"), Ok(None));
    assert!(head("\r\n\nGET / HTTP/1.0\n\n").unwrap().is_some());
}

#[test]
fn smuggling_is_refused() {
    let length = |fields: &str| {
        head(&format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n")).unwrap().unwrap().body_len()
    };
    assert_eq!(length(""), Ok(Some(0)));
    assert_eq!(length("Content-Length: 5\r\n"), Ok(Some(5)));
    assert_eq!(length("Transfer-Encoding: chunked\r\n"), Ok(None));
    for (fields, status) in [
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        ("Content-Length: 5, 6\r\n", 400),
        ("Content-Length: +5\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: \r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: gzip\r\n", 501),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ] {
        assert_eq!(length(fields).unwrap_err().status, status, "{fields}");
    }
    assert_eq!(Body::new(Some(1 << 63)).unwrap_err().status, 413);
}

#[test]
fn dates_and_types() {
    assert_eq!(imf_fixdate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(imf_fixdate(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(imf_fixdate(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
    assert_eq!(imf_fixdate(4_102_444_799), "Thu, 31 Dec 2099 23:59:59 GMT");
    assert_eq!(mime::of("/a/b.HTML"), "text/html; charset=utf-8");
    assert_eq!(mime::of("/a.b/c"), "application/octet-stream");
}
