//! Paths, routes, MIME types and dates: tables.

use super::super::mime;
use super::super::wire::{Target, imf_fixdate};
use super::client::{Client, get};

/// The decoded path, or the reason why there is none.
fn path(target: &str) -> Result<String, String> {
    Target::parse(target).map(|target| target.path).map_err(|failure| failure.text)
}

#[test]
fn paths_are_decoded_and_stay_below_the_root() {
    let cases = [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("//a///b", "/a/b"),
        ("/./a/./b/.", "/a/b/"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/..", "/"),
        ("/a%20b", "/a b"),
        ("/%41%c3%a9", "/Aé"),
        ("/é", "/é"),
        ("/a%2Fb", "/a/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a%2f..%2fb", "/b"),
        ("/%252e%252e/a", "/%2e%2e/a"),
        ("/...", "/..."),
        ("/..a", "/..a"),
        ("/a+b", "/a+b"),
        ("http://h/a", "/a"),
        ("http://h", "/"),
        ("http://h?q", "/"),
        ("wss://h:1/a/../b", "/b"),
    ];
    for (target, expected) in cases {
        assert_eq!(path(target).as_deref(), Ok(expected), "{target}");
    }
}

#[test]
fn paths_that_mean_more_than_one_thing_are_refused() {
    let cases = [
        ("/..", "leads out of the root"),
        ("/../a", "leads out of the root"),
        ("/a/../../b", "leads out of the root"),
        ("/%2e%2e/a", "leads out of the root"),
        ("/%2e./a", "leads out of the root"),
        ("/..%2fa", "leads out of the root"),
        ("/%2e%2e%2fa", "leads out of the root"),
        ("//../a", "leads out of the root"),
        ("/./../a", "leads out of the root"),
        ("/a%00", "control character or a backslash"),
        ("/a%0d%0ab", "control character or a backslash"),
        ("/a%7f", "control character or a backslash"),
        ("/a%c2%85", "control character or a backslash"),
        ("/a\\b", "control character or a backslash"),
        ("/..%5ca", "control character or a backslash"),
        ("/%", "two hexadecimal digits"),
        ("/%4", "two hexadecimal digits"),
        ("/%zz", "two hexadecimal digits"),
        ("/%+1", "two hexadecimal digits"),
        ("/%ff", "UTF-8"),
        ("/%c0%ae%c0%ae/a", "UTF-8"),
        ("*", "expected a path"),
        ("a/b", "expected a path"),
        ("", "expected a path"),
    ];
    for (target, why) in cases {
        let error = path(target).expect_err(target);
        assert!(error.contains(why), "{target}: {error}");
    }
}

#[test]
fn queries_stay_as_they_are() {
    let query = |target| Target::parse(target).unwrap().query.to_owned();
    assert_eq!(query("/a?b=%41&c=/../?d"), "b=%41&c=/../?d");
    assert_eq!(query("/a?"), "");
    assert_eq!(query("/a"), "");
}

/// What a GET leads to: what is played, what page is fetched, or the status and text.
fn leads_to(target: &str) -> String {
    let mut client = Client::new();
    client.hold = true;
    client.send(get(target, ""));
    let play = client.plays.first().map(|(request, packaging)| format!("{} as {packaging}", request.key));
    let page = client.calls.first().map(|call| match call {
        rtmpd_core::Call::Page { path, .. } => format!("page {path}"),
        rtmpd_core::Call::File(rtmpd_core::files::FileCall::Look(place)) => format!("file {}", place.path),
        rtmpd_core::Call::File(_) | rtmpd_core::Call::Streams => "other".to_owned(),
    });
    play.or(page).unwrap_or_else(|| {
        let text = client.take();
        format!("{} {}", &text["HTTP/1.1 ".len()..][..3], text.split("\r\n\r\n").nth(1).unwrap().trim_end())
    })
}

#[test]
fn routes() {
    let cases = [
        ("/live/a.flv", "live/a as flv"),
        ("/live/a", "live/a as flv"),
        ("/live/a/b.flv", "live/a/b as flv"),
        ("/live/a%2Fb.flv", "live/a/b as flv"),
        ("/live/caf%C3%A9.flv", "live/café as flv"),
        ("/live/a.b.flv", "live/a.b as flv"),
        ("/live/a/b", "live/a/b as flv"),
        ("/rec/a.flv", "rec/a as flv"),
        ("/live/a.flv?token=x&hevc=legacy", "live/a as flv+legacy"),
        ("/live/a.flv?tracks=all", "live/a as flv+all"),
        ("/live/a.flv?tracks=all&hevc=legacy", "live/a as flv+legacy"),
        ("/live/a.flv?xhevc=legacy&tracks=allx", "live/a as flv"),
        ("/other/../live/a.flv", "live/a as flv"),
        ("/", "page /"),
        ("/index.html?x=1", "page /index.html"),
        ("/sub/dir/", "page /sub/dir/"),
        ("/abc/stream.flv", "page /abc/stream.flv"),
        ("/Live/a.flv", "page /Live/a.flv"),
        ("/liveness", "page /liveness"),
        ("/live", "404 '/live' is no stream, expected /live/NAME.flv, .m3u8, .mpd, .ts or .mp4"),
        ("/live/", "404 '/live/' is no stream, expected /live/NAME.flv, .m3u8, .mpd, .ts or .mp4"),
        ("/live/a.b", "404 '/live/a.b' is no stream, expected /live/NAME.flv, .m3u8, .mpd, .ts or .mp4"),
        ("/live/a/", "404 '/live/a/' is no stream, expected /live/NAME.flv, .m3u8, .mpd, .ts or .mp4"),
        ("/vod/a.mp4", "file a.mp4"),
        ("/vod/sub/%C3%A9.mkv", "file sub/é.mkv"),
        ("/api/vod/sub", "file sub"),
        ("/rec/a/2022-05-21/18-22-11.m3u8", "file a/2022-05-21/18-22-11.m3u8"),
        ("/rec/x/y/2022-05-21/18-22-11-0.ts", "file x%2Fy/2022-05-21/18-22-11-0.ts"),
        ("/vod", "404 /vod names no file, expected /vod/FILE; /api/vod lists them"),
        ("/rec/a?day=yesterday", "400 day is 'yesterday', expected YYYY-MM-DD"),
        ("/rec/a?day=2022-05-21&time=../x", "400 time is '../x', expected HH-MM-SS.m3u8"),
        ("/rec/a?day=2022-05-21&time=18-22-11.m3u8&user=x", "302 /rec/a/2022-05-21/18-22-11.m3u8?user=x"),
        ("/rec/a.m3u8?day=2022-05-21&time=18-22-11", "302 /rec/a/2022-05-21/18-22-11.m3u8"),
        ("/rec/a.mpd?day=2022-05-21&time=18-22-11", "302 /rec/a/2022-05-21/18-22-11.mpd"),
        ("/live/.flv", "404 stream name \"\" is empty or has an empty, '.' or '..' part"),
        ("/live/a/.flv", "404 stream name \"a/\" is empty or has an empty, '.' or '..' part"),
    ];
    for (target, expected) in cases {
        assert_eq!(leads_to(target), expected, "{target}");
    }
    assert!(leads_to(&format!("/live/{}.flv", "x".repeat(201))).starts_with("404 stream name is 201 bytes"));
}

#[test]
fn a_wrong_app_is_named_and_noted() {
    let mut client = Client::new();
    client.send(get("/abc/stream.flv", ""));
    let text = client.take();
    let expected = "app 'abc' does not exist here, expected 'live' or 'rec'";
    assert!(text.starts_with("HTTP/1.1 404 ") && text.contains(expected), "{text}");
    assert_eq!(client.notes[0], format!("refused '/abc/stream.flv': {expected}"));
}

#[test]
fn mime_types() {
    let cases = [
        ("/index.html", "text/html; charset=utf-8"),
        ("/a.b/player.min.JS", "text/javascript; charset=utf-8"),
        ("/a.m3u8", "application/vnd.apple.mpegurl"),
        ("/a.flv", "video/x-flv"),
        ("/a.wasm", "application/wasm"),
        ("/a.b/c", "application/octet-stream"),
        ("/a.", "application/octet-stream"),
        ("", "application/octet-stream"),
    ];
    for (path, expected) in cases {
        assert_eq!(mime::of(path), expected, "{path}");
    }
}

#[test]
fn dates() {
    let cases = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ];
    for (seconds, expected) in cases {
        assert_eq!(imf_fixdate(seconds), expected);
    }
}
