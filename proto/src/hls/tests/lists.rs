//! Directives of players, and the playlist of playlists.

use rtmpd_core::media::Track;

use crate::hls::Directives;
use crate::hls::multivariant::{Rendition, render};
use crate::segment::tests::stage::Shape;
use crate::segment::{MAX_MSN, MAX_PART, version};

fn parse(query: &[(&str, &'static str)]) -> Result<Directives, String> {
    let param = |name: &str| query.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    Directives::parse(param).map_err(|error| error.to_string())
}

#[test]
fn directives() {
    let none = parse(&[]).unwrap();
    assert!(!none.is_blocking() && none.version() == 0 && !none.skip);
    let segment = parse(&[("_HLS_msn", "7")]).unwrap();
    // The whole of it: the playlist is at the next one.
    assert!(segment.is_blocking() && segment.version() == version(8, 0));
    let part = parse(&[("_HLS_msn", "7"), ("_HLS_part", "2"), ("_HLS_skip", "YES")]).unwrap();
    assert_eq!(part, Directives { msn: Some(7), part: Some(2), skip: true });
    assert_eq!(part.version(), version(7, 3));
    assert!(parse(&[("_HLS_skip", "v2")]).unwrap().skip);
    for wrong in [
        &[("_HLS_part", "2")][..],
        &[("_HLS_msn", "")],
        &[("_HLS_msn", "-1")],
        &[("_HLS_msn", "1.5")],
        &[("_HLS_msn", "18446744073709551616")],
        &[("_HLS_msn", "1099511627777")],
        &[("_HLS_msn", "1"), ("_HLS_part", "65535")],
        &[("_HLS_skip", "NO")],
    ] {
        let error = parse(wrong).unwrap_err();
        assert!(wrong.iter().any(|(name, _)| error.starts_with(name)), "{error}");
    }
}

#[test]
fn versions_rise_with_segments_and_parts() {
    let mut last = 0;
    for msn in [0, 1, 2, 1000, MAX_MSN - 1, MAX_MSN] {
        for part in [0, 1, 17, MAX_PART, MAX_PART + 1] {
            assert!(version(msn, part) > last || (msn, part) == (0, 0));
            last = version(msn, part);
        }
    }
    assert!(version(MAX_MSN + 1, 0) > last);
    // Beyond, they stay where they are.
    assert_eq!(version(u64::MAX, u64::MAX), version(MAX_MSN + 1, MAX_PART + 1));
}

fn rendition<'a>(track: &'a Track, uri: &str, average: u64) -> Rendition<'a> {
    Rendition { track, uri: uri.into(), peak: average * 2, average }
}

#[test]
fn pictures_with_sounds() {
    let description = Shape::default().description(1);
    let (video, audio) = (&description.tracks[0], &description.tracks[1]);
    let text = render(&[
        rendition(video, "cam.cmaf/v0.m3u8", 1_000_000),
        rendition(audio, "cam.cmaf/a0.m3u8", 64_000),
        rendition(audio, "cam.cmaf/a1.m3u8", 128_000),
    ]);
    let expected = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"1\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"cam.cmaf/a0.m3u8\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"2\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"cam.cmaf/a1.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=2256000,AVERAGE-BANDWIDTH=1128000,CODECS=\"avc1.64000a,mp4a.40.2\",RESOLUTION=176x144,AUDIO=\"audio\"\n\
        cam.cmaf/v0.m3u8\n";
    assert_eq!(text, expected);
}

#[test]
fn pictures_alone_and_sound_alone() {
    let description = Shape::default().description(1);
    let text = render(&[rendition(&description.tracks[0], "v0.m3u8", 0)]);
    assert!(text.ends_with(
        "#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1,CODECS=\"avc1.64000a\",RESOLUTION=176x144\nv0.m3u8\n"
    ));
    let text = render(&[rendition(&description.tracks[1], "a0.m3u8", 64_000)]);
    assert!(
        text.ends_with("BANDWIDTH=128000,AVERAGE-BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\na0.m3u8\n"),
        "{text}"
    );
    assert!(!text.contains("EXT-X-MEDIA:"));
}
