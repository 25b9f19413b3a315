//! Streams that go on to other instances arrive bit for bit, by every protocol; targets may go and come back; two servers
//! that forward to each other do not go round and round.

#![forbid(unsafe_code)]

use std::time::Duration;

use rtmpd_interop::clients::Publisher;
use rtmpd_interop::compare::{Want, assert_carried, assert_played, assert_runs};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw, until};

/// Writes rules for a server that runs, and waits until it has them.
fn set_policy(server: &Server, rules: &str) {
    std::fs::write(server.folder().join("policy.xml"), format!("<policy>{rules}</policy>")).expect("a file");
    server.wait_log("policy.xml has changed");
}

fn app_rule(target: &Server) -> String {
    let port = target.rtmp_port();
    let forward = format!("<forward rewrite=\"\">127.0.0.1:{port}</forward>");
    format!("<vhosts><vhost name=\"rtmp://127.0.0.1/live\">{forward}</vhost></vhosts>")
}

#[test]
fn a_stream_goes_on_by_rtmp_rtsp_and_srt() {
    let (here, there) = (Server::start("forward-from"), Server::start("forward-to"));
    let rtmp = format!("rtmp://elsewhere/live/rtmp\">127.0.0.1:{}", there.rtmp_port());
    let rtsp = format!("\">{}", there.rtsp("rtsp"));
    let srt = format!("\">srt://{}/live/srt?latency=200", there.srt_addr());
    let forwards = [rtmp, rtsp, srt].map(|target| format!("<forward rewrite=\"{target}</forward>"));
    let url = "<urls><url name=\"rtmp://127.0.0.1/live/stream\">";
    set_policy(&here, &format!("{url}{}</url></urls>", forwards.concat()));
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &here.rtmp("stream"));
    let players = ["rtmp", "rtsp", "srt"].map(|name| {
        there.wait_live(name);
        raw::Player::http(there.http_port(), name)
    });
    publisher.finish();
    let source = Media::H264Aac.flv();
    // Those who forward may stop when the stream is held no longer: what is on its way then does not count.
    let [rtmp, rtsp, srt] = players.map(|player| Flv::parse(&player.finish()).from_keyframe());
    let want = Want { packets: 50, tail: Some(20), ..Want::default() };
    assert_played(&source, &rtmp, want);
    assert_carried(&source, &rtsp, &[Kind::Video, Kind::Audio], want);
    assert_carried(&source, &srt, &[Kind::Video, Kind::Audio], want);
}

#[test]
fn a_target_that_was_killed_has_its_stream_again() {
    let (here, mut there) = (Server::start("forward-on"), Server::start("forward-killed"));
    set_policy(&here, &app_rule(&there));
    let _publisher = Publisher::ffmpeg_times(3, Media::H264Aac, &here.rtmp("stream"));
    there.wait_live("stream");
    there.kill();
    here.wait_log("next try in");
    there.start_again();
    there.wait_live("stream");
    let player = raw::Player::http(there.http_port(), "stream");
    until("media flows again", Duration::from_secs(30), || player.bytes().len() > 50_000);
    let runs = assert_runs(&Media::H264Aac.flv(), &Flv::parse(&player.bytes()).from_keyframe());
    assert!(!runs.is_empty());
}

#[test]
fn two_servers_that_forward_to_each_other() {
    let (one, two) = (Server::start("forward-a"), Server::start("forward-b"));
    set_policy(&one, &app_rule(&two));
    set_policy(&two, &app_rule(&one));
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &one.rtmp("stream"));
    two.wait_live("stream");
    one.wait_log("it would go in circles");
    let player = raw::Player::http(two.http_port(), "stream");
    publisher.finish();
    let want = Want { packets: 50, tail: Some(20), ..Want::default() };
    assert_played(&Media::H264Aac.flv(), &Flv::parse(&player.finish()), want);
}

#[test]
fn a_server_does_not_forward_to_itself() {
    let server = Server::start("forward-self");
    set_policy(&server, &app_rule(&server));
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_log("that is this server itself");
    let player = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    assert_played(
        &Media::H264Aac.flv(),
        &Flv::parse(&player.finish()),
        Want { tail: Some(0), ..Want::default() },
    );
}

#[test]
fn on_demand_through_two_hops() {
    let servers = ["pull-origin", "pull-middle", "pull-edge"].map(Server::start);
    let [origin, middle, edge] = &servers;
    let port = origin.rtmp_port();
    let pull = format!("<pull name=\"live\" url=\"rtmp://127.0.0.1:{port}/live\" ondemand=\"true\"/>");
    set_policy(middle, &format!("<pulls>{pull}</pulls>"));
    let [rtmp, rtsp] = [middle.rtmp("stream"), middle.rtsp("stream")];
    let srt = format!("srt://{}/live/stream?latency=200", middle.srt_addr());
    let pulls = [("rtmp", rtmp), ("rtsp", rtsp), ("srt", srt)]
        .map(|(name, url)| format!("<pull name=\"live/{name}\" url=\"{url}\" ondemand=\"true\"/>"));
    set_policy(edge, &format!("<pulls>{}</pulls>", pulls.concat()));
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &origin.rtmp("stream"));
    origin.wait_live("stream");
    assert!(!origin.log().contains(" rtmp plays "), "nobody has asked yet");
    let players = ["rtmp", "rtsp", "srt"].map(|name| raw::Player::http(edge.http_port(), name));
    publisher.finish();
    let source = Media::H264Aac.flv();
    let want = Want { packets: 50, tail: Some(20), ..Want::default() };
    for player in players {
        let played = Flv::parse(&player.finish()).from_keyframe();
        assert_carried(&source, &played, &[Kind::Video, Kind::Audio], want);
    }
    let plays = origin.log().matches(" rtmp plays ").count();
    assert_eq!(plays, 1, "once for all");
}
