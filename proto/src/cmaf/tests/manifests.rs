//! Manifests of a stream that goes on, against the fragments that they name.

use bytes::Bytes;

use crate::cmaf::CmafPackager;
use crate::container::mp4::{Fragments, Piece};
use crate::segment::tests::stage::{Hall, Shape, key, settings};

/// A set of a period: its numbers and where its segments begin and how long they are.
#[derive(Debug)]
struct Set {
    period: String,
    id: String,
    init: String,
    segments: Vec<(u64, u64, u64)>,
}

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    Some(text.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0)
}

fn sets(text: &str) -> Vec<Set> {
    let mut out = Vec::new();
    for period in text.split("<Period").skip(1) {
        for set in period.split("<AdaptationSet").skip(1) {
            let number = attribute(set, "startNumber").unwrap().parse::<u64>().unwrap();
            let timeline = set.split_once("<SegmentTimeline>").unwrap().1;
            let timeline = timeline.split_once("</SegmentTimeline>").unwrap().0;
            let (mut next, mut segments) = (0, Vec::new());
            for (entry, number) in timeline.split("<S").skip(1).zip(number..) {
                let of = |name| attribute(entry, name).map(|text| text.parse::<u64>().unwrap());
                let (base, length) = (of("t").unwrap_or(next), of("d").unwrap());
                segments.push((number, base, length));
                next = base + length;
            }
            let id = set.split_once("<Representation id=\"").unwrap().1.split_once('"').unwrap().0;
            let init = attribute(set, "initialization").unwrap().replace("$RepresentationID$", id);
            let period = attribute(period, "start").unwrap().to_owned();
            out.push(Set { period, id: id.into(), init, segments });
        }
    }
    out
}

/// Where the first frame of these fragments is decoded, and where the last one ends.
fn reach(init: &Bytes, data: &Bytes) -> (u64, usize) {
    let mut fragments = Fragments::new();
    fragments.push(init);
    fragments.push(data);
    let mut times = Vec::new();
    while let Some(piece) = fragments.poll().unwrap() {
        if let Piece::Frame(frame) = piece {
            times.push(frame.dts as u64);
        }
    }
    (times[0], times.len())
}

#[test]
fn entries_agree_with_fragments() {
    let shape = Shape { clock: 90_000, origin: 90_000 * 1000, ..Shape::default() };
    let mut hall = Hall::new(CmafPackager::new(settings(), &key()));
    let mut checked = 0;
    for round in 0..4 {
        hall.start(&shape.description(round as u32 + 1));
        for second in 0..30 {
            hall.play(shape, round * 30 + second, round * 30 + second + 1);
            let texts = std::mem::take(&mut hall.texts);
            let Some((_, text)) = texts.iter().rfind(|(name, _)| &**name == "index.mpd") else { continue };
            for set in sets(text) {
                let object = |name: &str| hall.whole.get(name.strip_prefix("stream.cmaf/").unwrap_or(name));
                let init = object(&set.init).unwrap();
                for (number, base, length) in &set.segments {
                    let name = format!("{}-{number}.m4s", set.id);
                    // What is not whole yet can be waited for.
                    assert!(hall.names.contains(&*name), "{name}: {text}");
                    let Some(data) = object(&name) else { continue };
                    let (first, frames) = reach(init, data);
                    assert_eq!(first, *base, "{name}: {text}");
                    let frame = if set.id == "v0" { 3600 } else { 1024 };
                    assert_eq!(frames as u64 * frame, *length, "{name}: {text}");
                    checked += 1;
                }
            }
        }
        if round % 2 == 0 {
            hall.leave();
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn eras_are_periods_that_go_with_their_segments() {
    let shape = Shape { clock: 90_000, ..Shape::default() };
    let mut hall = Hall::new(CmafPackager::new(settings(), &key()));
    for round in 0..10 {
        hall.start(&shape.description(round as u32 + 1));
        hall.play(shape, round * 20, (round + 1) * 20);
        let text = hall.text("index.mpd");
        let sets = sets(&text);
        let mut periods: Vec<&str> = sets.iter().map(|set| set.period.as_str()).collect();
        periods.dedup();
        assert_eq!(*periods.last().unwrap(), format!("PT{}.000S", round * 20));
        assert!(periods.len() <= 4, "{periods:?}");
        assert!(sets.iter().all(|set| hall.names.contains(set.init.strip_prefix("stream.cmaf/").unwrap())));
    }
    hall.end();
    let text = hall.text("index.mpd");
    assert!(text.contains("mediaPresentationDuration=\"PT200."), "{text}");
}

#[test]
fn a_stream_without_publisher_still_names_what_would_come() {
    let shape = Shape { clock: 90_000, ..Shape::default() };
    let mut hall = Hall::new(CmafPackager::new(settings(), &key()));
    hall.start(&shape.description(1));
    hall.play(shape, 0, 21);
    hall.leave();
    let sets = sets(&hall.text("index.mpd"));
    for set in &sets {
        let (number, ..) = set.segments.last().unwrap();
        let name = format!("{}-{number}.m4s", set.id);
        assert!(!hall.whole.contains_key(&*name) && hall.names.contains(&*name), "{name}");
    }
}
