//! Connections: kept, pipelined, timed out, closed; and the pages they fetch.

use std::time::Duration;

use rtmpd_core::{Answer, Close, Error, Input, Reply, WallClock};

use super::super::Settings;
use super::client::{Client, INDEX, field, get};

#[test]
fn a_page_with_its_fields() {
    let clock = WallClock::new(784_111_776_000_000);
    let mut client = Client::with(Settings { wall: clock, ..Settings::default() });
    client.send(get("/", ""));
    let text = client.take();
    let expected = [
        ("Server", "smart_rtmpd"),
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "14"),
        ("ETag", "\"e\""),
        ("Cache-Control", "no-cache"),
        ("Access-Control-Allow-Origin", "*"),
    ];
    for (name, value) in expected {
        assert_eq!(field(&text, name), Some(value), "{text}");
    }
    assert_eq!(field(&text, "Connection"), None, "HTTP/1.1 is kept without a word");
    assert!(text.ends_with(&format!("\r\n\r\n{}", String::from_utf8_lossy(INDEX))));
}

#[test]
fn pages_that_are_current_folders_missing_or_broken() {
    let mut client = Client::new();
    client.send(get("/", "If-None-Match: \"e\"\r\n"));
    let text = client.take();
    assert!(text.starts_with("HTTP/1.1 304 Not Modified\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    assert_eq!(field(&text, "ETag"), Some("\"e\""));
    client.send(get("/sub?x=%41", ""));
    let text = client.take();
    assert!(text.starts_with("HTTP/1.1 301 "), "{text}");
    assert_eq!(field(&text, "Location"), Some("/sub/?x=%41"));
    client.send(get("//a%20b", ""));
    assert_eq!(field(&client.take(), "Location"), Some("/a%20b/"));
    client.send(get("/nothing", ""));
    let text = client.take();
    assert!(
        text.starts_with("HTTP/1.1 404 ") && text.ends_with("there is nothing at '/nothing'\n"),
        "{text}"
    );
    client.send(get("/broken", ""));
    let text = client.take();
    assert!(text.starts_with("HTTP/1.1 500 ") && !text.contains("fire"), "{text}");
    assert_eq!(client.notes.last().unwrap(), "page '/broken': disk on fire");
    assert_eq!(client.closed, None);
}

#[test]
fn head_has_no_body() {
    let mut client = Client::new();
    for path in ["/", "/nothing", "/live/a.unknown", "/sub"] {
        client.send(get(path, "").replacen("GET", "HEAD", 1));
        let text = client.take();
        assert!(text.ends_with("\r\n\r\n") && field(&text, "Content-Length").is_some(), "{text}");
    }
    client.send(get("/", ""));
    assert_eq!(client.statuses(), [200]);
}

#[test]
fn wrong_methods_hear_the_right_ones() {
    for (path, method) in [("/", "POST"), ("/live/a.flv", "PUT"), ("/", "get"), ("/", "TRACE")] {
        let mut client = Client::new();
        client.send(get(path, "").replacen("GET", method, 1));
        let text = client.take();
        assert!(text.starts_with("HTTP/1.1 405 ") && text.contains(&format!("'{method}'")), "{text}");
        assert_eq!(field(&text, "Allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(client.closed, None);
    }
}

#[test]
fn other_origins_are_welcome() {
    let mut client = Client::new();
    for path in ["/live/a.flv", "/", "/api/live", "*"] {
        let lines = "Origin: http://o\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: Range\r\n";
        client.send(get(path, lines).replacen("GET", "OPTIONS", 1));
        let text = client.take();
        assert!(text.starts_with("HTTP/1.1 204 ") && text.ends_with("\r\n\r\n"), "{text}");
        assert_eq!(field(&text, "Access-Control-Allow-Origin"), Some("*"));
        assert_eq!(field(&text, "Access-Control-Allow-Methods"), Some("GET, HEAD, OPTIONS"));
        assert!(field(&text, "Access-Control-Allow-Headers").unwrap().contains("Range"));
        assert_eq!(field(&text, "Access-Control-Allow-Private-Network"), None);
    }
    client.send("OPTIONS / HTTP/1.1\r\nHost: h\r\nAccess-Control-Request-Private-Network: true\r\n\r\n");
    assert_eq!(field(&client.take(), "Access-Control-Allow-Private-Network"), Some("true"));
}

#[test]
fn connections_are_kept_as_each_version_has_it() {
    let cases = [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", None, true),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", Some("close"), false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", Some("close"), false),
        ("GET / HTTP/1.0\r\n\r\n", Some("close"), false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Some("keep-alive"), true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", Some("close"), false),
    ];
    for (request, said, kept) in cases {
        let mut client = Client::new();
        client.send(request);
        assert_eq!(field(&client.take(), "Connection"), said, "{request}");
        assert_eq!(client.closed, (!kept).then_some(Close::Done), "{request}");
    }
}

#[test]
fn requests_may_be_sent_ahead() {
    let mut client = Client::new();
    client.hold = true;
    let all = [get("/", ""), get("/nothing", ""), get("/live/x.y", ""), get("/", "Connection: close\r\n")];
    client.send(all.concat() + &get("/", ""));
    assert_eq!((client.calls.len(), client.received.len()), (1, 0), "one at a time");
    client.hold = false;
    client.give(Input::Reply(Reply::Call(Answer::NotFound)));
    assert_eq!(client.statuses(), [404, 404, 404, 200]);
    assert_eq!((client.calls.len(), client.closed), (3, Some(Close::Done)), "behind a close nothing is read");
}

#[test]
fn what_is_sent_ahead_is_bounded() {
    let mut client = Client::new();
    client.hold = true;
    client.send(get("/", "")).send(vec![b'G'; 64 << 10]);
    assert_eq!(client.closed, None);
    client.send("G");
    assert!(matches!(client.error(), Some(Error::Limit(_))), "{:?}", client.closed);
}

#[test]
fn idle_connections_end_quietly() {
    let mut client = Client::new();
    client.wait(Duration::from_secs(9)).send("\r\n").wait(Duration::from_secs(2));
    assert_eq!((client.received.len(), client.closed), (0, Some(Close::Done)));
    let mut client = Client::new();
    client.wait(Duration::from_secs(9)).send(get("/", "")).wait(Duration::from_secs(29));
    assert_eq!(client.closed, None);
    client.wait(Duration::from_secs(1));
    assert_eq!((client.statuses(), client.closed), (vec![200], Some(Close::Done)));
}

#[test]
fn slow_requests_time_out() {
    for start in ["G".to_owned(), get("/", "Content-Length: 3\r\n") + "ab"] {
        let mut client = Client::new();
        client.wait(Duration::from_secs(5)).send(start);
        for _ in 0..9 {
            client.wait(Duration::from_secs(1));
        }
        assert_eq!(client.closed, None);
        client.wait(Duration::from_secs(1));
        let text = client.take();
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert!(matches!(client.error(), Some(Error::TimedOut(_))), "{:?}", client.closed);
    }
}

#[test]
fn a_client_that_only_reads_on_gets_its_answers() {
    let mut client = Client::new();
    client.hold = true;
    client.send(get("/", "") + &get("/live/x.y", "")).eof();
    assert_eq!(client.closed, None);
    client.give(Input::Reply(Reply::Call(Answer::NotFound)));
    assert_eq!((client.statuses(), client.closed), (vec![404, 404], Some(Close::Done)));
    for start in ["", "GET"] {
        let mut client = Client::new();
        client.send(start).eof();
        assert_eq!(client.closed, Some(Close::PeerGone), "{start:?}");
    }
}

#[test]
fn shutdown_ends_everything_politely() {
    let mut client = Client::new();
    client.send(get("/", "")).take();
    client.give(Input::Shutdown);
    assert_eq!((client.take(), client.closed), (String::new(), Some(Close::Shutdown)));
    let mut client = Client::new();
    client.hold = true;
    client.send(get("/", "")).give(Input::Shutdown);
    assert_eq!((client.statuses(), client.closed), (vec![503], Some(Close::Shutdown)));
}
