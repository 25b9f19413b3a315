//! What messages say. Specs: RTMP 1.0 §5.4, §6.2, §7.1; aggregate messages §7.1.6.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

use super::chunk::{Envelope, Message, put_message};
use crate::bytes::{Reader, slice};
use crate::container::flv::TagType;

/// Set Chunk Size.
pub const SET_CHUNK_SIZE: u8 = 1;
/// Abort Message.
pub const ABORT: u8 = 2;
/// Acknowledgement.
pub const ACKNOWLEDGEMENT: u8 = 3;
/// User Control.
pub const USER_CONTROL: u8 = 4;
/// Window Acknowledgement Size.
pub const WINDOW_SIZE: u8 = 5;
/// Set Peer Bandwidth.
pub const PEER_BANDWIDTH: u8 = 6;
/// Sound.
pub const AUDIO: u8 = 8;
/// Pictures.
pub const VIDEO: u8 = 9;
/// Data, wrapped for AMF3.
pub const DATA_AMF3: u8 = 15;
/// Command, wrapped for AMF3.
pub const COMMAND_AMF3: u8 = 17;
/// Data in AMF0.
pub const DATA: u8 = 18;
/// Command in AMF0.
pub const COMMAND: u8 = 20;
/// Several sound, picture and data messages in one.
pub const AGGREGATE: u8 = 22;

/// User Control: a stream begins to flow.
pub const STREAM_BEGIN: u16 = 0;
/// User Control: a stream is over.
pub const STREAM_EOF: u16 = 1;
/// User Control: are you there?
pub const PING_REQUEST: u16 = 6;
/// User Control: I am.
pub const PING_RESPONSE: u16 = 7;

/// Chunk stream of protocol control messages (RTMP 1.0 §5.4).
const CONTROL_CHUNK_STREAM: u8 = 2;
/// Chunk stream of commands, as Flash Media Server has it.
const COMMAND_CHUNK_STREAM: u8 = 3;
/// Chunk stream of commands about one message stream.
const STATUS_CHUNK_STREAM: u8 = 5;

/// What a protocol or user control message says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Control {
    /// The peer's chunks are up to this long from here on.
    ChunkSize(u32),
    /// The peer gives up the message under way on this chunk stream.
    Abort(u32),
    /// The peer has received this many bytes.
    Acknowledged,
    /// The peer wants an acknowledgement each time this many bytes went by.
    Window(u32),
    /// The peer asks whether we are there, with this to be sent back.
    Ping(u32),
    /// Something that needs no answer.
    Other,
}

impl Control {
    /// Reads a message; `None` when it is not a control message.
    ///
    /// # Errors
    /// When its payload is too short.
    pub fn parse(message: &Message) -> Result<Option<Self>, Error> {
        let mut reader = Reader::new(&message.payload);
        let mut number = |name: &str| {
            reader.u32().ok_or_else(|| {
                let text = format!("{name} has {} bytes, expected 4", message.payload.len());
                Error::malformed(text, "RTMP 1.0 §5.4")
            })
        };
        let control = match message.kind {
            SET_CHUNK_SIZE => Self::ChunkSize(number("Set Chunk Size")?),
            ABORT => Self::Abort(number("Abort Message")?),
            ACKNOWLEDGEMENT => Self::Acknowledged,
            WINDOW_SIZE => Self::Window(number("Window Acknowledgement Size")?),
            PEER_BANDWIDTH => Self::Other,
            USER_CONTROL => return Ok(Some(user_control(&message.payload))),
            _ => return Ok(None),
        };
        Ok(Some(control))
    }
}

fn user_control(payload: &[u8]) -> Control {
    let mut reader = Reader::new(payload);
    match (reader.u16(), reader.u32()) {
        (Some(PING_REQUEST), stamp) => Control::Ping(stamp.unwrap_or_default()),
        (_, _) => Control::Other,
    }
}

/// Appends a control message with this payload.
pub fn put_control(out: &mut BytesMut, kind: u8, payload: &[u8]) {
    let envelope = Envelope { chunk_stream: CONTROL_CHUNK_STREAM, kind, stream: 0, timestamp: 0 };
    put_message(out, envelope, [payload, &[]], super::chunk::DEFAULT_CHUNK_SIZE);
}

/// Appends a control message that says one number.
pub fn put_number(out: &mut BytesMut, kind: u8, number: u32) {
    put_control(out, kind, &number.to_be_bytes());
}

/// Appends a user control event about a stream, or a ping.
pub fn put_event(out: &mut BytesMut, event: u16, value: u32) {
    let mut payload = BytesMut::with_capacity(6);
    payload.put_u16(event);
    payload.put_u32(value);
    put_control(out, USER_CONTROL, &payload);
}

/// Appends a command or data message about a message stream.
pub fn put_amf(out: &mut BytesMut, kind: u8, stream: u32, payload: &[u8], chunk_size: usize) {
    let chunk_stream = if stream == 0 { COMMAND_CHUNK_STREAM } else { STATUS_CHUNK_STREAM };
    put_message(out, Envelope { chunk_stream, kind, stream, timestamp: 0 }, [payload, &[]], chunk_size);
}

/// The AMF0 part of a command or data message: AMF3-wrapped ones have one byte in front.
pub fn amf0_part(message: &Message) -> Bytes {
    match message.kind {
        COMMAND_AMF3 | DATA_AMF3 if message.payload.first() == Some(&0) => message.payload.slice(1..),
        _ => message.payload.clone(),
    }
}

/// What kind of tag body a message carries, if any.
pub fn tag_type(kind: u8) -> Option<TagType> {
    match kind {
        AUDIO => Some(TagType::Audio),
        VIDEO => Some(TagType::Video),
        DATA | DATA_AMF3 => Some(TagType::Script),
        _ => None,
    }
}

/// Whether a data message is a server's talk with its player rather than a part of the stream: such must not travel on
/// when a stream is pulled or relayed.
pub fn is_server_talk(tag: TagType, payload: &[u8]) -> bool {
    // An AMF0 text: its marker and 16 bits of length stand in front.
    let says = |name: &[u8]| payload.get(3..).is_some_and(|rest| rest.starts_with(name));
    tag == TagType::Script && (says(b"|RtmpSampleAccess") || says(b"onStatus"))
}

/// The messages in an aggregate message (RTMP 1.0 §7.1.6), one by one.
#[derive(Debug)]
pub struct Aggregate {
    whole: Message,
    position: usize,
    /// Time of the first part.
    base: Option<u32>,
}

impl Aggregate {
    /// Takes an aggregate message apart.
    pub fn new(whole: Message) -> Self {
        Self { whole, position: 0, base: None }
    }

    /// The next part, with its time on the connection's scale; `None` behind the last one.
    ///
    /// # Errors
    /// When a part is cut off.
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        let rest = self.whole.payload.get(self.position..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(rest);
        let part = read_part(&mut reader, &self.whole.payload, self.position).ok_or_else(|| {
            let text = format!("aggregate message is cut off in its part at {}", self.position);
            Error::malformed(text, "RTMP 1.0 §7.1.6")
        })?;
        self.position += reader.position();
        // What the first part's time differs from the aggregate's own by, all differ by.
        let base = *self.base.get_or_insert(part.timestamp);
        let timestamp = self.whole.timestamp.wrapping_add(part.timestamp.wrapping_sub(base));
        Ok(Some(Message { timestamp, stream: self.whole.stream, ..part }))
    }
}

/// Reads one part; `at` is where `reader` began in `payload`.
fn read_part(reader: &mut Reader<'_>, payload: &Bytes, at: usize) -> Option<Message> {
    let kind = reader.u8()?;
    let length = reader.u24()? as usize;
    let low = reader.u24()?;
    let high = u32::from(reader.u8()?);
    let stream = reader.u24()?;
    let from = at + reader.position();
    reader.skip(length)?;
    let payload = slice(payload, from, from + length)?;
    // The back pointer; some encoders leave the last one out.
    if reader.remaining() > 0 {
        reader.skip(4)?;
    }
    Some(Message { kind, stream, timestamp: high << 24 | low, payload })
}
