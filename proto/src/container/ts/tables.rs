//! PAT and PMT. Specs: ISO/IEC 13818-1 §2.4.4 (sections), §2.6 (descriptors), table 2-34 (stream types).

use bytes::{BufMut, BytesMut};
use rtmpd_core::media::{Codec, Track};

use super::packet::write_section;

/// The only program.
const PROGRAM: u16 = 1;
/// Where its table is.
const PMT_PID: u16 = 0x1000;
/// The transport stream's number.
const STREAM: u16 = 1;

/// A track in the table.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) pid: u16,
    pub(super) track: &'a Track,
}

/// The stream type of a codec that a transport stream can carry.
pub(super) fn stream_type(codec: Codec) -> Option<u8> {
    match codec {
        Codec::H264 => Some(0x1B),
        Codec::H265 => Some(0x24),
        Codec::Aac => Some(0x0F),
        Codec::Mp3 => Some(0x03),
        Codec::Ac3 => Some(0x81),
        Codec::Eac3 => Some(0x87),
        // Private data; the registration descriptor says what.
        Codec::Opus => Some(0x06),
        Codec::Av1 | Codec::Vp9 | Codec::Vp8 | Codec::Flac | Codec::G711A | Codec::G711U | Codec::Script => {
            None
        }
    }
}

/// Appends both tables.
pub(super) fn write(
    out: &mut BytesMut,
    entries: &[Entry<'_>],
    clock: u16,
    version: u8,
    (pat, pmt): (&mut u8, &mut u8),
) {
    let mut section = BytesMut::with_capacity(64);
    section.put_u16(PROGRAM);
    section.put_u16(0xE000 | PMT_PID);
    write_section(out, 0, pat, &sealed(0x00, STREAM, 0, &section));
    section.clear();
    section.put_u16(0xE000 | clock);
    section.put_u16(0xF000); // no descriptors of the program
    for Entry { pid, track } in entries {
        let kind = if track.codec == Codec::Mp3 && track.sample_rate > 0 && track.sample_rate < 32_000 {
            0x04 // ISO/IEC 13818-3: the low rates
        } else {
            stream_type(track.codec).unwrap_or(0x06)
        };
        let descriptors = descriptors(track);
        section.put_u8(kind);
        section.put_u16(0xE000 | pid);
        section.put_u16(0xF000 | descriptors.len() as u16);
        section.put_slice(&descriptors);
    }
    write_section(out, PMT_PID, pmt, &sealed(0x02, PROGRAM, version, &section));
}

fn descriptors(track: &Track) -> Vec<u8> {
    let registration = |name: &[u8; 4]| [&[0x05, 4][..], name].concat();
    match track.codec {
        Codec::Ac3 => registration(b"AC-3"),
        Codec::Eac3 => registration(b"EAC3"),
        Codec::Opus => {
            let mut out = registration(b"Opus");
            // The extension descriptor 0x80: the channels' configuration, 1 to 8 in Vorbis order.
            out.extend([0x7F, 2, 0x80, track.channels.clamp(1, 8)]);
            out
        }
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Flac
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => Vec::new(),
    }
}

/// A section with its head and checksum. Its tracks are few enough for one section.
fn sealed(table: u8, id: u16, version: u8, content: &[u8]) -> BytesMut {
    let mut out = BytesMut::with_capacity(content.len() + 12);
    out.put_u8(table);
    out.put_u16(0xB000 | (content.len() + 9) as u16);
    out.put_u16(id);
    out.put_u8(0xC1 | version << 1);
    out.put_slice(&[0, 0]); // the only section
    out.put_slice(content);
    let sum = crc32(&out);
    out.put_u32(sum);
    out
}

/// Annex A: polynomial 0x04C11DB7, most significant bit first, begins with ones.
pub(super) fn crc32(data: &[u8]) -> u32 {
    data.iter().fold(0xFFFF_FFFF, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            let shifted = sum << 1;
            if sum & 0x8000_0000 == 0 { shifted } else { shifted ^ 0x04C1_1DB7 }
        })
    })
}
