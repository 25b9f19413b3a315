//! What is found, and what is nobody's business.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::{FileCall, FileChange, Piece, Place, Root};

use super::{append, facts, files, names, read, vod, write};

#[test]
fn files_are_found_and_read() {
    let (_folder, files) = files();
    let found = facts(&files, vod("a.mp4")).unwrap();
    assert_eq!((found.is_folder, found.size), (false, 10));
    let parts = [(0, 4, "0123"), (8, 4, "89"), (10, 4, ""), (u64::from(u32::MAX), 4, "")];
    for (offset, len, expected) in parts {
        let data = read(&files, "a.mp4", offset, len, &found.etag);
        assert_eq!(data, Answer::Data(Bytes::from_static(expected.as_bytes())));
    }
    assert_eq!(files.open.len(), 1, "one file is opened once");
    assert_eq!(read(&files, "a.mp4", 0, 4, &"\"other\"".into()), Answer::NotFound);
    assert!(facts(&files, vod("sub")).unwrap().is_folder);
    assert_eq!(facts(&files, vod("sub/视频 ü.mkv")).unwrap().size, 4);
    assert_eq!(read(&files, "sub", 0, 4, &facts(&files, vod("sub")).unwrap().etag), Answer::NotFound);
}

#[test]
fn listings_show_what_can_be_asked_for() {
    let (_folder, files) = files();
    let list = |place| {
        let answer = files.answer(FileCall::List(place));
        let Answer::Listing { folders, files, .. } = answer else { panic!("{answer:?}") };
        (folders, files)
    };
    assert_eq!(list(vod("")), (vec!["sub".into()], vec!["a.mp4".into()]));
    assert_eq!(list(vod("sub")), (vec!["deep".into()], vec!["视频 ü.mkv".into()]));
    assert_eq!(list(vod("sub/deep")), (vec![], vec![]));
    for nothing in ["none", "a.mp4", ".hidden", "sub/..", "../outside"] {
        assert_eq!(files.answer(FileCall::List(vod(nothing))), Answer::NotFound, "{nothing}");
    }
}

#[test]
fn recordings_of_the_only_host_are_anybodys() {
    let (folder, files) = files();
    let rec = |vhost: &str, path| Place::new(Root::Rec { vhost: vhost.into() }, path);
    let path = "a%2Fb/2022-05-21/18-22-11.m3u8";
    assert!(facts(&files, rec("h", path)).is_some());
    assert!(facts(&files, rec("another", path)).is_some());
    fs::create_dir(folder.path().join("rec/second")).unwrap();
    assert!(facts(&files, rec("h", path)).is_some());
    assert_eq!(facts(&files, rec("another", path)), None, "there is a choice now");
    for vhost in ["..", "../vod", "", "h/..", "/", "h\0"] {
        assert_eq!(facts(&files, rec(vhost, path)), None, "{vhost:?}");
        assert_eq!(facts(&files, rec(vhost, "a.mp4")), None, "{vhost:?}");
    }
}

/// Paths that would lead out, or to what is hidden, if anybody let them.
const HOSTILE: [&str; 24] = [
    "..",
    "../secret",
    "sub/../../secret",
    "sub/../a.mp4",
    "./a.mp4",
    "sub//视频 ü.mkv",
    "/etc/passwd",
    "etc/../../secret",
    "..\\secret",
    "sub\\..\\..\\secret",
    "a.mp4\0",
    "a.mp4\0.txt",
    "a.mp4.",
    "a.mp4 ",
    "a.mp4::$DATA",
    "c:/secret",
    "c:secret",
    "con",
    "sub/NUL.mp4",
    "com1.txt",
    ".x",
    ".hidden/x",
    ".upload-1/0",
    "sub/./视频 ü.mkv",
];

#[test]
fn nobody_gets_out() {
    let (folder, files) = files();
    let before = names(folder.path());
    let any: Arc<str> = "\"x\"".into();
    for path in HOSTILE {
        let place = Place { root: Root::Vod, path: path.into() };
        assert_eq!(files.answer(FileCall::Look(place.clone())), Answer::NotFound, "{path:?}");
        assert_eq!(files.answer(FileCall::List(place.clone())), Answer::NotFound, "{path:?}");
        let call = FileCall::Cut { place: place.clone(), piece: Piece::Init, etag: None };
        assert_eq!(files.answer(call), Answer::NotFound, "{path:?}");
        let call = FileCall::Read { place: place.clone(), offset: 0, len: 9, etag: any.clone() };
        assert_eq!(files.answer(call), Answer::NotFound, "{path:?}");
        // Hidden names are the program's own to write.
        if !path.starts_with('.') || path.starts_with("..") {
            let create = FileChange::Create { place: place.clone(), data: Bytes::from_static(b"x") };
            assert!(matches!(write(&files, vec![create]), Answer::Failed(_)), "{path:?}");
            let rename = FileChange::Rename { from: vod("a.mp4"), to: place };
            assert!(matches!(write(&files, vec![rename]), Answer::Failed(_)), "{path:?}");
        }
    }
    assert_eq!(names(folder.path()), before, "nothing has come to be");
    let long = "x".repeat(300);
    for path in [long.as_str(), &"d/".repeat(1500)] {
        assert_eq!(facts(&files, vod(path)), None);
    }
}

#[test]
fn links_are_followed_inside_only() {
    use std::os::unix::fs::symlink;
    let (folder, files) = files();
    let root = folder.path();
    let links = [
        ("../secret", "out"),
        ("../outside", "outdir"),
        ("/etc", "etc"),
        ("a.mp4", "in.mp4"),
        ("sub", "insub"),
    ];
    for (to, name) in links {
        symlink(to, root.join("vod").join(name)).unwrap();
    }
    symlink("loop", root.join("vod/loop")).unwrap();
    for path in ["out", "outdir", "outdir/secret", "etc", "etc/passwd", "loop"] {
        assert!(!matches!(files.answer(FileCall::Look(vod(path))), Answer::File(_)), "{path}");
        let call = FileCall::Cut { place: vod(path), piece: Piece::Init, etag: None };
        assert!(!matches!(files.answer(call), Answer::Page { .. } | Answer::Unfit(_)), "{path}");
    }
    assert_eq!(facts(&files, vod("in.mp4")).unwrap().size, 10);
    assert_eq!(facts(&files, vod("insub/视频 ü.mkv")).unwrap().size, 4);
    let Answer::Listing { folders, files: found, .. } = files.answer(FileCall::List(vod(""))) else {
        panic!()
    };
    assert_eq!((folders, found), (vec!["insub".into(), "sub".into()], vec!["a.mp4".into(), "in.mp4".into()]));
    for path in ["outdir/new", "etc/new", "outdir/d/new"] {
        assert!(matches!(write(&files, vec![append(path, "x")]), Answer::Failed(_)), "{path}");
    }
    assert_eq!(fs::read_dir(root.join("outside")).unwrap().count(), 1);
    // A link by that name is no upload's folder.
    symlink("../outside", root.join("vod/.upload-2")).unwrap();
    assert_eq!(files.discard_uploads().unwrap(), 1);
    assert!(root.join("outside/secret").exists() && !root.join("vod/.upload-1").exists());
    assert!(matches!(
        write(&files, vec![FileChange::Discard(vod(".upload-2"))]),
        Answer::Done | Answer::Failed(_)
    ));
    assert!(root.join("outside/secret").exists());
}

#[test]
fn a_pipe_is_no_file() {
    let (folder, files) = files();
    let pipe = folder.path().join("vod/pipe.mp4");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(facts(&files, vod("pipe.mp4")), None);
    let call = FileCall::Cut { place: vod("pipe.mp4"), piece: Piece::Init, etag: None };
    assert_eq!(files.answer(call), Answer::NotFound, "and nobody waits for its other end");
    let Answer::Listing { files: found, .. } = files.answer(FileCall::List(vod(""))) else { panic!() };
    assert_eq!(found, ["a.mp4"]);
}

#[test]
fn a_file_that_changes_is_another_one() {
    let (folder, files) = files();
    let path = folder.path().join("vod/a.mp4");
    let first = facts(&files, vod("a.mp4")).unwrap().etag;
    assert!(matches!(read(&files, "a.mp4", 0, 4, &first), Answer::Data(_)));
    fs::write(&path, "another").unwrap();
    let second = facts(&files, vod("a.mp4")).unwrap().etag;
    assert_ne!(first, second);
    assert_eq!(read(&files, "a.mp4", 0, 4, &first), Answer::NotFound, "it was written to");
    assert_eq!(read(&files, "a.mp4", 0, 4, &second), Answer::Data(Bytes::from_static(b"anot")));
    // One that takes its place leaves those who read it the whole of the old one.
    fs::write(folder.path().join("vod/new"), "the newest").unwrap();
    fs::rename(folder.path().join("vod/new"), &path).unwrap();
    let third = facts(&files, vod("a.mp4")).unwrap().etag;
    assert_eq!(read(&files, "a.mp4", 4, 9, &second), Answer::Data(Bytes::from_static(b"her")));
    assert_eq!(read(&files, "a.mp4", 0, 3, &third), Answer::Data(Bytes::from_static(b"the")));
    assert_eq!(read(&files, "a.mp4", 0, 3, &second), Answer::NotFound);
}

#[test]
fn only_so_many_files_stay_open() {
    let (folder, files) = files();
    for number in 0..100 {
        let name = format!("f{number}");
        fs::write(folder.path().join("vod").join(&name), "x").unwrap();
        let etag = facts(&files, vod(&name)).unwrap().etag;
        assert!(matches!(read(&files, &name, 0, 1, &etag), Answer::Data(_)));
    }
    assert_eq!(files.open.len(), 64);
}

#[test]
fn readers_see_the_old_or_the_new_one() {
    let (folder, files) = files();
    let path = folder.path().join("vod");
    fs::write(path.join("a.mp4"), "a").unwrap();
    let swap = std::thread::spawn(move || {
        for round in 0..300 {
            let content = if round % 2 == 0 { "aaaaaaaaaa".repeat(1000) } else { "bbbbbbbbbbb".repeat(1000) };
            fs::write(path.join(".swap"), content).unwrap();
            fs::rename(path.join(".swap"), path.join("a.mp4")).unwrap();
        }
    });
    while !swap.is_finished() {
        let Some(found) = facts(&files, vod("a.mp4")) else { continue };
        let answer = read(&files, "a.mp4", 0, 20_000, &found.etag);
        if let Answer::Data(data) = &answer {
            assert_eq!(data.len() as u64, found.size);
            assert!(data.iter().all(|byte| *byte == data[0]));
        } else {
            assert_eq!(answer, Answer::NotFound);
        }
    }
    swap.join().unwrap();
}
