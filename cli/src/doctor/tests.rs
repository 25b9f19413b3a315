use std::time::Duration;

use super::holder::{Protocol, inode};
use super::*;

fn seen(check: impl FnOnce(&mut Report)) -> String {
    let mut report = Report::default();
    check(&mut report);
    report.to_string()
}

#[test]
fn the_table_ends_with_what_it_comes_to() {
    let text = seen(|report| {
        report.ok("a", "fine");
        report.warn("long name", "could be better", "do it");
    });
    assert_eq!(
        text,
        "ok    a          fine\n\
         WARN  long name  could be better\n                 fix: do it\n\n\
         the server will work; 1 of 2 checks could be better\n"
    );
    assert!(seen(|report| report.ok("a", "b")).ends_with("all 1 checks are well\n"));
    let text = seen(|report| report.fail("a", "b", "c"));
    assert!(text.ends_with("1 of 1 checks failed, 0 could be better\n"), "{text}");
}

#[test]
fn limits_are_judged() {
    let settings = rtmpd_conf::Settings::default();
    let check =
        |files, buffers| seen(|report| limits::check(limits::Limits { files, buffers }, &settings, report));
    assert!(check(Some(1024), None).contains("WARN  open files  1024 at most: about 960 viewers"));
    assert!(check(Some(1 << 20), None).contains("ok    open files  1048576 at most"));
    assert!(
        check(None, Some((100 << 10, 208 << 10))).contains("WARN  UDP buffers  100 KiB receiving, 208 KiB")
    );
    assert!(check(None, Some((212_992, 212_992))).contains("ok    UDP buffers"));
    let table = "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max open files            1024                 524288               files     \n";
    assert_eq!(limits::hard_limit(table), Some(524_288));
    assert_eq!(limits::hard_limit("Max open files  1024 unlimited files"), Some(u64::MAX));
    assert_eq!(limits::hard_limit(""), None);
}

#[test]
fn clocks_that_were_never_set_are_known() {
    let check = |seconds| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        seen(|report| clock::check(now, None, report))
    };
    assert!(check(60).starts_with("FAIL  clock  1970-01-01T00:01:00Z is before this program"));
    assert!(check(1_800_000_000).starts_with("ok    clock  2027-01-15"));
}

#[test]
fn little_room_is_told() {
    let check = |room, free| seen(|report| folders::disk(room, free, report));
    assert!(check(600_000_000, 0).contains("WARN  disk  0.6 GB free: about 10 minutes at 8 Mb/s"));
    assert!(check(5_000_000_000, 6_000_000_000).contains("FAIL  disk  5.0 GB free, <rec free> wants 6.0 GB"));
    assert!(check(5_000_000_000, 0).contains("ok    disk  5.0 GB free"));
}

#[test]
fn tables_of_sockets_are_read() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n   \
                 1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n";
    assert_eq!(inode(table, 8080, Protocol::Tcp), Some(4711));
    assert_eq!(inode(table, 8081, Protocol::Tcp), None, "a connection, not a door");
    assert_eq!(inode(table, 8080, Protocol::Udp), None);
    assert_eq!(inode("", 1, Protocol::Udp), None);
}
