//! Recordings that end at any moment, as by SIGKILL, and are repaired afterwards.

use rtmpd_core::media::Description;

use super::studio::{
    Disk, Studio, apply, is_run, listed, numbers, playable, settings, text, watch, with_opus,
};
use crate::rec::Mode;
use crate::rec::repair::{Repair, manifest, playlist};
use crate::segment::tests::stage::Shape;

/// Does what the program does after a sudden end.
fn repair(disk: &mut Disk) {
    for path in playable(disk) {
        let found = match path.rsplit_once('.').unwrap().1 {
            "m3u8" => playlist(text(disk, &path)),
            "mpd" => manifest(text(disk, &path)),
            _ => None,
        };
        let Some(Repair { text, cuts }) = found else { continue };
        for (name, length) in cuts {
            let folder = path.rsplit_once('/').unwrap().0;
            let piece = disk.get_mut(&format!("{folder}/{name}")).expect("what is cut is there");
            assert!(piece.len() as u64 >= length, "{name} has {} bytes, not {length}", piece.len());
            piece.truncate(length as usize);
        }
        assert_eq!(playlist(&text), None, "once is enough");
        assert_eq!(manifest(&text), None, "once is enough");
        disk.insert(path, text.into_bytes());
    }
}

fn check(disk: &Disk, mode: Mode) -> usize {
    let mut count = 0;
    for path in playable(disk) {
        if mode == Mode::Hls {
            let text = text(disk, &path);
            assert!(text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
            let files = listed(&path, text);
            assert!(files.iter().all(|file| disk.contains_key(file)), "{text}");
            let target = text.split_once("TARGETDURATION:").unwrap().1.lines().next().unwrap();
            let target: f64 = target.parse().unwrap();
            let durations = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
            let durations = durations.map(|text| text.trim_end_matches(',').parse::<f64>().unwrap());
            assert!(durations.clone().all(|duration| duration.round() <= target), "{text}");
            let pictures = numbers(&watch(disk, &path), 'v').len() as f64 / 25.0;
            let length: f64 = durations.sum();
            assert!((pictures - length).abs() <= 0.05, "{pictures} s are {length} s: {text}");
        }
        let marks = watch(disk, &path);
        for kind in ['v', 's'] {
            let numbers = numbers(&marks, kind);
            assert!(is_run(&numbers), "{path}: {numbers:?}");
            count += numbers.len();
        }
    }
    count
}

fn at_any_moment(mode: Mode, description: &dyn Fn(u32) -> Description) {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(mode), "cam");
    studio.start(description(1));
    studio.play(shape, 0, 8);
    studio.start(description(2));
    studio.play(shape, 8, 14);
    studio.tell(rtmpd_core::Input::Shutdown);
    let (mut disk, mut most) = (Disk::new(), 0);
    for change in &studio.made {
        // Whole changes up to here, and half of this one.
        let mut torn = disk.clone();
        apply(&mut torn, change, 2);
        for mut disk in [disk.clone(), torn] {
            repair(&mut disk);
            let count = check(&disk, mode);
            assert!(count >= most || mode != Mode::Hls, "{count} frames are left of {most}");
            most = most.max(count);
        }
        apply(&mut disk, change, 1);
    }
    repair(&mut disk);
    assert_eq!(check(&disk, mode), 14 * 25 + (14 * 48_000_usize).div_ceil(1024), "{mode:?}");
}

#[test]
fn playlists_of_packets() {
    at_any_moment(Mode::Hls, &|revision| Shape::default().description(revision));
}

#[test]
fn playlists_of_fragments() {
    at_any_moment(Mode::Hls, &|revision| with_opus(Shape::default(), revision));
}

#[test]
fn manifests() {
    at_any_moment(Mode::Dash, &|revision| Shape::default().description(revision));
}

#[test]
fn single_files() {
    at_any_moment(Mode::Mp4, &|revision| Shape::default().description(revision));
    at_any_moment(Mode::Flv, &|revision| Shape::default().description(revision));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    for text in [
        "",
        "#EXTM3U\n",
        "#EXTM3U\n#EXTINF:4,\na.ts\n",
        "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:4,\na.ts\n",
    ] {
        assert_eq!(playlist(text), None, "{text}");
    }
    assert_eq!(manifest("<MPD type=\"static\"></MPD>\n"), None);
    // Lines that lead elsewhere are no order to cut.
    for uri in ["../a.ts", "/etc/passwd", "a/b.ts", "c:\\b.ts", ".hidden", ""] {
        let text =
            format!("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#SMART-RTMPD-OPEN:DURATION=1,BYTES=0,URI={uri}\n");
        assert_eq!(playlist(&text).unwrap().cuts, [], "{uri}");
        let text = format!("<!-- #SMART-RTMPD-OPEN:BYTES=0,URI={uri} -->\n");
        assert_eq!(manifest(&text), None, "{uri}");
    }
    for facts in [
        "DURATION=-1,BYTES=0",
        "DURATION=NaN,BYTES=0",
        "DURATION=1e9,BYTES=0",
        "DURATION=1,BYTES=-1",
        "BYTES=1",
        "DURATION=1",
    ] {
        let text = format!("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#SMART-RTMPD-OPEN:{facts},URI=a.ts\n");
        let repair = playlist(&text).unwrap();
        assert!(repair.cuts.is_empty() && !repair.text.contains("#EXTINF"), "{facts}");
    }
}
