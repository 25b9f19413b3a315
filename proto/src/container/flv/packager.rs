//! Frames → an endless FLV: HTTP-FLV, WS-FLV and recordings.
//!
//! Spec: FLV 10.1 §E.2 (header), §E.3 (body), §E.4.1 (tag).

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Description, Frame, Kind, Packager, Packaging, Packed};

use super::{Form, TagType, frame_head, start_bodies};
use crate::bytes::put_u24;

/// Length of the file header with the first back pointer. A preamble that is sent in the middle of a stream, because
/// the tracks changed, goes without them.
pub const HEADER_LEN: usize = 13;

const TAG_HEADER_LEN: usize = 11;
const BACK_POINTER_LEN: usize = 4;
const HAS_VIDEO: u8 = 1;
const HAS_AUDIO: u8 = 4;

/// See the module's text.
#[derive(Debug)]
pub struct FlvPackager {
    form: Form,
    description: Description,
    /// Time of the last tag: sequence headers in the middle of a stream stand there.
    last_ms: i64,
}

impl FlvPackager {
    /// A packager that writes this form.
    pub fn new(form: Form) -> Self {
        Self { form, description: Description::default(), last_ms: 0 }
    }

    /// The packager of this packaging, if it is one of this room's. `h265_id` is the codec id of H.265 in the legacy
    /// form.
    pub fn of(packaging: Packaging, h265_id: u8) -> Option<Self> {
        Form::of(packaging, super::FLV.0, h265_id).map(Self::new)
    }
}

impl Packager for FlvPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        self.description = description.clone();
        let mut out = BytesMut::new();
        let video = if self.form.has(description, Kind::Video) { HAS_VIDEO } else { 0 };
        let audio = if self.form.has(description, Kind::Audio) { HAS_AUDIO } else { 0 };
        out.put_slice(&[b'F', b'L', b'V', 1, video | audio, 0, 0, 0, 9, 0, 0, 0, 0]);
        for (tag, body) in start_bodies(&self.form, description) {
            put_tag(&mut out, tag, self.last_ms, [&body, &[]]);
        }
        out.freeze()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(track) = self.description.track(frame.track) else { return };
        let Some(head) = frame_head(&self.form, track, frame) else { return };
        let kind = track.kind();
        let key = self.form.is_entry(&self.description, track, frame);
        let body_len = head.as_slice().len() + frame.data.len();
        let mut data = BytesMut::with_capacity(TAG_HEADER_LEN + body_len + BACK_POINTER_LEN);
        put_tag(&mut data, head.tag, head.timestamp_ms, [head.as_slice(), &frame.data]);
        self.last_ms = head.timestamp_ms;
        out.push(Packed { kind, key, data: data.freeze() });
    }
}

/// Appends a tag whose body is these two parts, and the back pointer behind it.
fn put_tag(out: &mut BytesMut, tag: TagType, timestamp_ms: i64, [head, data]: [&[u8]; 2]) {
    let body_len = u32::try_from(head.len() + data.len()).unwrap_or(u32::MAX);
    let time = timestamp_ms.rem_euclid(1 << 32) as u32;
    out.put_u8(tag as u8);
    put_u24(out, body_len);
    put_u24(out, time);
    out.put_u8((time >> 24) as u8);
    put_u24(out, 0); // stream id
    out.put_slice(head);
    out.put_slice(data);
    out.put_u32(body_len.saturating_add(TAG_HEADER_LEN as u32));
}
