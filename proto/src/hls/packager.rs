//! Chooses the form of a stream's HLS by its codecs.

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Packager, Packed, Shelved};
use rtmpd_core::{Instant, StreamKey};

use super::pointer::Pointer;
use super::ts::TsSegments;
use crate::container::{fmp4, ts};
use crate::segment::{Calendar, Format, Settings};

/// HLS of one stream.
#[derive(Debug)]
pub struct HlsPackager {
    settings: Settings,
    key: StreamKey,
    calendar: Calendar,
    form: Form,
    revision: Option<u32>,
    /// What a form that was left said last.
    changes: Vec<Shelved>,
}

#[derive(Debug)]
enum Form {
    /// The tracks are not known yet, or none of them can be carried.
    None,
    Ts(Box<TsSegments>),
    Pointer(Pointer),
}

impl HlsPackager {
    /// HLS of the stream `key`.
    pub fn new(settings: Settings, key: &StreamKey) -> Self {
        let calendar = Calendar::new(settings.wall);
        Self { settings, key: key.clone(), calendar, form: Form::None, revision: None, changes: Vec::new() }
    }
}

impl Packager for HlsPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        // The same revision again: only what is said in words has changed.
        if self.revision.replace(description.revision) == Some(description.revision) {
            return Bytes::new();
        }
        self.calendar.reset();
        match (wanted(description, self.settings.format), &mut self.form) {
            (Some(true), Form::Ts(segments)) => segments.restart(description),
            (Some(true), form @ (Form::None | Form::Pointer(_))) => {
                let mut segments = TsSegments::new(&self.settings, &self.key, self.calendar.now());
                segments.restart(description);
                *form = Form::Ts(Box::new(segments));
            }
            (other @ (Some(false) | None), form) => {
                if let Form::Ts(segments) = form {
                    segments.leave(&mut self.changes);
                }
                *form = match other {
                    Some(_) => Form::Pointer(Pointer::new(&self.key, description)),
                    None => Form::None,
                };
            }
        }
        Bytes::new()
    }

    fn push(&mut self, frame: &Frame, _out: &mut Vec<Packed>) {
        match &mut self.form {
            Form::Ts(segments) => segments.push(&mut self.calendar, frame),
            Form::Pointer(pointer) => pointer.push(frame),
            Form::None => {}
        }
    }

    fn tick(&mut self, now: Instant) {
        self.calendar.tick(now);
    }

    fn publisher_left(&mut self) {
        if let Form::Ts(segments) = &mut self.form {
            segments.finish();
        }
    }

    fn stream_ended(&mut self) {
        if let Form::Ts(segments) = &mut self.form {
            segments.end();
        }
    }

    fn shelve(&mut self, out: &mut Vec<Shelved>) {
        out.append(&mut self.changes);
        match &mut self.form {
            Form::Ts(segments) => segments.shelve(out),
            Form::Pointer(pointer) => pointer.shelve(out),
            Form::None => {}
        }
    }
}

/// Whether a stream is to be MPEG-TS (`true`) or fragmented; `None` when it can be neither.
fn wanted(description: &Description, format: Format) -> Option<bool> {
    let any = |carries: fn(Codec) -> bool| description.tracks.iter().any(|track| carries(track.codec));
    let (ts, fragmented) = (any(ts::Muxer::carries), any(fmp4::carries));
    // What both can carry decides; what neither can is left out anyway.
    let plain = description
        .tracks
        .iter()
        .filter(|track| fmp4::carries(track.codec))
        .all(|track| matches!(track.codec, Codec::H264 | Codec::Aac | Codec::Mp3));
    match (ts, fragmented) {
        (false, false) => None,
        (true, false) => Some(true),
        (false, true) => Some(false),
        (true, true) => Some(match format {
            Format::Auto => plain,
            Format::Ts => true,
            Format::Fmp4 => false,
        }),
    }
}
