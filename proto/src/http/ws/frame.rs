//! Frames to be sent. Spec: RFC 6455 §5.2, §5.3, §5.5.
//!
//! Every message goes out as one frame: what is sent here is whole before it is sent.

use bytes::{BufMut, Bytes, BytesMut};

use super::close;

/// Longest header, in bytes: two, eight of extended length, four of mask.
pub const MAX_HEADER: usize = 14;
/// Longest payload of a control frame, in bytes (§5.5).
pub const MAX_CONTROL: usize = 125;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message under way.
    Continuation = 0,
    /// A message of UTF-8 text begins.
    Text = 1,
    /// A message of bytes begins.
    Binary = 2,
    /// The last frame of a peer.
    Close = 8,
    /// Asks for a pong with the same payload.
    Ping = 9,
    /// Answers a ping.
    Pong = 10,
}

impl Opcode {
    /// The opcode with this number; `None` for the reserved ones.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong]
            .into_iter()
            .find(|opcode| *opcode as u8 == number)
    }

    /// Whether it speaks about the connection: such frames may stand between the frames of a message.
    pub fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

/// Appends the header of a frame that is a whole message, with `len` bytes of payload. With a `mask`, which is what a
/// client must use (§5.1), the caller appends the payload masked: see [`apply_mask`].
pub fn put_header(out: &mut BytesMut, opcode: Opcode, len: usize, mask: Option<[u8; 4]>) {
    out.put_u8(FIN | opcode as u8);
    let masked = if mask.is_some() { MASKED } else { 0 };
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ 0..=125), _) => out.put_u8(masked | short),
        (_, Ok(medium)) => {
            out.put_u8(masked | 126);
            out.put_u16(medium);
        }
        (_, Err(_)) => {
            out.put_u8(masked | 127);
            out.put_u64(len as u64);
        }
    }
    if let Some(mask) = mask {
        out.put_slice(&mask);
    }
}

/// Appends a frame that is a whole message; masked when a `mask` is given. Of a control frame's payload only the first
/// [`MAX_CONTROL`] bytes are sent.
pub fn put_frame(out: &mut BytesMut, opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) {
    let most = if opcode.is_control() { MAX_CONTROL } else { payload.len() };
    let payload = payload.get(..most).unwrap_or(payload);
    out.reserve(MAX_HEADER + payload.len());
    put_header(out, opcode, payload.len(), mask);
    let body = out.len();
    out.put_slice(payload);
    if let (Some(mask), Some(body)) = (mask, out.get_mut(body..)) {
        apply_mask(body, mask, 0);
    }
}

/// Appends a close frame (§5.5.1). A code that must not travel is left out, with the reason; a reason that does not fit
/// is cut at a character.
pub fn put_close(out: &mut BytesMut, code: u16, reason: &str, mask: Option<[u8; 4]>) {
    if !close::may_travel(code) {
        return put_frame(out, Opcode::Close, &[], mask);
    }
    let fits = reason.floor_char_boundary(MAX_CONTROL - 2);
    let mut payload = BytesMut::with_capacity(2 + fits);
    payload.put_u16(code);
    payload.put_slice(reason.get(..fits).unwrap_or_default().as_bytes());
    put_frame(out, Opcode::Close, &payload, mask);
}

/// A whole unmasked message, as a server sends it.
pub fn message(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(MAX_HEADER + payload.len());
    put_frame(&mut out, opcode, payload, None);
    out.freeze()
}

/// Masks or unmasks `data`, which begins `phase` bytes into the payload (§5.3).
pub fn apply_mask(data: &mut [u8], mask: [u8; 4], phase: u8) {
    // Eight bytes at a time; a turned mask makes every phase begin at its first byte.
    let word = u32::from_ne_bytes(turned(mask, phase));
    let wide = u64::from(word) << 32 | u64::from(word);
    let (eights, rest) = data.as_chunks_mut::<8>();
    for eight in eights {
        *eight = (u64::from_ne_bytes(*eight) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(wide.to_ne_bytes()) {
        *byte ^= mask;
    }
}

fn turned(mut mask: [u8; 4], phase: u8) -> [u8; 4] {
    mask.rotate_left(usize::from(phase & 3));
    mask
}
