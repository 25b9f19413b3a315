//! Rules of the server's own: users, stream keys, tokens, addresses, limits, with real clients.

#![forbid(unsafe_code)]

use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Server, raw, until};

const MEDIA: Media = Media::H264Aac;
const PATIENCE: Duration = Duration::from_secs(30);
/// RFC 7515 §A.1: the key of the token, and the token, which ended in 2011.
const JWKS: &str = r#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#;
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn fails(mut publisher: Publisher) {
    assert!(!publisher.process().wait(PATIENCE).success());
}

fn wait_live(server: &Server, path: &str) {
    until(&format!("{path} can be played"), PATIENCE, || raw::status(server.http_port(), path) == 200);
}

#[test]
fn users_by_every_protocol() {
    let users = "<users><user name=\"bob\" password=\"p w\" streams=\"live/b*\"/></users>";
    let server = Server::start_with("access-users", users, "");
    fails(Publisher::ffmpeg(MEDIA, &server.rtmp("b")));
    server
        .wait_log("denied publisher of /live/b by rtmp: the role publisher needs a user, and none was shown");
    fails(Publisher::ffmpeg(MEDIA, &server.rtmp("b?user=bob&pass=wrong")));
    fails(Publisher::ffmpeg(MEDIA, &server.rtmp("other?user=bob&pass=p%20w")));
    let _rtmp = Publisher::ffmpeg(MEDIA, &server.rtmp("b1?user=bob&pass=p%20w"));
    wait_live(&server, "/live/b1.flv?user=bob&pass=p%20w");
    assert_eq!(raw::status(server.http_port(), "/live/b1.flv"), 401);
    for path in ["/live/b1.flv", "/live/b1.m3u8"] {
        Player::ffmpeg(&server.http(path).replace("http://", "http://bob:p%20w@")).wait_playing();
    }
    let login = |url: String| url.replace("rtsp://", "rtsp://bob:p%20w@");
    fails(Publisher::ffmpeg_rtsp(MEDIA, &server.rtsp("b2"), "tcp"));
    fails(Publisher::ffmpeg_rtsp(MEDIA, &login(server.rtsp("other")), "tcp"));
    let _rtsp = Publisher::ffmpeg_rtsp(MEDIA, &login(server.rtsp("b2")), "tcp");
    wait_live(&server, "/live/b2.flv?user=bob&password=p%20w");
    for transport in ["tcp", "udp"] {
        Player::ffmpeg_rtsp(&login(server.rtsp("b2")), transport, MEDIA).wait_playing();
    }
    let mut refused = Player::ffmpeg_rtsp(&server.rtsp("b2"), "tcp", MEDIA);
    assert!(!refused.process().wait(PATIENCE).success());
    let host = server.srt_addr();
    let srt = format!("srt://{host}?streamid=#!::r=live/b3,m=publish,u=bob,pass=p w");
    let _srt = Publisher::ffmpeg_ts(MEDIA, &srt.replace('#', "%23").replace(' ', "%20"));
    wait_live(&server, "/live/b3.flv?user=bob&password=p%20w");
}

#[test]
fn keys_tokens_and_limits() {
    let rules = "<keys><key stream=\"live/a\">k1</key></keys><limits viewers=\"2\"/>\
                 <jwt secret=\"01234567890123456789012345678901\" roles=\"upload\"/>";
    let server = Server::start_with("access-keys", rules, "");
    fails(Publisher::ffmpeg(MEDIA, &server.rtmp("a?key=k2")));
    let _publisher = Publisher::ffmpeg_times(2, MEDIA, &server.rtmp("a?key=k1"));
    wait_live(&server, "/live/a.flv");
    let players = [(); 2].map(|()| raw::Player::http(server.http_port(), "a"));
    until("they play", PATIENCE, || players.iter().all(|player| player.bytes().len() > 1000));
    assert_eq!(raw::status(server.http_port(), "/live/a.flv"), 503);
    server.wait_log("stream 'live/a' has 2 players already");
    drop(players);
    wait_live(&server, "/live/a.flv");
    let post = "POST /vod/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(raw::exchange(server.http_port(), post).status, 403);
    server.wait_log("denied upload of /vod/x by http: the role upload needs a token, and none was shown");
}

#[test]
fn a_set_of_keys_lies_beside_the_configuration() {
    let with_keys = |name: &str| {
        let folder = rtmpd_interop::paths::scratch(name);
        std::fs::write(folder.join("jwks.json"), JWKS).expect("a file can be written");
        folder
    };
    let jwt = "<jwt jwks=\"jwks.json\" roles=\"player\"/>";
    let server = Server::start_in(with_keys, "access-jwks", [jwt, "", "", ""]);
    assert_eq!(raw::status(server.http_port(), &format!("/live/a.flv?jwt={TOKEN}")), 403);
    server.wait_log("denied player of /live/a.flv by http-flv: its token ended");
    let other = TOKEN.replace(".dBj", ".dBi");
    assert_eq!(raw::status(server.http_port(), &format!("/live/a.flv?jwt={other}")), 403);
    server.wait_log("its token is not signed by a key that is known here");
}

#[test]
fn addresses_and_connections() {
    let denied = Server::start_with("access-ips", "<limits per_ip=\"3\"/><ips deny=\"10.0.0.0/8\"/>", "");
    let open: Vec<_> = (0..3).map(|_| raw::connect(denied.http_port())).collect();
    let mut fourth = raw::connect(denied.http_port());
    let ended = std::io::Read::read(&mut fourth, &mut [0; 1]);
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    denied.wait_log("refused: there are 3 connections of its address already");
    drop(open);
    until("there is room again", PATIENCE, || {
        std::panic::catch_unwind(|| raw::status(denied.http_port(), "/")).is_ok_and(|status| status == 200)
    });
}
