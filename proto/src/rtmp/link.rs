//! What both sides do alike once the handshake is over: chunk sizes, acknowledgements, pings, aggregates.
//!
//! Spec: RTMP 1.0 §5.4, §7.1.6, §7.1.7.

use bytes::BytesMut;
use rtmpd_core::Error;

use super::chunk::{ChunkReader, Limits, Message};
use super::message::{self, Aggregate, Control};

/// What a peer may send before it publishes, in bytes: commands are short.
const SHORT: Limits = Limits { message: 64 << 10 };
/// An acknowledgement is due each time this many bytes went by, where the peer did not say.
const DEFAULT_WINDOW: u32 = 2_500_000;
/// A peer that wants acknowledgements more often gets them this often, in bytes.
const MIN_WINDOW: u32 = 4096;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Link {
    reader: ChunkReader,
    /// An aggregate message whose parts are being given out.
    parts: Option<Box<Aggregate>>,
    window: u32,
    received: u64,
    acknowledged: u64,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            reader: ChunkReader::new(SHORT),
            parts: None,
            window: DEFAULT_WINDOW,
            received: 0,
            acknowledged: 0,
        }
    }

    /// Messages may be this long from here on, in bytes.
    pub(super) fn allow(&mut self, message: usize) {
        self.reader.set_limits(Limits { message });
    }

    /// Takes bytes from the front of `data`; returns the next message that is not the connection's own business, which
    /// is done here: what is to be answered is appended to `out`.
    pub(super) fn read(&mut self, data: &mut &[u8], out: &mut BytesMut) -> Result<Option<Message>, Error> {
        loop {
            if let Some(parts) = &mut self.parts {
                if let Some(part) = parts.read()? {
                    return Ok(Some(part));
                }
                self.parts = None;
            }
            let before = data.len();
            let message = self.reader.read(data)?;
            self.count(before - data.len(), out);
            let Some(message) = message else { return Ok(None) };
            match Control::parse(&message)? {
                Some(control) => self.obey(control, out)?,
                None if message.kind == message::AGGREGATE => {
                    self.parts = Some(Box::new(Aggregate::new(message)));
                }
                None => return Ok(Some(message)),
            }
        }
    }

    /// Whether there may be messages without more bytes.
    pub(super) fn has_parts(&self) -> bool {
        self.parts.is_some()
    }

    fn obey(&mut self, control: Control, out: &mut BytesMut) -> Result<(), Error> {
        match control {
            Control::ChunkSize(size) => self.reader.set_chunk_size(size)?,
            Control::Abort(chunk_stream) => self.reader.abort(chunk_stream),
            Control::Window(size) => self.window = size.max(MIN_WINDOW),
            Control::Ping(stamp) => message::put_event(out, message::PING_RESPONSE, stamp),
            Control::Acknowledged | Control::Other => {}
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize, out: &mut BytesMut) {
        self.received += bytes as u64;
        // Each time the window has gone by, whatever pieces the bytes come in.
        while self.received - self.acknowledged >= u64::from(self.window) {
            self.acknowledged += u64::from(self.window);
            // §5.4.3: the sequence number is 32 bits and wraps.
            message::put_number(out, message::ACKNOWLEDGEMENT, self.acknowledged as u32);
        }
    }
}
