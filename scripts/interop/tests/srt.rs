//! What is published by SRT comes out of every player bit for bit, and what is played by SRT is what was published:
//! plain, encrypted, by every client at hand.

#![forbid(unsafe_code)]

use rtmpd_interop::clients::{Player, Publisher, decoded_pictures};
use rtmpd_interop::compare::{Want, assert_carried};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw};

const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];
const SHORT: &str = "<hls count=\"5\" duration=\"2\" cache=\"20\"/><dash duration=\"2\" cache=\"20\"/>";
const SECRETS: &str =
    "<passphrases>live/stream=correct-horse-battery, live/other=something-else</passphrases>";
const SECRET: &str = "correct-horse-battery";
const WANT: Want = Want { packets: 75, tail: Some(20), slack: 0 };

fn publish(name: &str, media: Media, kinds: &[Kind], paths: &[&str]) {
    let server = Server::start_http(name, SHORT);
    let mut publisher = Publisher::ffmpeg_ts(media, &server.srt("stream", "publisher"));
    server.wait_live("stream");
    let flv = raw::Player::http(server.http_port(), "stream");
    let mut players: Vec<Player> =
        paths.iter().map(|path| Player::ffmpeg_segments(&server.http(path), media)).collect();
    players.push(Player::ffmpeg_segments(&server.srt("stream", "player"), media));
    publisher.finish();
    // ffmpeg's MPEG-TS repeats what x265 says of itself before each keyframe.
    let source = media.flv().without_notes();
    for player in &mut players {
        assert_carried(&source, &player.finish_flv().from_keyframe().without_notes(), kinds, WANT);
    }
    assert_carried(&source, &Flv::parse(&flv.finish()).without_notes(), kinds, WANT);
}

#[test]
fn h264_aac() {
    publish("srt-h264", Media::H264Aac, BOTH, &["/live/stream.m3u8", "/live/stream.mpd", "/live/stream.mp4"]);
}

#[test]
fn hevc_aac() {
    publish("srt-hevc", Media::HevcAac, BOTH, &["/live/stream.m3u8"]);
}

#[test]
fn mp3_and_opus() {
    publish("srt-mp3", Media::H264Mp3, BOTH, &["/live/stream.ts"]);
    publish("srt-opus", Media::H264Opus, BOTH, &[]);
}

#[test]
fn one_kind_alone() {
    publish("srt-audio", Media::AudioOnly, &[Kind::Audio], &[]);
    publish("srt-video", Media::VideoOnly, &[Kind::Video], &[]);
}

#[test]
fn into_rtmp_and_rtsp_and_out_of_them() {
    let (server, media) = (Server::start("srt-across"), Media::H264Aac);
    let mut publishers = [
        Publisher::ffmpeg_ts(media, &server.srt("stream", "publisher")),
        Publisher::ffmpeg(media, &server.rtmp("rtmp")),
        Publisher::ffmpeg_rtsp(media, &server.rtsp("rtsp"), "udp"),
    ];
    ["stream", "rtmp", "rtsp"].iter().for_each(|name| server.wait_live(name));
    let mut players = [
        Player::modern_ffmpeg(&server.rtmp("stream")),
        Player::ffmpeg_rtsp(&server.rtsp("stream"), "tcp", media),
        Player::ffmpeg_segments(&server.srt("rtmp", "player"), media),
        Player::ffmpeg_segments(&server.srt("rtsp", "player"), media),
    ];
    publishers.iter_mut().for_each(Publisher::finish);
    for player in &mut players {
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
    }
}

#[test]
fn played_hevc_and_sound_alone() {
    for (name, media, kinds) in
        [("srt-play-hevc", Media::HevcAac, BOTH), ("srt-play-audio", Media::AudioOnly, &[Kind::Audio][..])]
    {
        let server = Server::start(name);
        let mut publisher = Publisher::ffmpeg(media, &server.rtmp("stream"));
        server.wait_live("stream");
        let mut player = Player::ffmpeg_segments(&server.srt("stream", "player"), media);
        publisher.finish();
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), kinds, WANT);
    }
}

#[test]
fn keys_of_every_length() {
    let media = Media::H264Aac;
    for length in [16, 24, 32] {
        let server = Server::start_srt(&format!("srt-key-{length}"), SECRETS);
        let key = format!("&passphrase={SECRET}&pbkeylen={length}");
        let mut publisher = Publisher::ffmpeg_ts(media, &(server.srt("stream", "publisher") + &key));
        server.wait_live("stream");
        // A player's key has a length of its own.
        let key = format!("&passphrase={SECRET}&pbkeylen={}", 48 - length);
        let mut player = Player::ffmpeg_segments(&(server.srt("stream", "player") + &key), media);
        let flv = raw::Player::http(server.http_port(), "stream");
        publisher.finish();
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
        assert_carried(&media.flv(), &Flv::parse(&flv.finish()), BOTH, WANT);
    }
}

#[test]
fn wrong_keys_and_none() {
    let server = Server::start_srt("srt-wrong", SECRETS);
    let refused = |url: String| {
        let mut publisher = Publisher::ffmpeg_ts(Media::H264Aac, &url);
        publisher.fails()
    };
    let url = server.srt("stream", "publisher");
    refused(url.clone() + "&passphrase=something-else");
    server.wait_log("srt refused live/stream: 10 wrong passphrase");
    refused(url);
    server.wait_log("srt refused live/stream: 11 ");
    let mut publisher =
        Publisher::ffmpeg_ts(Media::H264Aac, &(server.srt("stream", "publisher") + "&passphrase=" + SECRET));
    server.wait_live("stream");
    publisher.finish();
}

#[test]
fn gstreamer() {
    let (server, media) = (Server::start("srt-gst"), Media::H264Aac);
    let mut publisher = Publisher::gstreamer_srt(media, &server.srt("stream", "publisher"));
    server.wait_live("stream");
    let mut player = Player::gstreamer_srt(&server.srt("stream", "player"));
    publisher.finish();
    let played = player.finish_ts(media).from_keyframe();
    assert_carried(&media.flv(), &played, BOTH, WANT);
}

#[test]
fn srt_live_transmit() {
    let (server, media) = (Server::start_srt("srt-slt", SECRETS), Media::H264Aac);
    let key = format!("&passphrase={SECRET}");
    let mut publisher = Publisher::srt_live_transmit(media, &(server.srt("stream", "publisher") + &key));
    server.wait_live("stream");
    let mut player = Player::srt_live_transmit(&(server.srt("stream", "player") + &key));
    publisher.finish();
    let played = player.finish_ts(media).from_keyframe();
    assert_carried(&media.flv(), &played, BOTH, WANT);
}

#[test]
fn vlc() {
    let (server, media) = (Server::start("srt-vlc"), Media::H264Aac);
    let mut publisher = Publisher::ffmpeg_times(2, media, &server.rtmp("stream"));
    server.wait_live("stream");
    let mut player = Player::vlc(&server.srt("stream", "player"));
    publisher.finish();
    let (source, played) = (decoded_pictures(&media.file()), decoded_pictures(player.finish()));
    assert!(played.len() >= 75, "{} pictures were played", played.len());
    // The file was sent twice: a run may go over its end.
    let at = source.iter().position(|picture| *picture == played[0]).expect("a picture of the source");
    let same = source.iter().cycle().skip(at).zip(&played).take_while(|(a, b)| a == b).count();
    // What was under way when the player was stopped may be broken.
    assert!(same + 6 >= played.len(), "{same} of {} pictures are the source's", played.len());
}

#[test]
fn latencies() {
    let media = Media::H264Aac;
    for latency in [20, 2000] {
        let server =
            Server::start_srt(&format!("srt-latency-{latency}"), &format!("<latency>{latency}</latency>"));
        // ffmpeg counts in microseconds.
        let wish = format!("&latency={}", latency * 1000);
        let mut publisher = Publisher::ffmpeg_ts(media, &(server.srt("stream", "publisher") + &wish));
        server.wait_live("stream");
        let mut player = Player::ffmpeg_segments(&(server.srt("stream", "player") + &wish), media);
        publisher.finish();
        assert_carried(&media.flv(), &player.finish_flv().from_keyframe(), BOTH, WANT);
    }
}

#[test]
fn every_form_of_stream_id() {
    let (server, media) = (Server::start("srt-ids"), Media::AudioOnly);
    let host = server.srt_addr();
    let forms = [
        ("stream1", "live/stream1,role=publisher", "live/stream1"),
        ("stream2", "#!::r=live/stream2,m=publish", "#!::r=live/stream2,m=request"),
        ("stream3", "/live/stream3,role=publisher", "/live/stream3,role=player"),
        ("stream4", "#!::r=/live/stream4,m=publish,u=me", "#!::m=request,r=live/stream4"),
        ("ü x", "live/%C3%BC%20x,role=publisher", "live/ü x,role=player"),
    ];
    let quoted = |id: &str| id.replace('%', "%25").replace('#', "%23").replace(' ', "%20");
    let url = |id: &str| format!("srt://{host}?streamid={}", quoted(id));
    let mut publishers: Vec<Publisher> =
        forms.iter().map(|(_, publisher, _)| Publisher::ffmpeg_ts(media, &url(publisher))).collect();
    forms.iter().for_each(|(name, ..)| server.wait_log(&format!("publishes live/{name} by srt")));
    let mut players: Vec<Player> =
        forms.iter().map(|(.., player)| Player::ffmpeg_segments(&url(player), media)).collect();
    publishers.iter_mut().for_each(Publisher::finish);
    for player in &mut players {
        assert_carried(&media.flv(), &player.finish_flv(), &[Kind::Audio], WANT);
    }
}
