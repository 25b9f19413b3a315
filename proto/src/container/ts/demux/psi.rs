//! What sections say: programs, and what a program is made of.
//!
//! Specs: ISO/IEC 13818-1 §2.4.4.3 (PAT), §2.4.4.8 (PMT), §2.6 (descriptors), table 2-34 (stream types); ETSI EN 300 468
//! §6.2 and Annex D (DVB's descriptors of AC-3 and E-AC-3); ATSC A/53 part 3 §6; "Encapsulation of Opus packets in MPEG-2
//! TS" §4.

use crate::bytes::Reader;

/// Bytes of a section's checksum.
const CHECKSUM: usize = 4;

/// A section of a table.
#[derive(Debug)]
pub(super) struct Section<'a> {
    table: u8,
    /// What it is about: for a PMT, its program.
    pub(super) id: u16,
    /// The table has no other section.
    pub(super) is_only: bool,
    /// It is in force, not announced.
    is_current: bool,
    content: &'a [u8],
}

/// How an elementary stream is to be read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    H264,
    H265,
    Adts,
    Latm,
    Mp3,
    Ac3,
    Eac3,
    /// With so many channels.
    Opus(u8),
    /// Sound or pictures that we have no form for. The text names it.
    Unsupported(&'static str),
    /// Something beside sound and pictures.
    Other(&'static str),
}

/// An elementary stream of a program.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Elementary {
    pub(super) pid: u16,
    pub(super) form: Form,
}

impl<'a> Section<'a> {
    pub(super) fn parse(section: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(section);
        let table = reader.u8()?;
        reader.skip(2)?; // its length, which it has
        let id = reader.u16()?;
        let is_current = reader.u8()? & 1 == 1;
        reader.u8()?; // section_number
        let is_only = reader.u8()? == 0;
        let content = reader.rest();
        let content = content.get(..content.len().checked_sub(CHECKSUM)?)?;
        Some(Self { table, id, is_only, is_current, content })
    }

    /// Numbers and PIDs of the programs of a PAT.
    pub(super) fn programs(&self) -> Option<impl Iterator<Item = (u16, u16)>> {
        if self.table != 0x00 || !self.is_current {
            return None;
        }
        let mut reader = Reader::new(self.content);
        let next = move || Some((reader.u16()?, reader.u16()? & 0x1FFF));
        // Number 0 names the network's table.
        Some(std::iter::from_fn(next).filter(|(number, _)| *number != 0))
    }

    /// What a PMT lists, at most `most`.
    pub(super) fn streams(&self, most: usize) -> Option<Vec<Elementary>> {
        if self.table != 0x02 || !self.is_current {
            return None;
        }
        let mut reader = Reader::new(self.content);
        reader.u16()?; // PCR_PID
        let length = reader.u16()? & 0x0FFF;
        reader.skip(usize::from(length))?;
        let mut streams = Vec::new();
        while reader.remaining() > 0 && streams.len() < most {
            let kind = reader.u8()?;
            let pid = reader.u16()? & 0x1FFF;
            let length = reader.u16()? & 0x0FFF;
            let descriptors = reader.take(usize::from(length))?;
            streams.push(Elementary { pid, form: form(kind, descriptors) });
        }
        Some(streams)
    }
}

fn form(kind: u8, descriptors: &[u8]) -> Form {
    match kind {
        0x01 | 0x02 => Form::Unsupported("MPEG-1 or MPEG-2 video"),
        0x03 | 0x04 => Form::Mp3,
        0x06 => private(descriptors),
        0x0F => Form::Adts,
        0x10 => Form::Unsupported("MPEG-4 video"),
        0x11 => Form::Latm,
        0x15 => Form::Other("timed metadata (ID3, KLV)"),
        0x1B => Form::H264,
        0x24 => Form::H265,
        0x21 => Form::Unsupported("JPEG 2000"),
        0x33 => Form::Unsupported("H.266"),
        0x81 => Form::Ac3,
        0x86 => Form::Other("cue messages (SCTE 35)"),
        0x87 => Form::Eac3,
        0x82 | 0x85 | 0x8A => Form::Unsupported("DTS"),
        0xD1 => Form::Unsupported("Dirac"),
        0xEA => Form::Unsupported("VC-1"),
        _ => Form::Other("a private or unknown kind"),
    }
}

/// PES of private data: the descriptors say what it is.
fn private(descriptors: &[u8]) -> Form {
    let mut registration = None;
    let mut form = Form::Other("private data");
    let mut reader = Reader::new(descriptors);
    while let (Some(tag), Some(length)) = (reader.u8(), reader.u8()) {
        let Some(content) = reader.take(usize::from(length)) else { break };
        match (tag, content) {
            (0x05, name) => registration = name.get(..4),
            (0x6A, _) => form = Form::Ac3,
            (0x7A, _) => form = Form::Eac3,
            (0x59, _) => form = Form::Other("DVB subtitles"),
            (0x56, _) => form = Form::Other("teletext"),
            (0x7F, [0x80, channels, ..]) if registration == Some(b"Opus") => {
                form = Form::Opus(if (1..=8).contains(channels) { *channels } else { 2 });
            }
            _ => {}
        }
    }
    match (registration, form) {
        (Some(b"Opus"), Form::Other(_)) => Form::Opus(2),
        (Some(b"AC-3"), Form::Other(_)) => Form::Ac3,
        (Some(b"EAC3"), Form::Other(_)) => Form::Eac3,
        (Some(b"HEVC"), Form::Other(_)) => Form::H265,
        (Some(b"AV01"), Form::Other(_)) => Form::Unsupported("AV1"),
        (Some(b"VP09"), Form::Other(_)) => Form::Unsupported("VP9"),
        (Some(b"KLVA"), Form::Other(_)) => Form::Other("KLV metadata"),
        _ => form,
    }
}
