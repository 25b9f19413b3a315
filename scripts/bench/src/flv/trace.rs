//! A whole FLV file in memory, to be replayed in a loop without looking at it again.
//! Follows FLV 10.1 annex E.3: each tag with its PreviousTagSize is one piece.

use std::ops::Range;
use std::path::Path;

use crate::error::Fault;
use crate::media::is_header;

/// Headers once, then frames with their times; frames lie one after another in memory.
#[derive(Debug)]
pub struct Trace {
    bytes: Vec<u8>,
    headers: Vec<u8>,
    frames: Vec<Frame>,
    period_ms: u64,
    payload: u64,
}

#[derive(Debug)]
struct Frame {
    span: Range<usize>,
    at_ms: u64,
}

impl Trace {
    /// Reads a file. Fails when it is not FLV or holds fewer than two frames.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let file =
            std::fs::read(path).map_err(|e| Fault::new(format!("flv file {}: {e}", path.display())))?;
        Self::parse(&file).map_err(|e| Fault::new(format!("flv file {}: {e}", path.display())))
    }

    /// Takes a file's bytes apart. Fails as [`Trace::load`] does.
    pub fn parse(file: &[u8]) -> Result<Self, Fault> {
        let Some(start) = file.get(..13).filter(|head| head.starts_with(b"FLV")) else {
            return Err(Fault::new("not an FLV file"));
        };
        let mut trace =
            Self { bytes: Vec::new(), headers: start.to_vec(), frames: Vec::new(), period_ms: 0, payload: 0 };
        let mut rest = &file[13..];
        while let Some(tag) = first_tag(rest) {
            trace.add(tag);
            rest = &rest[tag.len()..];
        }
        let (Some(first), Some(last)) = (trace.frames.first(), trace.frames.last()) else {
            return Err(Fault::new("no frames"));
        };
        let (zero, span, gaps) = (first.at_ms, last.at_ms - first.at_ms, trace.frames.len() as u64 - 1);
        if gaps == 0 || span == 0 {
            return Err(Fault::new("fewer than two frames"));
        }
        trace.period_ms = span + span.div_ceil(gaps);
        for frame in &mut trace.frames {
            frame.at_ms -= zero;
        }
        Ok(trace)
    }

    /// File header, metadata and sequence headers: what every player gets first.
    pub fn headers(&self) -> &[u8] {
        &self.headers
    }

    /// When the `index`th frame of the endless loop is due, milliseconds after its begin.
    pub fn due_ms(&self, index: u64) -> u64 {
        let count = self.frames.len() as u64;
        let at = self.frames.get((index % count) as usize).map_or(0, |frame| frame.at_ms);
        index / count * self.period_ms + at
    }

    /// The bytes of frames `from..to` of the endless loop: one piece, or two where the loop closes.
    pub fn pieces(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        let count = self.frames.len() as u64;
        let (first, last) = ((from % count) as usize, ((to - 1) % count) as usize);
        let (start, end) = (self.frames[first].span.start, self.frames[last].span.end);
        if first <= last {
            (&self.bytes[start..end], &[])
        } else {
            (&self.bytes[start..], &self.bytes[..end])
        }
    }

    /// Each frame's type and body, once.
    pub fn frames(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let tags = self.frames.iter().map(|frame| &self.bytes[frame.span.clone()]);
        tags.map(|tag| (tag[0] & 0x1f, &tag[11..tag.len() - 4]))
    }

    /// Bits per second of the frames' bodies, without tag headers.
    pub fn payload_bps(&self) -> u64 {
        self.payload * 8 * 1000 / self.period_ms
    }

    /// Frames per second, audio and video together.
    pub fn frames_per_second(&self) -> f64 {
        self.frames.len() as f64 * 1000.0 / self.period_ms as f64
    }

    fn add(&mut self, tag: &[u8]) {
        let body = &tag[11..tag.len() - 4];
        if is_header(tag[0] & 0x1f, body) {
            self.headers.extend_from_slice(tag);
            return;
        }
        let time = u64::from(u32::from_be_bytes([tag[7], tag[4], tag[5], tag[6]]));
        let at_ms = self.frames.last().map_or(time, |last| last.at_ms.max(time));
        let start = self.bytes.len();
        self.bytes.extend_from_slice(tag);
        self.payload += body.len() as u64;
        self.frames.push(Frame { span: start..self.bytes.len(), at_ms });
    }
}

/// The first whole tag with its PreviousTagSize.
fn first_tag(input: &[u8]) -> Option<&[u8]> {
    let size = input.get(..11)?;
    let body = u32::from_be_bytes([0, size[1], size[2], size[3]]) as usize;
    input.get(..11 + body + 4)
}
