//! Every SRT caller at hand, plain and encrypted with keys of every length: bit for bit in both directions.

#![forbid(unsafe_code)]

use rtmpd_interop::clients::{Player, Publisher, decoded_pictures};
use rtmpd_interop::compare::{Want, assert_carried};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw};

const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];
const WANT: Want = Want { packets: 75, tail: Some(20), slack: 0 };
const SECRET: &str = "correct-horse-battery";
const MEDIA: Media = Media::H264Aac;

/// Streams that are published and played with keys of these lengths, 0 for none, all at once.
fn carry(
    name: &str,
    lengths: &[usize],
    publish: impl Fn(Media, &str) -> Publisher,
    play: impl Fn(&str) -> Player,
) {
    let secrets: Vec<String> = lengths
        .iter()
        .filter(|length| **length > 0)
        .map(|length| format!("live/k{length}={SECRET}"))
        .collect();
    let server = Server::start_srt(name, &format!("<passphrases>{}</passphrases>", secrets.join(", ")));
    let url = |length: &usize, role: &str| {
        let key = format!("&passphrase={SECRET}&pbkeylen={length}");
        server.srt(&format!("k{length}"), role) + if *length > 0 { &key } else { "" }
    };
    let mut publishers: Vec<Publisher> =
        lengths.iter().map(|length| publish(MEDIA, &url(length, "publisher"))).collect();
    lengths.iter().for_each(|length| server.wait_live(&format!("k{length}")));
    let mut players: Vec<Player> = lengths.iter().map(|length| play(&url(length, "player"))).collect();
    publishers.iter_mut().for_each(Publisher::finish);
    for (length, player) in lengths.iter().zip(&mut players) {
        eprintln!("key of {length} bytes");
        assert_carried(&MEDIA.flv(), &player.finish_ts(MEDIA).from_keyframe(), BOTH, WANT);
        if *length > 0 {
            let log = server.log();
            let said = format!("AES-{}", length * 8);
            assert!(log.matches(&said).count() >= 2, "both sides have keys of {length} bytes:\n{log}");
        }
    }
}

#[test]
fn debian_ffmpeg() {
    carry("srt-debian", &[0, 16, 32], Publisher::debian_ffmpeg_ts, Player::debian_ffmpeg_ts);
}

#[test]
fn gstreamer_with_keys() {
    carry("srt-gst-keys", &[16, 24, 32], Publisher::gstreamer_srt, Player::gstreamer_srt);
}

#[test]
fn srt_live_transmit_with_keys() {
    carry("srt-slt-keys", &[0, 24, 32], Publisher::srt_live_transmit, Player::srt_live_transmit);
}

/// Callers change their keys while they send: here after each hundred packets.
#[test]
fn keys_that_change() {
    let server = Server::start_srt("srt-refresh", &format!("<passphrase>{SECRET}</passphrase>"));
    let key = format!("&passphrase={SECRET}&pbkeylen=24&kmrefreshrate=100&kmpreannounce=40");
    let mut publisher = Publisher::srt_live_transmit(MEDIA, &(server.srt("stream", "publisher") + &key));
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    publisher.finish();
    assert_carried(&MEDIA.flv(), &Flv::parse(&flv.finish()), BOTH, Want { packets: 150, ..WANT });
}

#[test]
fn one_program_between_two_streams() {
    let server = Server::start_srt("srt-between", &format!("<passphrases>live/there={SECRET}</passphrases>"));
    let mut publisher = Publisher::ffmpeg(MEDIA, &server.rtmp("here"));
    server.wait_live("here");
    let key = format!("&passphrase={SECRET}&pbkeylen=32");
    let mut between =
        Publisher::srt_to_srt(&server.srt("here", "player"), &(server.srt("there", "publisher") + &key));
    server.wait_live("there");
    let mut players = [
        Player::modern_ffmpeg(&server.rtmp("there")),
        Player::ffmpeg_segments(&(server.srt("there", "player") + &key), MEDIA),
    ];
    publisher.finish();
    for player in &mut players {
        assert_carried(&MEDIA.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
    }
    between.process().signal("INT");
}

#[test]
fn vlc_with_a_key() {
    let server = Server::start_srt("srt-vlc-key", &format!("<passphrase>{SECRET}</passphrase>"));
    let mut publisher = Publisher::ffmpeg_times(2, MEDIA, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = Player::vlc(&(server.srt("stream", "player") + "&passphrase=" + SECRET));
    publisher.finish();
    let (source, played) = (decoded_pictures(&MEDIA.file()), decoded_pictures(player.finish()));
    assert!(played.len() >= 75, "{} pictures were played", played.len());
    let at = source.iter().position(|picture| *picture == played[0]).expect("a picture of the source");
    let same = source.iter().cycle().skip(at).zip(&played).take_while(|(a, b)| a == b).count();
    assert!(same + 6 >= played.len(), "{same} of {} pictures are the source's", played.len());
}

#[test]
fn sound_as_latm() {
    let server = Server::start("srt-latm");
    let mut publisher = Publisher::ffmpeg_ts_latm(MEDIA, &server.srt("stream", "publisher"));
    server.wait_live("stream");
    let mut player = Player::modern_ffmpeg(&server.rtmp("stream"));
    publisher.finish();
    assert_carried(&MEDIA.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
}

/// What does not travel by MPEG-TS here is left out; the rest does.
#[test]
fn other_sound_is_passed_over() {
    let server = Server::start("srt-other");
    let mut publishers = [
        Publisher::ffmpeg_ts(Media::H264Ac3, &server.srt("there", "publisher")),
        Publisher::ffmpeg(Media::H264Flac, &server.rtmp("back")),
    ];
    ["there", "back"].iter().for_each(|name| server.wait_live(name));
    let mut players = [
        (Media::H264Ac3, Player::modern_ffmpeg(&server.rtmp("there"))),
        (Media::H264Flac, Player::ffmpeg_segments(&server.srt("back", "player"), Media::H264Flac)),
    ];
    publishers.iter_mut().for_each(Publisher::finish);
    for (media, player) in &mut players {
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), &[Kind::Video], WANT);
    }
}

/// The end of a stream is told: nobody has to find out by waiting.
#[test]
fn players_hear_of_the_end() {
    let server = Server::start_with("srt-end", "<hold>1</hold>", "");
    let mut publisher = Publisher::ffmpeg_ts(MEDIA, &server.srt("stream", "publisher"));
    server.wait_live("stream");
    // By itself it would not notice for a minute.
    let mut player = Player::srt_live_transmit(&(server.srt("stream", "player") + "&peeridletimeo=60000"));
    publisher.finish();
    player.process().wait(std::time::Duration::from_secs(20));
    let log = server.log();
    let line = log.lines().find(|line| line.contains("stopped playing live/stream by srt"));
    assert!(line.is_some_and(|line| line.ends_with("the stream ended")), "{log}");
    assert!(log.contains(" out and 0 again"), "{log}");
}
