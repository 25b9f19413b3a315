//! Media playlists, word for word.

use crate::hls::playlist::{Manner, can_skip, folder, init_name, puts, render, skipping};
use crate::segment::{HZ, Names, Part, Window, version};
use rtmpd_core::media::Shelved;

/// 2024-06-01T12:00:00Z.
const NOON: i64 = 1_717_243_200_000_000;

fn names() -> Names {
    Names { prefix: "v0-".into(), ending: "m4s" }
}

fn manner<'a>(names: &'a Names, count: usize, others: &'a [(&'a str, &'a Window)]) -> Manner<'a> {
    Manner { names, base: "", count, others }
}

/// A window with so many whole segments of two seconds in parts of half a second, and an open one of two parts.
fn window(whole: i64) -> Window {
    let mut window = Window::new(100, 20, 2, i64::from(HZ) / 2);
    for number in 0..=whole {
        window.open(NOON + number * 2_000_000, number as u64 * 180_000, 1, false);
        for index in 0..if number < whole { 4 } else { 2 } {
            let part = Part { duration: 45_000, independent: index % 2 == 0 };
            assert_eq!(window.add(part, 45_000, 1000), Some((100 + number as u64, index)));
        }
        if number < whole {
            assert!(window.close().is_some_and(|(msn, gone)| msn == 100 + number as u64 && gone.is_empty()));
            window.forget_parts();
        }
    }
    window
}

#[test]
fn a_live_playlist() {
    let (window, other, names) = (window(2), window(2), names());
    let others = [("a0.m3u8", &other)];
    let expected = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n\
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500,HOLD-BACK=6\n\
        #EXT-X-PART-INF:PART-TARGET=0.500\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n\
        #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"v0-init1.mp4\"\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:00.000Z\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-100.0.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-100.1.m4s\"\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-100.2.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-100.3.m4s\"\n\
        #EXTINF:2.000000,\nv0-100.m4s\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:02.000Z\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-101.0.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-101.1.m4s\"\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-101.2.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-101.3.m4s\"\n\
        #EXTINF:2.000000,\nv0-101.m4s\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:04.000Z\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-102.0.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.500000,URI=\"v0-102.1.m4s\"\n\
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"v0-102.2.m4s\"\n\
        #EXT-X-RENDITION-REPORT:URI=\"a0.m3u8\",LAST-MSN=102,LAST-PART=1\n";
    assert_eq!(render(&window, &manner(&names, 3, &others), false), expected);
}

#[test]
fn a_playlist_that_has_ended() {
    let mut window = Window::new(7, 3, 4, i64::from(HZ) / 4);
    let names = Names { prefix: String::new(), ending: "ts" };
    window.open(NOON, 0, 0, true);
    window.add(Part { duration: 4 * 90_000 + 9, independent: true }, 0, 1);
    window.close();
    window.open(NOON + 4_000_000, 0, 0, true);
    window.add(Part { duration: 90_000, independent: true }, 0, 1);
    window.close();
    window.end();
    let text = render(&window, &Manner { names: &names, base: "cam.hls/", count: 3, others: &[] }, false);
    let (_, tail) = text.split_once("#EXT-X-INDEPENDENT-SEGMENTS\n").unwrap();
    // Nothing is in front of the first one; the second comes after an interruption.
    let expected = "#EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:00.000Z\n\
        #EXT-X-PART:DURATION=4.000100,URI=\"cam.hls/7.0.ts\",INDEPENDENT=YES\n\
        #EXTINF:4.000100,\ncam.hls/7.ts\n\
        #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2024-06-01T12:00:04.000Z\n\
        #EXT-X-PART:DURATION=1.000000,URI=\"cam.hls/8.0.ts\",INDEPENDENT=YES\n\
        #EXTINF:1.000000,\ncam.hls/8.ts\n#EXT-X-ENDLIST\n";
    assert_eq!(tail, expected);
    assert_eq!(window.version(), u64::MAX, "whatever is waited for, this is it");
}

#[test]
fn delta_updates_leave_out_what_is_far_back() {
    let (window, names) = (window(12), names());
    assert!(!can_skip(&window, 3));
    assert!(can_skip(&window, 12));
    let manner = manner(&names, 12, &[]);
    let (full, delta) = (render(&window, &manner, false), render(&window, &manner, true));
    for text in [&full, &delta] {
        assert!(text.contains("#EXT-X-VERSION:9\n"), "{text}");
        assert!(text.contains(",CAN-SKIP-UNTIL=12\n"), "{text}");
        assert!(text.contains("#EXT-X-MEDIA-SEQUENCE:100\n"), "{text}");
    }
    let segments = |text: &str| text.matches("#EXTINF").count();
    let skipped = delta.split_once("#EXT-X-SKIP:SKIPPED-SEGMENTS=").unwrap().1.lines().next().unwrap();
    assert_eq!(segments(&full), 12);
    assert_eq!(segments(&delta) + skipped.parse::<usize>().unwrap(), 12);
    // Six targets of two seconds are 12 s: the open one and six behind it.
    assert_eq!(segments(&delta), 6);
    assert!(!full.contains("#EXT-X-SKIP"));
    assert!(delta.ends_with(full.split_once("#EXTINF:2.000000,\nv0-110.m4s\n").unwrap().1));
}

#[test]
fn both_are_put_under_the_version_of_the_window() {
    let (window, names) = (window(2), names());
    let [full, delta] = puts(&window, &manner(&names, 3, &[]), "v0.m3u8");
    let of = |change: Shelved| {
        let Shelved::Put { name, version, data } = change else { panic!("{change:?}") };
        (name.to_string(), version, data)
    };
    let (full, delta) = (of(full), of(delta));
    assert_eq!((&*full.0, &*delta.0), ("v0.m3u8", "v0.skip.m3u8"));
    assert_eq!((full.1, delta.1), (version(102, 2), version(102, 2)));
    assert_eq!(full.2, delta.2, "there is nothing to leave out");
}

#[test]
fn parts_of_old_segments_are_forgotten() {
    let (window, names) = (window(8), names());
    let text = render(&window, &manner(&names, 8, &[]), false);
    // Three targets behind the end of the newest.
    let with_parts = |msn: u64| text.contains(&format!("v0-{msn}.0.m4s"));
    assert!((100..104).all(|msn| !with_parts(msn)), "{text}");
    assert!((105..109).all(with_parts), "{text}");
}

#[test]
fn empty_segments_are_gaps() {
    let mut window = Window::new(0, 3, 2, 1);
    window.open(NOON, 0, 1, false);
    window.add(Part { duration: 90_000, independent: false }, 0, 0);
    window.close();
    assert!(render(&window, &manner(&names(), 3, &[]), false).contains("#EXT-X-GAP\n#EXTINF:1.000000,\n"));
}

#[test]
fn names_of_objects() {
    assert_eq!(folder("cam", "hls"), "cam.hls/");
    assert_eq!(folder("a/b/cam", "cmaf"), "cam.cmaf/");
    assert_eq!(folder("a b?c#d%", "hls"), "a%20b%3Fc%23d%25.hls/");
    assert_eq!(skipping("v0.m3u8"), "v0.skip.m3u8");
    assert_eq!(init_name(&names(), 3), "v0-init3.mp4");
}
