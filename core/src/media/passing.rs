//! The packaging that is none: frames as they came, for machines that mux for themselves, such as the recorder.

use bytes::Bytes;

use super::{Description, Frame, Packager, Packaging, Packed, Track};

/// Frames as they came: a packet's bytes are its frame's, its [`super::Stamp`] says the rest.
pub const FRAMES: Packaging = Packaging("frames");

/// Passes frames on.
#[derive(Debug, Default)]
pub struct Passing {
    description: Description,
}

impl Packager for Passing {
    fn start(&mut self, description: &Description) -> Bytes {
        self.description = description.clone();
        Bytes::new()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(track) = self.description.track(frame.track) else { return };
        let (kind, key) = (Track::kind(track), self.description.can_begin_with(track, frame));
        out.push(Packed { kind, key, data: frame.data.clone() });
    }
}
