//! What the auth server is asked, literally.

use std::time::Duration;

use rtmpd_core::Role::{Api, Download, Player, Publisher, Upload};
use rtmpd_core::{Ask, Role, StreamKey};

use super::super::{AuthServer, HttpType, Target};

fn server(target: Target) -> AuthServer {
    let timeout = Duration::from_secs(3);
    AuthServer { host: "192.168.1.32".into(), port: 8181, target, timeout, http_type: HttpType::Rtmp }
}

fn router(path: &str) -> AuthServer {
    server(Target::Router(path.into()))
}

fn ask(role: Role, protocol: &'static str, path: &str, params: &str) -> Ask {
    let stem = path.trim_start_matches('/').split('.').next().unwrap();
    let key = stem.split_once('/').filter(|(app, _)| ["live", "rec"].contains(app));
    Ask {
        role,
        protocol,
        path: path.into(),
        params: params.into(),
        vhost: "www.a.com".into(),
        key: key.map(|(app, name)| StreamKey::new(app, name).unwrap()),
        user: "".into(),
        credentials: "".into(),
        remote: "[::ffff:10.1.2.3]:4711".parse().unwrap(),
    }
}

fn line(server: &AuthServer, ask: &Ask) -> String {
    let question = server.question(ask).unwrap();
    let text = String::from_utf8(question.to_vec()).unwrap();
    text.lines().next().unwrap().to_owned()
}

const PARAMS: &str = "user=admin&token=xqtv312";

#[test]
fn the_whole_request() {
    let ask = ask(Publisher, "rtmp", "/live/stream", PARAMS);
    assert_eq!(
        router("").question(&ask).unwrap(),
        "GET /live/stream?user=admin&token=xqtv312&type=rtmp&role=publisher HTTP/1.1\r\n\
         User-Agent: smart_rtmpd\r\nHost: 192.168.1.32:8181\r\nAccept: */*\r\n\r\n"
    );
}

/// Router, role, protocol, path and parameters, and what is asked.
type Case = (&'static str, Role, &'static str, &'static str, &'static str, &'static str);

const CASES: [Case; 17] = [
    (
        "",
        Publisher,
        "rtmp",
        "/live/stream",
        PARAMS,
        "/live/stream?user=admin&token=xqtv312&type=rtmp&role=publisher",
    ),
    (
        "/api/auth",
        Publisher,
        "rtmp",
        "/live/stream",
        PARAMS,
        "/api/auth/live/stream?user=admin&token=xqtv312&type=rtmp&role=publisher",
    ),
    (
        "",
        Player,
        "rtmp",
        "/live/stream",
        PARAMS,
        "/live/stream?user=admin&token=xqtv312&type=rtmp&role=player",
    ),
    (
        "",
        Publisher,
        "rtsp",
        "/live/stream",
        PARAMS,
        "/live/stream?user=admin&token=xqtv312&type=rtsp&role=publisher",
    ),
    (
        "",
        Player,
        "rtsp",
        "/live/stream",
        PARAMS,
        "/live/stream?user=admin&token=xqtv312&type=rtsp&role=player",
    ),
    ("", Publisher, "srt", "/live/stream", "", "/live/stream?type=srt&role=publisher"),
    ("", Player, "srt", "/live/stream", "token=x", "/live/stream?token=x&type=srt&role=player"),
    (
        "",
        Player,
        "http-flv",
        "/live/stream.flv",
        PARAMS,
        "/live/stream.flv?user=admin&token=xqtv312&type=rtmp&role=player",
    ),
    (
        "",
        Player,
        "ws-flv",
        "/live/stream.flv",
        PARAMS,
        "/live/stream.flv?user=admin&token=xqtv312&type=rtmp&role=player",
    ),
    (
        "",
        Player,
        "http-hls",
        "/live/stream.m3u8",
        PARAMS,
        "/live/stream.m3u8?user=admin&token=xqtv312&type=rtmp&role=player",
    ),
    (
        "",
        Player,
        "http-hls",
        "/live/stream.mpd",
        PARAMS,
        "/live/stream.mpd?user=admin&token=xqtv312&type=rtmp&role=player",
    ),
    (
        "",
        Player,
        "webrtc",
        "/live/stream",
        PARAMS,
        "/live/stream?user=admin&token=xqtv312&type=webrtc&role=player",
    ),
    ("", Player, "http", "/rec/sport/2022-05-21", "", "/rec/sport/2022-05-21?type=http&role=player"),
    (
        "",
        Download,
        "http",
        "/vod/test.mkv",
        PARAMS,
        "/vod/test.mkv?user=admin&token=xqtv312&type=http&role=download",
    ),
    (
        "",
        Upload,
        "http",
        "/vod/discovery",
        PARAMS,
        "/vod/discovery?user=admin&token=xqtv312&type=http&role=upload",
    ),
    ("", Api, "http", "/api/config", "", "/api/config?type=http&role=api"),
    ("/api", Api, "http", "/api/config", "", "/api/api/config?type=http&role=api"),
];

#[test]
fn every_action_of_the_original() {
    for (prefix, role, protocol, path, params, expected) in CASES {
        let line = line(&router(prefix), &ask(role, protocol, path, params));
        assert_eq!(line, format!("GET {expected} HTTP/1.1"));
    }
}

#[test]
fn live_streams_by_http_may_be_called_http() {
    let server = AuthServer { http_type: HttpType::Http, ..router("") };
    let of = |protocol| line(&server, &ask(Player, protocol, "/live/stream.flv", ""));
    assert_eq!(of("http-flv"), "GET /live/stream.flv?type=http&role=player HTTP/1.1");
    assert_eq!(of("rtmp"), "GET /live/stream.flv?type=rtmp&role=player HTTP/1.1", "RTMP remains RTMP");
}

#[test]
fn a_full_url_tells_all_in_parameters() {
    let url = server(Target::Path("/api/auth".into()));
    assert_eq!(line(&url, &ask(Api, "http", "/api/config", "")), "GET /api/auth?type=http&role=api HTTP/1.1");
    assert_eq!(
        line(&url, &ask(Publisher, "rtmp", "/live/stream", PARAMS)),
        "GET /api/auth?user=admin&token=xqtv312&type=rtmp&role=publisher\
         &vhost=www.a.com&app=live&name=stream&ip=10.1.2.3 HTTP/1.1"
    );
    assert_eq!(
        line(&url, &ask(Download, "http", "/vod/a/b c.mkv", "")),
        "GET /api/auth?type=http&role=download&vhost=www.a.com&app=vod&name=a/b%20c.mkv&ip=10.1.2.3 HTTP/1.1"
    );
    let with_query = server(Target::Path("/api/auth?site=1".into()));
    let of = line(&with_query, &ask(Api, "http", "/api/live", "key=x"));
    assert_eq!(of, "GET /api/auth?site=1&key=x&type=http&role=api HTTP/1.1");
}

#[test]
fn nobody_speaks_for_us() {
    let ask = ask(Player, "rtmp", "/live/a b", "token=a b\r\nX: y#z&role=publisher&type=api&ip=1.1.1.1&é");
    assert_eq!(
        line(&router(""), &ask),
        "GET /live/a%20b?token=a%20b%0D%0AX:%20y%23z&ip=1.1.1.1&%C3%A9&type=rtmp&role=player HTTP/1.1"
    );
    let url = line(&server(Target::Path("/".into())), &ask);
    assert!(
        url.ends_with(
            "&%C3%A9&type=rtmp&role=player&vhost=www.a.com&app=live&name=a%20b&ip=10.1.2.3 HTTP/1.1"
        ),
        "{url}"
    );
    let endless = Ask { params: "x".repeat(9000).into(), ..ask };
    assert!(router("").question(&endless).unwrap_err().contains("too long"));
}

#[test]
fn ipv6_hosts_stand_in_brackets() {
    let server = AuthServer { host: "::1".into(), ..router("") };
    let question = server.question(&ask(Api, "http", "/api/live", "")).unwrap();
    assert!(String::from_utf8(question.to_vec()).unwrap().contains("Host: [::1]:8181\r\n"));
}
