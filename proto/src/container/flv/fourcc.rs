//! The codes of four letters that Enhanced RTMP names codecs by.
//!
//! Spec: Enhanced RTMP v2, VideoFourCc and AudioFourCc.

use rtmpd_core::media::{Codec, Kind};

/// The code of a codec, if Enhanced RTMP has one.
pub(super) fn of(codec: Codec) -> Option<[u8; 4]> {
    Some(match codec {
        Codec::H264 => *b"avc1",
        Codec::H265 => *b"hvc1",
        Codec::Av1 => *b"av01",
        Codec::Vp9 => *b"vp09",
        Codec::Vp8 => *b"vp08",
        Codec::Aac => *b"mp4a",
        Codec::Opus => *b"Opus",
        Codec::Flac => *b"fLaC",
        Codec::Ac3 => *b"ac-3",
        Codec::Eac3 => *b"ec-3",
        Codec::Mp3 => *b".mp3",
        Codec::G711A | Codec::G711U | Codec::Script => return None,
    })
}

/// The codec of this kind with this code.
pub(super) fn codec(code: [u8; 4], kind: Kind) -> Option<Codec> {
    let codec = match &code {
        b"avc1" => Codec::H264,
        b"hvc1" => Codec::H265,
        b"av01" => Codec::Av1,
        b"vp09" => Codec::Vp9,
        b"vp08" => Codec::Vp8,
        b"mp4a" => Codec::Aac,
        b"Opus" => Codec::Opus,
        b"fLaC" => Codec::Flac,
        b"ac-3" => Codec::Ac3,
        b"ec-3" => Codec::Eac3,
        b".mp3" => Codec::Mp3,
        _ => return None,
    };
    (codec.kind() == kind).then_some(codec)
}
