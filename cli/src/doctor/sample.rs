//! The test stream: two seconds of a test card with a tone, H.264 and AAC, over and over.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Description, Frame, Kind};
use rtmpd_core::{Error, Instant};
use rtmpd_proto::container::flv::{Demuxer, Unpackager, Unpacked};

/// Made by ffmpeg: `testsrc2` 192×108, 10 pictures per second, a keyframe each second; 440 Hz, mono.
const FLV: &[u8] = include_bytes!("sample.flv");
/// How long it is, in ms.
const LENGTH_MS: i64 = 2000;
/// Shorter ends of pictures could be found anywhere.
const TELLING: usize = 32;

/// The stream.
pub(super) struct Sample {
    /// Its tracks.
    pub(super) description: Arc<Description>,
    frames: Vec<Frame>,
    /// The last slice of each picture, which every container keeps as it is.
    slices: Vec<Bytes>,
}

impl Sample {
    /// Reads it.
    ///
    /// # Errors
    /// None, as long as the program is built with the file that belongs to it.
    pub(super) fn read() -> Result<Self, Error> {
        let (mut demuxer, mut unpackager) = (Demuxer::new(), Unpackager::default());
        demuxer.push(FLV);
        while let Some(tag) = demuxer.poll()? {
            unpackager.push(Instant::ZERO, tag.tag, i64::from(tag.timestamp), tag.body)?;
        }
        unpackager.finish();
        let (mut description, mut frames) = (Arc::default(), Vec::new());
        while let Some(unpacked) = unpackager.poll() {
            match unpacked {
                Unpacked::Tracks(tracks) => description = tracks,
                Unpacked::Frame(frame) => frames.push(frame),
                Unpacked::Note(_) => {}
            }
        }
        let pictures = frames.iter().filter(|frame| is_picture(&description, frame));
        let slices = pictures.map(last_unit).filter(|slice| slice.len() >= TELLING).collect();
        Ok(Self { description, frames, slices })
    }

    /// The `number`-th frame of the endless stream, and when it is due, in ms.
    pub(super) fn frame(&self, number: usize) -> Option<(Frame, u64)> {
        let round = i64::try_from(number / self.frames.len().max(1)).ok()?;
        let mut frame = self.frames.get(number % self.frames.len().max(1))?.clone();
        let rate = i64::from(self.description.track(frame.track)?.clock_rate);
        frame.dts += round * LENGTH_MS * rate / 1000;
        let due = u64::try_from(frame.dts * 1000 / rate.max(1)).unwrap_or_default();
        Some((frame, due))
    }

    /// How many of its pictures are in here, whole, whatever is around them.
    pub(super) fn pictures_in(&self, bytes: &[u8]) -> usize {
        self.slices.iter().filter(|slice| bytes.windows(slice.len()).any(|window| window == **slice)).count()
    }

    /// Whether this is one of its pictures.
    pub(super) fn has(&self, frame: &Frame) -> bool {
        let slice = last_unit(frame);
        self.slices.contains(&slice)
    }
}

/// Whether a frame is a picture.
pub(super) fn is_picture(description: &Description, frame: &Frame) -> bool {
    description.track(frame.track).is_some_and(|track| track.kind() == Kind::Video)
}

/// The last NAL unit of a picture: each has four bytes of length before it.
fn last_unit(frame: &Frame) -> Bytes {
    let mut rest = frame.data.clone();
    while let Some((head, body)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*head) as usize;
        if length >= body.len() {
            return rest.slice(4..);
        }
        rest = rest.slice(4 + length..);
    }
    rest
}
