//! Streams whose tracks change so that their HLS takes another form.

use rtmpd_core::media::{Codec, Description};

use crate::codec::opus;
use crate::hls::{HlsPackager, INDEX};
use crate::segment::tests::stage::{AUDIO, Hall, Shape, VIDEO, key, settings};
use crate::segment::{Format, Settings};

/// Sound that plays in fragments only.
fn with_opus(shape: Shape, revision: u32) -> Description {
    let mut description = shape.description(revision);
    let track = description.tracks.iter_mut().find(|track| track.id == AUDIO).unwrap();
    (track.codec, track.config) = (Codec::Opus, opus::head(2));
    description
}

#[test]
fn from_segments_to_a_pointer_and_back() {
    let shape = Shape::default();
    let mut hall = Hall::new(HlsPackager::new(settings(), &key()));
    let mut sizes = Vec::new();
    for round in 0..10 {
        let from = round * 40;
        let plain = round % 2 == 0;
        let revision = round as u32 + 1;
        hall.start(&if plain { shape.description(revision) } else { with_opus(shape, revision) });
        if !plain {
            let left: Vec<&str> = hall.names.iter().map(AsRef::as_ref).collect();
            assert_eq!(left, [INDEX], "nothing stays that no playlist will name");
        }
        hall.play(shape, from, from + 40);
        let text = hall.text(INDEX);
        assert_eq!(text.contains("#EXTINF"), plain, "{text}");
        assert_eq!(text.contains("stream.cmaf/v0.m3u8"), !plain, "{text}");
        sizes.push(hall.names.len());
    }
    assert!(sizes.iter().skip(2).zip(&sizes).all(|(later, earlier)| later == earlier), "{sizes:?}");
}

#[test]
fn forms_by_codec_and_setting() {
    let shape = Shape::default();
    let forms = [
        (Format::Auto, false, true),
        (Format::Auto, true, false),
        (Format::Ts, true, true),
        (Format::Fmp4, false, false),
    ];
    for (format, opus, is_ts) in forms {
        let settings = Settings { format, ..settings() };
        let mut hall = Hall::new(HlsPackager::new(settings, &key()));
        hall.start(&if opus { with_opus(shape, 1) } else { shape.description(1) });
        hall.play(shape, 0, 10);
        assert_eq!(hall.text(INDEX).contains(".ts\n"), is_ts, "{format:?} {opus}");
    }
}

#[test]
fn tracks_that_nobody_can_play_leave_nothing() {
    let shape = Shape::default();
    let mut hall = Hall::new(HlsPackager::new(settings(), &key()));
    let mut description = shape.description(1);
    for track in &mut description.tracks {
        track.codec = if track.id == VIDEO { Codec::Vp8 } else { Codec::G711A };
    }
    hall.start(&description);
    hall.play(shape, 0, 10);
    hall.end();
    assert!(hall.names.is_empty(), "{:?}", hall.names);
}
