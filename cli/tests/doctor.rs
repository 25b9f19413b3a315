//! What the doctor says of a healthy server, and of one with faults: each must be named.
#![allow(clippy::unwrap_used)]

#[path = "../src/tests/folder.rs"]
mod folder;

use std::fs::{self, File};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use folder::Folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_smart_rtmpd");

/// Runs it, and gives its exit status and its table.
fn doctor(folder: &Path) -> (Option<i32>, String) {
    outcome(Command::new(PROGRAM).arg("doctor").arg("--config").arg(folder))
}

fn outcome(command: &mut Command) -> (Option<i32>, String) {
    let output = command.env_remove("RUST_LOG").output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder with a configuration on free ports of the loopback; `more` goes inside `<config>`, `rtmp` inside `<rtmp>`,
/// `http` inside `<http>`.
fn configured(more: &str, rtmp: &str, http: &str) -> Folder {
    let folder = Folder::new();
    let door = |name: &str, more: &str| {
        let port = free_port();
        format!("<{name}><ip>127.0.0.1</ip><port>{port}</port>{more}</{name}>")
    };
    let doors = [door("rtmp", rtmp), door("http", http), door("rtsp", ""), door("srt", "")].concat();
    fs::write(folder.path().join("config.xml"), format!("<config>{doors}{more}</config>")).unwrap();
    folder
}

fn assert_named(table: &str, lines: &[&str]) {
    for line in lines {
        assert!(table.contains(line), "{line:?} is not in\n{table}");
    }
}

#[test]
fn a_healthy_server_has_no_faults() {
    let (status, table) = doctor(configured("", "", "").path());
    assert_eq!(status, Some(0), "{table}");
    assert!(!table.contains("WARN") && !table.contains("FAIL"), "{table}");
    let outputs = ["rtmp", "rtsp", "srt", "http-flv", "ws-flv", "http-fmp4", "http-ts", "hls", "dash"];
    for output in outputs {
        let line = format!("ok    play by {output:<10} the test stream came as it was sent");
        assert!(table.contains(&line), "{line:?} is not in\n{table}");
    }
    assert!(table.ends_with("checks are well\n"), "{table}");
}

#[test]
fn files_that_cannot_be_read_right() {
    let folder = Folder::new();
    let (status, table) = doctor(&folder.path().join("nowhere"));
    assert_eq!(status, Some(1));
    assert_named(&table, &["FAIL  configuration  --config", "fix: name the folder of config.xml"]);
    fs::write(folder.path().join("config.xml"), "<config>\n<rtmp><port>1x</port></rtmp>\n</config>").unwrap();
    assert_named(&doctor(folder.path()).1, &["FAIL  configuration  ", "config.xml:2:", "'1x'"]);
    fs::write(folder.path().join("config.xml"), "<config>\n<rtmp>").unwrap();
    let (status, table) = doctor(folder.path());
    assert_eq!(status, Some(1));
    assert_named(&table, &["FAIL  configuration  ", "config.xml:"]);
}

#[test]
fn doors_that_cannot_be_opened() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (rtmp, srt) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    let (http, rtsp) = (free_port(), free_port());
    let folder = Folder::new();
    let text = format!(
        "<config><rtmp><ip>127.0.0.1</ip><port>{rtmp}</port></rtmp><srt><ip>127.0.0.1</ip><port>{srt}</port></srt>\
         <http><ip>192.0.2.77</ip><port>{http}</port></http><rtsp><ip>127.0.0.1</ip><port>{rtsp}</port></rtsp></config>"
    );
    fs::write(folder.path().join("config.xml"), text).unwrap();
    let (status, table) = doctor(folder.path());
    assert_eq!(status, Some(1));
    let taken = format!("FAIL  port of rtmp   TCP 127.0.0.1:{rtmp} is taken by ");
    let by_udp = format!("FAIL  port of srt    UDP 127.0.0.1:{srt} is taken by ");
    let elsewhere =
        format!("FAIL  port of http   TCP 192.0.2.77:{http}: this machine does not have that address");
    assert_named(
        &table,
        &[&taken, &by_udp, &elsewhere, "fix: give <http><ip> one of this machine's addresses (127.0.0.1"],
    );
    assert!(!table.contains("play by"), "nothing is tried that cannot work\n{table}");
    if cfg!(target_os = "linux") {
        let us = format!("(process {}), or choose another port in <rtmp><port>", std::process::id());
        assert_named(&table, &[&us]);
    }
}

#[test]
fn names_that_lead_nowhere() {
    let closed = free_port();
    let more = format!(
        "<nat><rtmp>nowhere.invalid</rtmp><http>127.0.0.1:80</http></nat><hostmap inner=\"192.0.2.5\" outer=\"192.0.2.6\"/>\
         <authurl>127.0.0.1:{closed}</authurl>"
    );
    let (status, table) = doctor(configured(&more, "", "").path());
    assert_eq!(status, Some(1));
    let dead = format!("FAIL  auth server      127.0.0.1:{closed}: ");
    assert_named(
        &table,
        &[
            "FAIL  <nat><rtmp>      nowhere.invalid cannot be looked up",
            "WARN  <nat><http>      127.0.0.1 is 127.0.0.1, which nobody outside can reach",
            "WARN  <hostmap inner>  192.0.2.5 is no address of this machine",
            &dead,
        ],
    );
}

#[test]
fn folders_and_disk() {
    let folder = configured("", "", "<rec free=\"1000000000\"/>");
    fs::write(folder.path().join("rec"), "not a folder").unwrap();
    let (status, table) = doctor(folder.path());
    assert_eq!(status, Some(1));
    assert_named(&table, &["FAIL  folder rec/    ", "it is a file, not a folder", "FAIL  disk           "]);
    assert_named(&table, &["<rec free> wants 1048576.0 GB", "ok    folder vod/"]);
}

#[cfg(unix)]
#[test]
fn what_could_be_better() {
    let folder = configured("<rtp min=\"40000\" max=\"40019\"/><colour>red</colour>", "", "");
    let file = File::options().write(true).open(folder.path().join("config.xml")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3 * 86_400)).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 1000; exec \"$0\" doctor --config \"$1\"", PROGRAM]).arg(folder.path());
    let (status, table) = outcome(&mut shell);
    assert_eq!(status, Some(0), "{table}");
    assert_named(
        &table,
        &[
            "WARN  clock              ",
            "is before the configuration was written",
            "WARN  configuration      ",
            "<colour>",
            "WARN  ports of RTP       UDP 40000-40019: 20 ports",
            "the server will work",
        ],
    );
    if cfg!(target_os = "linux") {
        assert_named(&table, &["WARN  open files         1000 at most: about 936 viewers"]);
    }
}
