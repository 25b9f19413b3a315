//! RTMPS, RTSPS, HTTPS and WSS with real clients, and certificates that change while they play.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_carried, assert_played};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, paths, raw};

const MEDIA: Media = Media::H264Aac;

/// A certificate for this machine that signs itself, and its key, as the two files of `<ssl>`.
fn make(folder: &Path) {
    let mut command = Command::new("openssl");
    let words =
        "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj /CN=localhost";
    command.args(words.split(' ')).args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    let output = command
        .arg("-keyout")
        .arg(folder.join("new.key"))
        .arg("-out")
        .arg(folder.join("new.crt"))
        .output()
        .expect("openssl starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for ending in ["key", "crt"] {
        std::fs::rename(folder.join(format!("new.{ending}")), folder.join(format!("server.{ending}")))
            .expect("a file can be renamed");
    }
}

#[test]
fn a_certificate_of_the_servers_own() {
    let server = Server::start_secure("tls-own", "");
    let authority = server.folder().join("ssl/ca.crt");
    let mut publisher = Publisher::ffmpeg_trusting(MEDIA, &server.rtmps("stream"), &authority);
    server.wait_live("stream");
    // The same ports speak plainly, too.
    let plain = raw::Player::http(server.http_port(), "stream");
    let urls = [server.rtmps("stream"), server.https("/live/stream.flv"), server.rtsps("stream")];
    let mut players = urls.map(|url| Player::ffmpeg_trusting(&url, &authority));
    publisher.finish();
    let want = Want { tail: Some(12), ..Want::default() };
    assert_played(&MEDIA.flv(), &Flv::parse(&plain.finish()), want);
    for player in &mut players {
        let played = player.finish_flv().from_keyframe();
        assert_carried(&MEDIA.flv(), &played, &[Kind::Video, Kind::Audio], want);
    }
}

#[test]
fn a_new_certificate_disturbs_nobody() {
    let files = "<ssl><servercert>server.crt</servercert><serverkey>server.key</serverkey></ssl>";
    let server = Server::start_secure_in(
        |name: &str| {
            let folder: PathBuf = paths::scratch(name);
            make(&folder);
            folder
        },
        "tls-swap",
        files,
    );
    let before = server.folder().join("before.crt");
    std::fs::copy(server.folder().join("server.crt"), &before).expect("a file can be copied");
    let mut publisher = Publisher::ffmpeg(MEDIA, &server.rtmp("stream"));
    server.wait_live("stream");
    let url = server.https("/live/stream.flv");
    let mut players: Vec<Player> = (0..8).map(|_| Player::ffmpeg_trusting(&url, &before)).collect();
    players.iter().for_each(Player::wait_playing);
    make(server.folder());
    server.wait_log("new connections see the new certificate");
    let newcomer = Player::ffmpeg_trusting(&url, &server.folder().join("server.crt"));
    newcomer.wait_playing();
    let mut late = Player::ffmpeg_trusting(&url, &before);
    publisher.finish();
    assert!(!late.process().wait(std::time::Duration::from_secs(20)).success(), "the old one is gone");
    let want = Want { tail: Some(12), ..Want::default() };
    for player in &mut players {
        assert_played(&MEDIA.flv(), &player.finish_flv(), want);
    }
}

#[test]
fn forwarded_and_pulled_in_tls() {
    let there = Server::start_secure("tls-there", "");
    let authority = there.folder().join("ssl/ca.crt");
    let trusting = format!("<ssl><clientca>{}</clientca></ssl>", authority.display());
    let here = Server::start_with("tls-from", &trusting, "");
    let rewrite = there.rtmps("rtmps").replace("127.0.0.1", "localhost");
    let rtsps = there.rtsps("rtsps").replace("127.0.0.1", "localhost");
    let rules = format!(
        "<policy><urls><url name=\"rtmp://127.0.0.1/live/stream\"><forward rewrite=\"{rewrite}\">localhost:{}</forward>\
         <forward rewrite=\"\">{rtsps}</forward></url></urls></policy>",
        there.rtmp_port()
    );
    std::fs::write(here.folder().join("policy.xml"), rules).expect("a file");
    here.wait_log("policy.xml has changed");
    let mut publisher = Publisher::ffmpeg(MEDIA, &here.rtmp("stream"));
    let players = ["rtmps", "rtsps"].map(|name| {
        there.wait_live(name);
        raw::Player::http(there.http_port(), name)
    });
    publisher.finish();
    let want = Want { packets: 50, tail: Some(20), ..Want::default() };
    for player in players {
        let played = Flv::parse(&player.finish()).from_keyframe();
        assert_carried(&MEDIA.flv(), &played, &[Kind::Video, Kind::Audio], want);
    }
}
