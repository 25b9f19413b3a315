//! The blocks of a pcapng file.
//!
//! Spec: draft-ietf-opsawg-pcapng §4: SHB, IDB, EPB, SPB and the obsolete packet block; other blocks are passed over.

use super::pcap::{MAX_PACKET, Packet, PcapError, Scan};

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// In the file's own byte order when read rightly (§4.1).
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
/// Type, length before and length behind.
const FRAME: usize = 12;
/// Interfaces of one section; captures of real machines have a few.
const MAX_INTERFACES: usize = 1024;

/// Where in the file's structure the reading stands.
#[derive(Debug, Default)]
pub(super) struct Sections {
    interfaces: Vec<Interface>,
    /// Simple packets have no time: they get that of the packet before.
    last_ns: u64,
}

#[derive(Copy, Clone, Debug)]
struct Interface {
    link: u32,
    snap: u32,
    resolution: Resolution,
    /// Seconds to be added to every time (`if_tsoffset`).
    offset_s: i64,
}

/// Ticks per second (`if_tsresol`).
#[derive(Copy, Clone, Debug)]
enum Resolution {
    TenTo(u8),
    TwoTo(u8),
}

impl Resolution {
    fn to_ns(self, ticks: u64) -> u64 {
        let ns = match self {
            Self::TenTo(power @ 0..=9) => u128::from(ticks) * 10_u128.pow(9 - u32::from(power)),
            Self::TenTo(power) => u128::from(ticks) / 10_u128.pow(u32::from(power.min(38)) - 9),
            Self::TwoTo(power) => (u128::from(ticks) * 1_000_000_000) >> power.min(127),
        };
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}

impl Sections {
    /// The next packet of the file, or `None` at its end.
    pub(super) fn next_packet<'a>(&mut self, scan: &mut Scan<'a>) -> Result<Option<Packet<'a>>, PcapError> {
        while !scan.rest().is_empty() {
            let offset = scan.at;
            let Some((kind, body)) = block(scan)? else { return Err(PcapError::CutShort { offset }) };
            let mut body = Scan { file: body, at: 0, big: scan.big };
            let packet = match kind {
                SECTION => {
                    self.interfaces.clear();
                    Some(None)
                }
                INTERFACE => self.interface(offset, &mut body)?.map(|()| None),
                ENHANCED_PACKET => self.timed(offset, &mut body, false)?.map(Some),
                OBSOLETE_PACKET => self.timed(offset, &mut body, true)?.map(Some),
                SIMPLE_PACKET => self.simple(offset, &mut body)?.map(Some),
                _ => Some(None),
            };
            match packet {
                Some(Some(packet)) => return Ok(Some(packet)),
                Some(None) => {}
                None => {
                    let what = format!("block of type {kind} is too short for its fields");
                    return Err(PcapError::malformed(offset, what));
                }
            }
        }
        Ok(None)
    }

    fn interface(&mut self, offset: usize, body: &mut Scan<'_>) -> Result<Option<()>, PcapError> {
        if self.interfaces.len() >= MAX_INTERFACES {
            let what = format!("section with more than {MAX_INTERFACES} interfaces");
            return Err(PcapError::malformed(offset, what));
        }
        let Some((link, _reserved, snap)) = (|| Some((body.u16()?, body.u16()?, body.u32()?)))() else {
            return Ok(None);
        };
        let mut interface =
            Interface { link: u32::from(link), snap, resolution: Resolution::TenTo(6), offset_s: 0 };
        while let Some((code, value)) = option(body) {
            match (code, value) {
                (9, &[power]) if power & 0x80 != 0 => interface.resolution = Resolution::TwoTo(power & 0x7F),
                (9, &[power]) => interface.resolution = Resolution::TenTo(power),
                (14, value) => {
                    let bytes: [u8; 8] = value.try_into().unwrap_or_default();
                    interface.offset_s =
                        if body.big { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) };
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        Ok(Some(()))
    }

    /// An enhanced or an obsolete packet block (§4.3, appendix A).
    fn timed<'a>(
        &mut self,
        offset: usize,
        body: &mut Scan<'a>,
        obsolete: bool,
    ) -> Result<Option<Packet<'a>>, PcapError> {
        let fields = (|| {
            // The obsolete block has a 16-bit interface and a count of drops in its place.
            let interface = if obsolete {
                let interface = u32::from(body.u16()?);
                body.u16()?;
                interface
            } else {
                body.u32()?
            };
            Some((interface, body.u32()?, body.u32()?, body.u32()?, body.u32()?))
        })();
        let Some((index, high, low, captured, _original)) = fields else { return Ok(None) };
        let interface = self.interface_at(offset, index)?;
        let ns = interface.resolution.to_ns(u64::from(high) << 32 | u64::from(low));
        self.last_ns = ns.saturating_add_signed(interface.offset_s.saturating_mul(1_000_000_000));
        self.packet(offset, body, interface.link, captured)
    }

    /// A packet without time, of the section's first interface (§4.4).
    fn simple<'a>(&mut self, offset: usize, body: &mut Scan<'a>) -> Result<Option<Packet<'a>>, PcapError> {
        let Some(original) = body.u32() else { return Ok(None) };
        let interface = self.interface_at(offset, 0)?;
        let captured = if interface.snap == 0 { original } else { original.min(interface.snap) };
        self.packet(offset, body, interface.link, captured)
    }

    fn interface_at(&self, offset: usize, index: u32) -> Result<Interface, PcapError> {
        self.interfaces.get(index as usize).copied().ok_or_else(|| {
            let known = self.interfaces.len();
            PcapError::malformed(offset, format!("packet of interface {index}, the section has {known}"))
        })
    }

    fn packet<'a>(
        &self,
        offset: usize,
        body: &mut Scan<'a>,
        link: u32,
        captured: u32,
    ) -> Result<Option<Packet<'a>>, PcapError> {
        if captured > MAX_PACKET {
            let what = format!("packet of {captured} bytes, at most {MAX_PACKET} are believed");
            return Err(PcapError::malformed(offset, what));
        }
        Ok(body.take(captured as usize).map(|data| Packet { at_ns: self.last_ns, link, data }))
    }
}

/// The type and the body of the next block; `None` when the file ends within it. A section header sets the byte order.
fn block<'a>(scan: &mut Scan<'a>) -> Result<Option<(u32, &'a [u8])>, PcapError> {
    let offset = scan.at;
    let Some(mut kind) = scan.u32() else { return Ok(None) };
    let Some(mut length) = scan.u32() else { return Ok(None) };
    if kind == SECTION {
        let Some(order) = scan.u32() else { return Ok(None) };
        if order == BYTE_ORDER.swap_bytes() {
            scan.big = !scan.big;
            (kind, length) = (kind.swap_bytes(), length.swap_bytes());
        } else if order != BYTE_ORDER {
            let what = format!("section header with byte order 0x{order:08x}, expected 0x1a2b3c4d");
            return Err(PcapError::malformed(offset, what));
        }
    }
    // Some writers do not count the padding, hence the rounding (§3.1).
    let length = (length as usize).div_ceil(4).saturating_mul(4);
    let Some(body_length) = length.checked_sub(FRAME) else {
        let what = format!("block of {length} bytes, the shortest has {FRAME}");
        return Err(PcapError::malformed(offset, what));
    };
    scan.at = offset + 8;
    let Some(body) = scan.take(body_length) else { return Ok(None) };
    Ok(scan.take(4).map(|_length_again| (kind, body)))
}

/// The code and the value of the next option; `None` at their end (§3.5).
fn option<'a>(body: &mut Scan<'a>) -> Option<(u16, &'a [u8])> {
    let (code, length) = (body.u16()?, usize::from(body.u16()?));
    if code == 0 {
        return None;
    }
    let value = body.take(length)?;
    // The padding of the last option may be missing.
    body.take(length.next_multiple_of(4) - length);
    Some((code, value))
}
