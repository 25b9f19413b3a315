//! What is published by RTSP comes out of every player bit for bit, and what is played by RTSP is what was published.

#![forbid(unsafe_code)]

use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher, decoded_pictures};
use rtmpd_interop::compare::{Want, assert_carried, assert_runs, assert_sound};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::weather::{Path, RtspRelay, Weather};
use rtmpd_interop::{Server, raw};

const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];
const SHORT: &str = "<hls count=\"5\" duration=\"2\" cache=\"20\"/><dash duration=\"2\" cache=\"20\"/>";

/// ffmpeg's times of MP3 by RTP are up to half a frame from those of the source.
fn wanted(media: Media) -> Want {
    Want { packets: 75, tail: Some(12), slack: if media == Media::H264Mp3 { 30 } else { 0 } }
}

/// Publishes by RTSP, plays by FLV and RTSP and whatever else is named, and compares.
fn publish(name: &str, media: Media, transport: &str, kinds: &[Kind], paths: &[&str]) -> Vec<Flv> {
    let server = Server::start_http(name, SHORT);
    let mut publisher = Publisher::ffmpeg_rtsp(media, &server.rtsp("stream"), transport);
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    let play = |path: &&str| Player::ffmpeg_segments(&server.http(path), media);
    let mut players: Vec<Player> = paths.iter().map(play).collect();
    players.push(Player::ffmpeg_rtsp(&server.rtsp("stream"), transport, media));
    publisher.finish();
    let want = wanted(media);
    let mut all: Vec<Flv> = players.iter_mut().map(|player| player.finish_flv().from_keyframe()).collect();
    all.push(Flv::parse(&flv.finish()));
    all.iter().for_each(|played| assert_carried(&media.flv(), played, kinds, want));
    all
}

#[test]
fn h264_aac_by_tcp() {
    publish("rtsp-tcp", Media::H264Aac, "tcp", BOTH, &["/live/stream.m3u8", "/live/stream.ts"]);
}

#[test]
fn h264_aac_by_udp() {
    publish("rtsp-udp", Media::H264Aac, "udp", BOTH, &["/live/stream.mp4", "/live/stream.mpd"]);
}

#[test]
fn hevc_aac() {
    publish("rtsp-hevc", Media::HevcAac, "udp", BOTH, &["/live/stream.m3u8"]);
}

#[test]
fn g711() {
    // ffmpeg cuts it into packets of its own.
    for (name, media, transport) in
        [("rtsp-alaw", Media::H264Alaw, "tcp"), ("rtsp-mulaw", Media::H264Mulaw, "udp")]
    {
        for played in publish(name, media, transport, &[Kind::Video], &[]) {
            assert_sound(&media.flv(), &played, 3 * 8000);
        }
    }
}

#[test]
fn opus() {
    publish("rtsp-opus", Media::H264Opus, "udp", BOTH, &[]);
}

#[test]
fn mp3() {
    publish("rtsp-mp3", Media::H264Mp3, "tcp", BOTH, &[]);
}

#[test]
fn vp9() {
    let (server, media) = (Server::start("rtsp-vp9"), Media::Vp9Aac);
    let mut publisher = Publisher::ffmpeg_rtsp(media, &server.rtsp("stream"), "udp");
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    let mut player = Player::ffmpeg_rtsp_vp9(&server.rtsp("stream"), "udp");
    publisher.finish();
    assert_carried(&media.flv(), &Flv::parse(&flv.finish()), BOTH, wanted(media));
    assert_pictures(media, &mut player);
}

#[test]
fn one_kind_alone() {
    publish("rtsp-audio", Media::AudioOnly, "udp", &[Kind::Audio], &[]);
    publish("rtsp-video", Media::VideoOnly, "tcp", &[Kind::Video], &[]);
}

/// Publishes by RTMP, plays by RTSP.
fn play(name: &str, media: Media, kinds: &[Kind], transports: &[&str]) {
    let server = Server::start(name);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let start = |transport: &&str| Player::ffmpeg_rtsp(&server.rtsp("stream"), transport, media);
    let mut players: Vec<Player> = transports.iter().map(start).collect();
    publisher.finish();
    for (transport, player) in transports.iter().zip(&mut players) {
        eprintln!("{transport}");
        let want = wanted(media);
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), kinds, want);
    }
}

#[test]
fn played_by_tcp_udp_and_through_http() {
    play("rtsp-play", Media::H264Aac, BOTH, &["tcp", "udp", "http"]);
}

#[test]
fn hevc_played() {
    play("rtsp-play-hevc", Media::HevcAac, BOTH, &["tcp", "udp"]);
}

#[test]
fn other_codecs_played() {
    play("rtsp-play-opus", Media::H264Opus, BOTH, &["udp"]);
    play("rtsp-play-mp3", Media::H264Mp3, BOTH, &["tcp"]);
    play("rtsp-play-ac3", Media::H264Ac3, BOTH, &["tcp"]);
}

#[test]
fn gstreamer_publishes() {
    for (name, protocols) in [("rtsp-gst-tcp", "tcp"), ("rtsp-gst-udp", "udp")] {
        let server = Server::start(name);
        let mut publisher = Publisher::gstreamer_rtsp(Media::H264Aac, &server.rtsp("stream"), protocols);
        server.wait_live("stream");
        let player = raw::Player::http(server.http_port(), "stream");
        // GStreamer's RTSP publisher now and then misses the end of its own file.
        publisher.finish_or_kill(Duration::from_secs(20));
        let runs = assert_runs(&Media::H264Aac.flv(), &Flv::parse(&player.finish()));
        assert_eq!(runs.len(), 1, "one unbroken run");
        assert!(runs[0] >= 75, "{runs:?}");
    }
}

#[test]
fn gstreamer_plays() {
    let server = Server::start("rtsp-gst-play");
    let mut publisher = Publisher::ffmpeg_times(2, Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let play = |protocols| Player::gstreamer_rtsp(&server.rtsp("stream"), protocols);
    let mut players = ["tcp", "udp"].map(play);
    publisher.finish();
    for player in &mut players {
        assert_pictures(Media::H264Aac, player);
    }
}

/// Players that write other containers: a run of the source's decoded pictures.
fn assert_pictures(media: Media, player: &mut Player) {
    let (source, played) = (decoded_pictures(&media.file()), decoded_pictures(player.finish()));
    assert!(played.len() >= 75, "{} pictures were played", played.len());
    // The file may have been sent twice: a run may go over its end.
    let at = source.iter().position(|picture| *picture == played[0]).expect("a picture of the source");
    let same = source.iter().cycle().skip(at).zip(&played).take_while(|(a, b)| a == b).count();
    // What was under way when the player was stopped may be broken.
    assert!(same + 6 >= played.len(), "{same} of {} pictures are the source's", played.len());
}

/// Publishes by UDP through bad weather; gives how many runs of whole pictures came out.
fn through_weather(name: &str, path: Path) -> (usize, u64) {
    let server = Server::start(name);
    let relay = RtspRelay::start(server.rtsp_addr(), Weather { there: path, ..Weather::lossy(7, 0.0) });
    let url = format!("rtsp://{}/live/stream", relay.addr());
    let mut publisher = Publisher::ffmpeg_rtsp(Media::H264Aac, &url, "udp");
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    // Every access unit that came out is one that went in, and after each hole the first is a keyframe.
    let runs = assert_runs(&Media::H264Aac.flv(), &Flv::parse(&player.finish()));
    let lost = relay.counts().there.lost;
    if lost > 20 {
        server.wait_log("packets lost");
    }
    (runs.len(), lost)
}

#[test]
fn order_and_doubles_do_not_matter() {
    let path = Path { reorder: 10.0, displacement: 3, duplicate: 10.0, ..Path::default() };
    assert_eq!(through_weather("rtsp-reorder", path), (1, 0), "one unbroken run");
}

#[test]
fn losses_never_show() {
    for (name, loss) in [("rtsp-loss-1", 1.0), ("rtsp-loss-5", 5.0), ("rtsp-loss-10", 10.0)] {
        let path = Path { loss, reorder: 2.0, displacement: 3, duplicate: 2.0, ..Path::default() };
        let (runs, lost) = through_weather(name, path);
        assert!(lost > 0 && runs >= 1, "{runs} runs, {lost} lost");
    }
}
