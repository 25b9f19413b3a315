//! An hour of the endless forms, MPEG-TS and fragmented MP4, and clocks that are about to begin anew.

use rtmpd_core::media::timebase::rescale;
use rtmpd_core::media::{Frame, Packager};

use super::stage::{AUDIO, Shape, VIDEO};
use crate::container::fmp4::Fmp4Packager;
use crate::container::mp4::{Fragments, Piece};
use crate::container::ts::{Demuxed, Demuxer, TsPackager};

const WRAP: i64 = 1 << 33;
/// What the muxer of transport streams adds to all times.
const DELAY: i64 = 63_000;

fn shapes() -> Vec<(Shape, i64)> {
    let near = |clock, origin| (Shape { clock, origin, ..Shape::default() }, 61);
    vec![
        (Shape::default(), 3700),
        near(1000, (1 << 32) - 30_000),
        near(1000, (1 << 33) / 90 - 30_000),
        near(90_000, (1 << 33) - 30 * 90_000),
        near(90_000, (1 << 32) - 30 * 90_000),
        near(48_000, (1 << 32) - 30 * 48_000),
    ]
}

fn is_sound(frame: &Frame) -> bool {
    frame.data.windows(6).any(|piece| piece == b"!sound")
}

#[test]
fn transport_streams() {
    for (shape, seconds) in shapes() {
        let (mut packager, mut demuxer) = (TsPackager::new(), Demuxer::new());
        let mut found: [Vec<Frame>; 2] = Default::default();
        let mut drain = |demuxer: &mut Demuxer| {
            while let Some(demuxed) = demuxer.pull() {
                match demuxed {
                    Demuxed::Frame(frame) => found[usize::from(is_sound(&frame))].push(frame),
                    Demuxed::Tracks(_) => {}
                    Demuxed::Note(note) => panic!("{}", note.text),
                }
            }
        };
        demuxer.push(&packager.start(&shape.description(1)));
        let mut packed = Vec::new();
        for frame in shape.frames(0, seconds) {
            packager.push(&frame, &mut packed);
            for packed in packed.drain(..) {
                assert_eq!(packed.key, frame.key && frame.track == VIDEO);
                demuxer.push(&packed.data);
                drain(&mut demuxer);
            }
        }
        demuxer.finish();
        drain(&mut demuxer);
        for (found, track) in found.iter().zip([VIDEO, AUDIO]) {
            let sent: Vec<Frame> = shape.frames(0, seconds).filter(|frame| frame.track == track).collect();
            assert_eq!(found.len(), sent.len());
            for (found, sent) in found.iter().zip(&sent) {
                assert!(found.data.ends_with(&sent.data[sent.data.len() - 8..]));
                let ticks = rescale(sent.pts(), shape.clock, 90_000) + DELAY;
                assert_eq!((found.pts() - ticks).rem_euclid(WRAP), 0, "{found:?} is not {sent:?}");
            }
            assert!(found.windows(2).all(|pair| pair[0].dts < pair[1].dts), "times rise across the wrap");
        }
    }
}

#[test]
fn fragments() {
    for (shape, seconds) in shapes() {
        let (mut packager, mut fragments) = (Fmp4Packager::new(), Fragments::new());
        fragments.push(&packager.start(&shape.description(1)));
        let (mut packed, mut found): (_, [Vec<Frame>; 2]) = (Vec::new(), Default::default());
        for frame in shape.frames(0, seconds) {
            packager.push(&frame, &mut packed);
            for packed in packed.drain(..) {
                fragments.push(&packed.data);
                while let Some(piece) = fragments.poll().unwrap() {
                    if let Piece::Frame(frame) = piece {
                        found[usize::from(is_sound(&frame))].push(frame);
                    }
                }
            }
        }
        for (found, (track, scale)) in found.iter().zip([(VIDEO, 90_000), (AUDIO, 48_000)]) {
            let sent: Vec<Frame> = shape.frames(0, seconds).filter(|frame| frame.track == track).collect();
            assert_eq!(found.len(), sent.len());
            for (found, sent) in found.iter().zip(&sent) {
                assert_eq!((&found.data, found.key), (&sent.data, sent.key));
                let off = found.dts - rescale(sent.dts, shape.clock, scale);
                assert!(off.abs() <= i64::from(scale) / 1000, "{found:?} is not {sent:?}");
            }
            let steps = found.windows(2).map(|pair| pair[1].dts - pair[0].dts);
            let most = i64::from(scale) / 20;
            assert!(steps.into_iter().all(|step| (1..=most).contains(&step)), "no gap, no overlap");
        }
    }
}
