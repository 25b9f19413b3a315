//! The HTTP server as a socket sees it (RFC 9110, RFC 9112).

#![forbid(unsafe_code)]

use std::io::{Read, Write};

use rtmpd_interop::clients::Publisher;
use rtmpd_interop::media::Media;
use rtmpd_interop::raw::{Response, connect, exchange, get, read_head, read_response};
use rtmpd_interop::{INDEX, Server};

fn request(method: &str, path: &str, extra: &str) -> String {
    get(path, extra).replacen("GET", method, 1)
}

fn is_index(response: &Response) -> bool {
    response.status == 200 && response.body == INDEX.as_bytes()
}

#[test]
fn static_site() {
    let server = Server::start("static");
    std::fs::create_dir_all(server.folder().join("html/sub")).expect("a folder");
    std::fs::write(server.folder().join("html/sub/index.html"), "sub").expect("a page");
    let port = server.http_port();
    let index = exchange(port, &get("/", ""));
    assert!(is_index(&index), "{index:?}");
    assert!(
        index.field("content-type").is_some_and(|value| value.starts_with("text/html")),
        "{}",
        index.head
    );
    assert!(is_index(&exchange(port, &get("/index.html?x=1", ""))));
    assert_eq!(exchange(port, &get("/sub/", "")).body, b"sub");
    let folder = exchange(port, &get("/sub", ""));
    assert!((301..=308).contains(&folder.status), "{}", folder.head);
    let etag = index.field("etag").expect("a page has an ETag");
    let again = exchange(port, &get("/", &format!("If-None-Match: {etag}\r\n")));
    assert_eq!((again.status, again.body.len()), (304, 0), "{}", again.head);
}

#[test]
fn head_has_no_body() {
    let server = Server::start("head");
    let mut socket = connect(server.http_port());
    // The GET behind it is read right only if the HEAD had no body.
    socket.write_all((request("HEAD", "/", "") + &get("/", "")).as_bytes()).expect("two requests are taken");
    let head = read_head(&mut socket);
    assert_eq!(head.status, 200);
    assert_eq!(head.field("content-length"), Some(INDEX.len().to_string().as_str()), "{}", head.head);
    assert!(is_index(&read_response(&mut socket)));
}

#[test]
fn keep_alive_and_pipelining() {
    let server = Server::start("keep-alive");
    let mut socket = connect(server.http_port());
    for _ in 0..3 {
        socket.write_all(get("/", "").as_bytes()).expect("a request is taken");
        assert!(is_index(&read_response(&mut socket)));
    }
    let many = get("/", "") + &get("/nothing", "") + &get("/", "") + &get("/", "Connection: close\r\n");
    socket.write_all(many.as_bytes()).expect("requests are taken");
    let statuses = [(); 4].map(|()| read_response(&mut socket).status);
    assert_eq!(statuses, [200, 404, 200, 200]);
    assert_eq!(socket.read(&mut [0]).expect("an orderly end"), 0, "closed after Connection: close");
}

#[test]
fn http_1_0_closes() {
    let server = Server::start("http-1-0");
    let mut socket = connect(server.http_port());
    socket.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("a request is taken");
    assert!(is_index(&read_response(&mut socket)));
    assert_eq!(socket.read(&mut [0]).expect("an orderly end"), 0);
}

#[test]
fn what_is_not_there_is_404_and_what_is_outside_stays_outside() {
    let server = Server::start("not-found");
    for path in ["/nothing.html", "/abc/stream.flv", "/live/nobody.flv", "/live/", "/live", "/live/x.unknown"]
    {
        assert_eq!(exchange(server.http_port(), &get(path, "")).status, 404, "{path}");
    }
    for path in
        ["/../config.xml", "/%2e%2e/config.xml", "/..%2fconfig.xml", "/%2e%2e%2fconfig.xml", "//config.xml"]
    {
        let response = exchange(server.http_port(), &get(path, ""));
        assert!((400..500).contains(&response.status), "{path}: {}", response.head);
    }
}

#[test]
fn bad_requests_get_an_answer_and_an_end() {
    let server = Server::start("bad-request");
    for bad in
        ["nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n"]
    {
        let mut socket = connect(server.http_port());
        socket.write_all(bad.as_bytes()).expect("a request is taken");
        let response = read_response(&mut socket);
        assert!((400..=505).contains(&response.status), "{bad:?}: {}", response.head);
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).ok();
        assert!(rest.is_empty(), "{bad:?}: {rest:?}");
    }
    assert!(is_index(&exchange(server.http_port(), &get("/", ""))));
    let posted = exchange(server.http_port(), &request("POST", "/", "Content-Length: 3\r\n\r\nabc"));
    assert!((400..500).contains(&posted.status), "{}", posted.head);
}

#[test]
fn cross_origin_players_are_welcome() {
    let server = Server::start("cors");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let asked = "Origin: http://player.example\r\nAccess-Control-Request-Method: GET\r\n\
                 Access-Control-Request-Headers: range\r\n";
    let preflight = exchange(server.http_port(), &request("OPTIONS", "/live/stream.flv", asked));
    assert!(matches!(preflight.status, 200 | 204), "{}", preflight.head);
    assert!(preflight.field("access-control-allow-methods").is_some_and(|value| value.contains("GET")));
    let mut socket = connect(server.http_port());
    socket.write_all(get("/live/stream.flv", "Origin: http://player.example\r\n").as_bytes()).expect("taken");
    for response in [preflight, read_head(&mut socket)] {
        let allowed = response.field("access-control-allow-origin");
        assert!(matches!(allowed, Some("*" | "http://player.example")), "{}", response.head);
    }
    publisher.process().signal("INT");
}

#[test]
fn a_live_stream_has_no_ranges() {
    let server = Server::start("range");
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &server.rtmp("stream"));
    server.wait_live("stream");
    let head = exchange(server.http_port(), &request("HEAD", "/live/stream.flv", ""));
    assert_eq!(head.status, 200, "{}", head.head);
    assert_eq!(head.field("content-type"), Some("video/x-flv"), "{}", head.head);
    // A range of what has no length means nothing; RFC 9110 §14.2 lets a server pass over it.
    for range in ["bytes=0-", "bytes=1000-", "bytes=0-99"] {
        let mut socket = connect(server.http_port());
        let line = format!("Range: {range}\r\n");
        socket.write_all(get("/live/stream.flv", &line).as_bytes()).expect("a request is taken");
        let response = read_head(&mut socket);
        assert_eq!(response.status, 200, "{range}: {}", response.head);
        assert_eq!(response.field("content-range"), None, "{}", response.head);
        assert_eq!(response.field("accept-ranges"), Some("none"), "{}", response.head);
    }
    publisher.process().signal("INT");
}
