//! Files and folders: what is asked of the program, and what the client hears.

use bytes::Bytes;
use rtmpd_core::files::{Facts, FileCall, Place, Root};
use rtmpd_core::{Answer, Call, Close, Input, Reply, WallClock};

use super::super::Settings;
use super::client::{Client, field, get};

const DATE: u64 = 784_111_777;

/// A program with the file `a.mp4` of 1,000,000 bytes, each of which is its number's last digit.
struct Library(Client);

impl Library {
    fn new() -> Self {
        let mut client = Client::new();
        client.hold = true;
        Self(client)
    }

    /// Answers all that is asked, and gives what the client hears.
    fn ask(&mut self, request: &str) -> String {
        self.0.send(request);
        while !self.0.calls.is_empty() {
            let call = self.0.calls.remove(0);
            self.0.give(Input::Reply(Reply::Call(answer(&call))));
        }
        self.0.take()
    }
}

const SIZE: u64 = 1_000_000;

fn bytes(from: u64, to: u64) -> String {
    (from..to).map(|at| char::from(b'0' + (at % 10) as u8)).collect()
}

fn answer(call: &Call) -> Answer {
    let Call::File(call) = call else { return Answer::NotFound };
    match call {
        FileCall::Look(Place { path, .. })
            if path.ends_with(".mp4") || path.ends_with(".html") || path.ends_with("ts") =>
        {
            let etag = "\"e\"".into();
            Answer::File(Facts { is_folder: false, size: SIZE, modified: DATE * 1_000_000, etag })
        }
        FileCall::Look(Place { path, .. }) if matches!(&**path, "" | "sub") => {
            Answer::File(Facts { is_folder: true, size: 0, modified: 0, etag: "".into() })
        }
        FileCall::Look(Place { path, .. }) if &**path == "broken" => Answer::Failed("disk on fire".into()),
        FileCall::Read { offset, len, etag, .. } => {
            assert_eq!(&**etag, "\"e\"");
            assert!(*len <= 256 << 10);
            Answer::Data(Bytes::from(bytes(*offset, (offset + u64::from(*len)).min(SIZE))))
        }
        FileCall::List(Place { root: Root::Vod, .. }) => Answer::Listing {
            folders: vec!["d\"".into()],
            files: vec!["a.mp4".into(), "视频.mkv".into()],
            trouble: None,
        },
        FileCall::List(Place { root: Root::Rec { vhost }, path }) => match (&**vhost, &**path) {
            ("h", "") => Answer::Listing {
                folders: vec!["a%2Fb".into(), "sport".into()],
                files: vec!["x".into()],
                trouble: None,
            },
            ("h", "sport") => Answer::Listing {
                folders: vec!["2022-05-21".into(), "tmp".into()],
                files: vec![],
                trouble: None,
            },
            ("h", "sport/2022-05-21") => Answer::Listing {
                folders: vec![],
                files: ["18-22-11-0.ts", "18-22-11.m3u8", "18-25-11.mpd", "x.m3u8"]
                    .map(str::to_owned)
                    .to_vec(),
                trouble: None,
            },
            ("full", "") => {
                Answer::Listing { folders: vec![], files: vec![], trouble: Some("no \"room\"".into()) }
            }
            _ => Answer::NotFound,
        },
        FileCall::Look(_) | FileCall::Cut { .. } | FileCall::Write(_) => Answer::NotFound,
    }
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn a_whole_file_comes_a_block_at_a_time() {
    let mut library = Library::new();
    let response = library.ask(&get("/vod/a.mp4", ""));
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response:.300}");
    let fields = [
        ("ETag", "\"e\""),
        ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Accept-Ranges", "bytes"),
        ("Content-Type", "video/mp4"),
        ("Content-Length", "1000000"),
        ("Access-Control-Allow-Origin", "*"),
    ];
    for (name, value) in fields {
        assert_eq!(field(&response, name), Some(value), "{name}");
    }
    assert!(body(&response) == bytes(0, SIZE));
    assert_eq!(field(&response, "Content-Disposition"), None);
    // The connection goes on, also with requests that were sent ahead.
    let two = get("/vod/a.mp4", "Range: bytes=0-3\r\n")
        + &get("/vod/a.mp4", "Range: bytes=-2\r\nConnection: close\r\n");
    let both = library.ask(&two);
    assert!(both.contains("\r\n\r\n0123HTTP/1.1 206") && both.ends_with("89"), "{both}");
    assert_eq!(library.0.closed, Some(Close::Done));
}

#[test]
fn parts_and_conditions() {
    let mut library = Library::new();
    let part = library.ask(&get("/vod/a.mp4", "Range: bytes=5-14\r\n"));
    assert!(part.starts_with("HTTP/1.1 206 "), "{part}");
    assert_eq!(field(&part, "Content-Range"), Some("bytes 5-14/1000000"));
    assert_eq!((field(&part, "Content-Length"), body(&part)), (Some("10"), "5678901234"));
    let parts = library.ask(&get("/vod/a.mp4", "Range: bytes=0-1,-2\r\n"));
    let kind = field(&parts, "Content-Type").unwrap();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let one = |range: &str, data: &str| {
        format!(
            "--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes {range}/1000000\r\n\r\n{data}\r\n"
        )
    };
    let expected = format!("{}{}--{boundary}--\r\n", one("0-1", "01"), one("999998-999999", "89"));
    assert_eq!(body(&parts), expected);
    assert_eq!(field(&parts, "Content-Length"), Some(expected.len().to_string().as_str()));
    let beyond = library.ask(&get("/vod/a.mp4", "Range: bytes=1000000-\r\n"));
    assert!(beyond.starts_with("HTTP/1.1 416 "), "{beyond}");
    assert_eq!(field(&beyond, "Content-Range"), Some("bytes */1000000"));
    let current = library.ask(&get("/vod/a.mp4", "If-None-Match: \"e\"\r\n"));
    assert!(current.starts_with("HTTP/1.1 304 ") && body(&current).is_empty(), "{current}");
    assert_eq!((field(&current, "ETag"), field(&current, "Content-Length")), (Some("\"e\""), None));
    assert!(library.ask(&get("/vod/a.mp4", "If-Match: \"f\"\r\n")).starts_with("HTTP/1.1 412 "));
    assert_eq!(library.0.closed, None);
}

#[test]
fn heads_have_no_body() {
    let mut library = Library::new();
    for (lines, status, length) in [("", "200", "1000000"), ("Range: bytes=0-9\r\n", "206", "10")] {
        let head = library.ask(&get("/vod/a.mp4", lines).replacen("GET", "HEAD", 1));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && body(&head).is_empty(), "{head}");
        assert_eq!(field(&head, "Content-Length"), Some(length));
    }
    let head = library.ask(&get("/api/vod", "").replacen("GET", "HEAD", 1));
    assert!(head.starts_with("HTTP/1.1 200 ") && body(&head).is_empty(), "{head}");
}

#[test]
fn listings() {
    let mut library = Library::new();
    let table = [
        ("/api/vod", r#"{"dirs":["d\""],"files":["a.mp4","视频.mkv"]}"#),
        ("/api/vod/", r#"{"dirs":["d\""],"files":["a.mp4","视频.mkv"]}"#),
        ("/api/vod/sub", r#"{"dirs":["d\""],"files":["a.mp4","视频.mkv"]}"#),
        ("/api/rec", r#"{"dirs":["a/b","sport"]}"#),
        ("/rec/sport", r#"{"dirs":["2022-05-21"]}"#),
        ("/rec/sport?cmd=query", r#"{"dirs":["2022-05-21"]}"#),
        ("/rec/sport?day=2022-05-21", r#"{"files":["18-22-11.m3u8","18-25-11.mpd"]}"#),
        ("/rec/sport?cmd=query&day=2022-05-21", r#"{"files":["18-22-11.m3u8","18-25-11.mpd"]}"#),
        ("/rec/sport/2022-05-21", r#"{"files":["18-22-11.m3u8","18-25-11.mpd"]}"#),
    ];
    for (path, expected) in table {
        let response = library.ask(&get(path, ""));
        assert_eq!(body(&response), expected, "{path}");
        assert_eq!(field(&response, "Content-Type"), Some("application/json"), "{path}");
        assert_eq!(field(&response, "Access-Control-Allow-Origin"), Some("*"), "{path}");
    }
    let file = library.ask(&get("/api/vod/a.mp4", "Range: bytes=0-1\r\n"));
    assert!(file.starts_with("HTTP/1.1 206 ") && file.ends_with("01"), "{file}");
    assert!(library.ask(&get("/rec/nobody", "")).starts_with("HTTP/1.1 404 "));
    assert!(library.ask(&get("/rec/sport?vhost=other", "")).starts_with("HTTP/1.1 404 "));
}

#[test]
fn troubles() {
    let mut library = Library::new();
    assert!(library.ask(&get("/vod/none", "")).starts_with("HTTP/1.1 404 "));
    assert!(library.ask(&get("/vod/sub", "")).starts_with("HTTP/1.1 404 "));
    let broken = library.ask(&get("/vod/broken", ""));
    assert!(broken.starts_with("HTTP/1.1 503 ") && !broken.contains("fire"), "{broken}");
    assert_eq!(field(&broken, "Retry-After"), Some("2"));
    assert!(library.0.notes.iter().any(|note| note.contains("disk on fire")));
    let response = library.ask(&get("/vod/a%20b.mp4?download=1", "Range: bytes=0-0\r\n"));
    assert_eq!(field(&response, "Content-Disposition"), Some("attachment; filename*=UTF-8''a%20b.mp4"));
    let page = library.ask(&get("/vod/a.html", "Range: bytes=0-0\r\n"));
    assert_eq!(field(&page, "Content-Security-Policy"), Some("sandbox"));
}

#[test]
fn a_file_that_changes_is_cut_short_and_not_patched_up() {
    for other in [Answer::NotFound, Answer::Failed("gone".into()), Answer::Data(Bytes::new())] {
        let mut library = Library::new();
        library.0.send(get("/vod/a.mp4", ""));
        let mut calls = 0;
        while let Some(call) = library.0.calls.pop() {
            calls += 1;
            let answer = if calls == 3 { other.clone() } else { answer(&call) };
            library.0.give(Input::Reply(Reply::Call(answer)));
        }
        assert_eq!((calls, library.0.closed.take()), (3, Some(Close::Done)), "{other:?}");
        assert!(body(&library.0.take()) == bytes(0, 256 << 10), "{other:?}");
    }
}

#[test]
fn one_who_closed_its_side_still_reads() {
    let mut library = Library::new();
    library.0.send(get("/vod/a.mp4", "")).eof();
    let call = library.0.calls.pop().unwrap();
    library.0.give(Input::Reply(Reply::Call(answer(&call))));
    assert!(matches!(library.0.calls.pop(), Some(Call::File(FileCall::Read { .. }))));
}

#[test]
fn what_a_recording_may_be_kept_by() {
    let table = [
        ("/rec/sport/2022-05-21/18-22-11-0.ts", 61, "public, max-age=86400, immutable"),
        ("/rec/sport/2022-05-21/18-22-11-0.ts", 10, "no-cache"),
        ("/rec/sport/2022-05-21/18-22-11.m3u8.ts", 61, "public, max-age=86400, immutable"),
        ("/vod/a.mp4", 61, "public, max-age=60"),
    ];
    for (path, age, expected) in table {
        // Their clock begins a second before the client's connection.
        let wall = WallClock::new((DATE + age - 1) * 1_000_000);
        let mut client = Client::with(Settings { wall, ..Settings::default() });
        client.hold = true;
        let response = Library(client).ask(&get(path, "Range: bytes=0-0\r\n"));
        assert_eq!(field(&response, "Cache-Control"), Some(expected), "{path} after {age} s");
    }
}

#[test]
fn the_list_of_recordings_tells_what_is_wrong_with_them() {
    let mut library = Library::new();
    let response = library.ask(&get("/api/rec?vhost=full", ""));
    assert!(response.ends_with("{\"dirs\":[],\"error\":\"no \\\"room\\\"\"}"), "{response}");
}
