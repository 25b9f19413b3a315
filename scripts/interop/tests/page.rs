//! The player page in headless Chromium, used as a visitor would.

#![forbid(unsafe_code)]

use std::fs;
use std::time::Duration;

use rtmpd_interop::clients::{Publisher, visitor};
use rtmpd_interop::media::Media;
use rtmpd_interop::paths;
use rtmpd_interop::{Server, until};

/// How often the file is published: longer than any scenario takes.
const TIMES: u32 = 30;

/// A server without a page of an operator's.
fn server(name: &str) -> Server {
    let server = Server::start(name);
    fs::remove_file(server.folder().join("html/index.html")).expect("the operator's page");
    server
}

/// The scenario, with `live/stream` on the air.
fn visit(scenario: &str, argument: impl FnOnce(&Server) -> String) {
    let server = server(&format!("page-{scenario}"));
    let _publisher = Publisher::ffmpeg_times(TIMES, Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    visitor(scenario, &server.origin(), &argument(&server)).finish();
}

fn nothing(_: &Server) -> String {
    String::new()
}

fn rtmp_port(server: &Server) -> String {
    server.rtmp_port().to_string()
}

#[test]
fn lists_and_plays_under_a_strict_policy() {
    visit("list", nothing);
}

#[test]
fn plays_by_ws_flv() {
    visit("via", |_| "ws-flv".into());
}

#[test]
fn plays_by_http_flv() {
    visit("via", |_| "http-flv".into());
}

#[test]
fn plays_by_hls() {
    visit("via", |_| "hls".into());
}

#[test]
fn plays_by_dash() {
    visit("via", |_| "dash".into());
}

#[test]
fn plays_by_http_ts() {
    visit("via", |_| "http-ts".into());
}

#[test]
fn plays_by_fmp4() {
    visit("via", |_| "fmp4".into());
}

#[test]
fn is_used_by_the_keyboard() {
    visit("keys", nothing);
}

#[test]
fn speaks_english_and_chinese() {
    visitor("language", &server("page-language").origin(), "").finish();
}

#[test]
fn fits_a_phone() {
    visit("phone", nothing);
}

#[test]
fn passes_tokens_on() {
    visit("tokens", rtmp_port);
}

#[test]
fn opens_any_url() {
    visit("url", rtmp_port);
}

#[test]
fn says_how_to_push_and_sees_who_does() {
    let server = server("page-empty");
    let mut visitor = visitor("empty", &server.origin(), &rtmp_port(&server));
    visitor.wait_for("empty");
    let _publisher = Publisher::ffmpeg_times(TIMES, Media::H264Aac, &server.rtmp("stream"));
    visitor.finish();
}

#[test]
fn waits_for_a_stream() {
    let server = server("page-waits");
    let mut visitor = visitor("waits", &server.origin(), "");
    visitor.wait_for("waits");
    let _publisher = Publisher::ffmpeg_times(TIMES, Media::H264Aac, &server.rtmp("stream"));
    visitor.finish();
}

#[test]
fn plays_files() {
    let server = server("page-files");
    let folder = server.folder().join("vod/films");
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(Media::H264Aac.file(), folder.join("片 1.mp4")).expect("a file");
    Media::H264Aac.flv();
    fs::copy(paths::target().join("interop-media/h264-aac.flv"), folder.join("old.flv")).expect("a file");
    visitor("files", &server.origin(), "").finish();
}

#[test]
fn plays_recordings() {
    let server = server("page-recordings");
    let url = format!("rtmp://127.0.0.1:{}/rec/show", server.rtmp_port());
    let _publisher = Publisher::ffmpeg_times(TIMES, Media::H264Aac, &url);
    until("something is recorded", Duration::from_secs(60), || {
        server.folder().join("rec/127.0.0.1/show").exists()
    });
    visitor("recordings", &server.origin(), "").finish();
}

#[test]
fn plays_what_flv_cannot_carry_by_another_protocol() {
    let server = server("page-instead");
    let _publisher = Publisher::ffmpeg_times(TIMES, Media::Vp9Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    visitor("instead", &server.origin(), "").finish();
}
