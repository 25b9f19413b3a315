//! Plays the test stream back by HTTP: endless ones, playlists, WebSocket.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rtmpd_proto::container::ts::{Demuxed, Demuxer};

use super::playing::{ENOUGH, PATIENCE, Played};
use super::sample::Sample;

/// Most bytes that are read of anything.
const MOST: usize = 4 << 20;
/// How long between two looks at a playlist.
const PAUSE: Duration = Duration::from_millis(500);
/// Asks for a WebSocket, with RFC 6455's own sample key.
const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What a path gives; `enough` says when no more need be read.
fn fetch(to: SocketAddr, path: &str, extra: &str, enough: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| format!("{path}: {error}");
    let mut socket = TcpStream::connect_timeout(&to, Duration::from_secs(3)).map_err(words)?;
    socket.set_read_timeout(Some(PAUSE)).map_err(words)?;
    // HTTP/1.0: nothing comes in chunks.
    let version = if extra.is_empty() { "1.0" } else { "1.1" };
    write!(socket, "GET {path} HTTP/{version}\r\nHost: {to}\r\nUser-Agent: doctor\r\n{extra}\r\n")
        .map_err(words)?;
    let (until, mut bytes, mut buffer) = (Instant::now() + PATIENCE, Vec::new(), [0; 16_384]);
    while Instant::now() < until && bytes.len() < MOST && !enough(&bytes) {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(words(error)),
        }
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or(format!("{path}: no answer"))?;
    let status = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
    match status.split(' ').nth(1) {
        Some("200" | "101") => Ok(bytes.split_off(end + 4)),
        _ => Err(format!("{path}: {status}")),
    }
}

fn judge(pictures: usize, bytes: usize) -> Played {
    if pictures > 0 { Ok(pictures) } else { Err(format!("none of its pictures in {bytes} bytes")) }
}

/// FLV, fragmented MP4: what holds pictures as they are. With `extra`: in WebSocket messages.
pub(super) fn endless(to: SocketAddr, path: &str, websocket: bool, sample: &Sample) -> Played {
    let extra = if websocket { UPGRADE } else { "" };
    let body = fetch(to, path, extra, |bytes| sample.pictures_in(bytes) >= ENOUGH)?;
    judge(sample.pictures_in(&body), body.len())
}

/// An endless transport stream.
pub(super) fn transport_stream(to: SocketAddr, path: &str, sample: &Sample) -> Played {
    let body = fetch(to, path, "", |bytes| bytes.len() > 100_000)?;
    judge(pictures_in_ts(&body, sample), body.len())
}

fn pictures_in_ts(bytes: &[u8], sample: &Sample) -> usize {
    let mut demuxer = Demuxer::new();
    demuxer.push(bytes);
    demuxer.finish();
    let mut pictures = 0;
    while let Some(demuxed) = demuxer.pull() {
        if let Demuxed::Frame(frame) = demuxed {
            pictures += usize::from(sample.has(&frame));
        }
    }
    pictures
}

/// HLS: the newest segment of the playlist.
pub(super) fn hls(to: SocketAddr, path: &str, sample: &Sample) -> Played {
    let mut playlist = path.to_owned();
    let until = Instant::now() + PATIENCE;
    loop {
        let text = text_of(to, &playlist)?;
        let newest = text.lines().rfind(|line| !line.starts_with('#') && !line.is_empty());
        match newest {
            // The first playlist names others.
            Some(name) if name.contains(".m3u8") && text.contains("#EXT-X-STREAM-INF") => {
                playlist = beside(&playlist, name);
            }
            Some(name) => {
                let segment = fetch(to, &beside(&playlist, name), "", |_| false)?;
                let pictures = pictures_in_ts(&segment, sample).max(sample.pictures_in(&segment));
                return judge(pictures, segment.len());
            }
            None if Instant::now() > until => return Err(format!("{playlist} has no segment")),
            None => thread::sleep(PAUSE),
        }
    }
}

/// DASH: the manifest, and the header of its first representation.
pub(super) fn dash(to: SocketAddr, path: &str) -> Played {
    let until = Instant::now() + PATIENCE;
    loop {
        let text = text_of(to, path)?;
        let attribute =
            |name: &str| text.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        if let (Some(id), Some(template)) = (
            text.split_once("<Representation")
                .and_then(|(_, rest)| rest.split_once("id=\"")?.1.split('"').next()),
            attribute("initialization"),
        ) {
            let header = fetch(
                to,
                &beside(path, &template.replace("$RepresentationID$", id).replace("&amp;", "&")),
                "",
                |_| false,
            )?;
            let whole = header.windows(4).any(|word| word == b"moov");
            return if whole { Ok(1) } else { Err(format!("the header of {id} has no moov")) };
        }
        if Instant::now() > until {
            return Err(format!("{path} has no representation"));
        }
        thread::sleep(PAUSE);
    }
}

fn text_of(to: SocketAddr, path: &str) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&fetch(to, path, "", |_| false)?).into_owned())
}

/// A name in a playlist, as a path.
fn beside(playlist: &str, name: &str) -> String {
    let folder =
        playlist.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") }
}
