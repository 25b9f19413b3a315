//! Capture files, packet by packet: classic pcap in µs and ns, and pcapng, in both byte orders.
//!
//! Specs: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng (see `pcapng`).

use std::fmt;

use super::pcapng::Sections;

/// Longest packet believed in, in bytes; more means that the file is damaged.
pub(super) const MAX_PACKET: u32 = 1 << 20;

/// One captured packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// When it was captured, in ns since 1970.
    pub at_ns: u64,
    /// What its first header is: a LINKTYPE value, see [`super::link`].
    pub link: u32,
    /// What was captured of it.
    pub data: &'a [u8],
}

/// Why a capture file cannot be read on, and where in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PcapError {
    /// It is no capture file, or a damaged one.
    Malformed {
        /// Bytes from the beginning of the file.
        offset: usize,
        /// The field, its value and what was expected.
        what: String,
    },
    /// It ends in the middle of a packet, as when the capturing program was killed. What came before is good.
    CutShort {
        /// Bytes from the beginning of the file to the packet that is not whole.
        offset: usize,
    },
}

impl PcapError {
    pub(super) fn malformed(offset: usize, what: impl Into<String>) -> Self {
        Self::Malformed { offset, what: what.into() }
    }
}

impl fmt::Display for PcapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { offset, what } => write!(f, "{what} (byte {offset} of the file)"),
            Self::CutShort { offset } => {
                write!(f, "the file ends in the middle of the packet that begins at byte {offset}")
            }
        }
    }
}

impl std::error::Error for PcapError {}

/// The packets of a capture file, in its order.
#[derive(Debug)]
pub struct Packets<'a> {
    scan: Scan<'a>,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Classic { ns_per_tick: u64, link: u32 },
    Sections(Sections),
}

const MAGIC_MICROS: u32 = 0xA1B2_C3D4;
const MAGIC_NANOS: u32 = 0xA1B2_3C4D;
/// The type of a pcapng Section Header Block reads the same in both byte orders.
const MAGIC_SECTION: u32 = 0x0A0D_0D0A;

impl<'a> Packets<'a> {
    /// Reads the file's header.
    ///
    /// # Errors
    /// [`PcapError::Malformed`] when it is neither pcap nor pcapng, or a version other than 2.x or 1.x of them.
    pub fn open(file: &'a [u8]) -> Result<Self, PcapError> {
        let mut scan = Scan { file, at: 0, big: false };
        let Some(magic) = scan.u32() else {
            let what = format!("the file is {} bytes long, a capture file has at least 24", file.len());
            return Err(PcapError::malformed(0, what));
        };
        let format = match (magic, magic.swap_bytes()) {
            (MAGIC_SECTION, _) => {
                scan.at = 0;
                Format::Sections(Sections::default())
            }
            (MAGIC_MICROS, _) => classic(&mut scan, 1000)?,
            (MAGIC_NANOS, _) => classic(&mut scan, 1)?,
            (_, swapped @ (MAGIC_MICROS | MAGIC_NANOS)) => {
                scan.big = true;
                classic(&mut scan, if swapped == MAGIC_NANOS { 1 } else { 1000 })?
            }
            (other, _) => {
                let what =
                    format!("file begins with 0x{other:08x}, expected the magic number of pcap or pcapng");
                return Err(PcapError::malformed(0, what));
            }
        };
        Ok(Self { scan, format })
    }

    /// The next packet, or `None` at the end of the file.
    ///
    /// # Errors
    /// [`PcapError`]; nothing more can be read then.
    pub fn next_packet(&mut self) -> Result<Option<Packet<'a>>, PcapError> {
        match &mut self.format {
            Format::Classic { ns_per_tick, link } => record(&mut self.scan, *ns_per_tick, *link),
            Format::Sections(sections) => sections.next_packet(&mut self.scan),
        }
    }
}

/// The rest of the file header of classic pcap.
fn classic(scan: &mut Scan<'_>, ns_per_tick: u64) -> Result<Format, PcapError> {
    let header = (|| {
        let major = scan.u16()?;
        // Minor version, time zone, accuracy and snap length tell nothing that is needed.
        scan.take(2 + 4 + 4 + 4)?;
        // The upper bits tell of a frame check sequence; it stands behind the IP packet, whose length is known.
        Some((major, scan.u32()? & 0x0FFF_FFFF))
    })();
    match header {
        Some((2, link)) => Ok(Format::Classic { ns_per_tick, link }),
        Some((major, _)) => Err(PcapError::malformed(4, format!("pcap version {major}, expected 2"))),
        None => Err(PcapError::malformed(4, "the file ends within its 24-byte header")),
    }
}

/// One packet of classic pcap.
fn record<'a>(scan: &mut Scan<'a>, ns_per_tick: u64, link: u32) -> Result<Option<Packet<'a>>, PcapError> {
    let offset = scan.at;
    if scan.rest().is_empty() {
        return Ok(None);
    }
    let header = (|| Some((scan.u32()?, scan.u32()?, scan.u32()?, scan.u32()?)))();
    let Some((seconds, ticks, length, _original)) = header else {
        return Err(PcapError::CutShort { offset });
    };
    if length > MAX_PACKET {
        let what = format!("packet of {length} bytes, at most {MAX_PACKET} are believed");
        return Err(PcapError::malformed(offset, what));
    }
    let data = scan.take(length as usize).ok_or(PcapError::CutShort { offset })?;
    let at_ns = u64::from(seconds) * 1_000_000_000 + u64::from(ticks) * ns_per_tick;
    Ok(Some(Packet { at_ns, link, data }))
}

/// A place in the file, and the byte order there.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    pub(super) file: &'a [u8],
    pub(super) at: usize,
    pub(super) big: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn rest(&self) -> &'a [u8] {
        self.file.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let data = self.rest().get(..n)?;
        self.at += n;
        Some(data)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}
