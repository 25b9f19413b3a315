//! What is published comes out of HLS, DASH, HTTP-TS and HTTP-fMP4 bit for bit, by several players at once.

#![forbid(unsafe_code)]

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_carried};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw};

/// Short segments: the sources last eight seconds.
const SHORT: &str = "<hls count=\"5\" duration=\"2\" cache=\"20\"/><dash duration=\"2\" cache=\"20\"/>";
const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];

/// Publishes a source, plays all these paths at once, and compares what came out of each.
fn through(name: &str, media: Media, kinds: &[Kind], paths: &[&str]) {
    let server = Server::start_http(name, SHORT);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let play = |path: &&str| Player::ffmpeg_segments(&server.http(path), media);
    let mut players: Vec<Player> = paths.iter().map(play).collect();
    publisher.finish();
    for (path, player) in paths.iter().zip(&mut players) {
        eprintln!("{path}");
        // A DASH player that waits for the segment behind the last one holds back what it could not interleave yet.
        let tail = Some(if path.ends_with(".mpd") { 60 } else { 12 });
        let want = Want { packets: 75, tail, ..Want::default() };
        assert_carried(&media.flv(), &player.finish_flv(), kinds, want);
    }
}

#[test]
fn h264_aac() {
    let paths = ["/live/stream.m3u8", "/live/stream.m3u8?format=fmp4", "/live/stream.mpd"];
    through("segments-h264", Media::H264Aac, BOTH, &paths);
}

#[test]
fn h264_aac_endless() {
    through("endless-h264", Media::H264Aac, BOTH, &["/live/stream.ts", "/live/stream.mp4"]);
}

#[test]
fn hevc_aac() {
    let paths = ["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.ts", "/live/stream.mp4"];
    through("segments-hevc", Media::HevcAac, BOTH, &paths);
}

#[test]
fn audio_only() {
    let paths = ["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.ts", "/live/stream.mp4"];
    through("segments-audio", Media::AudioOnly, &[Kind::Audio], &paths);
}

#[test]
fn video_only() {
    let paths = ["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.ts", "/live/stream.mp4"];
    through("segments-video", Media::VideoOnly, &[Kind::Video], &paths);
}

#[test]
fn what_a_container_cannot_carry_is_left_out() {
    let paths = ["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.ts", "/live/stream.mp4"];
    through("segments-alaw", Media::H264Alaw, &[Kind::Video], &paths);
}

#[test]
fn av1_in_fragments() {
    through(
        "segments-av1",
        Media::Av1Aac,
        BOTH,
        &["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.mp4"],
    );
}

#[test]
fn vp9_in_fragments() {
    through(
        "segments-vp9",
        Media::Vp9Aac,
        BOTH,
        &["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.mp4"],
    );
}

#[test]
fn opus() {
    let paths = ["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.ts", "/live/stream.mp4"];
    through("segments-opus", Media::H264Opus, BOTH, &paths);
}

#[test]
fn playlists_are_true() {
    let server = Server::start_http("playlists", SHORT);
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let fetch = |path: &str| {
        let response = raw::exchange(server.http_port(), &raw::get(path, "Connection: close\r\n"));
        assert_eq!(response.status, 200, "{path}");
        response.body
    };
    // The first request waits until there is something to play.
    let first = String::from_utf8(fetch("/live/stream.m3u8")).expect("text");
    assert!(first.contains("#EXTINF:"), "{first}");
    publisher.finish();
    let text = String::from_utf8(fetch("/live/stream.m3u8")).expect("text");
    let target: f64 = value(&text, "#EXT-X-TARGETDURATION:").parse().expect("a number");
    let (mut total, mut pictures) = (0.0, 0);
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[0].starts_with("#EXTINF:")) {
        let seconds: f64 = value(pair[0], "#EXTINF:").trim_end_matches(',').parse().expect("a number");
        assert!(seconds.round() <= target, "{text}");
        total += seconds;
        let segment = fetch(&format!("/live/{}", pair[1]));
        assert_eq!(segment.len() % 188, 0);
        pictures += segment.chunks(188).filter(|packet| packet[1] & 0x5F == 0x41 && packet[2] == 0).count();
    }
    // 25 pictures a second; what is listed is as long as what is in it.
    assert!((total - pictures as f64 / 25.0).abs() < 0.041, "{total} s in {pictures} pictures:\n{text}");
}

fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("{name} in {text}"));
    rest.lines().next().unwrap_or_default()
}

#[test]
fn viewers_of_segments_stay_when_the_publisher_comes_back() {
    let server = Server::start_http("segments-return", SHORT);
    let mut first = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = Player::ffmpeg_segments(&server.http("/live/stream.ts"), Media::H264Aac);
    let mut fragments = Player::ffmpeg_segments(&server.http("/live/stream.mp4"), Media::H264Aac);
    first.finish();
    let mut second = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    second.finish();
    for player in [&mut player, &mut fragments] {
        let played: Flv = player.finish_flv();
        let runs = rtmpd_interop::compare::assert_runs(&Media::H264Aac.flv(), &played);
        assert!(runs.iter().sum::<usize>() > 300, "{runs:?}");
    }
}
