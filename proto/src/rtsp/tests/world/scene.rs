//! What cameras show: pictures and sound in which each frame can be told from every other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::Dice;
use rtmpd_core::media::{Codec, Description, Frame, Track, TrackId};

pub(in crate::rtsp::tests) const VIDEO_RATE: u32 = 90_000;
pub(in crate::rtsp::tests) const AUDIO_RATE: u32 = 48_000;
/// Of x264: High profile, 176×144, pictures reordered by two.
const AVCC: &[u8] = &[
    0x01, 0x64, 0x00, 0x0A, 0xFF, 0xE1, 0x00, 0x18, 0x67, 0x64, 0x00, 0x0A, 0xAC, 0xD9, 0x42, 0xC4, 0xEC,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x05, 0x03, 0xC4, 0x89, 0x65, 0x80, 0x01, 0x00,
    0x05, 0x68, 0xEF, 0x83, 0x9C, 0xB0, 0xFD, 0xF8, 0xF8, 0x00,
];
/// AAC-LC, 48 kHz, two channels.
const AAC: &[u8] = &[0x11, 0x90];
/// Pictures from one keyframe to the next.
const GOP: i64 = 25;
/// From one picture to the next, in ticks.
const STEP: i64 = 3600;
/// Samples of a sound frame.
const SAMPLES: i64 = 1024;
/// Decoding order within four pictures: which is shown when. A pyramid of two floors.
const PYRAMID: [i64; 4] = [3, 1, 0, 2];
/// By how many pictures they are reordered.
const DEPTH: i64 = 2;

/// Frames with the moments when they are sent, in order.
#[derive(Clone)]
pub(in crate::rtsp::tests) struct Scene {
    pub(in crate::rtsp::tests) description: Arc<Description>,
    pub(in crate::rtsp::tests) frames: Vec<(Duration, Frame)>,
}

impl Scene {
    /// Pictures with B-frames and sound, for so many seconds.
    pub(in crate::rtsp::tests) fn new(seconds: i64) -> Self {
        let mut scene = Self::of(seconds, true, true);
        scene.frames.sort_by_key(|(at, frame)| (*at, frame.track));
        scene
    }

    /// Sound alone.
    pub(in crate::rtsp::tests) fn sound(seconds: i64) -> Self {
        Self::of(seconds, false, true)
    }

    /// Pictures alone.
    pub(in crate::rtsp::tests) fn pictures(seconds: i64) -> Self {
        Self::of(seconds, true, false)
    }

    fn of(seconds: i64, pictures: bool, sound: bool) -> Self {
        let mut video = Track::new(TrackId(0), 0, Codec::H264, VIDEO_RATE);
        (video.config, video.width, video.height) = (Bytes::from_static(AVCC), 176, 144);
        let mut audio = Track::new(TrackId(1), 0, Codec::Aac, AUDIO_RATE);
        (audio.config, audio.sample_rate, audio.channels) = (Bytes::from_static(AAC), AUDIO_RATE, 2);
        let mut dice = Dice::new(5);
        let (mut tracks, mut frames) = (Vec::new(), Vec::new());
        if pictures {
            tracks.push(video);
            frames.extend((0..seconds * i64::from(VIDEO_RATE) / STEP).map(|n| picture(n, &mut dice)));
        }
        if sound {
            tracks.push(audio);
            frames.extend((0..seconds * i64::from(AUDIO_RATE) / SAMPLES).map(|n| note(n, &mut dice)));
        }
        let description = Arc::new(Description { revision: 0, tracks, metadata: None });
        Self { description, frames }
    }

    /// The frames by what is in them.
    pub(in crate::rtsp::tests) fn by_data(&self) -> BTreeMap<&[u8], &Frame> {
        self.frames.iter().map(|(_, frame)| (&frame.data[..], frame)).collect()
    }
}

/// The `n`th picture in decoding order: the encoder is done with it when its turn to be decoded has come.
fn picture(n: i64, dice: &mut Dice) -> (Duration, Frame) {
    let within = n % GOP;
    let shown = match within {
        0 => 0,
        _ => {
            let at = within - 1;
            1 + at / 4 * 4 + PYRAMID[usize::try_from(at % 4).unwrap()]
        }
    };
    let dts = n * STEP;
    let pts = (n - within + shown + DEPTH) * STEP;
    // Slices that begin with the first macroblock: of IDR, P and B pictures.
    let (head, most) = match (within, (within + 3) % 4) {
        (0, _) => ([0x65, 0x88], 24_000),
        (_, 0) => ([0x41, 0x9A], 6_000),
        (_, _) => ([0x01, 0x9E], 2_000),
    };
    let data = unit(&head, 40 + dice.next_u64() % most, dice);
    let frame = Frame {
        track: TrackId(0),
        dts,
        cts: i32::try_from(pts - dts).unwrap(),
        offset_ns: 0,
        key: within == 0,
        data: Bytes::from(data),
    };
    (time(dts, VIDEO_RATE), frame)
}

/// The `n`th frame of sound.
fn note(n: i64, dice: &mut Dice) -> (Duration, Frame) {
    let dts = n * SAMPLES;
    let data = body(&[0x21, 0x10], 60 + dice.next_u64() % 300, dice);
    let frame = Frame { track: TrackId(1), dts, cts: 0, offset_ns: 0, key: true, data: Bytes::from(data) };
    (time(dts, AUDIO_RATE), frame)
}

fn unit(head: &[u8], length: u64, dice: &mut Dice) -> Vec<u8> {
    let nal = body(head, length, dice);
    [&u32::try_from(nal.len()).unwrap().to_be_bytes()[..], &nal].concat()
}

/// Bytes without zeros, so that nothing looks like a start code.
fn body(head: &[u8], length: u64, dice: &mut Dice) -> Vec<u8> {
    let random = (0..length).map(|_| 0x10 | dice.next_u64() as u8);
    head.iter().copied().chain(random).collect()
}

fn time(ticks: i64, rate: u32) -> Duration {
    Duration::from_micros(u64::try_from(ticks * 1_000_000 / i64::from(rate)).unwrap())
}
