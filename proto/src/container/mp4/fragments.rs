//! Bytes of a fragmented MP4, cut anywhere → tracks and frames. Specs: ISO/IEC 14496-12 §8.8; what we write ourselves, and
//! what has its data behind each `moof`.

use bytes::{Buf, Bytes, BytesMut};
use rtmpd_core::Error;
use rtmpd_core::media::{Frame, Kind, Track};

use super::boxes::{Head, head};
use super::fragment::{self, Defaults, Place};
use super::movie;
use crate::bytes::slice;
use crate::codec::nal;

/// Longest box that is held, in bytes.
const MAX_BOX: u64 = 64 << 20;
/// Most frames of a fragment.
const MAX_FRAMES: usize = 100_000;
const SPEC: &str = "ISO/IEC 14496-12 §8.8";

/// What a file goes on with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// The tracks as they are from here on; their clock rates are timescales.
    Tracks(Vec<Track>),
    /// A frame of one of them.
    Frame(Frame),
}

/// See the module's text. Holds at most one `moof` with its `mdat`, and what was pushed last.
#[derive(Debug, Default)]
pub struct Fragments {
    buffer: BytesMut,
    /// Bytes of the flow before the buffer.
    consumed: u64,
    /// Bytes that are passed over as they come.
    skip: u64,
    lanes: Vec<Lane>,
    /// A `moof` that waits for its data: where it began, and its content.
    moof: Option<(u64, Bytes)>,
    frames: std::collections::VecDeque<Frame>,
}

#[derive(Debug)]
struct Lane {
    number: u32,
    track: Track,
    length_size: u8,
    shift: i64,
    defaults: Defaults,
    /// Where the next sample begins that does not say.
    next: i64,
}

impl Fragments {
    /// A reader before the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. Poll until there is nothing more before pushing again.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// The next piece; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When a box is malformed, too long, or says that its data lie elsewhere.
    pub fn poll(&mut self) -> Result<Option<Piece>, Error> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Some(Piece::Frame(frame)));
            }
            let passed = self.skip.min(self.buffer.len() as u64);
            self.advance(passed);
            self.skip -= passed;
            if self.skip > 0 {
                return Ok(None);
            }
            let start = self.consumed;
            let Some(found) = head(&self.buffer).map_err(|error| error.at(start))? else { return Ok(None) };
            let Some(size) = found.size else {
                let what = format!("box '{}' has no length", found.kind.escape_ascii());
                return Err(Error::malformed(what, SPEC).at(start));
            };
            if !self.holds(&found) {
                self.skip = size;
                continue;
            }
            if size > MAX_BOX {
                let kind = found.kind.escape_ascii();
                let what = format!("box '{kind}' is {size} bytes long, expected at most {MAX_BOX}");
                return Err(Error::limit(what, SPEC).at(start));
            }
            if (self.buffer.len() as u64) < size {
                return Ok(None);
            }
            self.advance(found.length);
            let content = self.buffer.split_to((size - found.length) as usize).freeze();
            self.consumed += size - found.length;
            if let Some(piece) = self.take(&found, content, start).map_err(|error| error.at(start))? {
                return Ok(Some(piece));
            }
        }
    }

    fn advance(&mut self, count: u64) {
        // Never more than the buffer has.
        self.buffer.advance(count as usize);
        self.consumed += count;
    }

    fn holds(&self, found: &Head) -> bool {
        match &found.kind {
            b"moov" => true,
            b"moof" => !self.lanes.is_empty(),
            b"mdat" => self.moof.is_some(),
            _ => false,
        }
    }

    fn take(&mut self, found: &Head, content: Bytes, start: u64) -> Result<Option<Piece>, Error> {
        match &found.kind {
            b"moov" => {
                self.lanes = movie::parse(&content)?.tracks.into_iter().map(Lane::new).collect();
                let tracks = self.lanes.iter().map(|lane| lane.track.clone()).collect();
                return Ok(Some(Piece::Tracks(tracks)));
            }
            b"moof" => self.moof = Some((start, content)),
            _ => self.take_data(&content, start + found.length)?,
        }
        Ok(None)
    }

    /// The frames of the `moof` before, whose data begin at byte `start`.
    fn take_data(&mut self, data: &Bytes, start: u64) -> Result<(), Error> {
        let Some((moof_start, moof)) = self.moof.take() else { return Ok(()) };
        let find =
            |number: u32| self.lanes.iter().find(|lane| lane.number == number).map(|lane| lane.defaults);
        let mut at = moof_start;
        for part in fragment::parse(&moof, moof_start, &find)? {
            let Some(lane) = self.lanes.iter_mut().find(|lane| lane.number == part.number) else { continue };
            if let Some(base) = part.base {
                lane.next = i64::try_from(base).unwrap_or(i64::MAX).saturating_add(lane.shift);
            }
            for run in part.runs {
                if let Place::At(place) = run.place {
                    at = place;
                }
                for told in run {
                    if self.frames.len() == MAX_FRAMES {
                        return Err(Error::limit(
                            format!("more than {MAX_FRAMES} frames in a fragment"),
                            SPEC,
                        ));
                    }
                    let bytes = lane.bytes(data, at.checked_sub(start), told.size)?;
                    self.frames.push_back(lane.frame(&told, bytes));
                    at += u64::from(told.size);
                }
            }
        }
        Ok(())
    }
}

impl Lane {
    fn new(track: movie::MovieTrack<'_>) -> Self {
        Self {
            number: track.number,
            track: track.track,
            length_size: track.length_size,
            shift: track.shift,
            defaults: track.defaults,
            next: track.shift,
        }
    }

    fn frame(&mut self, told: &fragment::Told, data: Bytes) -> Frame {
        let dts = self.next;
        self.next = dts.saturating_add(i64::from(told.duration));
        let key = told.key || self.track.kind() != Kind::Video;
        Frame { track: self.track.id, dts, cts: told.cts, offset_ns: 0, key, data }
    }

    /// The `size` bytes at `place` of an `mdat`'s content, as frames have them.
    fn bytes(&self, data: &Bytes, place: Option<u64>, size: u32) -> Result<Bytes, Error> {
        let found = place.and_then(|place| {
            let begin = usize::try_from(place).ok()?;
            slice(data, begin, begin.checked_add(size as usize)?)
        });
        let bytes = found.ok_or_else(|| {
            let what = format!("a frame of {size} bytes is not in the 'mdat' of {} bytes", data.len());
            Error::malformed(what, SPEC)
        })?;
        match self.length_size {
            4 => Ok(bytes),
            size => nal::widen(&bytes, size).ok_or_else(|| {
                Error::malformed("a NAL unit is longer than its frame", "ISO/IEC 14496-15 §5.3.4")
            }),
        }
    }
}
