//! The machine in conversation: pages, keep-alive, pipelining, errors, time.

use std::time::Duration;

use rtmpd_core::{Close, Input};

use super::{Talk, split};

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn a_page_and_the_next() {
    let mut talk = Talk::new();
    for _ in 0..3 {
        let response = talk.say(GET);
        assert_eq!(split(&response), ("HTTP/1.1 200 OK", "page:/a"));
        for field in
            ["Content-Length: 7", "ETag: \"1\"", "Access-Control-Allow-Origin: *", "Date: ", "Server: "]
        {
            assert!(response.contains(field), "{response}");
        }
    }
    assert_eq!(talk.closed, None);
}

#[test]
fn requests_in_a_row_are_answered_in_order() {
    let mut talk = Talk::new();
    let row = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
        OPTIONS /3 HTTP/1.1\r\nHost: h\r\n\r\nGET /missing HTTP/1.1\r\nHost: h\r\n\r\n\
        POST /5 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nt: u\r\n\r\n\
        GET /6 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /7 HTTP/1.1\r\nHost: h\r\n\r\n";
    let responses = talk.say(row);
    let lines: Vec<&str> =
        responses.split("HTTP/1.1 ").skip(1).map(|response| response.lines().next().unwrap()).collect();
    let expected =
        ["200 OK", "405 Method Not Allowed", "204 No Content", "404 Not Found", "405 Method Not Allowed"];
    assert_eq!(lines[..5], expected);
    // What follows a request to close is not answered.
    assert_eq!(lines.len(), 6, "{responses}");
    assert!(responses.ends_with("page:/6") && responses.contains("Allow: GET, HEAD, OPTIONS"));
    assert_eq!(talk.closed, Some(Close::Done));
}

#[test]
fn heads_only_current_copies_and_folders() {
    let mut talk = Talk::new();
    let response = talk.say("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.contains("Content-Length: 7") && response.ends_with("\r\n\r\n"));
    let response = talk.say("GET /a HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"1\"\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 304") && !response.contains("\r\nContent-Length"));
    let response = talk.say("GET /folder HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 301") && response.contains("\r\nLocation: /folder/\r\n"));
    let response = talk.say("GET /broken HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(split(&response), ("HTTP/1.1 500 Internal Server Error", "the page could not be read\n"));
    let response = talk.say("GET /abc/x.flv HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(split(&response).1.contains("app 'abc' does not exist"));
}

#[test]
fn http_1_0_closes_unless_asked_not_to() {
    let mut talk = Talk::new();
    let response = talk.say("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(response.contains("Connection: keep-alive") && talk.closed.is_none());
    let response = talk.say("GET /a HTTP/1.0\r\n\r\n");
    assert!(response.contains("Connection: close"));
    assert_eq!(talk.closed, Some(Close::Done));
}

#[test]
fn pages_from_anywhere_may_ask() {
    let response = Talk::new().say(
        "OPTIONS /live/a.flv HTTP/1.1\r\nHost: h\r\nOrigin: https://x\r\nAccess-Control-Request-Headers: range\r\n\
         Access-Control-Request-Private-Network: true\r\n\r\n",
    );
    for field in [
        "Methods: GET, HEAD, OPTIONS",
        "Headers: range",
        "Private-Network: true",
        "Origin: *",
        "Max-Age: 86400",
    ] {
        assert!(
            response.contains(&format!("Access-Control-Allow-{field}")) || response.contains(field),
            "{field}"
        );
    }
}

#[test]
fn what_cannot_go_on_says_why() {
    for (text, status) in [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775808\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 0),
    ] {
        let mut talk = Talk::new();
        let mut response = talk.say(text);
        if status == 0 {
            let long = "x".repeat(70_000);
            response = talk.say(&long);
            assert!(response.starts_with("HTTP/1.1 413"), "{response}");
        } else {
            assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{text}: {response}");
        }
        assert!(response.contains("Connection: close") && talk.error.is_some(), "{text}");
    }
}

#[test]
fn slow_and_idle_clients_are_let_go() {
    let mut talk = Talk::new();
    talk.pass(Duration::from_secs(10));
    assert_eq!(talk.closed, Some(Close::Done), "nothing ever came");
    let mut talk = Talk::new();
    talk.say("GET / HT");
    talk.pass(Duration::from_secs(9));
    talk.say("TP/1");
    assert!(talk.error.is_none());
    talk.pass(Duration::from_secs(1));
    assert!(talk.take().starts_with("HTTP/1.1 408") && talk.error.is_some());
    let mut talk = Talk::new();
    talk.say(GET);
    talk.pass(Duration::from_secs(29));
    assert_eq!(talk.closed, None);
    talk.pass(Duration::from_secs(1));
    assert_eq!(talk.closed, Some(Close::Done));
}

#[test]
fn shutdown_and_eof_end_it() {
    let mut talk = Talk::new();
    talk.input(Input::Shutdown);
    assert_eq!(talk.closed, Some(Close::Shutdown));
    let mut talk = Talk::new();
    talk.input(Input::Eof);
    assert_eq!(talk.closed, Some(Close::PeerGone));
}
