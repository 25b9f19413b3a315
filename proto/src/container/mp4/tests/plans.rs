//! Files, cut into segments and put together again.

use rtmpd_core::media::timebase::rescale;

use super::*;

/// All segments of a file behind its initialisation.
fn joined(file: &[u8], target_ms: u32) -> (Index, Plan, Vec<u8>) {
    let index = index(file).unwrap();
    let plan = plan(&index, target_ms);
    let mut out = plan.init(&index).to_vec();
    for n in 0..plan.segments.len() {
        out.extend(segment(&plan, &index, n, file).unwrap());
    }
    (index, plan, out)
}

/// What is in the segments is what is in the file, later by the plan's shift.
fn is_whole(file: &[u8], target_ms: u32) -> Plan {
    let (index, plan, out) = joined(file, target_ms);
    let again = super::super::index(&out).unwrap();
    for (place, &lane) in plan.lanes.iter().enumerate() {
        let (before, after) = (&index.tracks[lane], &again.tracks[place]);
        assert_eq!(before.track.config, after.track.config);
        assert_eq!(before.samples.len(), after.samples.len());
        let shift = rescale(plan.shift, HZ, before.track.clock_rate);
        for (a, b) in before.samples.iter().zip(after.samples.iter()) {
            assert_eq!((a.dts + shift, a.cts, a.key, a.size), (b.dts, b.cts, b.key, b.size));
            let bytes = |file: &[u8], sample: &Sample| {
                file[sample.offset as usize..][..sample.size as usize].to_vec()
            };
            assert_eq!(bytes(file, &a), bytes(&out, &b));
        }
    }
    plan
}

#[test]
fn films_are_cut_at_keyframes() {
    for file in [H264_AAC, FRAGMENTED] {
        let plan = is_whole(file, 1000);
        let times: Vec<_> = plan.segments.iter().map(|segment| (segment.start, segment.duration)).collect();
        // Decoding begins 200 ms before 0.
        assert_eq!(times[0], (18_000, 90_000));
        assert_eq!((times[1].0, times.len()), (108_000, 2));
        assert!((90_000..92_000).contains(&times[1].1), "{times:?}");
    }
    assert_eq!(is_whole(H264_AAC, 6000).segments.len(), 1);
    assert_eq!(is_whole(H264_AAC, 0).segments.len(), 2);
    assert_eq!(is_whole(HEVC_OPUS, 6000).segments.len(), 1);
    assert_eq!(is_whole(H264_G711, 6000).segments.len(), 1);
}

#[test]
fn the_playlist() {
    let index = index(H264_AAC).unwrap();
    let plan = plan(&index, 1000);
    let text = plan.playlist("init.mp4", |n| format!("{n}.m4s"));
    assert_eq!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:1.000000,\n0.m4s\n#EXTINF:1.000000,\n1.m4s\n\
         #EXT-X-ENDLIST\n"
    );
}

/// A file of pictures with a keyframe each second and of sound, each so many seconds long.
fn made(pictures: u64, sound: u64) -> Vec<u8> {
    let all = tracks();
    let mut file = initialisation(&[all[0].clone(), all[4].clone()]).to_vec();
    for second in 0..pictures.max(sound) {
        if second < pictures {
            let pictures: Vec<_> = (0..10).map(|n| sample(9000, 0, n == 0, &[0, 0, 0, 1, n])).collect();
            file.extend(fragment(1, 1, second * 90_000, &pictures));
        }
        if second < sound {
            let sound: Vec<_> = (0..48).map(|n| sample(1000, 0, true, &[n])).collect();
            file.extend(fragment(1, 2, second * 48_000, &sound));
        }
    }
    file
}

fn seconds(plan: &Plan) -> Vec<i64> {
    plan.segments.iter().map(|segment| segment.duration / 90_000).collect()
}

#[test]
fn sound_is_cut_by_time() {
    assert_eq!(seconds(&is_whole(&made(0, 10), 4000)), [4, 4, 2]);
    assert_eq!(seconds(&is_whole(&made(10, 0), 4000)), [4, 4, 2]);
    assert_eq!(seconds(&is_whole(&made(10, 3), 4000)), [4, 4, 2]);
    // What goes on behind the pictures.
    assert_eq!(seconds(&is_whole(&made(2, 11), 4000)), [4, 7]);
    assert_eq!(seconds(&is_whole(&made(5, 20), 4000)), [4, 4, 4, 4, 4]);
}

#[test]
fn what_is_not_there() {
    let index = index(H264_AAC).unwrap();
    let plan = plan(&index, 1000);
    assert_eq!(plan.ranges(&index, 2), []);
    assert!(
        plan.segment(&index, 2, &[]).unwrap_err().to_string().contains("there is no segment 2, expected")
    );
    let error = plan.segment(&index, 0, &[Bytes::from_static(b"short")]).unwrap_err().to_string();
    assert!(error.contains("are not there any more"), "{error}");
    let none = super::super::plan(&Index::default(), 1000);
    assert_eq!(none.segments, []);
    assert!(none.playlist("i", |n| n.to_string()).contains("TARGETDURATION:1\n"));
}

#[test]
fn ranges_are_few() {
    let index = index(H264_AAC).unwrap();
    let plan = plan(&index, 1000);
    for n in 0..2 {
        let ranges = plan.ranges(&index, n);
        assert_eq!(ranges.len(), 1, "{ranges:?}");
    }
}
