//! How recordings are called.

use rtmpd_core::files::is_plain;
use rtmpd_core::{Attendant, Input, Instant, Media};

use super::studio::{Studio, playable, request, settings};
use crate::rec::names::{folder_name, is_day, is_playable, text_of};
use crate::rec::{Mode, Recorders, Settings};
use crate::segment::tests::stage::Shape;

#[test]
fn folders_of_streams() {
    let cases = [
        ("cam", "cam"),
        ("a/b", "a%2Fb"),
        ("a b", "a b"),
        (".hidden", "%2Ehidden"),
        ("..a", "%2E.a"),
        ("ends.", "ends%2E"),
        ("ends ", "ends%20"),
        ("100%", "100%25"),
        ("a%2Fb", "a%252Fb"),
        ("con", "%63on"),
        ("COM1.cam", "%43OM1.cam"),
        ("console", "console"),
        ("a:b*c?d\"e<f>g|h", "a%3Ab%2Ac%3Fd%22e%3Cf%3Eg%7Ch"),
        ("\u{e9}t\u{e9}", "\u{e9}t\u{e9}"),
        ("a\u{7f}", "a%7F"),
    ];
    for (text, folder) in cases {
        assert_eq!(folder_name(text), folder);
        assert_eq!(text_of(folder), text);
        assert!(is_plain(folder), "{folder}");
    }
    for folder in ["%", "%2", "%zz", "a%FF", "%+1"] {
        assert_eq!(text_of(folder), folder);
    }
}

proptest::proptest! {
    #[test]
    fn folders_are_plain_and_tell_the_stream(text in "\\PC{1,40}|[a-z./%: ]{1,12}|(con|nul|aux|lpt1)[. ]?") {
        let folder = folder_name(&text);
        proptest::prop_assert!(is_plain(&folder), "{folder}");
        proptest::prop_assert!(!folder.starts_with('.'), "{folder}");
        proptest::prop_assert_eq!(text_of(&folder), text);
    }
}

#[test]
fn days_and_what_can_be_played() {
    assert!(is_day("2022-05-21"));
    for name in ["", "2022-05-2", "2022-05-211", "2022_05-21", "20220-5-21", "2022-05-2a"] {
        assert!(!is_day(name), "{name}");
    }
    for name in ["18-22-11.m3u8", "18-22-11.mpd", "18-22-11.mp4", "18-22-11.flv"] {
        assert!(is_playable(name), "{name}");
    }
    for name in
        ["18-22-11-0.ts", "18-22-11-init.mp4", "18-22-11-v0-init.mp4", "18-22-11", "18-22-11.txt", ".m3u8"]
    {
        assert!(!is_playable(name), "{name}");
    }
}

fn names(settings: Settings, stream: &str) -> Vec<String> {
    let shape = Shape::default();
    let mut studio = Studio::new(settings, stream);
    studio.start(shape.description(1));
    studio.play(shape, 0, 3);
    studio.tell(Input::Media(Media::Ended));
    playable(&studio.disk)
}

#[test]
fn names_are_in_local_time() {
    let at = |offset: fn(i64) -> i64| names(Settings { offset, ..settings(Mode::Mp4) }, "cam");
    assert_eq!(at(|_| 0), ["cam/2024-06-01/12-00-00.mp4"]);
    assert_eq!(at(|_| 2 * 3600), ["cam/2024-06-01/14-00-00.mp4"]);
    assert_eq!(at(|_| 12 * 3600), ["cam/2024-06-02/00-00-00.mp4"]);
    assert_eq!(at(|_| -12 * 3600 - 1), ["cam/2024-05-31/23-59-59.mp4"]);
    // The offset is that of the time itself.
    assert_eq!(at(|at| if at == 1_717_243_200 { 60 } else { 0 }), ["cam/2024-06-01/12-01-00.mp4"]);
}

#[test]
fn streams_lie_in_one_folder_each() {
    assert_eq!(names(settings(Mode::Flv), "a/b/c"), ["a%2Fb%2Fc/2024-06-01/12-00-00.flv"]);
    assert_eq!(names(settings(Mode::Flv), ".x"), ["%2Ex/2024-06-01/12-00-00.flv"]);
    assert_eq!(names(settings(Mode::Flv), "nul"), ["%6Eul/2024-06-01/12-00-00.flv"]);
}

#[test]
fn only_streams_to_be_recorded_are() {
    let mut recorders = Recorders::new(settings(Mode::Hls));
    assert_eq!(recorders.name(), "rec");
    let mut made = Vec::new();
    recorders.attend(Instant::ZERO, &request("cam"), &mut made);
    assert_eq!(made.len(), 1);
    let mut live = request("cam");
    live.key = rtmpd_core::StreamKey::new("live", "cam").unwrap();
    recorders.attend(Instant::ZERO, &live, &mut made);
    assert_eq!(made.len(), 1, "live streams are not recorded");
}
