//! What the enhanced audio and video headers share: ModEx, FourCC, multitrack.
//!
//! Spec: Enhanced RTMP v2, ExAudioTagHeader and ExVideoTagHeader.

use bytes::Bytes;
use rtmpd_core::Error;
use rtmpd_core::media::{Codec, Kind};

use super::fourcc;
use crate::bytes::{Reader, slice};

/// AudioPacketType and VideoPacketType that say: an extension follows, then the real type.
pub(super) const MOD_EX: u8 = 7;
/// Largest offset that makes sense: below 1 ms.
const MAX_OFFSET_NS: u32 = 999_999;
/// ModEx blocks in one body; none more than one was seen.
const MAX_MOD_EX: usize = 16;

/// Tracks in one body: as many as there are ids.
const MAX_TRACKS: usize = 256;

const SPEC: &str = "Enhanced RTMP v2, ExVideoTagHeader, ExAudioTagHeader";

const ONE_TRACK: u8 = 0;
const MANY_TRACKS: u8 = 1;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// A body behind its first byte.
pub(super) struct Header<'a> {
    pub(super) kind: Kind,
    pub(super) body: &'a Bytes,
    pub(super) reader: Reader<'a>,
    /// AudioPacketType or VideoPacketType that is in force.
    pub(super) packet_type: u8,
    pub(super) offset_ns: u32,
}

/// One track's part: where it is and what it is encoded with (`Err` holds the unknown code).
pub(super) struct TrackBody {
    pub(super) index: u8,
    pub(super) codec: Result<Codec, String>,
    pub(super) data: Bytes,
}

impl<'a> Header<'a> {
    /// Reads the ModEx blocks behind the first byte, whose low four bits are `packet_type`.
    pub(super) fn parse(kind: Kind, body: &'a Bytes, packet_type: u8) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let _ = reader.u8();
        let mut header = Self { kind, body, reader, packet_type, offset_ns: 0 };
        let mut blocks = 0;
        while header.packet_type == MOD_EX {
            header.mod_ex().ok_or_else(|| cut(kind, "ModEx block"))?;
            blocks += 1;
            if blocks > MAX_MOD_EX {
                return Err(Error::limit(
                    format!("{kind:?} body has more than {MAX_MOD_EX} ModEx blocks"),
                    SPEC,
                ));
            }
        }
        Ok(header)
    }

    fn mod_ex(&mut self) -> Option<()> {
        let mut size = usize::from(self.reader.u8()?) + 1;
        if size == 256 {
            size = usize::from(self.reader.u16()?) + 1;
        }
        let data = self.reader.take(size)?;
        let next = self.reader.u8()?;
        if next >> 4 == 0 {
            // TimestampOffsetNano is at least three bytes long.
            self.offset_ns = Reader::new(data).u24()?.min(MAX_OFFSET_NS);
        }
        self.packet_type = next & 0x0F;
        Some(())
    }

    /// The one track of a body without multitrack.
    pub(super) fn single(mut self) -> Result<TrackBody, Error> {
        let code = self.reader.array().ok_or_else(|| cut(self.kind, "FourCC"))?;
        Ok(TrackBody { index: 0, codec: self.codec(code), data: self.rest() })
    }

    /// The tracks of a multitrack body; sets [`Self::packet_type`] to what holds for all of them.
    pub(super) fn multitrack(&mut self, out: &mut Vec<TrackBody>) -> Result<(), Error> {
        let kind = self.kind;
        let first = self.reader.u8().ok_or_else(|| cut(kind, "multitrack byte"))?;
        let multitrack = first >> 4;
        self.packet_type = first & 0x0F;
        if multitrack > MANY_TRACKS_MANY_CODECS {
            return Err(Error::malformed(
                format!("{kind:?} multitrack type is {multitrack}, expected 0 to 2"),
                SPEC,
            ));
        }
        let mut code = match multitrack {
            ONE_TRACK | MANY_TRACKS => self.reader.array().ok_or_else(|| cut(kind, "FourCC"))?,
            _ => [0; 4],
        };
        loop {
            if multitrack == MANY_TRACKS_MANY_CODECS {
                code = self.reader.array().ok_or_else(|| cut(kind, "track's FourCC"))?;
            }
            let index = self.reader.u8().ok_or_else(|| cut(kind, "track id"))?;
            let codec = self.codec(code);
            if multitrack == ONE_TRACK {
                out.push(TrackBody { index, codec, data: self.rest() });
                return Ok(());
            }
            let data = self.sized().ok_or_else(|| cut(kind, "track's data"))?;
            out.push(TrackBody { index, codec, data });
            if out.len() > MAX_TRACKS {
                return Err(Error::limit(
                    format!("{kind:?} body has more than {MAX_TRACKS} tracks, whose ids are one byte"),
                    SPEC,
                ));
            }
            if self.reader.remaining() == 0 {
                return Ok(());
            }
        }
    }

    fn sized(&mut self) -> Option<Bytes> {
        let size = self.reader.u24()? as usize;
        let from = self.reader.position();
        self.reader.skip(size)?;
        slice(self.body, from, from + size)
    }

    fn rest(&self) -> Bytes {
        crate::bytes::tail(self.body, self.reader.position())
    }

    fn codec(&self, code: [u8; 4]) -> Result<Codec, String> {
        fourcc::codec(code, self.kind).ok_or_else(|| code.escape_ascii().to_string())
    }
}

/// A body that ends before `what` does.
pub(super) fn cut(kind: Kind, what: &str) -> Error {
    Error::malformed(format!("{kind:?} body is cut off in its {what}"), SPEC)
}
