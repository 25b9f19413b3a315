//! Folders of recordings on a disk, old and new.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::sweep::{Swept, once};
use super::{Limits, days, repair};
use crate::tests::folder::Folder;

const HOUR: u64 = 3600;

/// Writes a file that was changed so many seconds ago.
fn write(path: &Path, data: &[u8], age: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, data).unwrap();
    let changed = SystemTime::now() - Duration::from_secs(age);
    File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
}

/// A recording of a thousand bytes in three files.
fn record(day: &Path, name: &str, age: u64) {
    write(&day.join(format!("{name}-0.ts")), &[0; 500], age + 5);
    write(&day.join(format!("{name}-1.ts")), &[0; 400], age);
    write(&day.join(format!("{name}.m3u8")), &[b'#'; 100], age);
}

fn day(rec: &Folder, stream: &str, day: &str) -> PathBuf {
    rec.path().join("example.org").join(stream).join(day)
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn days_are_found() {
    let rec = Folder::new();
    assert_eq!(days(&rec.path().join("missing")).unwrap(), [] as [PathBuf; 0]);
    let first = day(&rec, "cam", "2024-06-01");
    record(&first, "12-00-00", 0);
    write(&rec.path().join("example.org/cam/notes/12-00-00.mp4"), b"x", 0);
    write(&rec.path().join("example.org/cam/2024-06-02"), b"a file", 0);
    write(&rec.path().join("2024-06-03/12-00-00.mp4"), b"x", 0);
    assert_eq!(days(rec.path()).unwrap(), [first]);
}

#[test]
fn no_limits_delete_nothing() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    record(&day, "12-00-00", 1000 * HOUR);
    assert!(!Limits::default().any());
    assert_eq!(once(rec.path(), &Limits::default()).unwrap(), Swept::default());
    assert_eq!(names(&day).len(), 3);
}

#[test]
fn what_is_too_old_goes_whole() {
    let rec = Folder::new();
    let (old, new) = (day(&rec, "cam", "2024-06-01"), day(&rec, "cam", "2024-06-02"));
    record(&old, "12-00-00", 50 * HOUR);
    record(&old, "13-00-00", 49 * HOUR);
    record(&new, "12-00-00", 10 * HOUR);
    let limits = Limits { age: Duration::from_secs(24 * HOUR), ..Limits::default() };
    let swept = once(rec.path(), &limits).unwrap();
    assert_eq!((swept.recordings, swept.bytes), (2, 2000));
    assert!(!old.exists(), "an empty day goes");
    assert_eq!(names(&new).len(), 3);
    assert_eq!(once(rec.path(), &limits).unwrap(), Swept::default());
}

#[test]
fn what_is_too_much_goes_oldest_first_over_all_streams() {
    let rec = Folder::new();
    let (one, other) = (day(&rec, "one", "2024-06-01"), day(&rec, "other", "2024-06-01"));
    record(&one, "12-00-00", 5 * HOUR);
    record(&other, "12-00-00", 4 * HOUR);
    record(&one, "13-00-00", 3 * HOUR);
    record(&other, "13-00-00", 2 * HOUR);
    let limits = Limits { total: 2500, ..Limits::default() };
    assert_eq!(once(rec.path(), &limits).unwrap().recordings, 2);
    assert_eq!(names(&one), ["13-00-00-0.ts", "13-00-00-1.ts", "13-00-00.m3u8"]);
    assert_eq!(names(&other), ["13-00-00-0.ts", "13-00-00-1.ts", "13-00-00.m3u8"]);
}

#[test]
fn what_is_being_written_stays() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    // Its first file is old, its newest is not.
    write(&day.join("12-00-00-0.ts"), &[0; 5000], 50 * HOUR);
    write(&day.join("12-00-00.m3u8"), b"#EXTM3U", 1);
    record(&day, "11-00-00", HOUR);
    let limits = Limits { age: Duration::from_secs(1), total: 1, free: u64::MAX };
    assert_eq!(once(rec.path(), &limits).unwrap().recordings, 1);
    assert_eq!(names(&day), ["12-00-00-0.ts", "12-00-00.m3u8"]);
}

#[test]
fn a_disk_that_is_full_loses_the_oldest() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    record(&day, "11-00-00", 3 * HOUR);
    record(&day, "12-00-00", 2 * HOUR);
    // Nobody has that much room: all that may go goes.
    let limits = Limits { free: u64::MAX, ..Limits::default() };
    assert_eq!(once(rec.path(), &limits).unwrap().recordings, 2);
    assert!(!day.exists() && rec.path().join("example.org").exists());
}

#[test]
fn what_is_not_ours_stays() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    record(&day, "12-00-00", 50 * HOUR);
    let foreign = [
        "backup-of-it.mp4",
        "12-00-00x.mp4",
        "12_00_00.mp4",
        "notes.txt",
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}.mp4",
    ];
    for name in foreign {
        write(&day.join(name), b"dear", 50 * HOUR);
    }
    fs::create_dir(day.join("12-00-00.folder")).unwrap();
    write(&rec.path().join("example.org/cam/12-00-00.mp4"), b"dear", 50 * HOUR);
    let limits = Limits { age: Duration::from_secs(1), total: 1, free: u64::MAX };
    let swept = once(rec.path(), &limits).unwrap();
    assert_eq!((swept.recordings, swept.bytes), (1, 1000));
    assert_eq!(names(&day).len(), foreign.len() + 1, "{:?}", names(&day));
    assert!(rec.path().join("example.org/cam/12-00-00.mp4").exists());
}

const CUT_OFF: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:5\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
    #EXTINF:4.000000,\n12-00-00-0.ts\n#SMART-RTMPD-OPEN:DURATION=1.500000,BYTES=400,URI=12-00-00-1.ts\n";

#[test]
fn a_recording_that_was_cut_off_is_completed() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    let playlist = day.join("12-00-00.m3u8");
    write(&day.join("12-00-00-0.ts"), &[1; 1000], 60);
    write(&day.join("12-00-00-1.ts"), &[2; 1000], 60);
    write(&playlist, CUT_OFF.as_bytes(), 60);
    write(&day.join(".12-00-00.m3u8.new"), b"half", 60);
    assert_eq!(repair::all(rec.path(), SystemTime::now()).unwrap(), 1);
    let text = fs::read_to_string(&playlist).unwrap();
    assert!(text.ends_with("#EXTINF:1.500000,\n12-00-00-1.ts\n#EXT-X-ENDLIST\n"), "{text}");
    assert_eq!(fs::read(day.join("12-00-00-1.ts")).unwrap(), [2; 400]);
    assert_eq!(fs::read(day.join("12-00-00-0.ts")).unwrap(), [1; 1000]);
    assert_eq!(names(&day), ["12-00-00-0.ts", "12-00-00-1.ts", "12-00-00.m3u8"]);
    assert_eq!(repair::all(rec.path(), SystemTime::now()).unwrap(), 0, "once is enough");
}

#[test]
fn a_manifest_that_was_cut_off_is_completed() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    write(&day.join("12-00-00-v0-1.m4s"), &[2; 1000], 60);
    let text = "<MPD>\n<!-- #SMART-RTMPD-OPEN:BYTES=300,URI=12-00-00-v0-1.m4s -->\n</MPD>\n";
    write(&day.join("12-00-00.mpd"), text.as_bytes(), 60);
    assert_eq!(repair::all(rec.path(), SystemTime::now()).unwrap(), 1);
    assert_eq!(fs::read_to_string(day.join("12-00-00.mpd")).unwrap(), "<MPD>\n</MPD>\n");
    assert_eq!(fs::metadata(day.join("12-00-00-v0-1.m4s")).unwrap().len(), 300);
}

#[test]
fn what_this_process_writes_is_left_alone() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    write(&day.join("12-00-00-1.ts"), &[2; 1000], 60);
    write(&day.join("12-00-00.m3u8"), CUT_OFF.as_bytes(), 60);
    let begun = SystemTime::now() - Duration::from_secs(120);
    assert_eq!(repair::all(rec.path(), begun).unwrap(), 0);
    assert_eq!(fs::read_to_string(day.join("12-00-00.m3u8")).unwrap(), CUT_OFF);
}

#[test]
fn what_cannot_be_repaired_stands_in_nobodys_way() {
    let rec = Folder::new();
    let day = day(&rec, "cam", "2024-06-01");
    // Its last segment is missing; others are no text, or another's.
    let lacking = CUT_OFF.replace("12-00-00", "11-00-00");
    write(&day.join("11-00-00.m3u8"), lacking.as_bytes(), 60);
    write(&day.join("11-30-00.m3u8"), &[0xFF, 0xFE], 60);
    write(&day.join("other.m3u8"), b"#EXTM3U\n#EXTINF:4,\na.ts\n", 60);
    write(&day.join("12-00-00-1.ts"), &[2; 1000], 60);
    write(&day.join("12-00-00.m3u8"), CUT_OFF.as_bytes(), 60);
    assert_eq!(repair::all(rec.path(), SystemTime::now()).unwrap(), 1);
    assert_eq!(fs::read_to_string(day.join("11-00-00.m3u8")).unwrap(), lacking);
    assert_eq!(fs::read(day.join("11-30-00.m3u8")).unwrap(), [0xFF, 0xFE]);
    assert_eq!(fs::read(day.join("other.m3u8")).unwrap(), b"#EXTM3U\n#EXTINF:4,\na.ts\n");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (rec, elsewhere) = (Folder::new(), Folder::new());
    let target = elsewhere.path().join("cam/2024-06-01");
    record(&target, "12-00-00", 50 * HOUR);
    let host = rec.path().join("example.org");
    fs::create_dir(&host).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("cam"), host.join("cam")).unwrap();
    let limits = Limits { age: Duration::from_secs(1), ..Limits::default() };
    assert_eq!(once(rec.path(), &limits).unwrap(), Swept::default());
    assert_eq!(names(&target).len(), 3);
}

#[cfg(unix)]
#[test]
fn one_that_cannot_be_deleted_keeps_no_other() {
    use std::os::unix::fs::PermissionsExt;

    let rec = Folder::new();
    let (locked, open) = (day(&rec, "cam", "2024-06-01"), day(&rec, "cam", "2024-06-02"));
    record(&locked, "12-00-00", 50 * HOUR);
    record(&open, "12-00-00", 40 * HOUR);
    let permit = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
    permit(0o555);
    let limits = Limits { age: Duration::from_secs(HOUR), ..Limits::default() };
    let swept = once(rec.path(), &limits);
    // An administrator may delete that too.
    if locked.exists() {
        permit(0o755);
    }
    assert!(swept.unwrap().recordings >= 1);
    assert!(!open.exists());
}
