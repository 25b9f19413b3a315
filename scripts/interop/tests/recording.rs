//! What is pushed to `rec` is on disk, listed, and plays; whatever ends the server, what was written stays playable.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher, decoded_pictures};
use rtmpd_interop::compare::{Want, assert_carried};
use rtmpd_interop::flv::Kind;
use rtmpd_interop::media::Media;

use rtmpd_interop::{Server, paths, raw, until};

const SEGMENTS: &str = "<hls count=\"5\" duration=\"2\" cache=\"20\"/><dash duration=\"2\" cache=\"20\"/>";
const BOTH: &[Kind] = &[Kind::Video, Kind::Audio];

fn recording(server: &Server) -> String {
    server.rtmp("stream").replace("/live/", "/rec/")
}

fn get(server: &Server, path: &str) -> String {
    let response = raw::exchange(server.http_port(), &raw::get(path, "Connection: close\r\n"));
    assert_eq!(response.status, 200, "{path}: {}", response.head);
    String::from_utf8(response.body).expect("text")
}

/// The only name in a listing.
fn only(listing: &str, what: &str) -> String {
    let (_, rest) = listing.split_once(&format!("{{\"{what}\":[\"")).unwrap_or_else(|| panic!("{listing}"));
    let (name, end) = rest.split_once('"').expect("a name");
    assert_eq!(end, "]}", "one name is expected: {listing}");
    name.to_owned()
}

/// Publishes a source to `rec`, finds the recording by the listings, plays it and compares.
fn through(name: &str, media: Media, kinds: &[Kind], mode: &str) {
    let server = Server::start_http(name, &format!("{SEGMENTS}<rec mode=\"{mode}\" period=\"1\"/>"));
    let mut publisher = Publisher::ffmpeg(media, &recording(&server));
    publisher.finish();
    assert_eq!(only(&get(&server, "/api/rec"), "dirs"), "stream");
    let day = only(&get(&server, "/rec/stream"), "dirs");
    let listing = get(&server, &format!("/rec/stream?day={day}"));
    assert_eq!(listing, get(&server, &format!("/rec/stream/{day}")));
    let file = only(&listing, "files");
    // The publisher may return: the recording is finished ten seconds later, or by the end of the server.
    let path = format!("/rec/stream/{day}/{file}");
    until("the recording is finished", Duration::from_secs(20), || {
        !["#EXT-X-PLAYLIST", "SMART-RTMPD-OPEN"].iter().any(|open| get(&server, &path).contains(open))
            || get(&server, &path).contains("#EXT-X-ENDLIST")
    });
    let url = server.http(&if mode == "dash" {
        path.clone()
    } else {
        format!("/rec/stream?day={day}&time={file}")
    });
    let mut player = Player::ffmpeg_segments(&url, media);
    assert_carried(
        &media.flv(),
        &player.finish_flv(),
        kinds,
        Want { packets: 199, tail: Some(3), ..Want::default() },
    );
}

#[test]
fn as_hls() {
    through("rec-hls", Media::H264Aac, BOTH, "hls");
}

#[test]
fn as_hls_of_fragments() {
    through("rec-hls-hevc", Media::HevcAac, BOTH, "hls");
}

#[test]
fn as_dash() {
    through("rec-dash", Media::VideoOnly, &[Kind::Video], "dash");
}

/// All playlists below a folder.
fn playlists(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(playlists(&path));
        } else if path.extension().is_some_and(|ending| ending == "m3u8") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_finished(playlist: &Path) -> bool {
    fs::read_to_string(playlist).expect("a playlist").ends_with("#EXT-X-ENDLIST\n")
}

/// Milliseconds between 700 and 2700, in no order.
fn moment(n: u64) -> Duration {
    Duration::from_millis(700 + n.wrapping_mul(2_654_435_761) % 2000)
}

#[test]
fn a_server_that_is_killed_loses_the_last_part_at_most() {
    let folder = paths::scratch("rec-killed");
    let same = |_: &str| folder.clone();
    let source = decoded_pictures(&Media::H264Aac.file());
    let mut known = 0;
    let kills = kills();
    for n in 0..kills {
        let mut server = Server::start_in(same, "rec-killed", ["", "", SEGMENTS, ""]);
        let mut publisher = Publisher::ffmpeg(Media::H264Aac, &recording(&server));
        until("something is recorded", Duration::from_secs(20), || playlists(&folder).len() > known);
        std::thread::sleep(moment(n));
        server.process().signal("KILL");
        server.process().wait(Duration::from_secs(5));
        publisher.process().signal("KILL");
        known = playlists(&folder).len();
        std::mem::forget(publisher);
        std::mem::forget(server);
    }
    // The next start repairs; what was written since it began is left alone.
    let server = Server::start_in(same, "rec-killed", ["", "", SEGMENTS, ""]);
    let all = playlists(&folder);
    assert_eq!(all.len() as u64, kills);
    until("all are repaired", Duration::from_secs(20), || all.iter().all(|path| is_finished(path)));
    for path in &all {
        let pictures = decoded_pictures(path);
        assert!(pictures.len() >= 12, "{}: {} pictures", path.display(), pictures.len());
        // The last ones are shown in another order when those that would come between them were not recorded.
        let whole = pictures.len() - 3;
        assert_eq!(pictures[..whole], source[..whole], "{}", path.display());
        assert!(pictures[whole..].iter().all(|picture| source.contains(picture)), "{}", path.display());
        let errors = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-allowed_extensions", "ALL", "-i"])
            .arg(path)
            .args(["-f", "null", "-"])
            .output()
            .expect("ffmpeg runs");
        assert_eq!(String::from_utf8_lossy(&errors.stderr), "", "{}", path.display());
    }
    drop(server);
}

/// How often the server is killed: six times, or as `RTMPD_KILLS` says.
fn kills() -> u64 {
    std::env::var("RTMPD_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_stream() {
    let folder = paths::scratch("rec-full");
    let disk = folder.join("rec");
    fs::create_dir_all(&disk).expect("a folder");
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
        .arg(&disk)
        .status()
        .is_ok_and(|status| status.success());
    if !mount {
        eprintln!("skipped: no tmpfs can be mounted here");
        return;
    }
    let _unmount = Unmount(disk.clone());
    let same = |_: &str| folder.clone();
    let server = Server::start_in(same, "rec-full", ["", "", SEGMENTS, ""]);
    let _publisher = Publisher::ffmpeg_times(12, Media::H264Aac, &recording(&server));
    server.wait_log("the disk is full");
    assert!(get(&server, "/api/rec").contains("\"error\":"), "{}", get(&server, "/api/rec"));
    // The live side goes on.
    let live = server.http("/rec/stream.flv");
    let mut player = Player::ffmpeg(&live);
    player.wait_playing();
    until("the player has seconds of it", Duration::from_secs(20), || player.size() > 30_000);
    player.process().signal("KILL");
    std::mem::forget(player);
    // What is there is whole, and completed with the next attempt.
    let open = || playlists(&disk).iter().filter(|path| !is_finished(path)).count();
    until("the first recording is completed", Duration::from_secs(30), || open() == 0);
    for path in playlists(&disk) {
        let pictures = decoded_pictures(&path);
        assert!(!pictures.is_empty(), "{}", path.display());
    }
    assert!(server.log().contains("the stream goes on"), "{}", server.log());
}

struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
