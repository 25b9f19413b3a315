//! The body of a video tag or message → its parts.
//!
//! Specs: FLV 10.1 §E.4.3.1 (VIDEODATA, AVCVIDEOPACKET); Enhanced RTMP v2, ExVideoTagHeader and ExVideoTagBody.

use bytes::Bytes;
use rtmpd_core::Error;
use rtmpd_core::media::{Codec, Kind};

use super::enhanced::{Header, TrackBody, cut};
use super::part::{Content, Part};
use crate::bytes::{Reader, tail};

pub(super) const ENHANCED: u8 = 0x80;
pub(super) const CODEC_AVC: u8 = 7;

/// FrameType
const KEY: u8 = 1;
const GENERATED_KEY: u8 = 4;
const COMMAND: u8 = 5;

/// VideoPacketType
pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
const SEQUENCE_END: u8 = 2;
pub(super) const CODED_FRAMES_X: u8 = 3;
const METADATA: u8 = 4;
const MPEG2_TS_SEQUENCE_START: u8 = 5;
pub(super) const MULTITRACK: u8 = 6;

/// Appends the parts of a video body to `out`. `h265_id` is the classic codec id that stands for H.265. An empty body
/// has no parts. Data is shared with `body`.
///
/// # Errors
/// When the body is cut off in a header or says something that no spec knows.
pub fn parse_video(body: &Bytes, h265_id: u8, out: &mut Vec<Part>) -> Result<(), Error> {
    let Some(&first) = body.first() else { return Ok(()) };
    let frame_type = first >> 4 & 7;
    if first & ENHANCED != 0 {
        return parse_enhanced(body, frame_type, first & 0x0F, out);
    }
    let content = if frame_type == COMMAND {
        Content::Ignored("video command")
    } else {
        classic(body, frame_type, first & 0x0F, h265_id)?
    };
    out.push(Part { index: 0, offset_ns: 0, content });
    Ok(())
}

fn is_key(frame_type: u8) -> bool {
    frame_type == KEY || frame_type == GENERATED_KEY
}

fn classic(body: &Bytes, frame_type: u8, codec_id: u8, h265_id: u8) -> Result<Content, Error> {
    let codec = match codec_id {
        CODEC_AVC => Codec::H264,
        id if id == h265_id => Codec::H265,
        id => return Ok(Content::Unsupported(format!("video codec id {id} ({})", classic_name(id)))),
    };
    let mut reader = Reader::new(body);
    let _ = reader.u8();
    let packet_type = reader.u8().ok_or_else(|| cut(Kind::Video, "packet type"))?;
    if packet_type == SEQUENCE_END {
        return Ok(Content::End);
    }
    let cts = reader.i24().ok_or_else(|| cut(Kind::Video, "composition time"))?;
    let data = tail(body, reader.position());
    match packet_type {
        SEQUENCE_START => Ok(Content::Config { codec, data }),
        CODED_FRAMES => Ok(Content::Frame { codec, key: is_key(frame_type), cts, data, hint: None }),
        other => Err(Error::malformed(
            format!("AVC packet type is {other}, expected 0 to 2"),
            "FLV 10.1 §E.4.3.1, AVCPacketType",
        )),
    }
}

fn classic_name(codec_id: u8) -> &'static str {
    match codec_id {
        2 => "Sorenson H.263",
        3 | 6 => "screen video",
        4 | 5 => "On2 VP6",
        _ => "not known",
    }
}

fn parse_enhanced(body: &Bytes, frame_type: u8, packet_type: u8, out: &mut Vec<Part>) -> Result<(), Error> {
    let mut header = Header::parse(Kind::Video, body, packet_type)?;
    let offset_ns = header.offset_ns;
    if frame_type == COMMAND && header.packet_type != METADATA {
        out.push(Part { index: 0, offset_ns, content: Content::Ignored("video command") });
        return Ok(());
    }
    if header.packet_type != MULTITRACK {
        let packet_type = header.packet_type;
        out.push(part(header.single()?, packet_type, frame_type, offset_ns)?);
        return Ok(());
    }
    let mut tracks = Vec::new();
    header.multitrack(&mut tracks)?;
    for track in tracks {
        out.push(part(track, header.packet_type, frame_type, offset_ns)?);
    }
    Ok(())
}

fn part(track: TrackBody, packet_type: u8, frame_type: u8, offset_ns: u32) -> Result<Part, Error> {
    let content = match track.codec {
        Ok(codec) => content(codec, track.data, packet_type, is_key(frame_type))?,
        Err(code) => Content::Unsupported(format!("video FourCC '{code}'")),
    };
    Ok(Part { index: track.index, offset_ns, content })
}

fn content(codec: Codec, data: Bytes, packet_type: u8, key: bool) -> Result<Content, Error> {
    Ok(match packet_type {
        SEQUENCE_START => Content::Config { codec, data },
        CODED_FRAMES if matches!(codec, Codec::H264 | Codec::H265) => {
            let mut reader = Reader::new(&data);
            let cts = reader.i24().ok_or_else(|| cut(Kind::Video, "composition time"))?;
            Content::Frame { codec, key, cts, data: tail(&data, reader.position()), hint: None }
        }
        CODED_FRAMES | CODED_FRAMES_X => Content::Frame { codec, key, cts: 0, data, hint: None },
        SEQUENCE_END => Content::End,
        METADATA => Content::Ignored("colour information"),
        MPEG2_TS_SEQUENCE_START => Content::Ignored("MPEG-2 TS sequence start"),
        // What later versions of the spec may add is no reason to end a stream.
        _ => Content::Ignored("video packet of unknown type"),
    })
}
