//! What NAL units mean for where access units begin, for H.264 and H.265 alike.
//!
//! Specs: ITU-T H.264 §7.4.1.2.3 (first NAL unit of an access unit), table 7-1; ITU-T H.265 §7.4.2.4.4, table 7-1.

use super::{h264, h265};

/// Which of the two.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Syntax {
    /// H.264.
    H264,
    /// H.265.
    H265,
}

/// What a NAL unit means for where access units begin.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// Begins one, and says nothing else.
    Delimiter,
    /// A parameter set; behind a slice, it begins the next one.
    Set,
    /// Belongs to the slices that follow.
    Before,
    /// A piece of a picture.
    Slice {
        /// The first one of its picture.
        is_first: bool,
        /// Decoding can begin with the picture: IDR, or H.265's IRAP.
        is_key: bool,
    },
    /// Belongs to what it stands in.
    Other,
}

impl Syntax {
    /// What a NAL unit means; for slices its first three bytes tell.
    pub fn role(self, unit: &[u8]) -> Role {
        match self {
            Self::H264 => match h264::nal_type(unit) {
                Some(kind @ (1 | 2 | h264::NAL_IDR)) => {
                    Role::Slice { is_first: h264::begins_picture(unit), is_key: kind == h264::NAL_IDR }
                }
                Some(h264::NAL_AUD) => Role::Delimiter,
                Some(h264::NAL_SPS | h264::NAL_PPS) => Role::Set,
                Some(h264::NAL_SEI | 14..=18) => Role::Before,
                _ => Role::Other,
            },
            Self::H265 => match h265::nal_type(unit) {
                // Other layers belong to the pictures of the base layer.
                _ if !is_base_layer(unit) => Role::Other,
                Some(kind @ (0..=9 | 16..=23)) => {
                    Role::Slice { is_first: h265::begins_picture(unit), is_key: kind >= 16 }
                }
                Some(h265::NAL_AUD) => Role::Delimiter,
                Some(h265::NAL_VPS | h265::NAL_SPS | h265::NAL_PPS) => Role::Set,
                Some(39 | 41..=44 | 48..=55) => Role::Before,
                _ => Role::Other,
            },
        }
    }
}

/// nuh_layer_id is 0.
fn is_base_layer(unit: &[u8]) -> bool {
    matches!(unit, [first, second, ..] if first & 1 == 0 && second >> 3 == 0)
}
