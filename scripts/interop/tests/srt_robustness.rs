//! SRT through bad weather, under floods, and with publishers that come and go.

#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_carried, assert_runs};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::srt::induction;
use rtmpd_interop::weather::{Path, Relay, Weather};
use rtmpd_interop::{Server, paths, raw, until};

const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];
const WANT: Want = Want { packets: 75, tail: Some(20), slack: 0 };

/// On a machine that is busy a packet may be so late that it was missed and sent again, or come twice where it was lost:
/// so many may be counted otherwise.
const SLACK: u64 = 4;

/// 50 ms each way, packets that come late and twice, and so much loss, in percent.
fn weather(loss: f64) -> Weather {
    let delay = Duration::from_millis(50);
    Weather::both(11, Path { loss, delay, reorder: 2.0, displacement: 3, duplicate: 2.0, ..Path::default() })
}

/// What stands before ` {word}` in the line that SRT connections leave in the log when they end.
fn told(server: &Server, word: &str) -> u64 {
    let log = server.log();
    let line = log.lines().rfind(|line| line.contains(" srt SRT: ")).expect("what the connection was like");
    let (before, _) = line.split_once(word).unwrap_or_else(|| panic!("{word:?} is not in {line}"));
    let number = before.trim_end().rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or_else(|_| panic!("no number before {word:?} in {line}"))
}

/// Without the last packets of each track: what is lost then is not sent again by a caller that closes.
fn settled(mut played: Flv) -> Flv {
    let end = played.packets.iter().map(|packet| packet.dts).max().unwrap_or_default() - 1000;
    played.packets.retain(|packet| packet.dts < end);
    played
}

/// Publishes through the weather, `latency` in ms; every packet must come.
fn publish(name: &str, media: Media, loss: f64, latency: u32) {
    let server = Server::start_srt(name, &format!("<latency>{latency}</latency>"));
    let relay = Relay::start(server.srt_addr(), weather(loss));
    let url = format!(
        "srt://{}?streamid=live/stream,role=publisher&latency={}",
        relay.addr(),
        u64::from(latency) * 1000
    );
    let mut publisher = Publisher::ffmpeg_ts(media, &url);
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    let want = Want { tail: Some(60), ..WANT };
    assert_carried(&media.flv(), &settled(Flv::parse(&flv.finish())), BOTH, want);
    server.wait_log(" srt SRT: ");
    let (lost, dropped) = (told(&server, "lost"), relay.counts().there.lost_fresh);
    // See above.
    assert!(told(&server, "of them never had") <= 3, "of {lost} packets");
    assert!(
        (dropped.saturating_sub(8)..=dropped + SLACK).contains(&lost),
        "{lost} missed, {dropped} dropped"
    );
}

/// This caller stays until all has come: what the server counts is what the relay dropped.
fn count(name: &str, loss: f64, latency: u32) {
    let (server, media) = (Server::start_srt(name, &format!("<latency>{latency}</latency>")), Media::H264Aac);
    let relay = Relay::start(server.srt_addr(), weather(loss));
    let url = format!("srt://{}?streamid=live/stream,role=publisher", relay.addr());
    let mut publisher = Publisher::srt_live_transmit(media, &url);
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    // It never sends the last kilobyte of a file.
    assert_carried(&media.flv(), &Flv::parse(&flv.finish()), BOTH, Want { tail: Some(10), ..WANT });
    server.wait_log(" srt SRT: ");
    let (lost, gone) = (told(&server, "lost"), told(&server, "of them never had"));
    let dropped = relay.counts().there.lost_fresh;
    assert!(lost > 0 && lost.abs_diff(dropped) <= SLACK, "{lost} missed, {:?}", relay.counts());
    assert_eq!(gone, 0, "of {lost} packets");
}

#[test]
fn what_was_lost_is_counted() {
    count("srt-counted-1", 1.0, 400);
}

#[test]
fn much_that_was_lost_is_counted() {
    count("srt-counted-10", 10.0, 1000);
}

#[test]
fn published_through_bad_weather() {
    publish("srt-weather-1", Media::H264Aac, 1.0, 400);
    publish("srt-weather-5", Media::H264Aac, 5.0, 400);
}

#[test]
fn published_through_worse_weather() {
    publish("srt-weather-10", Media::H264Aac, 10.0, 800);
}

#[test]
fn played_through_bad_weather() {
    let media = Media::H264Aac;
    for (name, loss, latency) in [("srt-play-5", 5.0, 400_u64), ("srt-play-10", 10.0, 800)] {
        let server = Server::start_srt(name, &format!("<latency>{latency}</latency>"));
        let relay = Relay::start(server.srt_addr(), weather(loss));
        let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
        server.wait_live("stream");
        let url = format!("srt://{}?streamid=live/stream&latency={}", relay.addr(), latency * 1000);
        let mut player = Player::ffmpeg_segments(&url, media);
        publisher.finish();
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
        server.wait_log(" srt SRT: ");
        let (again, dropped) = (told(&server, "again"), relay.counts().back.lost_fresh);
        assert!(dropped > 0 && again >= dropped, "{again} packets went again, the relay dropped {dropped}");
    }
}

#[test]
fn a_hundred_thousand_inductions() {
    let server = Server::start("srt-flood");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("other"));
    server.wait_live("other");
    let flv = raw::Player::http(server.http_port(), "other");
    let before = server.resident_kib();
    // From many addresses, and some of it is no SRT at all.
    for number in 0..200_u8 {
        let socket =
            UdpSocket::bind((Ipv4Addr::new(127, 1, number, 1), 0)).expect("an address of the loopback");
        for id in 1..=500_u32 {
            let mut packet = induction(id);
            if id % 10 == 0 {
                packet.truncate(usize::from(number) % packet.len());
            }
            socket.send_to(&packet, server.srt_addr()).ok();
        }
    }
    let media = Media::H264Aac;
    let mut caller = Publisher::ffmpeg_ts(media, &server.srt("stream", "publisher"));
    server.wait_live("stream");
    let called = raw::Player::http(server.http_port(), "stream");
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB for a flood");
    publisher.finish();
    caller.finish();
    assert_carried(&media.flv(), &Flv::parse(&called.finish()), BOTH, WANT);
    assert_carried(&media.flv(), &Flv::parse(&flv.finish()), BOTH, WANT);
}

#[test]
fn two_hundred_publishers_that_come_and_go() {
    let server = Server::start_with("srt-again", "<hold>1</hold>", "");
    let folder = paths::scratch("srt-again");
    let (file, url) = (folder.join("stream.ts"), server.srt("stream?token=1", "publisher"));
    let made = Command::new(paths::modern_ffmpeg())
        .args(["-nostdin", "-loglevel", "error", "-y", "-i"])
        .arg(Media::H264Aac.file())
        .args(["-c", "copy", "-t", "1"])
        .arg(&file)
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    let (sent, mut before) = (std::fs::read(&file).expect("it was made"), 0);
    for number in 0..200 {
        let mut caller = Command::new("srt-live-transmit")
            .args(["-a:no", "-q", "-to:30", "file://con", &url])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("srt-live-transmit starts");
        caller.stdin.as_mut().expect("it is piped").write_all(&sent).expect("it reads");
        std::thread::sleep(Duration::from_millis(100));
        // Without a word: the next one takes over, as it asks with the same parameters.
        caller.kill().expect("it runs");
        caller.wait().expect("it ended");
        if number == 20 {
            before = server.resident_kib();
        }
    }
    let opened = || server.log().matches(" srt SRT latency ").count();
    assert!(opened() >= 150, "{} of 200 were let in", opened());
    until("all have gone", Duration::from_secs(30), || {
        server.log().matches("stopped publishing live/stream by srt").count() == opened()
    });
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KiB after 180 publishers");
    let mut publisher = Publisher::ffmpeg_ts(Media::H264Aac, &url);
    server.wait_live("stream");
    publisher.finish();
}

/// A player that takes nothing for two seconds loses what came too late, and disturbs nobody.
#[test]
fn a_player_that_sleeps() {
    let (server, media) = (Server::start("srt-sleeper"), Media::H264Aac);
    let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
    server.wait_live("stream");
    let url = server.srt("stream", "player");
    let (mut sleeper, mut other) = (Player::srt_live_transmit(&url), Player::ffmpeg_segments(&url, media));
    sleeper.wait_playing();
    sleeper.process().signal("STOP");
    std::thread::sleep(Duration::from_secs(2));
    sleeper.process().signal("CONT");
    let before = sleeper.size();
    until("it plays again", Duration::from_secs(20), || sleeper.size() > before + 20_000);
    publisher.finish();
    assert_carried(&media.flv(), &other.finish_flv().from_keyframe(), BOTH, WANT);
    sleeper.process().signal("INT");
    assert!(!server.log().contains("closed: timed out"), "nobody was closed");
}

/// What the full version goes through: loss in percent, latency in ms. libsrt sends a packet again once in a round trip:
/// four of them are too few for a tenth of all packets.
const FULL: [(f64, u32); 3] = [(1.0, 400), (5.0, 400), (10.0, 800)];
/// How often the file is sent, to make a minute.
const TIMES: usize = 7;

/// What the log says of the only SRT connection, which is told with what the relay did.
fn tell(server: &Server, what: &str, relay: &Relay) {
    server.wait_log(" srt SRT: ");
    let log = server.log();
    let line = log.lines().rfind(|line| line.contains(" srt SRT: ")).unwrap_or_default();
    eprintln!("{what}: {:?}\n{line}", relay.counts());
}

/// The whole of what is promised: 10 Mb/s for a minute, at 1, 5 and 10 %. Takes four minutes.
#[test]
#[ignore = "takes minutes"]
fn ten_megabits_for_a_minute() {
    for (loss, latency) in FULL {
        let settings = format!("<latency>{latency}</latency>");
        let server = Server::start_srt(&format!("srt-minute-{loss}"), &settings);
        let relay = Relay::start(server.srt_addr(), weather(loss));
        let url = format!("srt://{}?streamid=live/stream,role=publisher&latency={latency}000", relay.addr());
        let mut publisher = Publisher::ffmpeg_ts_times(TIMES as u32, Media::Heavy, &url);
        server.wait_live("stream");
        let flv = raw::Player::http(server.http_port(), "stream");
        publisher.finish();
        let runs = assert_runs(&Media::Heavy.flv(), &settled(Flv::parse(&flv.finish())));
        tell(&server, &format!("{loss} %, {latency} ms, {runs:?}"), &relay);
        assert_eq!(runs.len(), 1, "nothing is missing between the pictures");
        assert!(told(&server, "of them never had") <= 3);
    }
}

/// The same the other way.
#[test]
#[ignore = "takes minutes"]
fn ten_megabits_for_a_minute_to_a_player() {
    for (loss, latency) in FULL {
        let settings = format!("<latency>{latency}</latency>");
        let server = Server::start_srt(&format!("srt-play-minute-{loss}"), &settings);
        let relay = Relay::start(server.srt_addr(), weather(loss));
        let mut publisher = Publisher::ffmpeg_times(TIMES as u32, Media::Heavy, &server.rtmp("stream"));
        server.wait_live("stream");
        let url = format!("srt://{}?streamid=live/stream&latency={latency}", relay.addr());
        let mut player = Player::srt_live_transmit(&url);
        publisher.finish();
        let runs = assert_runs(&Media::Heavy.flv(), &player.finish_ts(Media::Heavy).from_keyframe());
        tell(&server, &format!("{loss} %, {latency} ms, {runs:?}"), &relay);
        assert_eq!(runs.len(), 1, "nothing is missing between the pictures");
    }
}
