//! Heads: what is taken, what is refused, and in which words.

use super::client::{Client, get};

/// What a request that is refused for good is told: status and body.
fn refused(request: &str) -> (u16, String) {
    let mut client = Client::new();
    client.send(request);
    let text = client.take();
    assert!(client.error().is_some(), "{request:?} is an error: {text}");
    assert_eq!(super::client::field(&text, "Connection"), Some("close"), "{text}");
    let status = text["HTTP/1.1 ".len()..][..3].parse().unwrap();
    (status, text.split("\r\n\r\n").nth(1).unwrap().trim_end().to_owned())
}

#[test]
fn what_is_no_request_is_named() {
    let cases: [(&str, u16, &str); 14] = [
        ("nonsense\r\n\r\n", 400, "the request line is 'nonsense', expected METHOD TARGET HTTP/1.1"),
        ("GET\r\n\r\n", 400, "the request line is 'GET', expected METHOD TARGET HTTP/1.1"),
        ("GET / HTTP/9.9\r\n\r\n", 505, "is 'GET / HTTP/9.9', expected HTTP/1.1"),
        ("GET / RTSP/1.0\r\n\r\n", 400, "expected HTTP/1.1"),
        ("\x16\x03\x01", 400, "begins with '\\u{16}', expected a method"),
        (" GET / HTTP/1.1\r\n\r\n", 400, "expected a method"),
        (
            "GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
            400,
            "the header line is 'bad header', expected NAME: VALUE",
        ),
        ("GET / HTTP/1.1\r\nHost: h\r\nA : 1\r\n\r\n", 400, "'A : 1'"),
        ("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n 2\r\n\r\n", 400, "the line '2' continues the field above it"),
        ("GET / HTTP/1.1\r\nHost: h\r\nA: \x01\r\n\r\n", 400, "'A: \\u{1}'"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "0 Host fields, expected one"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "2 Host fields, expected one"),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "Host is 'a/b', expected NAME or NAME:PORT"),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target is 'x', expected a path"),
    ];
    for (request, status, text) in cases {
        let (given, body) = refused(request);
        assert_eq!(given, status, "{request:?}: {body}");
        assert!(body.contains(text), "{request:?}: {body}");
    }
}

#[test]
fn requests_are_not_smuggled() {
    let fields = [
        ("Content-Length: 1\r\nContent-Length: 1\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        ("Content-Length: 1, 1\r\n", 400),
        ("Content-Length: +1\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 0x1\r\n", 400),
        ("Content-Length: 1 1\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: 9223372036854775808\r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 400),
        ("Content-Length: 9223372036854775807\r\n", 413),
        ("Content-Length: 65537\r\n", 413),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 501),
        ("Transfer-Encoding: gzip\r\n", 501),
        ("Transfer-Encoding: \x0bchunked\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("Transfer-Encoding:\r\n chunked\r\n", 400),
        ("Expect: a miracle\r\n", 417),
    ];
    for (field, status) in fields {
        let (given, body) = refused(&format!("{}GET / HTTP/1.1\r\n\r\n", get("/", field)));
        assert_eq!(given, status, "{field:?}: {body}");
    }
    let (status, _) = refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(status, 400);
}

#[test]
fn lengths_are_held_against_their_bounds() {
    let line =
        |length: usize| format!("GET /{} HTTP/1.1\r\n", "a".repeat(length - "GET / HTTP/1.1\r\n".len()));
    let mut client = Client::new();
    client.send(line(8192) + "Host: h\r\n\r\n");
    assert_eq!(client.statuses(), [404]);
    assert_eq!(refused(&(line(8193) + "Host: h\r\n\r\n")).0, 414);
    assert_eq!(refused(&"G".repeat(8193)).0, 414);
    let head =
        |length: usize| get("/", &format!("A: {}\r\n", "a".repeat(length - get("/", "A: \r\n").len())));
    let mut client = Client::new();
    client.send(head(16 << 10));
    assert_eq!(client.statuses(), [200]);
    assert_eq!(refused(&head((16 << 10) + 1)).0, 431);
    let fields = |count: usize| get("/", &"A: 1\r\n".repeat(count - 1));
    let mut client = Client::new();
    client.send(fields(100));
    assert_eq!(client.statuses(), [200]);
    assert_eq!(refused(&fields(101)).0, 431);
}

#[test]
fn a_clients_words_come_back_short_and_escaped() {
    let (_, body) = refused(&format!("GET / HTTP/1.1\r\nHost: <{}\r\n\r\n", "x".repeat(1000)));
    assert!(body.contains("'<xxx") && body.contains("xxx…'") && body.len() < 200, "{body}");
    let (_, body) = refused("GET / HTTP/1.1\r\nHost: \"é\r\n\r\n");
    assert!(body.contains("'\\\"é'"), "{body}");
}

#[test]
fn what_is_odd_but_clear_is_taken() {
    let requests = [
        "GET / HTTP/1.1\nHost: h\n\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nhOsT:h\r\nEmpty:\r\nB: ä\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET http://other:80/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET HTTP://other HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    ];
    for request in requests {
        let mut client = Client::new();
        client.send(request);
        assert_eq!(client.statuses(), [200], "{request:?}");
    }
}

#[test]
fn the_host_is_the_clients_name_for_us() {
    let cases = [
        ("GET /live/a HTTP/1.1\r\nHost: example.com:8080\r\n\r\n", "example.com"),
        ("GET /live/a HTTP/1.1\r\nHost: example.com\r\n\r\n", "example.com"),
        ("GET /live/a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "::1"),
        ("GET http://a.b:1/live/a HTTP/1.1\r\nHost: other\r\n\r\n", "a.b"),
        ("GET /live/a HTTP/1.0\r\n\r\n", "127.0.0.1"),
    ];
    for (request, vhost) in cases {
        let mut client = Client::new();
        client.send(request);
        assert_eq!(&*client.plays[0].0.vhost, vhost, "{request:?}");
    }
    for host in ["[::1", "[]", "[::1]x", "[::1]:x", "a:b", "a b", "a@b", "a\\b"] {
        assert_eq!(refused(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).0, 400, "{host}");
    }
}
