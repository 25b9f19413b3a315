//! An MP4 of `vod/` as HLS: every packet of it, by every ffmpeg there is.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use rtmpd_interop::media::Media;
use rtmpd_interop::raw::{exchange, get};
use rtmpd_interop::{Server, paths, raw};

/// The playlist of `d/fílm ü.mp4`, for somebody with a token.
const PATH: &str = "/vod/d/f%C3%ADlm%20%C3%BC.mp4.m3u8?token=x";

/// A server with these files in `vod/`.
fn serving(name: &str, files: &[(&str, &[u8])]) -> Server {
    let server = Server::start(name);
    for (path, content) in files {
        let path = server.folder().join("vod").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, content).expect("a file can be written");
    }
    server
}

fn playlist(server: &Server, path: &str) -> String {
    let response = exchange(server.http_port(), &get(path, ""));
    assert_eq!(response.status, 200, "{}", response.head);
    String::from_utf8(response.body).expect("text")
}

/// Digests of all packets of a file or playlist, a list for each track, in decoding order.
fn packets(ffmpeg: &Path, input: &str) -> Vec<Vec<String>> {
    let mut command = Command::new(ffmpeg);
    command.args([
        "-nostdin",
        "-loglevel",
        "error",
        "-i",
        input,
        "-map",
        "0",
        "-c",
        "copy",
        "-f",
        "framemd5",
        "-",
    ]);
    let output = command.output().expect("ffmpeg runs");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{input}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut tracks: Vec<Vec<String>> = Vec::new();
    for line in String::from_utf8(output.stdout).expect("text").lines().filter(|line| !line.starts_with('#'))
    {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let track: usize = fields[0].parse().expect("a track");
        tracks.resize(tracks.len().max(track + 1), Vec::new());
        // Size and digest: times are another scale's.
        tracks[track].push(fields[4..6].join(" "));
    }
    tracks
}

fn decoded(ffmpeg: &Path, input: &str) -> usize {
    let mut command = Command::new(ffmpeg);
    command.args(["-nostdin", "-loglevel", "error", "-i", input, "-map", "0:v", "-f", "framemd5", "-"]);
    let output = command.output().expect("ffmpeg runs");
    assert!(output.stderr.is_empty(), "{input}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.starts_with('#')).count()
}

/// A film played whole, by every ffmpeg there is.
fn as_hls(name: &str, media: Media, players: &[PathBuf]) {
    let film = std::fs::read(media.file()).expect("a source");
    let server = serving(name, &[("d/fílm ü.mp4", &film)]);
    let stored = server.folder().join("vod/d/fílm ü.mp4");
    let url = server.http(PATH);
    let list = playlist(&server, PATH);
    assert!(list.contains("&token=x\"") && list.trim_end().ends_with("#EXT-X-ENDLIST"), "{list}");
    for player in players {
        assert_eq!(
            packets(player, &url),
            packets(player, &stored.display().to_string()),
            "{}",
            player.display()
        );
        let frames = decoded(player, &stored.display().to_string());
        assert!(decoded(player, &url) == frames && frames >= 100, "{}: {frames} frames", player.display());
    }
    let seconds: f64 = list
        .lines()
        .filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(','))
        .map(|text| text.parse::<f64>().expect("a duration"))
        .sum();
    assert!((seconds - 8.0).abs() < 0.1, "all segments last {seconds} s");
    // A piece of one film is none of the next.
    let piece = list.lines().find(|line| line.contains("hls=0")).expect("a segment");
    let piece = format!("/vod/d/{piece}");
    assert_eq!(raw::status(server.http_port(), &piece), 200);
    std::fs::write(&stored, &film[..film.len() - 1]).expect("a file can be written");
    assert_eq!(raw::status(server.http_port(), &piece), 404);
}

#[test]
fn films_play_as_hls() {
    as_hls("vod-hls-h264", Media::H264Aac, &[PathBuf::from("ffmpeg"), paths::modern_ffmpeg()]);
    as_hls("vod-hls-hevc", Media::HevcAac, &[paths::modern_ffmpeg()]);
}

#[test]
fn what_is_no_film_is_said_to_be_none() {
    let server = serving("vod-no-film", &[("x.mp4", b"no film at all"), ("list.mp4.m3u8", b"#EXTM3U\n")]);
    let response = exchange(server.http_port(), &get("/vod/x.mp4.m3u8", ""));
    assert_eq!(response.status, 404);
    assert!(String::from_utf8_lossy(&response.body).starts_with("x.mp4 cannot be cut: "), "{response:?}");
    assert_eq!(exchange(server.http_port(), &get("/vod/none.mp4.m3u8", "")).status, 404);
    assert_eq!(
        exchange(server.http_port(), &get("/vod/list.mp4.m3u8", "")).body,
        b"#EXTM3U\n",
        "a file comes first"
    );
}
