//! Demux ∘ mux is the identity on frames; cuts do not matter; any bytes are survived.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Bytes of a NAL unit: no start code and no zero at the end, as encoders see to it.
fn unit(head: u8) -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8.., 1..400).prop_map(move |mut rest| {
        // A slice is the first of its picture.
        rest[0] |= 0x80;
        [&[head][..], &rest].concat()
    })
}

#[derive(Clone, Debug)]
enum Piece {
    Key(Vec<u8>),
    Other(Vec<u8>, i32),
    Sound(Vec<u8>),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        1 => unit(0x65).prop_map(Piece::Key),
        3 => (unit(0x41), -3..4).prop_map(|(unit, cts)| Piece::Other(unit, cts * 3_000)),
        4 => vec(any::<u8>(), 1..700).prop_map(Piece::Sound),
    ]
}

/// A keyframe and a sound, then anything; times grow from `start`.
fn frames(start: i64, pieces: &[Piece]) -> Vec<Frame> {
    let mut out = vec![picture(start, 0, &[&[0x65, 0x88, 1]]), sound(start, vec![0x21, 7])];
    let (mut pictures, mut sounds) = (start, start);
    for piece in pieces {
        match piece {
            Piece::Key(unit) => {
                pictures += 3_000;
                out.push(picture(pictures, 3_000, &[unit]));
            }
            Piece::Other(unit, cts) => {
                pictures += 3_000;
                out.push(picture(pictures, *cts, &[unit]));
            }
            Piece::Sound(data) => {
                sounds += 1_920;
                out.push(sound(sounds, data.clone()));
            }
        }
    }
    out
}

fn sorted(frames: &[Frame], by: i64) -> Vec<Frame> {
    let mut frames: Vec<_> = frames
        .iter()
        .map(|frame| Frame { dts: (frame.dts + by).rem_euclid(1 << 33), ..frame.clone() })
        .collect();
    frames.sort_by_key(|frame| frame.track);
    frames
}

fn cut<'a>(data: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
    at.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for to in at.into_iter().chain([data.len()]) {
        pieces.push(&data[from..to]);
        from = to;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn frames_come_back(pieces in vec(piece(), 0..40), opus in any::<bool>(), start in -(1_i64 << 34)..1 << 34) {
        let description = tracks([h264_track(), if opus { opus_track() } else { aac_track() }]);
        let frames = frames(start, &pieces);
        let demuxed = Demuxing::of([&mux(&description, &frames)[..]]);
        prop_assert_eq!(demuxed.descriptions.len(), 1);
        prop_assert_eq!(&demuxed.descriptions[0].tracks, &description.tracks);
        let (found, mut expected) = (sorted(&demuxed.frames, 0), sorted(&frames, 63_000));
        if found.len() < expected.len() {
            // The last picture ends with its packet: nothing shows that it is whole.
            let last = expected.iter().rposition(|frame| frame.track == TrackId(1));
            expected.remove(last.unwrap());
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(demuxed.notes, Vec::<String>::new());
    }

    #[test]
    fn cuts_do_not_matter(pieces in vec(piece(), 0..20), cuts in vec(any::<prop::sample::Index>(), 0..30)) {
        let data = mux(&tracks([h264_track(), aac_track()]), &frames(0, &pieces));
        let whole = Demuxing::of([&data[..]]);
        prop_assert_eq!(Demuxing::of(cut(&data, &cuts)), whole);
    }

    #[test]
    fn what_is_damaged_is_never_passed_on(
        pieces in vec(piece(), 10..40),
        gone in vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let frames = frames(0, &pieces);
        let data = mux(&tracks([h264_track(), aac_track()]), &frames);
        let count = data.len() / PACKET;
        let mut gone: Vec<_> = gone.iter().map(|index| index.index(count)).collect();
        // The tables, and the packets that tell what the tracks are, stay.
        gone.retain(|index| *index > 4);
        let left: Vec<u8> = data
            .chunks(PACKET)
            .enumerate()
            .filter(|(index, _)| !gone.contains(index))
            .flat_map(|(_, packet)| packet.to_vec())
            .collect();
        let whole = sorted(&frames, 63_000);
        for frame in sorted(&Demuxing::of([&left[..]]).frames, 0) {
            prop_assert!(whole.contains(&frame), "{frame:?}");
        }
    }

    #[test]
    fn any_changes_are_survived(
        pieces in vec(piece(), 0..20),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..200),
    ) {
        let mut data = mux(&tracks([h264_track(), aac_track()]), &frames(0, &pieces)).to_vec();
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        Demuxing::of([&data[..]]);
    }

    #[test]
    fn any_bytes_are_survived(data in vec(any::<u8>(), 0..2_000)) {
        Demuxing::of([&data[..]]);
    }

    #[test]
    fn any_packets_are_survived(packets in vec((0_u16..4, any::<u8>(), vec(any::<u8>(), 182)), 1..40)) {
        let mut data = mux(&tracks([h264_track(), aac_track(), opus_track()]), &[]).to_vec();
        for (place, flags, rest) in packets {
            let pid = [0, 0x1000, 0x100, 0x101][usize::from(place)];
            data.extend([0x47, flags & 0x40 | (pid >> 8) as u8, pid as u8, 0x10 | flags & 0x2F, 0, 0]);
            data.extend(rest);
        }
        Demuxing::of([&data[..]]);
    }
}

/// The 33 bits wrap each 26.5 hours; times go on.
#[test]
fn days_of_a_stream() {
    let description = tracks([h264_track(), aac_track()]);
    let (mut muxer, mut out) = (Muxer::new(), BytesMut::new());
    let (mut demuxer, mut frames) = (Demuxer::new(), Vec::new());
    muxer.start(&description);
    let mut expected = Vec::new();
    for minute in 0..3 * 24 * 60 {
        let at = minute * 60 * 90_000;
        out.clear();
        muxer.tables(&mut out);
        for frame in [sound(at + 1_500, vec![0x21; 9]), picture(at, 3_000, &[&[0x65, 0x88, 1]])] {
            expected.push((frame.track, frame.dts + 63_000, frame.cts));
            muxer.push(&frame, &mut out);
        }
        demuxer.push(&out);
        while let Some(demuxed) = demuxer.pull() {
            if let Demuxed::Frame(frame) = demuxed {
                frames.push((frame.track, frame.dts, frame.cts));
            }
        }
    }
    // The last picture is whole only when the next one begins.
    expected.sort_unstable();
    expected.retain(|frame| *frame != (TrackId(1), (3 * 24 * 60 - 1) * 60 * 90_000 + 63_000, 3_000));
    frames.sort_unstable();
    assert_eq!(frames, expected);
}
