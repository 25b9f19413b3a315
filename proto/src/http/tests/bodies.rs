//! Bodies: passed over where they are short, refused where they are not.

use rtmpd_core::{Close, Error};

use super::client::{Client, get};

fn post(path: &str, lines: &str) -> String {
    get(path, lines).replacen("GET", "POST", 1)
}

fn statuses(request: &str) -> (Vec<u16>, Option<Close>) {
    let mut client = Client::new();
    client.send(request);
    (client.statuses(), client.closed)
}

#[test]
fn a_short_body_is_passed_over_and_the_connection_kept() {
    let bodies = [
        "Content-Length: 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: Chunked\r\n\r\n1;x=\"y\"\r\na\r\n00A \r\n0123456789\r\n0\r\nTrailer: 1\r\nB:\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for body in bodies {
        let request = |method: &str| format!("{method} / HTTP/1.1\r\nHost: h\r\n{body}");
        let (all, closed) = statuses(&(request("GET") + &request("POST") + &get("/nothing", "")));
        assert_eq!((all, closed), (vec![200, 405, 404], None), "{body}");
    }
}

#[test]
fn chunks_that_are_none_are_refused() {
    let bodies = [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x1\r\n",
        "1\na\r\n",
        "1\r\nab",
        "1\r\na\n",
        "1;x\n",
        "1\r\na\rx",
        "g",
        "0\r\nA: 1\n",
        "0\r\n\rx",
        "1 2\rx",
    ];
    for body in bodies {
        let (all, closed) = statuses(&(get("/", "Transfer-Encoding: chunked\r\n") + body));
        assert_eq!(all, [400], "{body:?}");
        assert!(matches!(closed, Some(Close::Error(Error::Malformed(_)))), "{body:?}: {closed:?}");
    }
    let long = ["fffffffffffffffff\r\n".to_owned(), "1;".to_owned() + &"x".repeat(70_000)];
    let chunks = "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n";
    for body in long.into_iter().chain([chunks.repeat(16), "1\r\nx\r\n".repeat(20_000)]) {
        let (all, closed) = statuses(&(get("/", "Transfer-Encoding: chunked\r\n") + &body));
        assert_eq!(all, [413], "{:.20}", body);
        assert!(matches!(closed, Some(Close::Error(Error::Limit(_)))), "{closed:?}");
    }
}

#[test]
fn a_client_that_waits_is_told_to_go_on_or_why_not() {
    let mut client = Client::new();
    client.send(get("/", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
    assert_eq!(client.take(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    assert_eq!((client.statuses(), client.closed.take()), (vec![200], None));
    // Nothing waits for a body that is not there.
    client.send(get("/", "Expect: 100-continue\r\n"));
    assert_eq!(client.statuses(), [200]);
    // What is refused anyway is refused without it.
    client.send(post("/", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
    assert_eq!((client.statuses(), client.closed), (vec![405], Some(Close::Done)));
}

#[test]
fn a_long_body_is_refused_with_the_better_reason() {
    let long = "Content-Length: 1000000\r\n";
    assert_eq!(statuses(&get("/api/config", long)), (vec![404], Some(Close::Done)));
    assert_eq!(statuses(&post("/", long)), (vec![405], Some(Close::Done)));
    let (all, closed) = statuses(&get("/", long));
    assert_eq!(all, [413]);
    assert!(matches!(closed, Some(Close::Error(Error::Limit(_)))), "{closed:?}");
}
