//! Where a gate decides who may have what.

use std::sync::Arc;

use rtmpd_core::{Role, StreamKey};

use super::super::Passes;
use super::client::{Client, field, get};

#[test]
fn everything_but_pages_is_asked_for() {
    let key = |name: &str| Some(StreamKey::new("live", name).unwrap());
    for (path, role, protocol, stream) in [
        ("/live/a.flv", Role::Player, "http-flv", key("a")),
        ("/live/a.ts", Role::Player, "http-ts", key("a")),
        ("/live/a.mp4", Role::Player, "http-fmp4", key("a")),
        ("/live/a.m3u8", Role::Player, "http-hls", key("a")),
        ("/live/a.mpd", Role::Player, "http-hls", key("a")),
        ("/rec/sport", Role::Player, "http", None),
        ("/rec/sport/2022-05-21/18-22-11.m3u8", Role::Player, "http", None),
        ("/vod/test.mkv", Role::Download, "http", None),
        ("/api/vod", Role::Api, "http", None),
        ("/api/rec", Role::Api, "http", None),
        ("/api/live", Role::Api, "http", None),
    ] {
        let mut client = Client::guarded();
        client.send(get(&format!("{path}?token=x&y"), ""));
        let [ask] = &*client.asks else { panic!("{path}: {:?}", client.asks) };
        assert_eq!((ask.role, ask.protocol, &*ask.path, &*ask.params), (role, protocol, path, "token=x&y"));
        assert_eq!((&ask.key, &*ask.vhost), (&stream, "h"), "{path}");
        assert!(client.plays.is_empty() && client.fetches.is_empty() && client.calls.is_empty(), "{path}");
        client.admit(false);
        assert_eq!((client.statuses(), client.closed), (vec![403], None), "{path}");
    }
    for path in ["/", "/api/time", "/nothing"] {
        let mut client = Client::guarded();
        client.send(get(path, ""));
        assert!(client.asks.is_empty() && !client.statuses().is_empty(), "{path}");
    }
}

#[test]
fn what_comes_meanwhile_waits() {
    let mut client = Client::guarded();
    client.send(format!("{}{}", get("/api/live", ""), get("/live/a.flv", "Authorization: Bearer x.y.z\r\n")));
    assert_eq!((client.asks.len(), client.statuses()), (1, vec![]));
    client.admit(true);
    assert_eq!((client.asks.len(), client.statuses()), (2, vec![200]));
    assert_eq!(&*client.asks[1].credentials, "Bearer x.y.z");
    client.admit(true);
    assert_eq!((client.plays.len(), client.statuses()), (1, vec![200]));
}

#[test]
fn an_upload_begins_when_it_may() {
    let form = "--b\r\nContent-Disposition: form-data; name=f; filename=a.txt\r\n\r\nhello\r\n--b--\r\n";
    let post = format!(
        "POST /vod/x?token=x HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut client = Client::guarded();
    client.send(&post);
    assert_eq!((client.asks[0].role, client.asks[0].path.as_ref()), (Role::Upload, "/vod/x"));
    assert!(client.calls.is_empty());
    client.admit(false);
    assert_eq!(client.statuses(), [403]);
    assert!(client.closed.is_some(), "its body is not waited for");
    let mut client = Client::guarded();
    client.send(&post).admit(true);
    assert_eq!(client.statuses(), [403], "uploads are off by default, whoever asks");
}

#[test]
fn the_body_of_a_get_does_no_harm() {
    let mut client = Client::guarded();
    client.send("GET /api/live HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").admit(true);
    assert_eq!((client.asks.len(), client.statuses()), (1, vec![200]));
}

#[test]
fn where_there_are_users_a_name_is_asked_for() {
    let with_users = || {
        let mut client = Client::guarded();
        client.machine.passes = Some(Arc::new(Passes::new([7; 32]).with_users()));
        client
    };
    let mut client = with_users();
    client.send(get("/live/a.flv", "")).admit(false);
    let text = client.take();
    assert!(text.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{text}");
    assert_eq!(field(&text, "WWW-Authenticate"), Some("Basic realm=\"smart_rtmpd\", charset=\"UTF-8\""));
    client.send(get("/live/a.flv", "Authorization: Basic eDp5\r\n")).admit(false);
    assert_eq!(client.statuses(), [403], "it has said who it is");
}
