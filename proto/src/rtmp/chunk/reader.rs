//! Chunks → messages. Spec: RTMP 1.0 §5.3.1, §5.4.1, §5.4.2.

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;

use super::header::{self, Header};
use super::{DEFAULT_CHUNK_SIZE, Message};

const SPEC: &str = "RTMP 1.0 §5.3.1";
/// Most chunk streams one peer may use; real ones use about six.
const MAX_CHUNK_STREAMS: usize = 64;
/// Memory reserved on the word of a header; longer messages grow as their bytes arrive.
const TRUSTED: usize = 1 << 20;

/// What a peer may send.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest message, in bytes.
    pub message: usize,
}

/// See the module's text.
#[derive(Debug)]
pub struct ChunkReader {
    limits: Limits,
    chunk_size: usize,
    streams: Vec<ChunkStream>,
    /// A header that is not all there yet, or what was looked at behind one and is no part of it.
    partial: [u8; header::MAX + 4],
    partial_len: usize,
    /// Index of the chunk stream whose chunk is being read, and how much of the chunk is to come.
    body: Option<(usize, usize)>,
    /// Bytes taken so far.
    offset: u64,
}

#[derive(Debug)]
struct ChunkStream {
    id: u32,
    timestamp: u32,
    /// What a format 3 chunk that begins a message adds.
    delta: u32,
    length: usize,
    kind: u8,
    stream: u32,
    /// The extended time of the last header that had one, while it is in force.
    extended: Option<u32>,
    /// Whether this peer repeats the extended time in format 3 chunks, once known. The spec wants it; some do not.
    repeats: Option<bool>,
    /// A message is under way.
    busy: bool,
    payload: BytesMut,
}

impl ChunkReader {
    /// A reader at the start of the chunk stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            chunk_size: DEFAULT_CHUNK_SIZE,
            streams: Vec::new(),
            partial: [0; header::MAX + 4],
            partial_len: 0,
            body: None,
            offset: 0,
        }
    }

    /// The peer changes its chunk size (RTMP 1.0 §5.4.1).
    ///
    /// # Errors
    /// When it is 0 or has the top bit set.
    pub fn set_chunk_size(&mut self, size: u32) -> Result<(), Error> {
        if size == 0 || size > 0x7FFF_FFFF {
            let text = format!("chunk size {size}, expected 1 to 2147483647");
            return Err(Error::malformed(text, "RTMP 1.0 §5.4.1").at(self.offset));
        }
        self.chunk_size = (size as usize).min(0x00FF_FFFF);
        Ok(())
    }

    /// Changes what the peer may send from the next message on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The peer gives up the message under way on a chunk stream (RTMP 1.0 §5.4.2).
    pub fn abort(&mut self, chunk_stream: u32) {
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == chunk_stream) {
            stream.busy = false;
            stream.payload = BytesMut::new();
        }
    }

    /// Bytes of memory set aside for messages under way.
    #[cfg(test)]
    pub(super) fn reserved(&self) -> usize {
        self.streams.iter().map(|stream| stream.payload.capacity()).sum()
    }

    /// Takes bytes from the front of `data` until a message is whole or `data` is empty.
    ///
    /// # Errors
    /// When the bytes are no chunk stream or a limit is exceeded; the offset counts from the first chunk.
    pub fn read(&mut self, data: &mut &[u8]) -> Result<Option<Message>, Error> {
        loop {
            if let Some((index, left)) = self.body {
                if let Some(message) = self.take_body(data, index, left) {
                    return Ok(Some(message));
                }
                if self.body.is_some() {
                    return Ok(None);
                }
            } else if !self.take_header(data)? {
                return Ok(None);
            }
        }
    }

    /// Takes payload of the chunk under way.
    fn take_body(&mut self, data: &mut &[u8], index: usize, left: usize) -> Option<Message> {
        let looked_at = left.min(self.partial_len);
        let (now, rest) = data.split_at_checked(left - looked_at).unwrap_or((data, &[]));
        *data = rest;
        let taken = looked_at + now.len();
        self.offset += taken as u64;
        self.body = (taken < left).then_some((index, left - taken));
        let stream = self.streams.get_mut(index)?;
        stream.payload.extend_from_slice(self.partial.get(..looked_at).unwrap_or_default());
        stream.payload.extend_from_slice(now);
        self.partial.copy_within(looked_at..self.partial_len, 0);
        self.partial_len -= looked_at;
        if self.body.is_some() || stream.payload.len() < stream.length {
            return None;
        }
        stream.busy = false;
        let payload: Bytes = std::mem::take(&mut stream.payload).freeze();
        Some(Message { kind: stream.kind, stream: stream.stream, timestamp: stream.timestamp, payload })
    }

    /// Takes a header; false when it is not all there.
    fn take_header(&mut self, data: &mut &[u8]) -> Result<bool, Error> {
        let had = self.partial_len;
        let free = self.partial.get_mut(had..).unwrap_or_default();
        let copied = free.len().min(data.len());
        for (place, byte) in free.iter_mut().zip(data.iter()) {
            *place = *byte;
        }
        let filled = had + copied;
        let known = self.partial.get(..filled).unwrap_or_default();
        let parsed = header::parse(known);
        let size = match parsed {
            Some(header) => whole_size(&mut self.streams, &header, known),
            None => None,
        };
        let Some((header, size)) = parsed.zip(size) else {
            self.partial_len = filled;
            *data = data.get(copied..).unwrap_or_default();
            return Ok(false);
        };
        *data = data.get(size.saturating_sub(had)..).unwrap_or_default();
        // What was looked at for an extended time that is none belongs to what follows.
        self.partial.copy_within(size..had.max(size), 0);
        self.partial_len = had.saturating_sub(size);
        let at = self.offset;
        self.offset += size as u64;
        self.begin_chunk(&header).map_err(|error| error.at(at))?;
        Ok(true)
    }

    fn begin_chunk(&mut self, header: &Header) -> Result<(), Error> {
        let index = self.stream_index(header)?;
        let limit = self.limits.message;
        let chunk_size = self.chunk_size;
        let Some(stream) = self.streams.get_mut(index) else { return Ok(()) };
        if stream.busy && header.format != 3 {
            // A new header in the middle of a message: the peer has given the old one up.
            stream.busy = false;
            stream.payload = BytesMut::new();
        }
        if !stream.busy {
            stream.begin_message(header, limit)?;
            let id = stream.id;
            self.check_under_way(id)?;
        }
        let Some(stream) = self.streams.get(index) else { return Ok(()) };
        let left = stream.length - stream.payload.len();
        self.body = Some((index, left.min(chunk_size)));
        Ok(())
    }

    /// Interleaved messages may be twice as long in sum as one alone.
    fn check_under_way(&self, newest: u32) -> Result<(), Error> {
        let under_way: usize =
            self.streams.iter().filter(|stream| stream.busy).map(|stream| stream.length).sum();
        let limit = self.limits.message.saturating_mul(2);
        if under_way > limit {
            let text = format!(
                "messages under way are {under_way} bytes long with that on chunk stream {newest}, at most {limit}"
            );
            return Err(Error::limit(text, SPEC));
        }
        Ok(())
    }

    fn stream_index(&mut self, header: &Header) -> Result<usize, Error> {
        let id = header.chunk_stream;
        if let Some(index) = self.streams.iter().position(|stream| stream.id == id) {
            return Ok(index);
        }
        if header.format >= 2 {
            let text = format!("chunk stream {id} begins with format {}, expected 0 or 1", header.format);
            return Err(Error::malformed(text, SPEC));
        }
        if self.streams.len() >= MAX_CHUNK_STREAMS {
            return Err(Error::limit(format!("more than {MAX_CHUNK_STREAMS} chunk streams"), SPEC));
        }
        self.streams.push(ChunkStream {
            id,
            timestamp: 0,
            delta: 0,
            length: 0,
            kind: 0,
            stream: 0,
            extended: None,
            repeats: None,
            busy: false,
            payload: BytesMut::new(),
        });
        Ok(self.streams.len() - 1)
    }
}

impl ChunkStream {
    fn begin_message(&mut self, header: &Header, limit: usize) -> Result<(), Error> {
        let time = header.extended.unwrap_or(header.time);
        match header.format {
            0 => {
                self.timestamp = time;
                self.stream = header.stream;
            }
            1 | 2 => self.timestamp = self.timestamp.wrapping_add(time),
            _ => self.timestamp = self.timestamp.wrapping_add(self.delta),
        }
        if header.format <= 2 {
            // §5.3.1.2.4: behind format 0 the difference is that chunk's own time.
            self.delta = time;
            self.extended = header.extended;
        }
        if header.format <= 1 {
            self.length = header.length as usize;
            self.kind = header.kind;
        }
        if self.length > limit {
            let text =
                format!("message of type {} is {} bytes long, at most {limit}", self.kind, self.length);
            return Err(Error::limit(text, "RTMP 1.0 §6.1.1"));
        }
        self.busy = true;
        self.payload = BytesMut::with_capacity(self.length.min(TRUSTED));
        Ok(())
    }
}

/// The header's size with the extended time that may follow format 3; `None` when that is not there to see.
fn whole_size(streams: &mut [ChunkStream], header: &Header, known: &[u8]) -> Option<usize> {
    if header.format != 3 {
        return Some(header.size);
    }
    let Some(stream) = streams.iter_mut().find(|stream| stream.id == header.chunk_stream) else {
        return Some(header.size);
    };
    let Some(extended) = stream.extended.filter(|_| stream.repeats != Some(false)) else {
        return Some(header.size);
    };
    let following = known.get(header.size..).unwrap_or_default();
    let repeats = following.iter().zip(extended.to_be_bytes()).all(|(there, expected)| *there == expected);
    if repeats && following.len() < 4 {
        return None;
    }
    stream.repeats = Some(repeats);
    Some(if repeats { header.size + 4 } else { header.size })
}
