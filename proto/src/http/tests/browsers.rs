//! What the player page relies on: packed files, and where one can push to.

use super::super::Settings;
use super::client::{Client, field, get};

#[test]
fn pages_are_packed_for_those_who_unpack() {
    for (lines, packed) in [
        ("", false),
        ("Accept-Encoding: identity\r\n", false),
        ("Accept-Encoding: gzip, deflate, br\r\n", true),
        ("Accept-Encoding: br;q=1.0, GZIP;q=0.5\r\n", true),
        ("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", true),
        ("Accept-Encoding: gzip;q=0\r\n", false),
        ("Accept-Encoding: gzip; q=0.000, *\r\n", false),
        ("Accept-Encoding: gzip;q=x\r\n", false),
        ("Accept-Encoding: gzipped\r\n", false),
    ] {
        for if_none_match in ["", "If-None-Match: \"e\"\r\n"] {
            let text = Client::new().send(get("/", &format!("{lines}{if_none_match}"))).take();
            let is_sent = if_none_match.is_empty();
            assert_eq!(field(&text, "Content-Encoding"), (packed && is_sent).then_some("gzip"), "{lines}");
            assert_eq!(field(&text, "Vary"), Some("Accept-Encoding"));
        }
    }
}

#[test]
fn a_list_of_streams_says_where_one_can_push_to() {
    let settings = Settings { rtmp_port: 19350, ..Settings::default() };
    for (host, origin) in [("s.example:8080", "rtmp://s.example:19350"), ("[::1]:8080", "rtmp://[::1]:19350")]
    {
        let mut client = Client::with(settings);
        let text = client.send(format!("GET /api/live HTTP/1.1\r\nHost: {host}\r\n\r\n")).take();
        assert_eq!(field(&text, "Publish-To"), Some(format!("{origin}/live").as_str()), "{text}");
        assert!(text.ends_with(&format!("{{\"stream\":[\"{origin}/live/a\"]}}")), "{text}");
    }
}
