//! What is published comes out of every player bit for bit, in time, from a keyframe on.

#![forbid(unsafe_code)]

use rtmpd_interop::clients::{Player, Publisher, decoded_pictures};
use rtmpd_interop::compare::{Want, assert_played};
use rtmpd_interop::flv::Flv;
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw};

/// Publishes with ffmpeg, lets a program join while it runs, and compares what it wrote.
fn through(name: &str, media: Media, play: impl FnOnce(&Server) -> Player) {
    let server = Server::start(name);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = play(&server);
    publisher.finish();
    assert_played(&media.flv(), &player.finish_flv(), Want::default());
}

/// The same with one of our own raw players, which keep everything that was sent.
fn through_raw(name: &str, media: Media, play: impl FnOnce(&Server) -> raw::Player) {
    let server = Server::start(name);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = play(&server);
    publisher.finish();
    let want = Want { tail: Some(0), ..Want::default() };
    assert_played(&media.flv(), &Flv::parse(&player.finish()), want);
}

#[test]
fn ffmpeg_over_rtmp() {
    through("ffmpeg-rtmp", Media::H264Aac, |server| Player::ffmpeg(&server.rtmp("stream")));
}

#[test]
fn ffmpeg_over_http_flv() {
    through("ffmpeg-http", Media::H264Aac, |server| Player::ffmpeg(&server.http_flv("stream")));
}

#[test]
fn modern_ffmpeg_over_rtmp() {
    through("modern-rtmp", Media::H264Aac, |server| Player::modern_ffmpeg(&server.rtmp("stream")));
}

#[test]
fn rtmpdump() {
    through("rtmpdump", Media::H264Aac, |server| Player::rtmpdump(&server.rtmp("stream")));
}

#[test]
fn gstreamer_over_rtmp() {
    through("gst-rtmp", Media::H264Aac, |server| Player::gstreamer(&server.rtmp("stream")));
}

#[test]
fn gstreamer_over_http_flv() {
    through("gst-http", Media::H264Aac, |server| Player::gstreamer(&server.http_flv("stream")));
}

#[test]
fn raw_http_flv() {
    through_raw("raw-http", Media::H264Aac, |server| raw::Player::http(server.http_port(), "stream"));
}

#[test]
fn raw_ws_flv() {
    through_raw("raw-ws", Media::H264Aac, |server| raw::Player::websocket(server.http_port(), "stream"));
}

#[test]
fn audio_only() {
    through("audio-only", Media::AudioOnly, |server| Player::ffmpeg(&server.rtmp("stream")));
    through_raw("audio-only", Media::AudioOnly, |server| raw::Player::http(server.http_port(), "stream"));
}

#[test]
fn video_only() {
    through("video-only", Media::VideoOnly, |server| Player::ffmpeg(&server.rtmp("stream")));
    through_raw("video-only", Media::VideoOnly, |server| {
        raw::Player::websocket(server.http_port(), "stream")
    });
}

#[test]
fn published_by_gstreamer() {
    let server = Server::start("gst-publish");
    let mut publisher = Publisher::gstreamer(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = Player::ffmpeg(&server.rtmp("stream"));
    publisher.finish();
    // GStreamer's own rounding of times may differ from ffmpeg's; the pictures and sounds may not.
    let (source, played) = (Media::H264Aac.flv(), player.finish_flv());
    let runs = rtmpd_interop::compare::assert_runs(&source, &played);
    assert_eq!(runs.len(), 1, "one unbroken run");
    assert!(runs[0] >= 75, "{runs:?}");
}

#[test]
fn without_gop_cache_play_starts_at_the_next_keyframe() {
    let server = Server::start_with("no-gop", "", "<gopcache>false</gopcache>");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    assert_played(
        &Media::H264Aac.flv(),
        &Flv::parse(&player.finish()),
        Want { tail: Some(0), ..Want::default() },
    );
}

#[test]
fn a_player_that_comes_first_waits_for_the_publisher() {
    let server = Server::start("player-first");
    let mut player = Player::rtmpdump(&server.rtmp("stream"));
    server.wait_log("stream");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    publisher.finish();
    let want = Want { packets: 190, ..Want::default() };
    assert_played(&Media::H264Aac.flv(), &player.finish_flv(), want);
}

#[test]
fn vlc_over_rtmp() {
    vlc("vlc-rtmp", |server| server.rtmp("stream"));
}

#[test]
fn vlc_over_http_flv() {
    vlc("vlc-http", |server| server.http_flv("stream"));
}

/// VLC writes MPEG-TS, so decoded pictures are compared: a run of the source's.
fn vlc(name: &str, url: impl FnOnce(&Server) -> String) {
    let server = Server::start(name);
    let mut publisher = Publisher::ffmpeg_times(2, Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = Player::vlc(&url(&server));
    publisher.finish();
    let mut source = decoded_pictures(&Media::H264Aac.file());
    source.extend_from_within(..);
    let mut played = decoded_pictures(player.finish());
    // What was cut at the very end of the file may decode to a damaged picture.
    played.truncate(played.len().saturating_sub(5));
    assert!(played.len() >= 75, "{} pictures were played:\n{}", played.len(), player.process().log());
    assert!(source.windows(played.len()).any(|run| run == played), "the pictures are a run of the source's");
}
