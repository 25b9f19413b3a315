//! Objects fetched by name: whole ones, growing ones, and those that never come.

use bytes::Bytes;
use rtmpd_core::media::Fetched;
use rtmpd_core::{Close, Input, Refusal, Reply};

use super::client::{Client, field, get};

pub(super) fn body(text: &str) -> &str {
    text.split_once("\r\n\r\n").unwrap().1
}

pub(super) fn fetched(pieces: &[&'static str], from: usize, whole: bool) -> Input<'static> {
    let pieces = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
    Input::Reply(Reply::Fetch(Ok(Fetched { version: 1, pieces, from, whole })))
}

fn asked(client: &Client) -> Vec<(String, u64, usize)> {
    client.fetches.iter().map(|fetch| (fetch.name.to_string(), fetch.at_least, fetch.from)).collect()
}

#[test]
fn a_whole_object_has_a_length_and_the_connection_goes_on() {
    let mut client = Client::new();
    client.send(get("/live/a.hls/5.ts", "")).give(fetched(&["abc", "de"], 0, true));
    let text = client.take();
    assert_eq!(body(&text), "abcde");
    assert_eq!(field(&text, "Content-Length"), Some("5"));
    assert_eq!(field(&text, "Content-Type"), Some("video/mp2t"));
    assert!(field(&text, "Cache-Control").unwrap().contains("immutable"));
    client.send(get("/live/a.m3u8?_HLS_msn=7", "")).give(fetched(&["#EXTM3U"], 0, true));
    let text = client.take();
    assert_eq!(
        (body(&text), field(&text, "Content-Type")),
        ("#EXTM3U", Some("application/vnd.apple.mpegurl"))
    );
    assert_eq!(asked(&client), [("5.ts".to_owned(), 0, 0), ("index.m3u8".to_owned(), 8 << 16, 0)]);
    assert_eq!(client.closed, None);
}

#[test]
fn an_object_that_grows_is_sent_in_chunks_as_it_comes() {
    let mut client = Client::new();
    client.send(get("/live/a.cmaf/v0-5.m4s", "")).give(fetched(&["abc"], 0, false));
    let text = client.take();
    assert_eq!((field(&text, "Transfer-Encoding"), field(&text, "Content-Length")), (Some("chunked"), None));
    assert_eq!(body(&text), "3\r\nabc\r\n");
    assert_eq!(client.give(fetched(&["abc", "d", "ef"], 1, false)).take(), "1\r\nd\r\n2\r\nef\r\n");
    assert_eq!(client.give(fetched(&["abc", "d", "ef"], 3, true)).take(), "0\r\n\r\n");
    let froms: Vec<usize> = client.fetches.iter().map(|fetch| fetch.from).collect();
    assert_eq!((froms, client.closed.clone()), (vec![0, 1, 3], None));
    client.send(get("/", ""));
    assert_eq!(client.statuses(), [200]);
}

#[test]
fn one_that_breaks_off_is_not_said_to_be_whole() {
    let mut client = Client::new();
    client.send(get("/live/a.cmaf/v0-5.m4s", "")).give(fetched(&["abc"], 0, false));
    client.take();
    client.give(Input::Reply(Reply::Fetch(Err(Refusal::NotYet("v0-5.m4s".into())))));
    assert_eq!((client.take(), client.closed), (String::new(), Some(Close::Done)));
}

#[test]
fn http_1_0_gets_what_grows_until_the_connection_ends() {
    let mut client = Client::new();
    client.send("GET /live/a.hls/5.ts HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client.give(fetched(&["abc"], 0, false));
    let text = client.take();
    assert_eq!((body(&text), field(&text, "Connection")), ("abc", Some("close")));
    assert_eq!(client.give(fetched(&["abc", "d"], 1, true)).take(), "d");
    assert_eq!(client.closed, Some(Close::Done));
}

#[test]
fn head_says_what_get_would() {
    let mut client = Client::new();
    client.send("HEAD /live/a.m3u8 HTTP/1.1\r\nHost: h\r\n\r\n").give(fetched(&["#EXTM3U"], 0, true));
    let text = client.take();
    assert!(text.ends_with("\r\n\r\n") && field(&text, "Content-Length") == Some("7"), "{text}");
    client.send("HEAD /live/a.hls/5.ts HTTP/1.1\r\nHost: h\r\n\r\n").give(fetched(&["abc"], 0, false));
    let text = client.take();
    assert!(text.ends_with("\r\n\r\n") && field(&text, "Transfer-Encoding") == Some("chunked"), "{text}");
    assert_eq!(client.closed, None);
}

#[test]
fn refusals_are_worded() {
    for (refusal, status) in [
        (Refusal::NotFound("live/a".into()), 404),
        (Refusal::NotYet("index.m3u8".into()), 503),
        (Refusal::ShuttingDown, 503),
    ] {
        let mut client = Client::new();
        client.send(get("/live/a.m3u8", "")).give(Input::Reply(Reply::Fetch(Err(refusal))));
        assert_eq!((client.statuses(), client.closed), (vec![status], None));
    }
}

#[test]
fn the_time_is_told() {
    let mut client = Client::new();
    client.send(get("/api/time", ""));
    let text = client.take();
    assert_eq!(body(&text), "1970-01-01T00:00:01.000Z");
}
