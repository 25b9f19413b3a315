//! Lengths of parts, and what players can begin with.

use std::time::Duration;

use crate::cmaf::CmafPackager;
use crate::hls::{HlsPackager, INDEX};
use crate::segment::Settings;
use crate::segment::tests::ledger::{Ledger, attribute};
use crate::segment::tests::stage::{Hall, Shape, key, settings};

/// RFC 8216bis §4.4.3.7: no part longer than the target; all but the last of a segment at least 85 % of it.
fn assert_parts(ledger: &Ledger, why: &str) {
    assert!(ledger.parts.len() > 2, "{why}");
    let open = ledger.parts.keys().next_back().copied();
    for (msn, parts) in &ledger.parts {
        for (place, part) in parts.iter().enumerate() {
            let is_last = place + 1 == parts.len() || Some(*msn) == open;
            assert!(*part <= ledger.part_target + 0.0006, "{why}: {parts:?} of {}", ledger.part_target);
            assert!(
                is_last || *part >= ledger.part_target * 0.85,
                "{why}: {parts:?} of {}",
                ledger.part_target
            );
        }
    }
}

fn read(ledger: &mut Ledger, texts: &[(std::sync::Arc<str>, String)], name: &str) {
    texts.iter().filter(|(known, _)| &**known == name).for_each(|(_, text)| ledger.read(text));
}

#[test]
fn parts_are_about_as_long_as_they_should_be() {
    for clock in [1000, 90_000] {
        for fps in [25, 30, 60] {
            for part in [250, 334, 500] {
                let why = format!("{fps} fps at {clock} Hz in {part} ms");
                let settings = Settings { part: Duration::from_millis(part), ..settings() };
                let shape = Shape { fps, gop: 2 * fps, clock, ..Shape::default() };
                let mut packets = Hall::new(HlsPackager::new(settings, &key()));
                let mut fragments = Hall::new(CmafPackager::new(settings, &key()));
                packets.start(&shape.description(1));
                fragments.start(&shape.description(1));
                packets.play(shape, 0, 30);
                fragments.play(shape, 0, 30);
                let (mut plain, mut video, mut audio) =
                    (Ledger::default(), Ledger::default(), Ledger::default());
                read(&mut plain, &packets.texts, INDEX);
                read(&mut video, &fragments.texts, "v0.m3u8");
                read(&mut audio, &fragments.texts, "a0.m3u8");
                assert_parts(&plain, &why);
                assert_parts(&video, &why);
                assert_parts(&audio, &why);
            }
        }
    }
}

/// Which parts of the newest text are marked, by place in their segments.
fn marks(text: &str) -> Vec<bool> {
    let parts = text.lines().filter(|line| line.starts_with("#EXT-X-PART:"));
    parts.map(|line| attribute(line, "INDEPENDENT") == Some("YES")).collect()
}

#[test]
fn players_may_begin_where_a_keyframe_is_first() {
    let mut hall = Hall::new(HlsPackager::new(settings(), &key()));
    // A keyframe each second, which is four parts of 240 ms and one of 40 ms: each begins a part only at segments.
    let shape = Shape { gop: 25, ..Shape::default() };
    hall.start(&shape.description(1));
    hall.play(shape, 0, 20);
    let text = hall.text(INDEX);
    let mut first = false;
    for line in text.lines() {
        if line.starts_with("#EXT-X-PROGRAM-DATE-TIME") {
            first = true;
        } else if line.starts_with("#EXT-X-PART:") {
            assert!(!first || attribute(line, "INDEPENDENT") == Some("YES"), "{text}");
            first = false;
        }
    }
    let marked = marks(&text).iter().filter(|&&mark| mark).count();
    assert!(marked < marks(&text).len() / 4, "{text}");
    // Sound can begin anywhere.
    let mut hall = Hall::new(HlsPackager::new(settings(), &key()));
    let shape = Shape { has_video: false, ..shape };
    hall.start(&shape.description(1));
    hall.play(shape, 0, 20);
    assert!(marks(&hall.text(INDEX)).iter().all(|&mark| mark));
}

#[test]
fn what_is_hinted_at_comes_next() {
    let shape = Shape::default();
    let mut hall = Hall::new(CmafPackager::new(settings(), &key()));
    hall.start(&shape.description(1));
    let mut hint: Option<String> = None;
    for second in 0..30 {
        hall.play(shape, second, second + 1);
        for (name, text) in std::mem::take(&mut hall.texts) {
            if &*name != "v0.m3u8" {
                continue;
            }
            // The last part of a segment is followed by the next segment's first in the same breath.
            let line = text.lines().find(|line| line.starts_with("#EXT-X-PRELOAD-HINT:")).unwrap();
            let uri = attribute(line, "URI").unwrap().to_owned();
            if let Some(hint) = hint.replace(uri.clone()).filter(|hint| *hint != uri) {
                let came = hall.whole.contains_key(&*hint);
                let (segment, _) = hint.rsplit_once('.').unwrap().0.rsplit_once('.').unwrap();
                assert!(came || text.contains(&format!("{segment}.m4s\n")), "{hint} never came: {text}");
            }
        }
        // What is hinted at now can be waited for.
        if let Some(hint) = &hint {
            assert!(hall.names.contains(&**hint), "{hint}");
        }
    }
}
