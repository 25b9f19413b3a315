//! What goes in comes out, and nothing else: every codec, any limit, any loss.

use proptest::prelude::*;

use super::frames::{Stream, streams};
use super::*;
use rtmpd_core::media::Kind;

const CODECS: [Codec; 12] = [
    Codec::H264,
    Codec::H265,
    Codec::Av1,
    Codec::Vp8,
    Codec::Vp9,
    Codec::Aac,
    Codec::Opus,
    Codec::Mp3,
    Codec::Ac3,
    Codec::Eac3,
    Codec::G711A,
    Codec::G711U,
];

fn any_stream() -> impl Strategy<Value = Stream> {
    prop::sample::select(&CODECS[..]).prop_flat_map(streams)
}

/// Depacketizes what of `sent` is kept, a loss announced with the packet behind it.
fn depacketize(track: &Track, sent: &[Sent], is_kept: impl Fn(usize) -> bool) -> (Vec<Unit>, Counts) {
    let mut depacketizer = Depacketizer::new(&Format::of(track).unwrap()).unwrap();
    let (mut out, mut lost) = (Vec::new(), false);
    for (at, Sent { timestamp, marker, payload }) in sent.iter().enumerate() {
        if is_kept(at) {
            depacketizer.push(*timestamp, *marker, std::mem::take(&mut lost), payload, &mut out);
        } else {
            lost = true;
        }
    }
    if !lost {
        depacketizer.flush(&mut out);
    }
    (out, depacketizer.counts())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn frames_come_back(stream in any_stream(), limit in MIN_LIMIT..2_500) {
        let sent = packetize(&stream.track, &stream.frames, limit);
        prop_assert!(sent.iter().all(|sent| sent.payload.len() <= limit));
        let (out, counts) = depacketize(&stream.track, &sent, |_| true);
        prop_assert_eq!(counts, Counts::default());
        prop_assert_eq!(out.len(), stream.frames.len());
        for (unit, frame) in out.iter().zip(&stream.frames) {
            prop_assert_eq!((unit.timestamp, unit.key), (frame.pts(), frame.key));
            prop_assert_eq!(&unit.data, &frame.data);
        }
    }

    #[test]
    fn nothing_damaged_comes_out(
        stream in any_stream(),
        limit in MIN_LIMIT..2_500,
        losses in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let sent = packetize(&stream.track, &stream.frames, limit);
        let losses: Vec<usize> = losses.iter().map(|loss| loss.index(sent.len())).collect();
        let (out, counts) = depacketize(&stream.track, &sent, |at| !losses.contains(&at));
        let is_video = stream.track.kind() == Kind::Video;
        // Packets from `first` on up to those of the frame are all there.
        let is_whole = |first: i64, last: i64| {
            let of = |sent: &Sent| (first..=last).contains(&sent.timestamp);
            sent.iter().enumerate().all(|(at, sent)| !of(sent) || !losses.contains(&at))
        };
        let mut last = -1;
        for unit in &out {
            let frame = &stream.frames[unit.timestamp as usize];
            prop_assert_eq!(&unit.data, &frame.data);
            prop_assert_eq!(unit.key, frame.key);
            prop_assert!(unit.timestamp > last, "in order, each once");
            last = unit.timestamp;
            if is_video {
                let key = unit.timestamp / 3 * 3;
                let begins = if unit.key { unit.timestamp } else { key };
                prop_assert!(unit.key || is_whole(begins + 1, unit.timestamp), "decoding goes on over a gap");
            }
        }
        // What had no loss near it did come.
        for frame in &stream.frames {
            let at = frame.pts();
            if frame.key && is_whole(at - 1, at + 1) && (at as usize) < stream.frames.len() - 1 {
                prop_assert!(out.iter().any(|unit| unit.timestamp == at), "{at} of {counts:?}");
            }
        }
    }

    #[test]
    fn fragments_are_of_one_size(stream in any_stream(), limit in MIN_LIMIT..2_500) {
        // One piece of each frame, so that there are no aggregates.
        let is_simple = !matches!(stream.track.codec, Codec::H264 | Codec::H265 | Codec::Av1);
        for frame in &stream.frames {
            let sent = packetize(&stream.track, std::slice::from_ref(frame), limit);
            let sizes: Vec<usize> = sent.iter().map(|sent| sent.payload.len()).collect();
            if is_simple && let Some((last, rest)) = sizes.split_last() {
                prop_assert!(rest.windows(2).all(|pair| pair[0] == pair[1]), "{sizes:?}");
                prop_assert!(rest.iter().all(|size| size >= last), "{sizes:?}");
            }
        }
    }

    #[test]
    fn fragments_of_a_nal_unit_are_of_one_size(len in 2_usize..20_000, limit in MIN_LIMIT..2_500) {
        let nal = [vec![0x65, 0x88], vec![7; len]].concat();
        let sent = packetize(&track(Codec::H264, &[]), &[frame(0, true, &unit(&[&nal]))], limit);
        let sizes: Vec<usize> = sent.iter().map(|sent| sent.payload.len()).collect();
        let (last, rest) = sizes.split_last().unwrap();
        prop_assert!(rest.iter().all(|size| *size == rest[0] && size >= last), "{sizes:?}");
        prop_assert_eq!(sizes.len(), if nal.len() <= limit { 1 } else { (nal.len() - 1).div_ceil(limit - 2) });
        prop_assert!(sent.iter().rev().skip(1).all(|sent| !sent.marker));
        prop_assert!(sent.last().unwrap().marker);
    }

    #[test]
    fn any_payloads_are_survived(
        codec in prop::sample::select(&CODECS[..]),
        stream in any_stream(),
        payloads in prop::collection::vec(
            (0_i64..4, any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..80)), 0..30),
    ) {
        let track = Track { config: stream.track.config.clone(), sample_rate: 48_000, ..track(codec, &[0x11, 0x90]) };
        let track = if stream.track.codec == codec { stream.track } else { Track { config: Bytes::from_static(&[0x11, 0x90]), ..track } };
        let mut depacketizer = Depacketizer::new(&Format::of(&track).unwrap()).unwrap();
        let mut out = Vec::new();
        for (timestamp, marker, lost, payload) in &payloads {
            depacketizer.push(*timestamp, *marker, *lost, payload, &mut out);
        }
        depacketizer.flush(&mut out);
        prop_assert!(out.iter().all(|unit| !unit.data.is_empty()));
    }
}
