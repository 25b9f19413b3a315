//! An auth server decides who may come in: real clients allowed and refused, and a server that is slow, dead, or answers
//! half.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use rtmpd_interop::auth_server::{AuthServer, Mood};
use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_carried, assert_played};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw, until};

const MEDIA: Media = Media::H264Aac;
const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];
const WANTED: Want = Want { packets: 75, tail: None, slack: 0 };
const PATIENCE: Duration = Duration::from_secs(30);

fn guarded(name: &str, timeout_ms: u32) -> (Server, AuthServer) {
    let auth = AuthServer::start();
    let authurl = format!("<authurl timeout=\"{timeout_ms}\">{}</authurl>", auth.address());
    (Server::start_with(name, &authurl, ""), auth)
}

/// Waits until it can be played by who may.
fn wait_live(server: &Server, name: &str) {
    until(&format!("{name} can be played"), PATIENCE, || {
        raw::status(server.http_port(), &format!("/live/{name}.flv?token=good")) == 200
    });
}

#[test]
fn rtmp_and_http() {
    let (server, auth) = guarded("auth-rtmp", 3000);
    let mut refused = Publisher::ffmpeg(MEDIA, &server.rtmp("a?user=u&token=bad"));
    assert!(!refused.process().wait(PATIENCE).success());
    server.wait_log("answered 403 to /live/a?user=…&token=…&type=rtmp&role=publisher");
    assert_eq!(auth.lines(), ["GET /live/a?user=u&token=bad&type=rtmp&role=publisher"]);
    let mut publisher = Publisher::ffmpeg(MEDIA, &server.rtmp("a?user=u&token=good"));
    wait_live(&server, "a");
    auth.lines();
    let mut player = Player::ffmpeg(&server.rtmp("a?token=good"));
    player.wait_playing();
    assert_eq!(auth.lines(), ["GET /live/a?token=good&type=rtmp&role=player"]);
    let mut refused = Player::ffmpeg(&server.rtmp("a?token=bad"));
    assert!(!refused.process().wait(PATIENCE).success());
    let status = |path: &str| raw::status(server.http_port(), path);
    auth.lines();
    for (path, line) in [
        ("/live/a.flv?token=bad", "GET /live/a.flv?token=bad&type=rtmp&role=player"),
        ("/live/a.ts", "GET /live/a.ts?type=rtmp&role=player"),
        ("/live/a.m3u8?token=bad", "GET /live/a.m3u8?token=bad&type=rtmp&role=player"),
        ("/live/a.mpd?token=bad", "GET /live/a.mpd?token=bad&type=rtmp&role=player"),
        ("/vod/a.mp4?token=bad", "GET /vod/a.mp4?token=bad&type=http&role=download"),
        ("/rec/sport?token=bad", "GET /rec/sport?token=bad&type=http&role=player"),
        ("/api/live?token=bad", "GET /api/live?token=bad&type=http&role=api"),
    ] {
        assert_eq!((status(path), auth.lines()), (403, vec![line.to_owned()]), "{path}");
    }
    assert_eq!((status("/"), auth.lines()), (200, vec![]), "pages are for everybody");
    assert_eq!(status("/api/live?token=good"), 200);
    assert_eq!(status("/vod/a.mp4?token=good"), 404);
    assert!(auth.connections() <= 4, "{} connections: they are kept", auth.connections());
    publisher.finish();
    assert_played(&MEDIA.flv(), &player.finish_flv().from_keyframe(), Want::default());
}

#[test]
fn rtsp() {
    let (server, auth) = guarded("auth-rtsp", 3000);
    let mut refused = Publisher::ffmpeg_rtsp(MEDIA, &server.rtsp("a?token=bad"), "tcp");
    assert!(!refused.process().wait(PATIENCE).success());
    assert_eq!(auth.lines(), ["GET /live/a?token=bad&type=rtsp&role=publisher"]);
    let _publisher = Publisher::ffmpeg_rtsp(MEDIA, &server.rtsp("a?token=good"), "udp");
    wait_live(&server, "a");
    auth.lines();
    let mut refused = Player::ffmpeg_rtsp(&server.rtsp("a?token=bad"), "tcp", MEDIA);
    assert!(!refused.process().wait(PATIENCE).success());
    assert_eq!(auth.lines(), ["GET /live/a?token=bad&type=rtsp&role=player"]);
    let player = Player::ffmpeg_rtsp(&server.rtsp("a?token=good"), "udp", MEDIA);
    player.wait_playing();
    assert_eq!(auth.lines(), ["GET /live/a?token=good&type=rtsp&role=player"]);
}

#[test]
fn srt() {
    let (server, auth) = guarded("auth-srt", 3000);
    let mut refused = Publisher::ffmpeg_ts(MEDIA, &server.srt("a?token=bad", "publisher"));
    assert!(!refused.process().wait(PATIENCE).success());
    let lines = auth.lines();
    assert!(lines.iter().all(|line| line == "GET /live/a?token=bad&type=srt&role=publisher"), "{lines:?}");
    assert!(!lines.is_empty());
    let _publisher = Publisher::ffmpeg_ts(MEDIA, &server.srt("a?token=good", "publisher"));
    wait_live(&server, "a");
    let mut refused = Player::ffmpeg_segments(&server.srt("a?token=bad", "player"), MEDIA);
    assert!(!refused.process().wait(PATIENCE).success());
    let player = Player::ffmpeg_segments(&server.srt("a?token=good", "player"), MEDIA);
    player.wait_playing();
    assert!(auth.lines().contains(&"GET /live/a?token=good&type=srt&role=player".to_owned()));
}

/// Players of HLS and DASH, which know nothing of passes and keep no cookies, are asked about once.
#[test]
fn segments_and_recordings() {
    let auth = AuthServer::start();
    let top = format!("<authurl>{}</authurl>", auth.address());
    let short = "<hls count=\"5\" duration=\"2\" cache=\"20\"/><dash duration=\"2\" cache=\"20\"/>";
    let server = Server::start_in(rtmpd_interop::paths::scratch, "auth-segments", [&top, "", short, ""]);
    let url = server.rtmp("a?token=good").replace("/live/", "/rec/");
    let mut publisher = Publisher::ffmpeg(MEDIA, &url);
    until("it is live", PATIENCE, || raw::status(server.http_port(), "/rec/a.flv?token=good") == 200);
    auth.lines();
    for path in ["/rec/a.m3u8", "/rec/a.mpd", "/rec/a.m3u8?format=fmp4"] {
        assert_eq!(raw::status(server.http_port(), path), 403, "{path}");
    }
    auth.lines();
    let paths =
        ["/rec/a.m3u8?token=good&u=1", "/rec/a.mpd?token=good&u=2", "/rec/a.m3u8?format=fmp4&token=good"];
    let mut players = paths.map(|path| Player::ffmpeg_segments(&server.http(path), MEDIA));
    publisher.finish();
    for player in &mut players {
        assert_carried(&MEDIA.flv(), &player.finish_flv().from_keyframe(), BOTH, WANTED);
    }
    let mut lines = auth.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "GET /rec/a.m3u8?format=fmp4&token=good&type=rtmp&role=player",
            "GET /rec/a.m3u8?token=good&u=1&type=rtmp&role=player",
            "GET /rec/a.mpd?token=good&u=2&type=rtmp&role=player",
        ]
    );
    let listed = |path: &str| {
        let response = raw::exchange(server.http_port(), &raw::get(path, "Connection: close\r\n"));
        String::from_utf8_lossy(&response.body).split('"').nth(3).map(str::to_owned).unwrap_or_default()
    };
    let day = listed("/rec/a?token=good");
    let file = listed(&format!("/rec/a/{day}?token=good"));
    assert!(file.ends_with(".m3u8"), "{day} {file}");
    auth.lines();
    let film = format!("/rec/a/{day}/{file}");
    let mut player = Player::ffmpeg_segments(&server.http(&format!("{film}?token=good")), MEDIA);
    player.process().wait(PATIENCE);
    assert_carried(&MEDIA.flv(), &player.finish_flv().from_keyframe(), BOTH, WANTED);
    assert_eq!(auth.lines(), [format!("GET {film}?token=good&type=http&role=player")]);
}

/// A stream runs and is watched while the auth server misbehaves: it loses nothing, and only those who ask wait.
#[test]
fn only_those_who_ask_feel_it() {
    let (server, auth) = guarded("auth-moods", 700);
    let mut publisher = Publisher::ffmpeg(MEDIA, &server.rtmp("a?token=good"));
    wait_live(&server, "a");
    let watching = raw::Player::http_path(server.http_port(), "/live/a.flv?token=good");
    for (mood, said) in [
        (Mood::Broken, "answered 500 to"),
        (Mood::Half, "closed the connection in the middle of its answer"),
        (Mood::HalfBody, "closed the connection in the middle of its answer"),
        (Mood::Silent, "gave no answer in 700 ms"),
        (Mood::Slow(2000), "gave no answer in 700 ms"),
    ] {
        auth.set(mood);
        let port = server.http_port();
        let asking: Vec<_> = (0..20)
            .map(|_| std::thread::spawn(move || raw::status(port, "/live/a.flv?token=good")))
            .collect();
        let statuses: Vec<u16> = asking.into_iter().map(|thread| thread.join().expect("it ends")).collect();
        assert_eq!(statuses, [403; 20], "{mood:?}");
        server.wait_log(said);
    }
    auth.set(Mood::Slow(200));
    let began = Instant::now();
    assert_eq!(raw::status(server.http_port(), "/live/a.flv?token=good"), 200);
    assert!(began.elapsed() >= Duration::from_millis(200), "it was waited for");
    auth.set(Mood::Fair);
    assert_eq!(raw::status(server.http_port(), "/live/a.flv?token=good"), 200);
    publisher.finish();
    assert_played(&MEDIA.flv(), &Flv::parse(&watching.finish()), Want { tail: None, ..Want::default() });
}

#[test]
fn nobody_comes_in_past_a_dead_server() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").and_then(|door| door.local_addr()).expect("a port");
    let server = Server::start_with("auth-dead", &format!("<authurl>http://{dead}/auth</authurl>"), "");
    assert_eq!(raw::status(server.http_port(), "/live/a.flv"), 403);
    server.wait_log("cannot be reached");
    let mut publisher = Publisher::ffmpeg(MEDIA, &server.rtmp("a"));
    assert!(!publisher.process().wait(PATIENCE).success());
    assert_eq!(raw::status(server.http_port(), "/"), 200);
}
