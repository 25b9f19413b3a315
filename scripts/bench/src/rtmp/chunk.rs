//! The chunk stream: messages out of chunks and chunks out of messages.
//! Follows RTMP 1.0 section 5.3.

use std::collections::HashMap;

use crate::error::Fault;

/// A message as the chunk stream carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMessage {
    /// Message type id.
    pub kind: u8,
    /// Message stream id.
    pub stream: u32,
    /// Milliseconds, wrapping at 2^32.
    pub timestamp: u32,
    /// The body.
    pub payload: Vec<u8>,
}

/// Puts messages together again; obeys Set Chunk Size by itself.
#[derive(Debug)]
pub struct ChunkReader {
    input: Vec<u8>,
    used: usize,
    chunk_size: usize,
    lanes: HashMap<u32, Lane>,
}

#[derive(Debug, Default)]
struct Lane {
    kind: u8,
    stream: u32,
    timestamp: u32,
    delta: u32,
    length: usize,
    extended: bool,
    started: bool,
    partial: Vec<u8>,
}

impl Lane {
    /// The header fields without the half-read body.
    fn header(&self) -> Self {
        Self { partial: Vec::new(), ..*self }
    }
}

impl Default for ChunkReader {
    fn default() -> Self {
        Self { input: Vec::new(), used: 0, chunk_size: 128, lanes: HashMap::new() }
    }
}

impl ChunkReader {
    /// Takes bytes from the wire.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.used == self.input.len() {
            self.input.clear();
            self.used = 0;
        } else if self.used > 1 << 16 {
            self.input.drain(..self.used);
            self.used = 0;
        }
        self.input.extend_from_slice(bytes);
    }

    /// The next whole message, or nothing until more bytes come. Fails on chunks that have no beginning.
    pub fn next_message(&mut self) -> Result<Option<RawMessage>, Fault> {
        loop {
            let Some((id, taken)) = self.read_chunk()? else { return Ok(None) };
            self.used += taken;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            if lane.partial.len() < lane.length {
                continue;
            }
            let payload = std::mem::take(&mut lane.partial);
            lane.started = false;
            let message =
                RawMessage { kind: lane.kind, stream: lane.stream, timestamp: lane.timestamp, payload };
            if let (1, Some(size)) = (message.kind, message.payload.first_chunk::<4>()) {
                self.chunk_size = (u32::from_be_bytes(*size) & 0x7fff_ffff).max(1) as usize;
            }
            return Ok(Some(message));
        }
    }

    /// Reads one chunk if all of it is there: its lane and its length on the wire.
    fn read_chunk(&mut self) -> Result<Option<(u32, usize)>, Fault> {
        let input = &self.input[self.used..];
        let Some((format, id, basic)) = basic_header(input) else { return Ok(None) };
        let mut lane = self.lanes.get(&id).map(Lane::header).unwrap_or_default();
        let Some(header) = message_header(format, &input[basic..], &mut lane) else { return Ok(None) };
        let known = self.lanes.get(&id);
        if format == 3 && known.is_none() {
            return Err(Fault::new(format!("rtmp chunk stream {id}: begins with format 3")));
        }
        let have = known.map_or(0, |lane| lane.partial.len());
        let body = lane.length.saturating_sub(have).min(self.chunk_size);
        let start = basic + header;
        let Some(bytes) = input.get(start..start + body) else { return Ok(None) };
        let entry = self.lanes.entry(id).or_default();
        lane.partial = std::mem::take(&mut entry.partial);
        lane.partial.extend_from_slice(bytes);
        lane.started = true;
        *entry = lane;
        Ok(Some((id, start + body)))
    }
}

/// Format, chunk stream id and length of the basic header.
fn basic_header(input: &[u8]) -> Option<(u8, u32, usize)> {
    let first = *input.first()?;
    let format = first >> 6;
    match first & 0x3f {
        0 => Some((format, u32::from(*input.get(1)?) + 64, 2)),
        1 => Some((format, u32::from(*input.get(1)?) + u32::from(*input.get(2)?) * 256 + 64, 3)),
        id => Some((format, u32::from(id), 1)),
    }
}

/// Updates the lane from the message header; the header's length with its extended timestamp.
fn message_header(format: u8, input: &[u8], lane: &mut Lane) -> Option<usize> {
    let length = [11, 7, 3, 0][usize::from(format & 3)];
    let fields = input.get(..length)?;
    let mut time = 0;
    if format < 3 {
        time = be24(fields);
        lane.extended = time == 0x00ff_ffff;
    }
    if format < 2 {
        lane.length = be24(&fields[3..]) as usize;
        lane.kind = fields[6];
    }
    if let (0, Some(id)) = (format, fields.last_chunk::<4>()) {
        lane.stream = u32::from_le_bytes(*id);
    }
    let mut total = length;
    if lane.extended {
        let extended = u32::from_be_bytes(*input.get(length..)?.first_chunk::<4>()?);
        total += 4;
        if format < 3 {
            time = extended;
        }
    }
    advance(format, time, lane);
    Some(total)
}

fn advance(format: u8, time: u32, lane: &mut Lane) {
    match format {
        0 => {
            lane.timestamp = time;
            lane.delta = 0;
        }
        1 | 2 => {
            lane.delta = time;
            lane.timestamp = lane.timestamp.wrapping_add(time);
        }
        _ if !lane.started => lane.timestamp = lane.timestamp.wrapping_add(lane.delta),
        _ => {}
    }
}

fn be24(bytes: &[u8]) -> u32 {
    bytes.iter().take(3).fold(0, |value, byte| (value << 8) | u32::from(*byte))
}

/// Writes a message in chunks of `chunk_size` bytes on chunk stream `lane` (2–63), full header first.
pub fn write_message(out: &mut Vec<u8>, lane: u8, message: &RawMessage, chunk_size: usize) {
    let extended = message.timestamp >= 0x00ff_ffff;
    let time = if extended { 0x00ff_ffff } else { message.timestamp };
    out.push(lane & 0x3f);
    out.extend_from_slice(&time.to_be_bytes()[1..]);
    out.extend_from_slice(&(message.payload.len() as u32).to_be_bytes()[1..]);
    out.push(message.kind);
    out.extend_from_slice(&message.stream.to_le_bytes());
    for (index, piece) in message.payload.chunks(chunk_size.max(1)).enumerate() {
        if index > 0 {
            out.push(0xc0 | (lane & 0x3f));
        }
        if extended {
            out.extend_from_slice(&message.timestamp.to_be_bytes());
        }
        out.extend_from_slice(piece);
    }
}
