//! Files of real muxers; provenance in `proto/tests/data/README.md`.

use rtmpd_core::media::timebase::rescale;

use super::*;

fn described(index: &Index) -> Vec<String> {
    index.tracks.iter().map(|track| format!("{} x{}", track.track, track.samples.len())).collect()
}

/// Presentation times of a track in ms, in the order of presentation.
fn shown(track: &Indexed) -> Vec<i64> {
    let mut times: Vec<i64> =
        track.samples.iter().map(|sample| rescale(sample.pts(), track.track.clock_rate, 1000)).collect();
    times.sort_unstable();
    times
}

#[test]
fn a_film_with_its_index_at_the_end() {
    let index = index(H264_AAC).unwrap();
    assert_eq!(described(&index), ["h264 176x144 x20", "aac 48000 Hz 2 ch x95"]);
    assert!(index.left_out.is_empty());
    let [video, audio] = &index.tracks[..] else { panic!() };
    // The edit lists: pictures begin at 0 though they are decoded before, sound has a frame that is cut off.
    assert_eq!(shown(video), (0..20).map(|frame| frame * 100).collect::<Vec<_>>());
    assert_eq!(video.samples.find(0).unwrap().dts, -i64::from(video.samples.find(0).unwrap().cts));
    assert_eq!(audio.samples.find(0).unwrap().dts, -1024);
    assert_eq!(audio.samples.find(1).unwrap().dts, 0);
    let keys = video
        .samples
        .iter()
        .filter(|sample| sample.key)
        .map(|sample| rescale(sample.pts(), video.track.clock_rate, 1000));
    assert_eq!(keys.collect::<Vec<_>>(), [0, 1000]);
    assert!(audio.samples.iter().all(|sample| sample.key && sample.cts == 0));
    let units = |sample: &Sample| {
        let data = &H264_AAC[sample.offset as usize..][..sample.size as usize];
        crate::codec::nal::units(data).map(|unit| unit.len() + 4).sum::<usize>() == data.len()
    };
    assert!(video.samples.iter().all(|sample| units(&sample)));
}

#[test]
fn the_same_in_fragments() {
    let parts = index(FRAGMENTED).unwrap();
    assert_eq!(described(&parts), ["h264 176x144 x20", "aac 48000 Hz 1 ch x95"]);
    // Without an edit list, what is decoded first begins at 0.
    assert_eq!(shown(&parts.tracks[0]), (0..20).map(|frame| 200 + frame * 100).collect::<Vec<_>>());
    assert_eq!(parts.tracks[1].samples.find(1).unwrap().dts, 9600, "its first frame is that long");
    let flow = frames(FRAGMENTED);
    assert_eq!(flow.len(), 115);
    for (place, track) in parts.tracks.iter().enumerate() {
        let flow = flow.iter().filter(|frame| usize::from(frame.track.0) == place);
        for (sample, frame) in track.samples.iter().zip(flow) {
            assert_eq!((sample.dts, sample.cts, sample.key), (frame.dts, frame.cts, frame.key));
            assert_eq!(&FRAGMENTED[sample.offset as usize..][..sample.size as usize], &frame.data[..]);
        }
    }
}

#[test]
fn other_codecs_and_quicktime() {
    assert_eq!(described(&index(HEVC_OPUS).unwrap()), ["h265 176x144 x10", "opus 48000 Hz 1 ch x51"]);
    let quicktime = index(H264_G711).unwrap();
    assert_eq!(described(&quicktime), ["h264 176x144 x10", "g711a 8000 Hz 1 ch x8000"]);
    // No fragment of ours carries G.711.
    assert_eq!(plan(&quicktime, 6000).lanes, [0]);
}
