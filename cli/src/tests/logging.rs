//! The log file's line, its name and its age; the files of several days; a folder that cannot be written.

use std::fs;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::{TimeZone, offset};
use log::Level;

use super::folder::Folder;
use crate::logging::folder::{file_name, is_old};
use crate::logging::line::{Entry, one_line, render};
use crate::logging::writer::Files;

fn entry(at: &str, text: &str) -> Entry {
    let at: Timestamp = at.parse().unwrap();
    Entry { at, thread: 0x8CC7_E740, level: Level::Info, target: "rtmpd".into(), text: text.into() }
}

#[test]
fn the_line_is_the_originals() {
    let zone = TimeZone::fixed(offset(8));
    let entry = entry("2025-01-01T09:14:47.142Z", "text");
    assert_eq!(render(&entry, &zone), "8CC7E740 [25-01- 1 17:14:47.142] I: text\n");
    let other =
        Entry { thread: 3, level: Level::Warn, at: "2025-12-31T15:59:59.9999Z".parse().unwrap(), ..entry };
    assert_eq!(render(&other, &zone), "00000003 [25-12-31 23:59:59.999] W: text\n");
}

#[test]
fn nobody_breaks_a_line() {
    assert_eq!(one_line("plain – 普通".into()), "plain – 普通");
    assert_eq!(one_line("a\nb\r\u{1b}[31m".into()), "a\\nb\\r\\u{1b}[31m");
    let long = one_line("é".repeat(10_000));
    assert!(long.len() <= 8192 + 3 && long.ends_with('…'));
}

#[test]
fn names_and_ages() {
    assert_eq!(file_name(date(2025, 1, 2)), "20250102.log");
    let table = [
        ("20250101.log", false),
        ("20241202.log", false),
        ("20241201.log", true),
        ("19990101.log", true),
        ("20260101.log", false),
        ("20241301.log", false),
        ("20240101.txt", false),
        ("notes.log", false),
        ("+2240101.log", false),
        ("20240101", false),
        ("２０240101.log", false),
    ];
    for (name, old) in table {
        assert_eq!(is_old(name, date(2025, 1, 1)), old, "{name}");
    }
}

#[test]
fn a_file_for_each_day_and_none_for_ever() {
    let folder = Folder::new();
    let log = folder.path().join("log");
    fs::create_dir(&log).unwrap();
    for name in ["20240101.log", "20241231.log", "mine.txt"] {
        fs::write(log.join(name), "old\n").unwrap();
    }
    let mut files = Files::new(log.clone(), TimeZone::UTC);
    assert_eq!(files.write(&entry("2025-01-01T23:59:59.9Z", "one")), None);
    assert_eq!(files.write(&entry("2025-01-02T00:00:00Z", "two")), None);
    assert_eq!(files.write(&entry("2025-01-01T23:59:59.99Z", "late")), None);
    assert_eq!(files.flush(), None);
    let read = |name: &str| fs::read_to_string(log.join(name)).ok();
    assert_eq!(read("20250101.log").unwrap(), "8CC7E740 [25-01- 1 23:59:59.900] I: one\n");
    assert_eq!(read("20250102.log").unwrap().lines().count(), 2);
    assert_eq!(read("20240101.log"), None);
    assert_eq!(read("20241231.log").as_deref(), Some("old\n"));
    assert_eq!(read("mine.txt").as_deref(), Some("old\n"));
}

#[test]
fn trouble_is_said_once() {
    let folder = Folder::new();
    let taken = folder.path().join("log");
    fs::write(&taken, "a file where the folder should be").unwrap();
    let mut files = Files::new(taken, TimeZone::UTC);
    let first = files.write(&entry("2025-01-01T00:00:00Z", "one")).unwrap();
    assert!(first.starts_with("cannot write the log in "), "{first}");
    assert_eq!(files.write(&entry("2025-01-01T00:00:01Z", "two")), None);
    assert_eq!(files.flush(), None);
}
