//! Every codec RTMP can carry goes through, in both its legacy and its Enhanced RTMP form.

#![forbid(unsafe_code)]

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_played, tracks};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw};

/// Publishes the file and compares what a current ffmpeg plays over RTMP and what HTTP-FLV and WS-FLV carry.
fn passes(name: &str, media: Media) {
    let server = Server::start(name);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut rtmp = Player::modern_ffmpeg(&server.rtmp("stream"));
    let http = raw::Player::http(server.http_port(), "stream");
    let websocket = raw::Player::websocket(server.http_port(), "stream");
    publisher.finish();
    let source = media.flv();
    let exact = Want { tail: Some(0), ..Want::default() };
    assert_played(&source, &Flv::parse(&http.finish()), exact);
    assert_played(&source, &Flv::parse(&websocket.finish()), exact);
    assert_played(&source, &rtmp.finish_flv(), Want::default());
}

#[test]
fn hevc() {
    passes("hevc", Media::HevcAac);
}

#[test]
fn av1() {
    passes("av1", Media::Av1Aac);
}

#[test]
fn vp9() {
    passes("vp9", Media::Vp9Aac);
}

#[test]
fn g711_a_law() {
    passes("alaw", Media::H264Alaw);
}

#[test]
fn g711_mu_law() {
    passes("mulaw", Media::H264Mulaw);
}

#[test]
fn mp3() {
    passes("mp3", Media::H264Mp3);
}

#[test]
fn opus() {
    passes("opus", Media::H264Opus);
}

#[test]
fn flac() {
    passes("flac", Media::H264Flac);
}

#[test]
fn ac3() {
    passes("ac3", Media::H264Ac3);
}

#[test]
fn eac3() {
    passes("eac3", Media::H264Eac3);
}

#[test]
fn two_audio_tracks_for_players_that_ask_and_the_first_for_others() {
    let server = Server::start("two-audios");
    let mut publisher = Publisher::ffmpeg(Media::TwoAudios, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut rtmp = Player::modern_ffmpeg(&server.rtmp("stream"));
    let first = raw::Player::http(server.http_port(), "stream");
    let all = raw::Player::http_path(server.http_port(), "/live/stream.flv?tracks=all");
    publisher.finish();
    let source = Media::TwoAudios.flv();
    let mut main = source.clone();
    main.packets.retain(|packet| packet.track == 0);
    let want = Want { tail: Some(0), ..Want::default() };
    assert_played(&source, &Flv::parse(&all.finish()), want);
    let first = Flv::parse(&first.finish());
    assert_eq!(tracks(&first).len(), 2, "one of each kind");
    assert_played(&main, &first, want);
    assert_played(&main, &rtmp.finish_flv(), Want::default());
}

#[test]
fn hevc_by_the_legacy_codec_id_for_players_that_ask() {
    let server = Server::start("hevc-legacy");
    let mut publisher = Publisher::ffmpeg(Media::HevcAac, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    let legacy = raw::Player::http_path(server.http_port(), "/live/stream.flv?hevc=legacy");
    publisher.finish();
    let (source, enhanced, legacy) =
        (Media::HevcAac.flv(), Flv::parse(&player.finish()), Flv::parse(&legacy.finish()));
    let want = Want { tail: Some(0), ..Want::default() };
    assert_played(&source, &enhanced, want);
    assert_played(&source, &legacy, want);
    assert!(enhanced.track(Kind::Video, 0).iter().all(|packet| packet.codec == "hvc1"));
    assert!(legacy.track(Kind::Video, 0).iter().all(|packet| packet.codec == "12"));
    assert_eq!(legacy.header(Kind::Video, 0).map(|header| header.codec.as_str()), Some("12"));
}
