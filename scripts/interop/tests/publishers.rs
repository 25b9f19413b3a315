//! Who may publish, what a second publisher means, and what viewers see when a publisher comes back.

#![forbid(unsafe_code)]

use std::time::Duration;

use rtmpd_interop::clients::Publisher;
use rtmpd_interop::compare::{Want, assert_played, assert_runs};
use rtmpd_interop::flv::Flv;
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw, until};

/// Waits until a raw player has got at least so many bytes of media.
fn wait_bytes(player: &raw::Player, count: usize) {
    until("the player gets media", Duration::from_secs(30), || player.bytes().len() >= count);
}

#[test]
fn a_wrong_app_is_refused_with_a_reason_that_ffmpeg_prints() {
    let server = Server::start("wrong-app");
    let url = format!("rtmp://127.0.0.1:{}/abc/stream", server.rtmp_port());
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &url);
    assert!(!publisher.process().wait(Duration::from_secs(30)).success());
    let said = publisher.process().log();
    assert!(said.contains("app 'abc' does not exist here"), "ffmpeg said:\n{said}");
    server.wait_log("app 'abc' does not exist here");
    assert_eq!(raw::status(server.http_port(), "/abc/stream.flv"), 404);
}

#[test]
fn a_second_publisher_is_refused_while_the_first_sends() {
    let server = Server::start("second-publisher");
    let mut first = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    let mut second = Publisher::ffmpeg(Media::VideoOnly, &server.rtmp("stream"));
    assert!(!second.process().wait(Duration::from_secs(30)).success());
    let said = second.process().log();
    assert!(said.contains("already has a publisher"), "ffmpeg said:\n{said}");
    first.finish();
    assert_played(
        &Media::H264Aac.flv(),
        &Flv::parse(&player.finish()),
        Want { tail: Some(0), ..Want::default() },
    );
}

#[test]
fn a_second_publisher_with_the_same_parameters_takes_over() {
    let server = Server::start("take-over");
    let url = server.rtmp("stream?user=a&token=b");
    let mut first = Publisher::ffmpeg(Media::H264Aac, &url);
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    wait_bytes(&player, 100_000);
    let mut second = Publisher::ffmpeg(Media::H264Aac, &url);
    first.process().wait(Duration::from_secs(30));
    second.finish();
    let runs = assert_runs(&Media::H264Aac.flv(), &Flv::parse(&player.finish()));
    assert_eq!(runs.len(), 2, "one run of each publisher: {runs:?}");
    assert_eq!(runs[1], 200, "the second one is seen whole");
}

#[test]
fn viewers_stay_while_a_killed_publisher_comes_back() {
    let server = Server::start("comes-back");
    let mut first = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let http = raw::Player::http(server.http_port(), "stream");
    let websocket = raw::Player::websocket(server.http_port(), "stream");
    wait_bytes(&http, 100_000);
    first.process().signal("KILL");
    first.process().wait(Duration::from_secs(10));
    let mut second = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    second.finish();
    for player in [http, websocket] {
        let runs = assert_runs(&Media::H264Aac.flv(), &Flv::parse(&player.finish()));
        assert_eq!(runs.len(), 2, "one run of each publisher: {runs:?}");
        assert_eq!(runs[1], 200, "the second one is seen whole");
    }
}

#[test]
fn a_publisher_may_come_back_with_another_codec() {
    let server = Server::start("other-codec");
    let mut first = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let player = raw::Player::http(server.http_port(), "stream");
    wait_bytes(&player, 100_000);
    first.process().signal("KILL");
    first.process().wait(Duration::from_secs(10));
    let mut second = Publisher::ffmpeg(Media::HevcAac, &server.rtmp("stream"));
    second.finish();
    let played = Flv::parse(&player.finish());
    let of = |codec: &str| {
        let mut only = played.clone();
        only.packets.retain(|packet| packet.codec == codec);
        only
    };
    assert_eq!(assert_runs(&Media::H264Aac.flv(), &of("7")).len(), 1);
    assert_eq!(assert_runs(&Media::HevcAac.flv(), &of("hvc1")), [200]);
    assert!(played.packets.windows(2).all(|pair| pair[0].kind != pair[1].kind || pair[0].dts <= pair[1].dts));
    let new = played.headers.iter().find(|header| header.codec == "hvc1").expect("the new header is sent");
    let first_new = played.packets.iter().position(|packet| packet.codec == "hvc1").expect("new media");
    assert!(new.before <= first_new, "before the new media");
}
