//! Bytes → what the peer says, cut anywhere.
//!
//! Spec: RFC 6455 §5 (frames), §7.1.5 (close), §8.1 (UTF-8). A reader holds memory only while a message is under way.

use bytes::Bytes;
use rtmpd_core::Error;

use super::close;
use super::frame::{MAX_CONTROL, Opcode, apply_mask};
use super::header::{Header, Partial};
use crate::bytes::Reader as Numbers;

/// Which side we are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// We are the server: what comes in must be masked.
    Server,
    /// We are the client: what comes in must not be masked.
    Client,
}

/// What the peer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// A whole message.
    Message {
        /// Bytes; otherwise `data` is UTF-8.
        binary: bool,
        /// What it says.
        data: Bytes,
    },
    /// To be answered with a pong that has the same payload (§5.5.2).
    Ping(Bytes),
    /// Answers a ping, or just shows that the peer is there (§5.5.3).
    Pong(Bytes),
    /// The last thing that the peer says; to be answered with a close if none was sent (§5.5.1).
    Close {
        /// Why; [`close::NO_CODE`] when the peer did not say.
        code: u16,
        /// More about why; mostly empty.
        reason: String,
    },
}

/// The peer broke the protocol: tell it with a close frame that has this code, then end the connection (§7.1.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Code for the close frame.
    pub close: u16,
    /// What was wrong; the offset counts from the first byte behind the handshake to the header or payload at fault.
    pub error: Error,
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        broken.error
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Broken {}

/// See the module's text.
#[derive(Debug)]
pub struct Reader {
    role: Role,
    /// Messages are passed over, whatever their length.
    skipping: bool,
    /// Whether the message under way is binary; `None` when none is.
    under_way: Option<bool>,
    stage: Stage,
    /// Longest message, in bytes.
    max_message: usize,
    /// The message under way.
    message: Vec<u8>,
    /// The payload of a control frame, which may stand in the middle of a message.
    control: Vec<u8>,
    /// Bytes taken so far.
    offset: u64,
}

#[derive(Copy, Clone, Debug)]
enum Stage {
    /// A header is being read.
    Header(Partial),
    /// A payload is being read.
    Body(Frame),
    /// The peer has said its last word, or broke the protocol.
    Over,
}

#[derive(Copy, Clone, Debug)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    mask: Option<[u8; 4]>,
    /// Place of the next byte in the mask.
    phase: u8,
    /// Bytes to come.
    left: u64,
}

impl Reader {
    /// A reader at the first byte behind the handshake, for messages of at most `max_message` bytes.
    pub fn new(role: Role, max_message: usize) -> Self {
        Self {
            role,
            skipping: false,
            under_way: None,
            stage: Stage::Header(Partial::default()),
            max_message,
            message: Vec::new(),
            control: Vec::new(),
            offset: 0,
        }
    }

    /// A reader that passes over messages of any length and reports pings, pongs and the close only: for a peer that has
    /// nothing to say, such as a viewer. What is passed over is not checked for UTF-8.
    pub fn skipping(role: Role) -> Self {
        Self { skipping: true, ..Self::new(role, 0) }
    }

    /// Takes bytes from the front of `data` until the peer has said something or `data` is empty. What comes behind a
    /// close or an error is thrown away.
    ///
    /// # Errors
    /// When the bytes are no frames for this [`Role`] or a message is too long.
    pub fn read(&mut self, data: &mut &[u8]) -> Result<Option<Incoming>, Broken> {
        loop {
            let step = match self.stage {
                Stage::Header(partial) => self.take_header(data, partial),
                Stage::Body(frame) => self.take_body(data, frame),
                Stage::Over => {
                    *data = &[];
                    return Ok(None);
                }
            };
            match step {
                Ok(Step::Again) => {}
                Ok(Step::Hungry) => return Ok(None),
                Ok(Step::Said(incoming)) => return Ok(Some(incoming)),
                Err(broken) => {
                    self.stage = Stage::Over;
                    self.message = Vec::new();
                    self.control = Vec::new();
                    return Err(broken);
                }
            }
        }
    }

    fn take_header(&mut self, data: &mut &[u8], mut partial: Partial) -> Result<Step, Broken> {
        let had = partial.len();
        let header = partial.take(data);
        let at = self.offset.saturating_sub(had as u64);
        self.offset += (partial.len() - had) as u64;
        let Some(header) = header else {
            self.stage = Stage::Header(partial);
            return Ok(Step::Hungry);
        };
        let frame =
            self.check(&header).map_err(|error| Broken { close: code_of(&error), error: error.at(at) })?;
        self.stage = Stage::Body(frame);
        Ok(Step::Again)
    }

    /// Holds a header against the rules, before anything is stored on its word.
    fn check(&mut self, header: &Header) -> Result<Frame, Error> {
        let opcode = check_alone(header, self.role)?;
        match (opcode, self.under_way) {
            (Opcode::Continuation, None) => {
                let text = "continuation frame, but no message is under way, expected text or binary";
                return Err(Error::violation(text, "RFC 6455 §5.4"));
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                let text = format!("{opcode:?} frame inside another message, expected a continuation");
                return Err(Error::violation(text, "RFC 6455 §5.4"));
            }
            (Opcode::Text | Opcode::Binary, None) => self.under_way = Some(opcode == Opcode::Binary),
            (Opcode::Continuation, Some(_)) | (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {}
        }
        let total = header.len.saturating_add(self.message.len() as u64);
        if !opcode.is_control() && !self.skipping && total > self.max_message as u64 {
            let text = format!("message of {total} bytes or more, at most {}", self.max_message);
            return Err(Error::limit(text, "RFC 6455 §10.4"));
        }
        Ok(Frame { opcode, fin: header.fin, mask: header.mask, phase: 0, left: header.len })
    }

    fn take_body(&mut self, data: &mut &[u8], mut frame: Frame) -> Result<Step, Broken> {
        let most = usize::try_from(frame.left).unwrap_or(usize::MAX);
        let (now, rest) = data.split_at_checked(most).unwrap_or((data, &[]));
        *data = rest;
        self.store(now, &frame);
        self.offset += now.len() as u64;
        frame.phase = frame.phase.wrapping_add(now.len() as u8) & 3;
        frame.left -= now.len() as u64;
        if frame.left > 0 {
            self.stage = Stage::Body(frame);
            return Ok(Step::Hungry);
        }
        self.stage = Stage::Header(Partial::default());
        self.finish(&frame)
    }

    /// Keeps these bytes of the frame, unmasked.
    fn store(&mut self, now: &[u8], frame: &Frame) {
        let store = match frame.opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => &mut self.control,
            Opcode::Continuation | Opcode::Text | Opcode::Binary if self.skipping => return,
            Opcode::Continuation | Opcode::Text | Opcode::Binary => &mut self.message,
        };
        let had = store.len();
        store.extend_from_slice(now);
        if let (Some(mask), Some(new)) = (frame.mask, store.get_mut(had..)) {
            apply_mask(new, mask, frame.phase);
        }
    }

    /// What a frame means that is all there.
    fn finish(&mut self, frame: &Frame) -> Result<Step, Broken> {
        let incoming = match frame.opcode {
            Opcode::Ping => Incoming::Ping(std::mem::take(&mut self.control).into()),
            Opcode::Pong => Incoming::Pong(std::mem::take(&mut self.control).into()),
            Opcode::Close => {
                self.stage = Stage::Over;
                self.message = Vec::new();
                let payload = std::mem::take(&mut self.control);
                parse_close(&payload).map_err(|broken| broken.before(self.offset, payload.len()))?
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                if !frame.fin {
                    return Ok(Step::Again);
                }
                let binary = self.under_way.take().unwrap_or(true);
                if self.skipping {
                    return Ok(Step::Again);
                }
                let data = Bytes::from(std::mem::take(&mut self.message));
                if !binary {
                    check_text("text message", &data)
                        .map_err(|broken| broken.before(self.offset, data.len()))?;
                }
                Incoming::Message { binary, data }
            }
        };
        Ok(Step::Said(incoming))
    }
}

/// What came of a look at the bytes.
enum Step {
    /// There may be more to see.
    Again,
    /// All bytes are taken.
    Hungry,
    Said(Incoming),
}

impl Broken {
    /// The same, said to be in the last `len` bytes before `offset`.
    fn before(self, offset: u64, len: usize) -> Self {
        Self { error: self.error.at(offset.saturating_sub(len as u64)), ..self }
    }
}

/// The rules that a header obeys whatever came before it.
fn check_alone(header: &Header, role: Role) -> Result<Opcode, Error> {
    let Header { fin, rsv, opcode, mask, len } = *header;
    if rsv != 0 {
        let text = format!("reserved bits {rsv:03b}, expected 000: no extension was agreed on");
        return Err(Error::malformed(text, "RFC 6455 §5.2"));
    }
    let Some(opcode) = Opcode::from_number(opcode) else {
        let text = format!("opcode {opcode} is reserved, expected 0 to 2 or 8 to 10");
        return Err(Error::malformed(text, "RFC 6455 §5.2"));
    };
    match (role, mask) {
        (Role::Server, None) => {
            let text = format!("{opcode:?} frame is not masked, expected a mask from a client");
            return Err(Error::violation(text, "RFC 6455 §5.1"));
        }
        (Role::Client, Some(_)) => {
            let text = format!("{opcode:?} frame is masked, expected none from a server");
            return Err(Error::violation(text, "RFC 6455 §5.1"));
        }
        (Role::Server, Some(_)) | (Role::Client, None) => {}
    }
    if opcode.is_control() && !fin {
        let text = format!("{opcode:?} frame is fragmented, expected it whole");
        return Err(Error::violation(text, "RFC 6455 §5.5"));
    }
    if opcode.is_control() && len > MAX_CONTROL as u64 {
        let text = format!("{opcode:?} frame of {len} bytes, at most {MAX_CONTROL}");
        return Err(Error::violation(text, "RFC 6455 §5.5"));
    }
    if len > i64::MAX as u64 {
        let text = format!("payload length {len}, expected its top bit to be 0");
        return Err(Error::malformed(text, "RFC 6455 §5.2"));
    }
    Ok(opcode)
}

fn code_of(error: &Error) -> u16 {
    match error {
        Error::Limit(_) => close::TOO_BIG,
        Error::Malformed(_) | Error::Violation(_) | Error::Refused(_) | Error::TimedOut(_) => {
            close::PROTOCOL_ERROR
        }
    }
}

fn parse_close(payload: &[u8]) -> Result<Incoming, Broken> {
    if payload.is_empty() {
        return Ok(Incoming::Close { code: close::NO_CODE, reason: String::new() });
    }
    let mut reader = Numbers::new(payload);
    let Some(code) = reader.u16() else {
        let error =
            Error::malformed("close frame of 1 byte, expected none or a code of 2", "RFC 6455 §5.5.1");
        return Err(Broken { close: close::PROTOCOL_ERROR, error });
    };
    if !close::may_travel(code) {
        let text = format!("close code {code}, expected 1000 to 1003, 1007 to 1014 or 3000 to 4999");
        return Err(Broken { close: close::PROTOCOL_ERROR, error: Error::malformed(text, "RFC 6455 §7.4") });
    }
    let reason = check_text("close reason", reader.rest())?.to_owned();
    Ok(Incoming::Close { code, reason })
}

fn check_text<'a>(name: &str, data: &'a [u8]) -> Result<&'a str, Broken> {
    std::str::from_utf8(data).map_err(|error| {
        let text = format!("{name} is not UTF-8 behind its first {} bytes", error.valid_up_to());
        Broken { close: close::INVALID_DATA, error: Error::malformed(text, "RFC 6455 §8.1") }
    })
}
