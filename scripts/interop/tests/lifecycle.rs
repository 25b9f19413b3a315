//! Start, refusal to start, and a proper end.

#![forbid(unsafe_code)]

use std::process::Command;
use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, paths, raw, until};

#[test]
fn sigterm_ends_every_stream_properly() {
    let mut server = Server::start("sigterm");
    let _publisher = Publisher::ffmpeg_times(4, Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut rtmp = Player::ffmpeg(&server.rtmp("stream"));
    let http = raw::Player::http(server.http_port(), "stream");
    let websocket = raw::Player::websocket(server.http_port(), "stream");
    rtmp.wait_playing();
    until("raw players play", Duration::from_secs(30), || {
        [&http, &websocket].iter().all(|player| player.bytes().len() > 1000)
    });
    server.stop();
    rtmp.process().succeed(Duration::from_secs(20));
    until("raw players see the end", Duration::from_secs(10), || http.has_ended() && websocket.has_ended());
    for player in [http, websocket] {
        assert_eq!(rtmpd_interop::flv::Flv::parse(&player.finish()).rest, 0, "the last tag is whole");
    }
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let server = Server::start("taken-port");
    let output =
        Command::new(paths::server()).arg("--config").arg(server.folder()).output().expect("it starts");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&server.rtmp_port().to_string()), "the port is named:\n{said}");
}

#[test]
fn a_wrong_config_is_named_by_line_and_column() {
    let folder = paths::scratch("wrong-config");
    std::fs::write(folder.join("config.xml"), "<config>\n  <rtmp><port>99999</port></rtmp>\n</config>\n")
        .expect("a file");
    for check in [&["check", "--config"][..], &["--config"]] {
        let output = Command::new(paths::server()).args(check).arg(&folder).output().expect("it starts");
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("99999") && said.contains("2:"), "line, column and value are named:\n{said}");
    }
    std::fs::remove_dir_all(&folder).ok();
}

#[test]
fn every_publish_and_play_has_a_line_in_the_log() {
    let server = Server::start("log-lines");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("logged"));
    server.wait_live("logged");
    let mut player = Player::ffmpeg(&server.rtmp("logged"));
    publisher.finish();
    player.finish();
    until("publish, play and stop are logged", Duration::from_secs(20), || {
        let log = server.log();
        let lines = || log.lines().filter(|line| line.contains("live/logged") && !line.contains("DEBUG"));
        ["publish", "play"].iter().all(|word| lines().any(|line| line.contains(word)))
    });
    let daily = std::fs::read_dir(server.folder().join("log")).expect("log/ is made next to the config");
    assert!(daily.count() >= 1, "a daily file");
}
