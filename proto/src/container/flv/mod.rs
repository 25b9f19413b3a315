//! FLV: tag bodies, which RTMP's audio, video and data messages are too, and the file around them.
//!
//! Specs: Adobe Flash Video File Format 10.1 Annex E; Enhanced RTMP v2 (Veovera), with v1 as a part of it; the custom
//! of sending H.265 under a codec id of the old header (12 mostly).
//!
//! - in: bytes → [`Demuxer`] → tags; tag bodies → [`Unpackager`] → tracks, frames and notes. Below it are
//!   [`parse_video`] and [`parse_audio`]: one body → [`Part`]s
//! - out: [`start_bodies`] and [`frame_head`]: description and frames → tag bodies, in a [`Form`]; [`FlvPackager`]:
//!   the same as a stream of tags

mod audio;
mod demuxer;
mod enhanced;
mod form;
mod fourcc;
mod hold;
mod metadata;
mod packager;
mod part;
mod script;
#[cfg(test)]
mod tests;
mod tracks;
mod unpackager;
mod video;
mod writer;

pub use audio::parse_audio;
pub use demuxer::{Demuxer, Tag};
pub use form::{FLV, FLV_ALL, FLV_LEGACY, Form, Hevc, TrackChoice};
pub use packager::{FlvPackager, HEADER_LEN};
pub use part::{Content, Part};
pub use unpackager::{Settings, Unpackager, Unpacked};
pub use video::parse_video;
pub use writer::{Head, frame_head, start_bodies};

/// The codec id that stands for H.265 where nothing else is configured.
pub const DEFAULT_H265_ID: u8 = 12;

/// What a tag carries; the same numbers are RTMP message types.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TagType {
    /// Sound.
    Audio = 8,
    /// Pictures.
    Video = 9,
    /// AMF0 script data.
    Script = 18,
}

impl TagType {
    /// The type with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Audio, Self::Video, Self::Script].into_iter().find(|tag| *tag as u8 == number)
    }
}
