//! Files in folders made for the test: what is found, what is written, and what is nobody's business.

mod films;
mod reading;
mod writing;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::{Facts, FileCall, FileChange, Place, Root};

use super::Files;
use crate::tests::folder::Folder;

/// `vod/` and `rec/` with a secret beside them.
fn files() -> (Folder, Files) {
    let folder = Folder::new();
    let root = folder.path();
    for made in ["vod/sub/deep", "vod/.hidden", "vod/.upload-1", "rec/h/a%2Fb/2022-05-21", "outside"] {
        fs::create_dir_all(root.join(made)).unwrap();
    }
    let contents = [
        ("secret", "secret"),
        ("outside/secret", "secret"),
        ("vod/a.mp4", "0123456789"),
        ("vod/sub/视频 ü.mkv", "film"),
        ("vod/.hidden/x", "secret"),
        ("vod/.upload-1/0", "secret"),
        ("vod/.x", "secret"),
        ("rec/h/a%2Fb/2022-05-21/18-22-11.m3u8", "#EXTM3U"),
    ];
    for (path, content) in contents {
        fs::write(root.join(path), content).unwrap();
    }
    let files = Files::new(root);
    (folder, files)
}

fn vod(path: &str) -> Place {
    Place::new(Root::Vod, path)
}

fn facts(files: &Files, place: Place) -> Option<Facts> {
    let answer = files.answer(FileCall::Look(place));
    if let Answer::File(facts) = answer {
        return Some(facts);
    }
    assert_eq!(answer, Answer::NotFound);
    None
}

fn read(files: &Files, path: &str, offset: u64, len: u32, etag: &Arc<str>) -> Answer {
    files.answer(FileCall::Read { place: vod(path), offset, len, etag: etag.clone() })
}

fn write(files: &Files, changes: Vec<FileChange>) -> Answer {
    files.answer(FileCall::Write(changes))
}

fn append(path: &str, data: &'static str) -> FileChange {
    FileChange::Append { place: vod(path), data: vec![Bytes::from_static(data.as_bytes())] }
}

/// All names below a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut level = vec![folder.to_path_buf()];
    while let Some(inner) = level.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                level.push(path.clone());
            }
            found.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}
