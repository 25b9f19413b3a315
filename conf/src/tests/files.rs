//! Where the file is looked for.

use std::fs;
use std::path::PathBuf;

use crate::{Settings, load};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rtmpd-conf-{}-{name}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

#[test]
fn a_folder_without_a_file_means_the_defaults() {
    let folder = folder("empty");
    let loaded = load(&folder).expect("defaults");
    assert_eq!((loaded.settings, loaded.file, loaded.folder), (Settings::default(), None, folder.clone()));
    fs::remove_dir_all(folder).ok();
}

#[test]
fn a_folder_or_a_file_may_be_named() {
    let folder = folder("both");
    for name in ["config.xml", "other.xml"] {
        fs::write(folder.join(name), "<config><threads>2</threads></config>").expect("a file can be written");
    }
    for (path, file) in [(folder.clone(), "config.xml"), (folder.join("other.xml"), "other.xml")] {
        let loaded = load(&path).expect("a right file");
        assert_eq!((loaded.settings.global.threads, loaded.warnings.len()), (2, 0));
        assert_eq!((loaded.file, &loaded.folder), (Some(folder.join(file)), &folder));
    }
    fs::remove_dir_all(folder).ok();
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder("missing");
    for path in [folder.join("nothing"), folder.join("nothing.xml")] {
        let wrong = load(&path).expect_err("nothing is there").to_string();
        assert!(wrong.starts_with(&format!("{}: cannot be read: ", path.display())), "{wrong}");
    }
    fs::create_dir(folder.join("config.xml")).expect("a folder can be made");
    assert!(load(&folder).is_err(), "config.xml is a folder");
    fs::write(folder.join("long.xml"), vec![b' '; crate::MAX_FILE + 2]).expect("a file can be written");
    assert!(load(&folder.join("long.xml")).expect_err("too long").to_string().contains("longer than"));
    fs::remove_dir_all(folder).ok();
}
