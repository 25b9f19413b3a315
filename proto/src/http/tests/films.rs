//! Films as players of HLS fetch them.

use bytes::Bytes;
use rtmpd_core::files::{Facts, FileCall, Piece, Place, Root};
use rtmpd_core::{Answer, Call, Input, Reply};

use super::client::{Client, field, get};

fn ask(target: &str, lines: &str) -> (Vec<FileCall>, Client) {
    let mut client = Client::new();
    client.hold = true;
    client.send(get(target, lines));
    (calls(&mut client), client)
}

fn calls(client: &mut Client) -> Vec<FileCall> {
    let calls = std::mem::take(&mut client.calls);
    calls
        .into_iter()
        .map(|call| if let Call::File(call) = call { call } else { panic!("{call:?}") })
        .collect()
}

fn reply(client: &mut Client, answer: Answer) {
    client.give(Input::Reply(Reply::Call(answer)));
}

fn film(path: &str) -> Place {
    Place::new(Root::Vod, path)
}

fn page(body: &'static [u8]) -> Answer {
    let (etag, body) = ("\"e-0\"".into(), Bytes::from_static(body));
    Answer::Page { content_type: "video/mp4", etag, body, not_modified: false, gzip: false }
}

#[test]
fn a_playlist_is_that_of_a_film_unless_it_is_a_file() {
    let (asked, mut client) = ask("/vod/d/x.mp4.m3u8?user=a&hls=1&v=2&\"=<>&token=b", "");
    assert_eq!(asked, [FileCall::Look(film("d/x.mp4.m3u8"))]);
    reply(&mut client, Answer::NotFound);
    let piece = Piece::Playlist { query: "&user=a&token=b".into() };
    assert_eq!(calls(&mut client), [FileCall::Cut { place: film("d/x.mp4"), piece, etag: None }]);
    reply(&mut client, page(b"#EXTM3U"));
    let response = client.take();
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("#EXTM3U"), "{response}");
    assert_eq!(field(&response, "Cache-Control"), Some("no-cache"));

    let (_, mut client) = ask("/vod/x.mp4.m3u8", "");
    reply(&mut client, Answer::File(Facts { is_folder: false, size: 0, modified: 0, etag: "\"f\"".into() }));
    assert!(client.take().starts_with("HTTP/1.1 200 "), "a file of this name is served");
    assert_eq!(calls(&mut client), []);

    for target in ["/vod/x.mkv.m3u8", "/vod/x.m3u8", "/vod/mp4.m3u8", "/api/vod/x.mp4.m3u8"] {
        let (_, mut client) = ask(target, "");
        reply(&mut client, Answer::NotFound);
        assert!(client.take().starts_with("HTTP/1.1 404 "), "{target}");
    }
}

#[test]
fn pieces() {
    let table = [
        ("/vod/x.mp4?hls=init&v=1-2", Piece::Init, Some("\"1-2\"")),
        ("/vod/x.MOV?hls=0&v=1-2", Piece::Segment(0), Some("\"1-2\"")),
        ("/vod/x.m4a?hls=17", Piece::Segment(17), None),
    ];
    for (target, piece, etag) in table {
        let (asked, mut client) = ask(target, "");
        let [FileCall::Cut { piece: found, etag: state, .. }] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!((found, state.as_deref()), (&piece, etag), "{target}");
        reply(&mut client, page(b"0123456789"));
        let lasts = field(&client.take(), "Cache-Control").is_some_and(|value| value.ends_with("immutable"));
        assert_eq!(lasts, etag.is_some(), "{target}");
    }
    for target in ["/vod/x.mp4?hls=", "/vod/x.mp4?hls=-1", "/vod/x.mp4?hls=99999999999", "/vod/x.mp4?hls=a"] {
        let (asked, mut client) = ask(target, "");
        assert_eq!(asked, [], "{target}");
        assert!(client.take().starts_with("HTTP/1.1 400 "), "{target}");
    }
    // What is no film has no pieces.
    assert_eq!(ask("/vod/x.mkv?hls=0", "").0, [FileCall::Look(film("x.mkv"))]);
}

#[test]
fn pieces_have_ranges_and_conditions() {
    let table = [
        ("Range: bytes=2-4\r\n", "206", "234"),
        ("Range: bytes=-1\r\n", "206", "9"),
        ("Range: bytes=10-\r\n", "416", "no such bytes, there are 10\n"),
        ("Range: bytes=0-1,4-5\r\n", "200", "0123456789"),
        ("If-None-Match: \"e-0\"\r\n", "304", ""),
        ("If-Match: \"f\"\r\n", "412", "it is another one by now\n"),
        ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "200", "0123456789"),
    ];
    for (lines, status, body) in table {
        let (_, mut client) = ask("/vod/x.mp4?hls=0", lines);
        reply(&mut client, page(b"0123456789"));
        let response = client.take();
        assert_eq!((&response[9..12], response.split_once("\r\n\r\n").unwrap().1), (status, body), "{lines}");
    }
    for (answer, status) in [
        (Answer::NotFound, "404"),
        (Answer::Unfit("no keyframes".into()), "404"),
        (Answer::Failed("x".into()), "503"),
    ] {
        let (_, mut client) = ask("/vod/x.mp4?hls=0", "");
        reply(&mut client, answer);
        assert_eq!(&client.take()[9..12], status);
        assert_eq!(client.closed, None);
    }
}
