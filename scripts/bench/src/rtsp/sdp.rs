//! What of a description a player needs: tracks, their clocks, where to set them up.
//! Follows RFC 8866 section 5, RFC 2326 appendix C.1.1.

use super::track::Track;
use crate::media::{RTP_AUDIO, RTP_VIDEO};

/// Most tracks that are believed.
const MAX_TRACKS: usize = 16;

/// The tracks; those that are neither video nor audio count as audio.
pub(super) fn tracks(body: &str, base: &str) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for line in body.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            let kind = if media.starts_with("video") { RTP_VIDEO } else { RTP_AUDIO };
            tracks.push(Track::new(kind, 90_000, base.to_owned()));
        } else if let Some(track) = tracks.last_mut() {
            describe(track, line, base);
        }
    }
    tracks.truncate(MAX_TRACKS);
    tracks
}

fn describe(track: &mut Track, line: &str, base: &str) {
    if let Some(control) = line.strip_prefix("a=control:") {
        track.control = match control.contains("://") {
            true => control.to_owned(),
            false => format!("{}/{control}", base.trim_end_matches('/')),
        };
    } else if let Some(map) = line.strip_prefix("a=rtpmap:")
        && let Some(clock) = map.split('/').nth(1).and_then(|clock| clock.parse().ok())
    {
        track.clock = clock;
    }
}
