//! mpegts.js in headless Chromium plays HTTP-FLV and WS-FLV from another origin.

#![forbid(unsafe_code)]

use rtmpd_interop::Server;
use rtmpd_interop::clients::{Publisher, browser};
use rtmpd_interop::media::Media;

/// The number behind `"key":`.
fn number(json: &str, key: &str) -> f64 {
    let (_, rest) = json.split_once(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} in {json}"));
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or_else(|_| panic!("{key} is a number in {json}"))
}

fn plays(name: &str, media: Media, flags: &[&str], url: impl FnOnce(&Server) -> String) {
    let server = Server::start(name);
    let _publisher = Publisher::ffmpeg_times(10, media, &server.rtmp("stream"));
    server.wait_live("stream");
    let json = browser(&url(&server), 4, flags);
    assert!(json.contains("\"errors\":[]"), "{json}");
    assert!(number(&json, "played") >= 4.0, "{json}");
    if media != Media::AudioOnly {
        assert!(number(&json, "decoded") >= 75.0 && number(&json, "shown") >= 1.0, "{json}");
        assert!(number(&json, "width") == 320.0 && number(&json, "height") == 180.0, "{json}");
    }
    if media != Media::VideoOnly {
        assert!(number(&json, "audioBytes") > 10_000.0, "{json}");
    }
}

#[test]
fn ws_flv() {
    plays("browser-ws", Media::H264Aac, &[], |server| server.ws_flv("stream"));
}

#[test]
fn http_flv() {
    plays("browser-http", Media::H264Aac, &[], |server| server.http_flv("stream"));
}

#[test]
fn audio_only() {
    plays("browser-audio", Media::AudioOnly, &["--no-video"], |server| server.ws_flv("stream"));
}

#[test]
fn video_only() {
    plays("browser-video", Media::VideoOnly, &["--no-audio"], |server| server.http_flv("stream"));
}
