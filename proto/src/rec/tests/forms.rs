//! Frames in, files out, and the same frames again.

use std::time::Duration;

use rtmpd_core::{Close, Input, Machine, Media};

use super::studio::{Studio, is_run, numbers, playable, settings, text, watch, with_opus};
use crate::rec::{Mode, Settings};
use crate::segment::tests::stage::{AUDIO, Shape, at};

const MODES: [Mode; 4] = [Mode::Hls, Mode::Dash, Mode::Mp4, Mode::Flv];

/// Sound frames of so many seconds.
fn sounds(seconds: u32) -> u32 {
    (seconds * 48_000).div_ceil(1024)
}

#[test]
fn all_frames_come_back() {
    let shape = Shape::default();
    for mode in MODES {
        for (opus, shutdown) in [(false, false), (true, false), (false, true)] {
            if opus && mode == Mode::Flv {
                continue;
            }
            let mut studio = Studio::new(settings(mode), "cam");
            studio.start(if opus { with_opus(shape, 1) } else { shape.description(1) });
            studio.play(shape, 0, 23);
            studio.tell(if shutdown { Input::Shutdown } else { Input::Media(Media::Ended) });
            let why = if shutdown { Close::Shutdown } else { Close::StreamEnded };
            assert_eq!(studio.closed, [why]);
            assert_eq!(studio.recorder.poll_timeout(), None);
            let names = playable(&studio.disk);
            let [name] = &names[..] else { panic!("{mode:?}: {names:?}") };
            assert!(name.starts_with("cam/2024-06-01/12-00-00."), "{name}");
            let marks = watch(&studio.disk, name);
            assert_eq!(numbers(&marks, 'v'), (0..23 * 25).collect::<Vec<u32>>(), "{mode:?}");
            assert_eq!(numbers(&marks, 's'), (0..sounds(23)).collect::<Vec<u32>>(), "{mode:?}");
            assert!(studio.warnings().is_empty(), "{:?}", studio.warnings());
        }
    }
}

#[test]
fn sound_alone_and_pictures_alone() {
    for (has_video, has_audio) in [(true, false), (false, true)] {
        let shape = Shape { has_video, has_audio, ..Shape::default() };
        for mode in MODES {
            let mut studio = Studio::new(settings(mode), "cam");
            studio.start(shape.description(1));
            studio.play(shape, 0, 23);
            studio.tell(Input::Media(Media::Ended));
            let marks = watch(&studio.disk, &playable(&studio.disk)[0]);
            let expected = if has_video { 23 * 25 } else { sounds(23) };
            assert_eq!(marks.len() as u32, expected, "{mode:?}");
        }
    }
}

#[test]
fn a_playlist_says_what_is_in_it() {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    studio.start(shape.description(1));
    studio.play(shape, 0, 10);
    studio.tell(Input::Media(Media::Ended));
    let expected = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:5\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
        #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:00.000Z\n#EXTINF:4.000000,\n12-00-00-0.ts\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:04.000Z\n#EXTINF:4.000000,\n12-00-00-1.ts\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:08.000Z\n#EXTINF:2.000000,\n12-00-00-2.ts\n\
        #EXT-X-ENDLIST\n";
    assert_eq!(text(&studio.disk, "cam/2024-06-01/12-00-00.m3u8"), expected);
}

#[test]
fn a_manifest_says_what_is_in_it() {
    let shape = Shape { has_audio: false, ..Shape::default() };
    let mut studio = Studio::new(settings(Mode::Dash), "cam");
    studio.start(shape.description(1));
    studio.play(shape, 0, 10);
    studio.tell(Input::Media(Media::Ended));
    let text = text(&studio.disk, "cam/2024-06-01/12-00-00.mpd");
    for part in [
        "type=\"static\"",
        "mediaPresentationDuration=\"PT10.000S\"",
        "timescale=\"90000\" presentationTimeOffset=\"0\"",
        "media=\"12-00-00-v0-$Number$.m4s\" initialization=\"12-00-00-v0-init.mp4\" startNumber=\"0\"",
        "<S t=\"0\" d=\"360000\"/><S t=\"360000\" d=\"360000\"/><S t=\"720000\" d=\"180000\"/>",
        "width=\"176\" height=\"144\"",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn periods_end_at_keyframes_and_lose_nothing() {
    let shape = Shape::default();
    for mode in MODES {
        let settings = Settings { period: Duration::from_secs(31), ..settings(mode) };
        let mut studio = Studio::new(settings, "cam");
        studio.start(shape.description(1));
        studio.play(shape, 0, 200);
        studio.tell(Input::Media(Media::Ended));
        let names = playable(&studio.disk);
        assert_eq!(names.len(), 7, "{names:?}");
        let (mut pictures, mut sounds_found) = (Vec::new(), Vec::new());
        for name in &names {
            let marks = watch(&studio.disk, name);
            let first = numbers(&marks, 'v')[0];
            assert_eq!(first % 50, 0, "{name} begins with {first}");
            pictures.extend(numbers(&marks, 'v'));
            sounds_found.extend(numbers(&marks, 's'));
        }
        assert!(is_run(&pictures) && pictures.len() == 200 * 25, "{mode:?}");
        assert!(is_run(&sounds_found) && sounds_found.len() as u32 == sounds(200), "{mode:?}");
    }
}

#[test]
fn an_hour() {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    studio.start(shape.description(1));
    studio.play(shape, 0, 3700);
    studio.tell(Input::Media(Media::Ended));
    let names = playable(&studio.disk);
    let (mut pictures, mut length) = (0, 0.0);
    for name in &names {
        let text = text(&studio.disk, name);
        assert!(text.ends_with("#EXT-X-ENDLIST\n"));
        let durations = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        length += durations.map(|text| text.trim_end_matches(',').parse::<f64>().unwrap()).sum::<f64>();
        pictures += numbers(&watch(&studio.disk, name), 'v').len();
    }
    assert_eq!(pictures, 3700 * 25);
    assert!((length - 3700.0).abs() <= 0.04, "{length}");
    assert!((20..=21).contains(&names.len()), "{names:?}");
}

#[test]
fn other_tracks_and_gaps_begin_a_new_file() {
    let shape = Shape::default();
    for mode in MODES {
        let mut studio = Studio::new(settings(mode), "cam");
        studio.start(shape.description(1));
        studio.play(shape, 0, 10);
        // Only said in words: nothing begins.
        studio.start(shape.description(1));
        studio.play(shape, 10, 11);
        studio.start(shape.description(2));
        studio.play(shape, 11, 20);
        studio.tell(Input::Media(Media::Gap));
        studio.play(shape, 24, 30);
        studio.tell(Input::Media(Media::Ended));
        let names = playable(&studio.disk);
        assert_eq!(names.len(), 3, "{names:?}");
        let firsts: Vec<u32> = names.iter().map(|name| numbers(&watch(&studio.disk, name), 'v')[0]).collect();
        // What is no keyframe at first cannot be begun with.
        assert_eq!(firsts, [0, 300, 600], "{mode:?}");
        assert_eq!(studio.warnings().len(), 1);
    }
}

#[test]
fn silence_ends_a_recording() {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    studio.start(shape.description(1));
    studio.play(shape, 0, 10);
    let deadline = studio.recorder.poll_timeout().unwrap();
    assert_eq!(deadline, studio.now + Duration::from_secs(10));
    studio.now = deadline;
    studio.tell(Input::Timeout);
    assert!(text(&studio.disk, &playable(&studio.disk)[0]).ends_with("#EXT-X-ENDLIST\n"));
    assert!(studio.closed.is_empty() && studio.recorder.poll_timeout().is_none());
    studio.play(shape, 30, 40);
    studio.tell(Input::Media(Media::Ended));
    assert_eq!(playable(&studio.disk).len(), 2);
}

#[test]
fn pictures_that_stay_away_for_a_while() {
    let shape = Shape::default();
    for mode in MODES {
        for opus in [false, true] {
            if opus && mode == Mode::Flv {
                continue;
            }
            let mut studio = Studio::new(settings(mode), "cam");
            studio.start(if opus { with_opus(shape, 1) } else { shape.description(1) });
            for frame in shape.frames(0, 60) {
                if frame.track == AUDIO || !(12_000..34_000).contains(&frame.dts) {
                    studio.push(at(&shape, &frame), &frame);
                }
            }
            studio.tell(Input::Media(Media::Ended));
            let names = playable(&studio.disk);
            assert_eq!(names.len(), 1, "{names:?}");
            let marks = watch(&studio.disk, &names[0]);
            assert_eq!(numbers(&marks, 'v').len(), 38 * 25, "{mode:?}");
            assert_eq!(numbers(&marks, 's').len() as u32, sounds(60), "{mode:?}");
            if mode == Mode::Hls {
                let text = text(&studio.disk, &names[0]);
                let durations = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
                let durations = durations.map(|text| text.trim_end_matches(',').parse::<f64>().unwrap());
                let length: f64 = durations.sum();
                assert!((length - 60.0).abs() <= 0.5, "opus {opus}: {length} s");
            }
        }
    }
}
