//! Compares what came out at the other end with what a camera showed.

use std::collections::BTreeMap;
use std::time::Duration;

use rtmpd_core::media::{Codec, Frame, TrackId};

use super::world::{AUDIO_RATE, Scene, Seen, VIDEO_RATE};

/// How close times of pictures and sound must be to each other where reports come through.
const LIP_SYNC: Duration = Duration::from_millis(2);

/// What of a scene came through.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) pictures: usize,
    pub(super) sounds: usize,
    /// How often pictures went on with a keyframe after some that did not come.
    pub(super) resumed: usize,
}

/// Each frame that came out is one of the scene, whole, in its order and once; pictures follow without a gap on each other
/// or begin with a keyframe; all times are off by the same.
pub(super) fn judge(scene: &Scene, seen: &Seen) -> Judged {
    judge_within(scene, seen, LIP_SYNC)
}

/// The same where times of pictures and sound may be so far from each other.
pub(super) fn judge_within(scene: &Scene, seen: &Seen, lip_sync: Duration) -> Judged {
    let mut judged = Judged::default();
    let mut times = Times { off: None, most: lip_sync };
    let codec = |id: TrackId| seen.tracks[0].track(id).unwrap().codec;
    for (codec_of, count) in [(Codec::H264, &mut judged.pictures), (Codec::Aac, &mut judged.sounds)] {
        let of_scene: Vec<&Frame> = scene
            .frames
            .iter()
            .map(|(_, frame)| frame)
            .filter(|frame| scene.description.track(frame.track).unwrap().codec == codec_of)
            .collect();
        let places: BTreeMap<&[u8], usize> =
            of_scene.iter().enumerate().map(|(at, frame)| (&frame.data[..], at)).collect();
        let mut last: Option<usize> = None;
        for (_, frame) in seen.frames.iter().filter(|(_, frame)| codec(frame.track) == codec_of) {
            let Some(&at) = places.get(&frame.data[..]) else {
                panic!("{codec_of:?} at {} of {} bytes is damaged", frame.dts, frame.data.len());
            };
            assert!(last.is_none_or(|last| last < at), "{codec_of:?} {at} after {last:?}");
            assert_eq!(frame.key, of_scene[at].key, "{codec_of:?} {at}");
            if codec_of == Codec::H264 && last.is_none_or(|last| last + 1 != at) {
                assert!(frame.key, "picture {at} builds on some that did not come: the last was {last:?}");
                judged.resumed += usize::from(last.is_some());
            }
            times.compare(codec_of, frame, of_scene[at]);
            (last, *count) = (Some(at), *count + 1);
        }
    }
    judged
}

/// By how much the times that came out are off.
struct Times {
    off: Option<i64>,
    most: Duration,
}

impl Times {
    fn compare(&mut self, codec: Codec, came: &Frame, shown: &Frame) {
        let rate = i64::from(if codec == Codec::H264 { VIDEO_RATE } else { AUDIO_RATE });
        let off = (came.pts() - shown.pts()) * 1_000_000_000 / rate;
        let usual = *self.off.get_or_insert(off);
        let apart = Duration::from_nanos((off - usual).unsigned_abs());
        assert!(apart < self.most, "{codec:?} at {} is off by {off} ns, not {usual}", came.dts);
    }
}

/// The decoding times of pictures that came are those of the encoder, but for a constant.
pub(super) fn assert_decoding_times(scene: &Scene, seen: &Seen) {
    let shown = scene.by_data();
    let pictures = seen.frames.iter().filter(|(_, frame)| shown[&frame.data[..]].track == TrackId(0));
    let off: Vec<i64> = pictures.clone().map(|(_, frame)| frame.dts - shown[&frame.data[..]].dts).collect();
    let offsets: Vec<i32> = pictures.map(|(_, frame)| frame.cts - shown[&frame.data[..]].cts).collect();
    let near = |one: i64, other: i64| (one - other).abs() <= i64::from(VIDEO_RATE) / 1000;
    assert!(off.iter().all(|off_by| near(*off_by, off[0])), "decoding times are off by {off:?}");
    assert!(offsets.iter().all(|off_by| near((*off_by).into(), 0)), "{offsets:?}");
}
