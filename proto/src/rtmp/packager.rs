//! Frames → the bytes that all RTMP players of a stream share.
//!
//! Specs: RTMP 1.0 §5.3.1, §7.1; Enhanced RTMP v2 for the tag bodies. Message stream 1, absolute times, one chunk size.

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Description, Frame, Packager, Packaging, Packed};

use super::chunk::{Envelope, put_message};
use super::message::{AUDIO, DATA, VIDEO};
use crate::container::flv::{Form, TagType, frame_head, start_bodies};

/// RTMP with H.265 as Enhanced RTMP has it; the first track of each kind.
pub const PACKAGING: Packaging = Packaging("rtmp");
/// RTMP with H.265 under a classic codec id; the first track of each kind.
pub const PACKAGING_LEGACY: Packaging = Packaging("rtmp+legacy");
/// RTMP with all tracks, for players that said they take several.
pub const PACKAGING_ALL: Packaging = Packaging("rtmp+all");

/// The message stream that shared bytes are addressed to.
pub(crate) const SHARED_STREAM: u32 = 1;

const AUDIO_CHUNK_STREAM: u8 = 4;
const VIDEO_CHUNK_STREAM: u8 = 6;
const DATA_CHUNK_STREAM: u8 = 7;

/// See the module's text.
#[derive(Debug)]
pub struct RtmpPackager {
    form: Form,
    chunk_size: usize,
    description: Description,
    /// Time of the last message: sequence headers in the middle of a stream stand there.
    last_ms: i64,
}

impl RtmpPackager {
    /// A packager that writes this form in chunks of `chunk_size` bytes: what the server has told its players.
    pub fn new(form: Form, chunk_size: u32) -> Self {
        let chunk_size = chunk_size.max(1) as usize;
        Self { form, chunk_size, description: Description::default(), last_ms: 0 }
    }

    /// The packager of this packaging, if it is one of this room's.
    pub fn of(packaging: Packaging, settings: &super::Settings) -> Option<Self> {
        let form = Form::of(packaging, PACKAGING.0, settings.h265_id)?;
        Some(Self::new(form, settings.chunk_size))
    }

    fn put(&self, out: &mut BytesMut, tag: TagType, timestamp_ms: i64, parts: [&[u8]; 2]) {
        let (chunk_stream, kind) = match tag {
            TagType::Audio => (AUDIO_CHUNK_STREAM, AUDIO),
            TagType::Video => (VIDEO_CHUNK_STREAM, VIDEO),
            TagType::Script => (DATA_CHUNK_STREAM, DATA),
        };
        let timestamp = timestamp_ms.rem_euclid(1 << 32) as u32;
        let envelope = Envelope { chunk_stream, kind, stream: SHARED_STREAM, timestamp };
        put_message(out, envelope, parts, self.chunk_size);
    }
}

impl Packager for RtmpPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        self.description = description.clone();
        let mut out = BytesMut::new();
        for (tag, body) in start_bodies(&self.form, description) {
            self.put(&mut out, tag, self.last_ms, [&body, &[]]);
        }
        out.freeze()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(track) = self.description.track(frame.track) else { return };
        let Some(head) = frame_head(&self.form, track, frame) else { return };
        let kind = track.kind();
        let key = self.form.is_entry(&self.description, track, frame);
        let mut data = BytesMut::new();
        self.put(&mut data, head.tag, head.timestamp_ms, [head.as_slice(), &frame.data]);
        self.last_ms = head.timestamp_ms;
        out.push(Packed { kind, key, data: data.freeze() });
    }
}
