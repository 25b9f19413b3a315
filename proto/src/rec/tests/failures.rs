//! Disks that are full, slow or taken.

use std::time::Duration;

use rtmpd_core::{Answer, Close, Input, Media};

use super::studio::{Studio, is_run, numbers, playable, settings, watch};
use crate::rec::{Mode, Settings};
use crate::segment::tests::stage::Shape;

#[test]
fn after_a_failure_it_is_tried_again() {
    let shape = Shape::default();
    for refusal in [Answer::Failed("broken".into()), Answer::Full("no space left".into()), Answer::NotFound] {
        for mode in [Mode::Hls, Mode::Dash, Mode::Mp4, Mode::Flv] {
            let mut studio = Studio::new(settings(mode), "cam");
            studio.start(shape.description(1));
            studio.play(shape, 0, 5);
            studio.refusals.push_back(refusal.clone());
            studio.play(shape, 5, 8);
            let made = studio.made.len();
            studio.play(shape, 8, 14);
            assert_eq!(studio.made.len(), made, "nothing is written for a while");
            studio.play(shape, 14, 30);
            studio.tell(Input::Media(Media::Ended));
            assert_eq!(studio.closed, [Close::StreamEnded]);
            let names = playable(&studio.disk);
            let [cut, later] = &names[..] else { panic!("{mode:?}: {names:?}") };
            let warnings = studio.warnings();
            assert!(matches!(warnings[..], [text] if text.contains("tried again in 10 s")), "{warnings:?}");
            // Up to the failure all is there; ten seconds later it begins with a keyframe.
            let before = numbers(&watch(&studio.disk, cut), 'v');
            assert!(is_run(&before) && before[0] == 0 && before.len() <= 5 * 25 + 13, "{before:?}");
            let after = numbers(&watch(&studio.disk, later), 'v');
            assert_eq!(after, (16 * 25..30 * 25).collect::<Vec<u32>>(), "{mode:?}");
        }
    }
}

#[test]
fn a_name_that_is_taken_is_not_used_again() {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    studio.refusals.extend([Answer::Exists, Answer::Exists]);
    studio.start(shape.description(1));
    studio.play(shape, 0, 10);
    studio.tell(Input::Media(Media::Ended));
    let names = playable(&studio.disk);
    assert_eq!(names.len(), 1, "{names:?}");
    let first = numbers(&watch(&studio.disk, &names[0]), 'v')[0];
    assert_eq!(first, 100, "two GOPs were lost to names that were taken");
    assert!(names[0].ends_with("12-00-04.m3u8"), "{names:?}");
    assert!(studio.warnings().iter().all(|text| text.contains("with the next keyframe")));
}

#[test]
fn names_never_repeat() {
    // A GOP each 200 ms, and other tracks with each.
    let shape = Shape { gop: 5, ..Shape::default() };
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    for (frame, revision) in shape.frames(0, 4).filter(|frame| frame.key && frame.data.len() > 13).zip(1..) {
        studio.start(shape.description(revision));
        studio.push(crate::segment::tests::stage::at(&shape, &frame), &frame);
    }
    studio.tell(Input::Media(Media::Ended));
    // The disk itself does not take a name twice.
    assert_eq!(playable(&studio.disk).len(), 20);
}

#[test]
fn one_batch_at_a_time() {
    let shape = Shape::default();
    let mut studio = Studio::new(settings(Mode::Hls), "cam");
    studio.is_slow = true;
    studio.start(shape.description(1));
    for second in 0..20 {
        studio.play(shape, second, second + 1);
        assert!(studio.waiting.len() <= 1);
    }
    studio.catch_up();
    studio.play(shape, 20, 25);
    // What is begun is written at the end, whatever is under way.
    studio.tell(Input::Shutdown);
    studio.catch_up();
    let names = playable(&studio.disk);
    assert_eq!(numbers(&watch(&studio.disk, &names[0]), 'v'), (0..25 * 25).collect::<Vec<u32>>());
    assert!(studio.warnings().is_empty());
}

#[test]
fn a_disk_that_does_not_keep_up_ends_the_recording() {
    let shape = Shape::default();
    let settings = Settings { max_queue: 200_000, retry: Duration::from_secs(10), ..settings(Mode::Hls) };
    let mut studio = Studio::new(settings, "cam");
    studio.is_slow = true;
    studio.start(shape.description(1));
    let mut gave_up = None;
    for second in 0..60 {
        studio.play(shape, second, second + 1);
        if gave_up.is_none() && !studio.warnings().is_empty() {
            gave_up = Some(second);
            studio.is_slow = false;
            studio.catch_up();
        }
    }
    studio.tell(Input::Media(Media::Ended));
    let gave_up = gave_up.expect("what waits is bounded");
    let names = playable(&studio.disk);
    let [cut, later] = &names[..] else { panic!("{names:?}") };
    assert!(super::studio::text(&studio.disk, cut).ends_with("#EXT-X-ENDLIST\n"), "it was completed");
    let first = i64::from(numbers(&watch(&studio.disk, later), 'v')[0]) / 25;
    assert!((gave_up + 9..gave_up + 13).contains(&first), "it is tried again after {first} - {gave_up} s");
    assert_eq!(studio.warnings().len(), 1, "{:?}", studio.warnings());
}
