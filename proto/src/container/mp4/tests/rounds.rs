//! What we write is what we read.

use proptest::prelude::*;
use rtmpd_core::media::{Description, Packager};

use super::*;
use crate::container::flv::{Demuxer, Unpackager, Unpacked};
use crate::container::fmp4::Fmp4Packager;

#[test]
fn every_codec() {
    let tracks = tracks();
    assert!(tracks.iter().all(|track| fmp4::carries(track.codec)));
    let init = initialisation(&tracks);
    let (pieces, error) = read([&init[..]]);
    assert_eq!((pieces, error), (vec![Piece::Tracks(tracks.clone())], None));
    let found = index(&init).unwrap();
    assert_eq!(found.left_out, Vec::<String>::new());
    assert_eq!(found.tracks.iter().map(|track| track.track.clone()).collect::<Vec<_>>(), tracks);
    assert!(found.is_empty());
}

#[test]
fn sound_of_every_width() {
    for (codec, channels, sample_rate) in [
        (Codec::Ac3, 1, 32_000),
        (Codec::Ac3, 6, 48_000),
        (Codec::Eac3, 3, 44_100),
        (Codec::Eac3, 5, 48_000),
        (Codec::Eac3, 4, 24_000),
    ] {
        let track = Track { channels, sample_rate, ..Track::new(TrackId(0), 0, codec, sample_rate) };
        let (pieces, _) = read([&initialisation(std::slice::from_ref(&track))[..]]);
        assert_eq!(pieces, [Piece::Tracks(vec![track])]);
    }
    for channels in 1..=8 {
        let config = crate::codec::opus::head(channels);
        let track =
            Track { config, channels, sample_rate: 48_000, ..Track::new(TrackId(0), 0, Codec::Opus, 48_000) };
        let (pieces, _) = read([&initialisation(std::slice::from_ref(&track))[..]]);
        assert_eq!(pieces, [Piece::Tracks(vec![track])]);
    }
    let fast = Track {
        config: Bytes::from_static(b"\x10\x10"),
        channels: 2,
        sample_rate: 96_000,
        ..Track::new(TrackId(0), 0, Codec::Aac, 96_000)
    };
    let (pieces, _) = read([&initialisation(std::slice::from_ref(&fast))[..]]);
    assert_eq!(pieces, [Piece::Tracks(vec![fast])]);
}

/// Frames of an FLV of a real encoder.
fn unpack(flv: &[u8]) -> (Description, Vec<Frame>) {
    let (mut demuxer, mut unpackager) = (Demuxer::new(), Unpackager::default());
    let (mut description, mut frames) = (Description::default(), Vec::new());
    demuxer.push(flv);
    while let Some(tag) = demuxer.poll().unwrap() {
        unpackager.push(rtmpd_core::Instant::ZERO, tag.tag, i64::from(tag.timestamp), tag.body).unwrap();
    }
    unpackager.finish();
    while let Some(unpacked) = unpackager.poll() {
        match unpacked {
            Unpacked::Tracks(tracks) => description = (*tracks).clone(),
            Unpacked::Frame(frame) => frames.push(frame),
            Unpacked::Note(_) => {}
        }
    }
    (description, frames)
}

/// An FLV as an endless stream, read as a flow and as a file: the same frames at the same times, rounded to ms.
fn carried(flv: &[u8], expected: &str) {
    let (description, frames) = unpack(flv);
    let carried: Vec<&Track> = description.tracks.iter().filter(|track| fmp4::carries(track.codec)).collect();
    let mut packager = Fmp4Packager::new();
    let mut file = packager.start(&description).to_vec();
    let mut packed = Vec::new();
    frames.iter().for_each(|frame| packager.push(frame, &mut packed));
    packed.iter().for_each(|packed| file.extend_from_slice(&packed.data));

    let (pieces, error) = read(file.chunks(7));
    assert_eq!(error, None);
    let mut pieces = pieces.into_iter();
    let Some(Piece::Tracks(tracks)) = pieces.next() else { panic!("no tracks") };
    let told = Description { tracks: tracks.clone(), ..Description::default() };
    assert_eq!(told.to_string(), expected);
    let wanted = frames.iter().filter_map(|frame| {
        let place = carried.iter().position(|track| track.id == frame.track)?;
        Some((place, carried[place], frame))
    });
    let found = index(&file).unwrap();
    let mut places = vec![0; tracks.len()];
    for (place, track, frame) in wanted {
        let Some(Piece::Frame(again)) = pieces.next() else { panic!("frames are missing") };
        let written = &tracks[place];
        assert_eq!(
            (usize::from(again.track.0), again.key, &again.data),
            (place, frame.key, &fmp4::sample_data(track, frame))
        );
        let ms = |ticks, rate| rtmpd_core::media::timebase::rescale(ticks, rate, 1000);
        let strays = ms(again.dts, written.clock_rate) - ms(frame.dts, track.clock_rate);
        assert!(strays.abs() <= 40, "{strays}");
        if frame.key && track.kind() == rtmpd_core::media::Kind::Video || frame.cts != 0 {
            assert_eq!(ms(again.pts(), written.clock_rate), ms(frame.pts(), track.clock_rate));
        }
        let sample = found.tracks[place].samples.find(places[place]).unwrap();
        places[place] += 1;
        assert_eq!((sample.dts, sample.cts, sample.key), (again.dts, again.cts, again.key));
        assert_eq!(&file[sample.offset as usize..][..sample.size as usize], &again.data[..]);
    }
    assert_eq!(pieces.next(), None);
    assert_eq!(whole_prefix(&file), file.len());
}

#[test]
fn endless_streams_of_real_encoders() {
    carried(include_bytes!("../../../../tests/data/h264-aac.flv"), "h264 176x144 + aac 48000 Hz 2 ch");
    carried(include_bytes!("../../../../tests/data/hevc-aac.flv"), "h265 176x144 + aac 48000 Hz 1 ch");
    carried(include_bytes!("../../../../tests/data/av1-opus.flv"), "av1 176x144 + opus 48000 Hz 1 ch");
    carried(include_bytes!("../../../../tests/data/vp9-flac.flv"), "vp9 176x144 + flac 8000 Hz 1 ch");
    carried(include_bytes!("../../../../tests/data/h264-eac3.flv"), "h264 176x144 + eac3 48000 Hz 1 ch");
    carried(include_bytes!("../../../../tests/data/h264-g711u.flv"), "h264 176x144");
    carried(include_bytes!("../../../../tests/data/ac3.flv"), "ac3 48000 Hz 1 ch");
    carried(include_bytes!("../../../../tests/data/mp3.flv"), "mp3 44100 Hz 1 ch");
    carried(
        include_bytes!("../../../../tests/data/multitrack.flv"),
        "h264 176x144 + h265 176x144 + aac 48000 Hz 1 ch + opus 48000 Hz 1 ch",
    );
}

fn samples() -> impl Strategy<Value = Vec<fmp4::Sample>> {
    let sample = (any::<u32>(), any::<i32>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..40));
    let made = sample.prop_map(|(duration, cts, key, data)| super::sample(duration, cts, key, &data));
    proptest::collection::vec(made, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fragments_come_back(bases in proptest::collection::vec(0..1_u64 << 60, 3), runs in proptest::collection::vec(samples(), 3)) {
        let tracks: Vec<Track> = tracks().into_iter().take(3).collect();
        let mut out = BytesMut::from(&initialisation(&tracks)[..]);
        let written: Vec<fmp4::Run<'_>> = bases.iter().zip(&runs).zip(1..)
            .map(|((&base, samples), number)| fmp4::Run { number, base, samples })
            .collect();
        fmp4::chunk(1, &written, &mut out);
        let mut expected = Vec::new();
        for (run, track) in written.iter().zip(&tracks) {
            let mut dts = run.base as i64;
            for sample in run.samples {
                let (cts, key, data) = (sample.cts, sample.key, sample.data.clone());
                expected.push(Frame { track: track.id, dts, cts, offset_ns: 0, key, data });
                dts += i64::from(sample.duration);
            }
        }
        prop_assert_eq!(frames(&out), expected.clone());
        let found = index(&out).unwrap();
        let indexed: Vec<Frame> = found.tracks.iter().flat_map(|track| {
            track.samples.iter().map(|sample| Frame {
                track: track.track.id,
                dts: sample.dts,
                cts: sample.cts,
                offset_ns: 0,
                key: sample.key,
                data: Bytes::copy_from_slice(&out[sample.offset as usize..][..sample.size as usize]),
            })
        }).collect();
        prop_assert_eq!(indexed, expected);
        prop_assert_eq!(whole_prefix(&out), out.len());
    }
}
