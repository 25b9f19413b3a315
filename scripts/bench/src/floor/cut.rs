//! Frames as the datagrams a server would make of them, made once: only sequence numbers and times change.
//! Follows RFC 3550 section 5.1, RFC 6184 sections 5.6 and 5.8, RFC 3640 section 3.3.6.

use std::ops::Range;

use crate::flv::Trace;
use crate::media::VIDEO;

/// Most bytes of a packet, as the server has it.
const MAX_PACKET: usize = 1400;
const HEAD: usize = 12;
/// Most packets of a message that the kernel cuts, and most bytes (udp(7)).
const MAX_SEGMENTS: usize = 64;
const MAX_RUN: usize = 64_000;
const FU_A: u8 = 28;
/// Delimiters and filler, which nobody needs.
const USELESS: [u8; 2] = [9, 12];

/// Ticks per second of both tracks.
pub(super) const CLOCK: u64 = 90_000;

/// Packets that go out as one message: all of one size, but the last may be smaller.
#[derive(Debug, Clone)]
struct Run {
    span: Range<usize>,
    size: usize,
}

/// All frames' packets.
#[derive(Debug)]
pub(super) struct Cut {
    bytes: Vec<u8>,
    runs: Vec<Run>,
    /// Each frame's track and runs.
    frames: Vec<(usize, Range<usize>)>,
    sequences: [u16; 2],
}

impl Cut {
    pub(super) fn new(trace: &Trace) -> Self {
        let mut cut = Self { bytes: Vec::new(), runs: Vec::new(), frames: Vec::new(), sequences: [0; 2] };
        for (kind, body) in trace.frames() {
            let first = cut.runs.len();
            if kind == VIDEO {
                cut.add_video(body);
            } else {
                cut.add_audio(body.get(2..).unwrap_or_default());
            }
            cut.frames.push((usize::from(kind != VIDEO), first..cut.runs.len()));
        }
        cut
    }

    /// Numbers the packets of a frame of the endless loop, and gives them to `send` with the track and, where
    /// there are several, their size.
    pub(super) fn give(&mut self, index: u64, due_ms: u64, mut send: impl FnMut(usize, &[u8], Option<u16>)) {
        let (track, runs) = &self.frames[(index % self.frames.len() as u64) as usize];
        let time = ((due_ms * CLOCK / 1000) as u32).to_be_bytes();
        for run in &self.runs[runs.clone()] {
            let packets = &mut self.bytes[run.span.clone()];
            for packet in packets.chunks_mut(run.size) {
                packet[2..4].copy_from_slice(&self.sequences[*track].to_be_bytes());
                packet[4..8].copy_from_slice(&time);
                self.sequences[*track] = self.sequences[*track].wrapping_add(1);
            }
            let size = u16::try_from(run.size).ok().filter(|_| packets.len() > run.size);
            send(*track, packets, size);
        }
    }

    fn add_video(&mut self, body: &[u8]) {
        let mut rest = body.get(5..).unwrap_or_default();
        while let Some((size, units)) = rest.split_first_chunk() {
            let size = (u32::from_be_bytes(*size) as usize).min(units.len());
            let (unit, after) = units.split_at(size);
            rest = after;
            let Some((head, data)) = unit.split_first() else { continue };
            if USELESS.contains(&(head & 0x1f)) {
                continue;
            }
            if unit.len() <= MAX_PACKET - HEAD {
                self.add(96, after.is_empty(), &[unit]);
            } else {
                self.fragment(*head, data, after.is_empty());
            }
        }
    }

    /// In parts as equal as can be: that is what the kernel cuts best.
    fn fragment(&mut self, head: u8, data: &[u8], is_end: bool) {
        let count = data.len().div_ceil(MAX_PACKET - HEAD - 2);
        let parts = data.chunks(data.len().div_ceil(count));
        let last = parts.len() - 1;
        for (place, part) in parts.enumerate() {
            let bits = u8::from(place == 0) << 7 | u8::from(place == last) << 6;
            let fragment = [head & 0xe0 | FU_A, bits | head & 0x1f];
            self.add(96, is_end && place == last, &[&fragment, part]);
        }
    }

    fn add_audio(&mut self, frame: &[u8]) {
        let size = (frame.len() as u16) << 3;
        self.add(97, true, &[&[0, 16], &size.to_be_bytes(), frame]);
    }

    /// One packet, to the last run of its frame if that has room for its like.
    fn add(&mut self, payload_type: u8, is_end: bool, pieces: &[&[u8]]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0x80, payload_type | u8::from(is_end) << 7, 0, 0, 0, 0, 0, 0]);
        self.bytes.extend_from_slice(&[0, 0, 0, payload_type]);
        pieces.iter().for_each(|piece| self.bytes.extend_from_slice(piece));
        let size = self.bytes.len() - start;
        let own = self.frames.last().map_or(0, |(_, runs)| runs.end);
        if let Some(run) = self.runs.get_mut(own..).and_then(<[Run]>::last_mut) {
            let length = run.span.len();
            let is_open = length % run.size == 0 && size <= run.size;
            if is_open && length / run.size < MAX_SEGMENTS && length + size <= MAX_RUN {
                run.span.end += size;
                return;
            }
        }
        self.runs.push(Run { span: start..start + size, size });
    }
}
