//! Uploads: what is written while a form comes in, who may send one, and what is left when it breaks off.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use rtmpd_core::files::{FileCall, FileChange, Root};
use rtmpd_core::{Answer, Call, Close, Input, Machine, Reply};

use super::super::{Settings, Uploaders, Uploads};
use super::client::{Client, field, get};

const HEAD: &str = "Content-Type: multipart/form-data; boundary=b\r\n";

/// A client whose program keeps files in memory.
struct Uploader {
    client: Client,
    files: BTreeMap<String, Vec<u8>>,
    writes: usize,
}

impl Uploader {
    fn new(from: Uploaders, max_bytes: u64) -> Self {
        let settings = Settings { uploads: Uploads { max_bytes, from }, ..Settings::default() };
        let mut client = Client::with(settings);
        client.hold = true;
        Self { client, files: BTreeMap::new(), writes: 0 }
    }

    fn anyone() -> Self {
        Self::new(Uploaders::Anyone, 1 << 30)
    }

    fn send(&mut self, data: impl AsRef<[u8]>) -> &mut Self {
        self.client.send(data);
        self.answer();
        self
    }

    /// Does what is asked.
    fn answer(&mut self) {
        while !self.client.calls.is_empty() {
            let call = self.client.calls.remove(0);
            let answer = self.write(call);
            self.client.give(Input::Reply(Reply::Call(answer)));
        }
    }

    fn write(&mut self, call: Call) -> Answer {
        let Call::File(FileCall::Write(changes)) = call else { panic!("{call:?}") };
        self.writes += 1;
        let hold = changes[0].place().path.split('/').next().unwrap().to_owned();
        assert!(hold.starts_with(".upload-"), "the hidden folder is what writes are put in order by: {hold}");
        for change in changes {
            assert_eq!(change.place().root, Root::Vod);
            match change {
                FileChange::Append { place, data } => {
                    self.files.entry(place.path.to_string()).or_default().extend(data.concat());
                }
                FileChange::Vacant(place) if self.files.contains_key(&*place.path) => return Answer::Exists,
                FileChange::Rename { from, to } => {
                    let data = self.files.remove(&*from.path).unwrap();
                    assert!(self.files.insert(to.path.to_string(), data).is_none());
                }
                FileChange::Discard(place) => {
                    let inside = format!("{}/", place.path);
                    self.files.retain(|path, _| !path.starts_with(&inside));
                }
                FileChange::Vacant(_) | FileChange::Sync(_) => {}
                FileChange::Create { .. } | FileChange::Replace { .. } | FileChange::Remove(_) => {
                    panic!("{change:?}")
                }
            }
        }
        Answer::Done
    }

    /// What the shard does when the connection ends.
    fn end(&mut self) {
        if let Some(call) = self.client.machine.last_call() {
            assert_eq!(self.write(call), Answer::Done);
        }
        assert_eq!(self.client.machine.last_call(), None);
    }

    fn names(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }
}

fn part(name: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\n{content}\r\n")
}

fn form(files: &[(&str, &str)]) -> String {
    files.iter().map(|(name, content)| part(name, content)).collect::<String>() + "--b--\r\n"
}

fn post(path: &str, lines: &str, body: &str) -> String {
    let head = get(path, &format!("{HEAD}{lines}Content-Length: {}\r\n", body.len()));
    head.replacen("GET", "POST", 1) + body
}

#[test]
fn files_get_their_names_when_all_are_there() {
    let mut up = Uploader::anyone();
    let text = post("/vod/d/e", "", &form(&[("a.mp4", "aaa"), ("ü b.mkv", ""), ("c", "\r\n--")]));
    let (first, last) = text.split_at(text.len() - 10);
    up.send(first);
    assert!(up.names().iter().all(|name| name.starts_with(".upload-")), "{:?}", up.names());
    up.send(last);
    let response = up.client.take();
    assert!(response.starts_with("HTTP/1.1 201 Created\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n{\"files\":[\"a.mp4\",\"ü b.mkv\",\"c\"]}"), "{response}");
    assert_eq!(up.names(), ["d/e/a.mp4", "d/e/c", "d/e/ü b.mkv"]);
    assert_eq!((&up.files["d/e/a.mp4"][..], &up.files["d/e/c"][..]), (&b"aaa"[..], &b"\r\n--"[..]));
    up.end();
    assert_eq!(up.names().len(), 3, "what is finished stays");
    // The connection goes on.
    up.send(post("/vod", "", &form(&[("one", "1")])) + &get("/vod", ""));
    let response = up.client.take();
    assert_eq!(field(&response, "Location"), Some("/vod/one"));
    assert!(response.contains("HTTP/1.1 404"), "{response}");
    assert_eq!(up.client.closed, None);
}

#[test]
fn chunks_and_those_who_wait_for_a_word() {
    let mut up = Uploader::anyone();
    let body = form(&[("a", "0123456789")]);
    let mut text = get("/vod/", &format!("{HEAD}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"));
    text = text.replacen("GET", "POST", 1);
    up.send(text);
    assert_eq!(up.client.take(), "HTTP/1.1 100 Continue\r\n\r\n");
    for piece in body.as_bytes().chunks(7) {
        up.send(format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece)));
    }
    up.send("0\r\n\r\n");
    assert_eq!(up.client.statuses(), [201]);
    assert_eq!(up.files["a"], b"0123456789");
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let body = form(&[("a", &"x".repeat(600_000)), ("b", &"y".repeat(300_000))]);
    let text = post("/vod/d", "", &body);
    for cut in [300, 100_000, 400_000, 700_000, text.len() - 1] {
        let mut up = Uploader::anyone();
        for piece in text.as_bytes()[..cut].chunks(50_000) {
            up.send(piece);
        }
        assert_eq!(up.files.is_empty(), cut < 256 << 10, "{cut}: it is written while it comes");
        up.client.eof();
        assert_eq!(up.client.closed, Some(Close::PeerGone), "{cut}");
        up.end();
        assert_eq!(up.names(), Vec::<&str>::new(), "{cut}");
    }
    let mut up = Uploader::anyone();
    up.send(&text.as_bytes()[..500_000]);
    up.client.wait(Duration::from_secs(31));
    assert_eq!(up.client.statuses(), [408]);
    up.end();
    assert_eq!(up.names(), Vec::<&str>::new());
    let mut up = Uploader::anyone();
    up.send(&text.as_bytes()[..500_000]);
    up.client.give(Input::Shutdown);
    assert_eq!((up.client.statuses(), up.client.closed.take()), (vec![503], Some(Close::Shutdown)));
    up.end();
    assert_eq!(up.names(), Vec::<&str>::new());
}

#[test]
fn nothing_is_held_but_what_waits_to_be_written() {
    let mut up = Uploader::anyone();
    let text = post("/vod", "", &form(&[("a", &"x".repeat(20 << 20))]));
    for piece in text.as_bytes().chunks(64 << 10) {
        up.send(piece);
    }
    assert_eq!(up.client.statuses(), [201]);
    assert!(up.writes >= 70, "{} writes", up.writes);
    // A driver that reads on while it writes, which none of ours does.
    let mut up = Uploader::anyone();
    for piece in text.as_bytes().chunks(64 << 10) {
        up.client.send(piece);
    }
    assert_eq!(up.client.statuses(), [503]);
}

#[test]
fn forms_that_are_not_taken() {
    let a = || form(&[("a", "x")]);
    let table = [
        (post("/vod", "", &form(&[])), 400),
        (post("/vod", "", &form(&[("", "x")])), 400),
        (post("/vod", "", "--b\r\nContent-Disposition: form-data; name=n\r\n\r\nx\r\n--b--"), 400),
        (post("/vod", "", &form(&[("a", "x"), ("a", "y")])), 400),
        (post("/vod", "", &part("a", "x")), 400),
        (post("/vod", "", "nonsense"), 400),
        (post("/vod", "", ""), 400),
        (post("/vod/.hidden", "", &a()), 400),
        (post("/vod/con", "", &a()), 400),
        (post("/vod/a.", "", &a()), 400),
        (post(&format!("/vod/{}", "d/".repeat(17)), "", &a()), 400),
        (post("/vod/../vod2", "", &a()), 405),
        (post("/vodx", "", &a()), 405),
        (post("/api/vod", "", &a()), 405),
        (post("/vod", "", &a()).replace("form-data; boundary", "mixed; boundary"), 415),
        (post("/vod", "", &a()).replace("boundary=b", "x=b"), 400),
        (post("/vod", "", &a()).replace("POST", "PUT"), 405),
        (post("/vod", "Expect: a-miracle\r\n", &a()), 417),
        (post("/vod", "", &a()).replace("Content-Length: ", "Content-Length: 9999999999"), 413),
    ];
    for (request, status) in table {
        let mut up = Uploader::anyone();
        up.send(&request);
        assert_eq!(up.client.statuses().first(), Some(&status), "{request:.400}");
        up.end();
        assert_eq!(up.names(), Vec::<&str>::new(), "{request:.400}");
    }
    for name in [".x", "..", "con.mp4", "a.", "a ", "c:", "a*", "a\u{1}", "x\\..", &"x".repeat(241)] {
        let mut up = Uploader::anyone();
        up.send(post("/vod", "", &form(&[("good", "x"), (name, "y")])));
        assert_eq!(
            (up.client.statuses(), up.client.closed.take()),
            (vec![400], Some(Close::Done)),
            "{name:?}"
        );
        up.end();
        assert_eq!(up.names(), Vec::<&str>::new(), "{name:?}");
    }
}

#[test]
fn nothing_is_overwritten_and_trouble_is_told() {
    let mut up = Uploader::anyone();
    up.files.insert("d/a".into(), b"old".to_vec());
    up.send(post("/vod/d", "", &form(&[("b", "new"), ("a", "new")])));
    let response = up.client.take();
    assert!(response.starts_with("HTTP/1.1 409 ") && response.contains("a'"), "{response}");
    up.end();
    assert_eq!((up.names(), &up.files["d/a"][..]), (vec!["d/a"], &b"old"[..]));
    let answers = [
        (Answer::Full("no space left on device".into()), 507),
        (Answer::Failed("disk on fire".into()), 503),
        (Answer::NotFound, 503),
    ];
    for (answer, status) in answers {
        let mut up = Uploader::anyone();
        up.client.send(post("/vod/d", "", &form(&[("a", "x")])));
        up.client.give(Input::Reply(Reply::Call(answer)));
        let response = up.client.take();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")) && !response.contains("fire"),
            "{response}"
        );
        assert_eq!(field(&response, "Retry-After").is_some(), status == 503);
        assert_eq!(up.client.closed, Some(Close::Done));
        assert!(matches!(up.client.machine.last_call(), Some(Call::File(FileCall::Write(_)))));
    }
}

#[test]
fn who_may_upload() {
    let text = |lines: &str| post("/vod", lines, &form(&[("a", "x")]));
    let with_host =
        |host: &str, lines: &str| text(lines).replace("Host: h\r\n", &format!("Host: {host}\r\n"));
    let here = "127.0.0.1:8080";
    let table = [
        (Uploaders::Anyone, 1 << 20, text(""), 201),
        (Uploaders::Anyone, 0, text(""), 403),
        (Uploaders::Nobody, 1 << 20, with_host(here, ""), 403),
        (Uploaders::Local, 1 << 20, with_host(here, ""), 201),
        (Uploaders::Local, 1 << 20, with_host("localhost", ""), 201),
        (Uploaders::Local, 1 << 20, with_host("[::1]:8080", ""), 201),
        (Uploaders::Local, 1 << 20, with_host(here, &format!("Origin: http://{here}\r\n")), 201),
        // Somebody else's page, or name for this machine, or a proxy.
        (Uploaders::Local, 1 << 20, with_host(here, "Origin: http://evil.example\r\n"), 403),
        (Uploaders::Local, 1 << 20, with_host(here, "Origin: null\r\n"), 403),
        (Uploaders::Local, 1 << 20, with_host("evil.example", "Origin: http://evil.example\r\n"), 403),
        (Uploaders::Local, 1 << 20, with_host(here, "X-Forwarded-For: 1.2.3.4\r\n"), 403),
        (Uploaders::Local, 1 << 20, with_host(here, "Forwarded: for=1.2.3.4\r\n"), 403),
        (Uploaders::Local, 1 << 20, with_host(here, "Via: 1.1 proxy\r\n"), 403),
    ];
    for (from, max, request, status) in table {
        let mut up = Uploader::new(from, max);
        up.send(&request);
        assert_eq!(up.client.statuses(), [status], "{from:?} {request}");
        assert_eq!(up.names(), if status == 201 { vec!["a"] } else { vec![] });
    }
    let mut stranger = Uploader::new(Uploaders::Local, 1 << 20);
    stranger.client = {
        let settings =
            Settings { uploads: Uploads { max_bytes: 9999, from: Uploaders::Local }, ..Settings::default() };
        let mut client = Client::from("192.0.2.1:5".parse().unwrap(), settings);
        client.hold = true;
        client
    };
    stranger.send(with_host(here, ""));
    assert_eq!(stranger.client.statuses(), [403]);
}

#[test]
fn the_limit_holds_for_chunks_too() {
    for framed in [false, true] {
        let mut up = Uploader::new(Uploaders::Anyone, 300_000);
        let body = form(&[("a", &"x".repeat(400_000))]);
        if framed {
            let head =
                get("/vod", &format!("{HEAD}Transfer-Encoding: chunked\r\n")).replacen("GET", "POST", 1);
            up.send(head);
            for piece in body.as_bytes().chunks(4096) {
                up.send(format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece)));
            }
        } else {
            up.send(post("/vod", "Expect: 100-continue\r\n", &body));
        }
        assert_eq!(up.client.statuses(), [413], "{framed}");
        up.end();
        assert_eq!(up.names(), Vec::<&str>::new());
    }
}

#[test]
fn browsers_may_ask_first() {
    let mut client = Client::new();
    client.send(
        get("/vod/d", "").replacen("GET", "OPTIONS", 1)
            + &get("/live/a.flv", "").replacen("GET", "OPTIONS", 1),
    );
    let text = client.take();
    let (vod, live) =
        text.split_once("HTTP/1.1 204 No Content\r\n").unwrap().1.split_once("HTTP/1.1 204").unwrap();
    assert!(vod.contains("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"), "{vod}");
    assert!(live.contains("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"), "{live}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cutting_writes_the_same(
        contents in prop::collection::vec("[a\r\n-]{0,40}", 1..4),
        sizes in prop::collection::vec(1usize..50, 1..10),
    ) {
        prop_assume!(!contents.iter().any(|content| content.contains("\r\n--b")));
        let names = ["x", "y", "z"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(contents.iter().map(String::as_str)).collect();
        let text = post("/vod", "", &form(&files));
        let mut up = Uploader::anyone();
        let mut rest = text.as_bytes();
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            rest = after;
            up.send(piece);
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(up.client.statuses(), [201]);
        for (name, content) in files {
            prop_assert_eq!(&up.files[name][..], content.as_bytes());
        }
    }
}
