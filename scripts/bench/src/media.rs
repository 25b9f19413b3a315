//! A media message as both containers carry it: an FLV tag and an RTMP message have the same body.
//! Follows "Adobe Flash Video File Format Specification v10.1" E.4.3.1 and Enhanced RTMP v2 (ExVideoTagHeader);
//! RTP payloads as RFC 6184 has them.

/// Message and tag type of audio.
pub const AUDIO: u8 = 8;
/// Message and tag type of video.
pub const VIDEO: u8 = 9;
/// Message and tag type of AMF0 data (`onMetaData`).
pub const DATA: u8 = 18;
/// An RTP payload of H.264, which has no message type.
pub const RTP_VIDEO: u8 = 128;
/// An RTP payload of anything else, likewise.
pub const RTP_AUDIO: u8 = 129;

/// One message or tag with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Message type id, or one of the kinds of RTP payloads.
    pub kind: u8,
    /// Milliseconds, wrapping at 2^32.
    pub timestamp: u32,
    /// The body, without chunk or tag headers.
    pub payload: Vec<u8>,
}

impl Message {
    /// True for audio, video and data, which count as the stream's own bytes.
    pub fn is_media(&self) -> bool {
        matches!(self.kind, AUDIO | VIDEO | DATA | RTP_VIDEO | RTP_AUDIO)
    }

    /// True for a video frame a decoder can start on: a key frame that is not a sequence header.
    pub fn is_keyframe(&self) -> bool {
        match self.kind {
            VIDEO => is_key_video(&self.payload),
            RTP_VIDEO => begins_key_picture(&self.payload),
            _ => false,
        }
    }
}

/// True for sequence headers, which no player can do without.
pub fn is_header(kind: u8, payload: &[u8]) -> bool {
    match (kind, payload) {
        (VIDEO, [first, ..]) if first & 0x80 != 0 => first & 0x0f == 0,
        (VIDEO, [_, packet, ..]) => *packet == 0,
        (AUDIO, [first, packet, ..]) => first >> 4 == 10 && *packet == 0,
        (DATA, _) => true,
        (_, _) => false,
    }
}

fn is_key_video(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    let frame_type = (first & 0x70) >> 4;
    frame_type == 1 && !is_header(VIDEO, payload)
}

/// True for a payload with (a piece of) an IDR slice (RFC 6184 sections 5.6 to 5.8).
fn begins_key_picture(payload: &[u8]) -> bool {
    const IDR: u8 = 5;
    let kind = |first: &u8| first & 0x1f;
    match payload {
        [first, rest @ ..] if kind(first) == 24 => aggregated(rest).any(|unit| kind(&unit) == IDR),
        [first, second, ..] if kind(first) == 28 => kind(second) == IDR,
        [first, ..] => kind(first) == IDR,
        [] => false,
    }
}

/// The first bytes of an aggregate's units.
fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (size, units) = rest.split_first_chunk()?;
        let first = *units.first()?;
        rest = units.get(usize::from(u16::from_be_bytes(*size))..)?;
        Some(first)
    })
}
