//! Where config.xml is looked for.

use std::fs;

use super::folder::Folder;
use crate::config_file::Place;

fn folder(with_config: bool) -> Folder {
    let folder = Folder::new();
    if with_config {
        fs::write(folder.path().join("config.xml"), "<config/>").unwrap();
    }
    folder
}

#[test]
fn the_first_that_has_one() {
    let (with, other, without) = (folder(true), folder(true), folder(false));
    let table = [
        (&with, Some(&other), &with, true),
        (&without, Some(&other), &other, true),
        (&without, Some(&without), &without, false),
        (&without, None, &without, false),
    ];
    for (here, program, expected, has_file) in table {
        let place = Place::find(None, here.path(), program.map(Folder::path)).unwrap();
        assert_eq!(place.folder, expected.path());
        assert_eq!(place.file, has_file.then(|| expected.path().join("config.xml")));
    }
}

#[test]
fn what_was_named() {
    let (with, without) = (folder(true), folder(false));
    let find = |path| Place::find(Some(path), with.path(), None);
    let named = find(without.path()).unwrap();
    assert_eq!((named.folder.as_path(), named.file), (without.path(), None));

    let other = without.path().join("other.xml");
    fs::write(&other, "<config/>").unwrap();
    let named = find(&other).unwrap();
    assert_eq!((named.folder.as_path(), named.file.as_deref()), (without.path(), Some(other.as_path())));

    let none = without.path().join("none");
    let error = find(&none).unwrap_err();
    assert!(error.starts_with(&format!("--config {}: ", none.display())), "{error}");
}

#[test]
fn what_is_read() {
    let folder = folder(false);
    let file = folder.path().join("config.xml");
    let place = Place { folder: folder.path().into(), file: Some(file.clone()) };
    let errors = |place: &Place| place.read().map(drop).unwrap_err();
    assert!(errors(&place)[0].starts_with(&format!("{}: ", file.display())));

    fs::write(&file, vec![b' '; (4 << 20) + 1]).unwrap();
    assert!(errors(&place)[0].ends_with(" is longer than 4194304 bytes, which no configuration is"));

    fs::write(&file, "<config/>").unwrap();
    assert!(place.read().is_ok());
    assert!(Place { file: None, ..place }.read().is_ok());
}
