//! Films, cut.

use std::fs;

use rtmpd_core::Answer;
use rtmpd_core::files::{FileCall, Piece};

use super::{facts, files, vod};

/// A small MP4 of ffmpeg's, from the tests of the reader.
const FILM: &[u8] = include_bytes!("../../../../proto/tests/data/h264-aac.mp4");

#[test]
fn films_are_cut_and_known_for_a_while() {
    let (folder, files) = files();
    fs::write(folder.path().join("vod/ü f.mp4"), FILM).unwrap();
    let cut = |piece, etag: Option<&str>| {
        files.answer(FileCall::Cut { place: vod("ü f.mp4"), piece, etag: etag.map(Into::into) })
    };
    let page = |answer| {
        let Answer::Page { content_type, body, etag, .. } = answer else { panic!("{answer:?}") };
        (content_type, body, etag)
    };
    let etag = facts(&files, vod("ü f.mp4")).unwrap().etag;
    let (kind, list, _) = page(cut(Piece::Playlist { query: "&user=a".into() }, None));
    let list = String::from_utf8(list.to_vec()).unwrap();
    assert_eq!(kind, "application/vnd.apple.mpegurl");
    let version = etag.trim_matches('"');
    assert!(list.contains(&format!("URI=\"%C3%BC%20f.mp4?hls=init&v={version}&user=a\"")), "{list}");
    assert!(list.contains(&format!("\n%C3%BC%20f.mp4?hls=0&v={version}&user=a\n")), "{list}");
    let (_, init, one) = page(cut(Piece::Init, Some(&etag)));
    let (_, segment, other) = page(cut(Piece::Segment(0), Some(&etag)));
    assert_eq!((&init[4..8], &segment[4..8]), (&b"ftyp"[..], &b"moof"[..]));
    assert_ne!(one, other);
    assert_eq!(files.films.len(), 1);
    assert_eq!(cut(Piece::Segment(9999), Some(&etag)), Answer::NotFound);
    assert_eq!(cut(Piece::Segment(0), Some("\"old\"")), Answer::NotFound);
    assert_eq!(cut(Piece::Init, None), cut(Piece::Init, Some(&etag)));
    for (content, name) in
        [(&b"no film"[..], "text.mp4"), (b"", "empty.mp4"), (&FILM[..FILM.len() / 2], "half.mp4")]
    {
        fs::write(folder.path().join("vod").join(name), content).unwrap();
        let answer = files.answer(FileCall::Cut { place: vod(name), piece: Piece::Init, etag: None });
        let is_cut_off = name == "half.mp4" && matches!(answer, Answer::Page { .. });
        assert!(
            is_cut_off || matches!(&answer, Answer::Unfit(text) if text.contains(name)),
            "{name}: {answer:?}"
        );
    }
    for number in 0..40 {
        let name = format!("{number}.mp4");
        fs::write(folder.path().join("vod").join(&name), FILM).unwrap();
        page(files.answer(FileCall::Cut { place: vod(&name), piece: Piece::Init, etag: None }));
    }
    assert_eq!(files.films.len(), 32);
}
