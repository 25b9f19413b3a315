//! What is written, in its order, and on disks that are full or others.

use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;

#[cfg(target_os = "linux")]
use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::FileChange;

#[cfg(target_os = "linux")]
use super::names;
use super::{append, files, vod, write};
use crate::files::Files;

#[test]
fn changes_in_their_order_up_to_the_first_that_fails() {
    let (folder, files) = files();
    let vod_folder = folder.path().join("vod");
    let upload = |name: &str| {
        vec![
            append(".upload-9/0", "new "),
            FileChange::Vacant(vod(name)),
            append(".upload-9/0", "film"),
            FileChange::Sync(vod(".upload-9/0")),
            FileChange::Rename { from: vod(".upload-9/0"), to: vod(name) },
            FileChange::Discard(vod(".upload-9")),
        ]
    };
    assert_eq!(write(&files, upload("new/deep/f.mp4")), Answer::Done);
    assert_eq!(fs::read_to_string(vod_folder.join("new/deep/f.mp4")).unwrap(), "new film");
    assert!(!vod_folder.join(".upload-9").exists());
    // Taken names, and files where folders are wanted.
    for taken in ["new/deep/f.mp4", "new/deep", "a.mp4", "a.mp4/x", "a.mp4/x/y", "new/deep/f.mp4/z"] {
        assert_eq!(write(&files, upload(taken)), Answer::Exists, "{taken}");
        assert_eq!(
            fs::read_to_string(vod_folder.join(".upload-9/0")).unwrap(),
            "new ",
            "what follows is not done"
        );
        assert_eq!(write(&files, vec![FileChange::Discard(vod(".upload-9"))]), Answer::Done);
    }
    assert_eq!(fs::read_to_string(vod_folder.join("a.mp4")).unwrap(), "0123456789");
    let rename = FileChange::Rename { from: vod("new/deep/f.mp4"), to: vod("a.mp4") };
    assert_eq!(write(&files, vec![rename]), Answer::Exists);
    assert_eq!(
        write(&files, vec![FileChange::Remove(vod("none")), FileChange::Remove(vod("none/x"))]),
        Answer::Done
    );
    // Nothing but uploads is discarded.
    for place in ["sub", "", "sub/deep", ".hidden", ".upload-1/0", "..", ".upload-1/.."] {
        let answer = write(&files, vec![FileChange::Discard(vod(place))]);
        assert!(matches!(answer, Answer::Failed(_)), "{place}: {answer:?}");
    }
    assert!(vod_folder.join("sub/deep").exists() && vod_folder.join(".upload-1/0").exists());
}

#[test]
fn what_failed_is_named() {
    let (folder, files) = files();
    let answer = write(&files, vec![FileChange::Sync(vod("sub/none"))]);
    let Answer::Failed(text) = answer else { panic!("{answer:?}") };
    assert!(text.starts_with("keeping sub/none: "), "{text}");
    assert!(!text.contains(&*folder.path().to_string_lossy()), "{text}");
}

#[test]
fn what_was_cut_off_goes_at_the_start() {
    let (folder, files) = files();
    assert_eq!(files.discard_uploads().unwrap(), 1);
    assert_eq!(files.discard_uploads().unwrap(), 0);
    let left = ["vod/.hidden/x", "vod/.x", "vod/a.mp4", "secret"];
    assert!(left.iter().all(|path| folder.path().join(path).exists()));
    assert_eq!(Files::new(&folder.path().join("none")).discard_uploads().unwrap(), 0);
}

/// A disk of one MB, if this process may have one.
#[cfg(target_os = "linux")]
struct Disk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(at).stderr(std::process::Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(at.to_path_buf()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg(&self.0).status().unwrap();
    }
}

#[test]
fn a_full_disk_is_known_as_one_and_breaks_nothing() {
    let (folder, files) = files();
    let Some(_disk) = Disk::mount(&folder.path().join("vod")) else { return };
    let piece = Bytes::from(vec![7; 300_000]);
    let more = || vec![FileChange::Append { place: vod(".upload-1/0"), data: vec![piece.clone(); 2] }];
    assert_eq!(write(&files, more()), Answer::Done);
    let answer = write(&files, more());
    let Answer::Full(text) = answer else { panic!("{answer:?}") };
    assert!(text.starts_with("writing .upload-1/0: "), "{text}");
    let length = fs::metadata(folder.path().join("vod/.upload-1/0")).unwrap().len();
    assert_eq!(length, 600_000, "half a piece would be worse than none");
    assert_eq!(write(&files, vec![FileChange::Discard(vod(".upload-1"))]), Answer::Done);
    assert_eq!(write(&files, more()), Answer::Done, "there is room again");
}

#[test]
fn a_file_is_carried_to_another_disk() {
    let (folder, files) = files();
    let Some(_disk) = Disk::mount(&folder.path().join("vod/other")) else { return };
    let upload = |to: &str| {
        vec![append(".upload-9/0", "film"), FileChange::Rename { from: vod(".upload-9/0"), to: vod(to) }]
    };
    assert_eq!(write(&files, upload("other/f.mp4")), Answer::Done);
    assert_eq!(names(&folder.path().join("vod/other")), ["f.mp4"]);
    assert_eq!(write(&files, upload("other/f.mp4")), Answer::Exists);
    assert_eq!(fs::read_to_string(folder.path().join("vod/other/f.mp4")).unwrap(), "film");
}
