//! A compound packet taken apart.

use rtmpd_core::Error;

use super::*;
use crate::bytes::Reader;

const SPEC: &str = "RFC 3550 §6.4";
const VERSION: u8 = 2;
/// Nobody has that much to tell at once; a datagram could hold 16,000 empty packets.
const MAX_MESSAGES: usize = 64;

/// What came in one datagram or interleaved frame. A single packet is one too (RFC 5506), whatever its type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Compound {
    /// Its packets, at most 64.
    pub messages: Vec<Message>,
    /// Why the rest of it was not looked at. What came before is of use all the same: there are cameras that
    /// forget to pad the SDES behind a good SR.
    pub fault: Option<Error>,
}

/// Whether this is RTCP where RTP may come by the same way: RFC 5761 §4.
pub fn is_rtcp(data: &[u8]) -> bool {
    matches!(data, [first, 192..=223, ..] if first >> 6 == VERSION)
}

impl Compound {
    /// Takes a compound packet apart.
    ///
    /// # Errors
    /// [`Error::Malformed`] when its first packet is none.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(data);
        let mut compound = Self::default();
        loop {
            match next(&mut reader) {
                Ok(message) => compound.messages.push(message),
                Err(error) if compound.messages.is_empty() => return Err(error),
                Err(error) => compound.fault = Some(error),
            }
            if reader.remaining() == 0 || compound.fault.is_some() {
                return Ok(compound);
            }
            if compound.messages.len() >= MAX_MESSAGES {
                let what = format!("RTCP compound has more than {MAX_MESSAGES} packets");
                compound.fault = Some(Error::limit(what, "RFC 3550 §6.1"));
                return Ok(compound);
            }
        }
    }
}

fn next(reader: &mut Reader<'_>) -> Result<Message, Error> {
    let have = reader.remaining();
    let cut = || Error::malformed(format!("RTCP packet of {have} bytes is cut short"), SPEC);
    let [first, kind] = reader.array().ok_or_else(cut)?;
    if first >> 6 != VERSION {
        let what = format!("RTCP version is {}, expected {VERSION}", first >> 6);
        return Err(Error::malformed(what, SPEC));
    }
    let words = reader.u16().ok_or_else(cut)?;
    let mut body = reader.take(usize::from(words) * 4).ok_or_else(|| {
        let what = format!("RTCP packet of type {kind} says {words} words, {} bytes are there", have - 4);
        Error::malformed(what, SPEC)
    })?;
    if first & 0x20 != 0 {
        let padding = usize::from(body.last().copied().unwrap_or_default());
        // Some set the bit on each packet of a compound, or pad with nothing: then there is no padding to take off.
        body = body.len().checked_sub(padding).and_then(|length| body.get(..length)).unwrap_or(body);
    }
    message(kind, first & 0x1F, body).ok_or_else(|| {
        let what =
            format!("RTCP packet of type {kind} is cut short: {} bytes for {}", body.len(), first & 0x1F);
        Error::malformed(what, SPEC)
    })
}

/// `count` is what the low five bits of the first byte hold: a count, or which kind of feedback this is.
fn message(kind: u8, count: u8, body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    Some(match (kind, count) {
        (SR, _) => Message::Sender(sender(&mut reader)?, blocks(&mut reader, count)?),
        (RR, _) => Message::Receiver { ssrc: reader.u32()?, blocks: blocks(&mut reader, count)? },
        (SDES, _) => name(&mut reader, count).unwrap_or(Message::Other(kind)),
        (BYE, _) => Message::Bye((0..count).map(|_| reader.u32()).collect::<Option<_>>()?),
        (RTPFB, GENERIC_NACK) => {
            let media = feedback(&mut reader)?;
            Message::Nack { media, sequences: nacked(&mut reader) }
        }
        (PSFB, PICTURE_LOSS) => Message::PictureLoss { media: feedback(&mut reader)? },
        (PSFB, FULL_INTRA) => {
            feedback(&mut reader)?;
            Message::FullIntra(full_intra(&mut reader))
        }
        _ => Message::Other(kind),
    })
}

fn sender(reader: &mut Reader<'_>) -> Option<SenderReport> {
    Some(SenderReport {
        ssrc: reader.u32()?,
        ntp: reader.u64()?,
        timestamp: reader.u32()?,
        packets: reader.u32()?,
        octets: reader.u32()?,
    })
}

fn blocks(reader: &mut Reader<'_>, count: u8) -> Option<Vec<Block>> {
    (0..count).map(|_| block(reader)).collect()
}

fn block(reader: &mut Reader<'_>) -> Option<Block> {
    Some(Block {
        ssrc: reader.u32()?,
        fraction_lost: reader.u8()?,
        lost: reader.i24()?,
        highest: reader.u32()?,
        jitter: reader.u32()?,
        last_sr: reader.u32()?,
        delay: reader.u32()?,
    })
}

/// The first canonical name among the chunks: RFC 3550 §6.5.
fn name(reader: &mut Reader<'_>, chunks: u8) -> Option<Message> {
    for _ in 0..chunks {
        let ssrc = reader.u32()?;
        loop {
            match reader.u8()? {
                0 => break,
                CNAME => {
                    let length = reader.u8()?;
                    let text = reader.take(usize::from(length))?;
                    return Some(Message::Name { ssrc, cname: String::from_utf8_lossy(text).into_owned() });
                }
                _ => {
                    let length = reader.u8()?;
                    reader.skip(usize::from(length))?;
                }
            }
        }
        // Chunks end at a multiple of four bytes; the zero that ends the list is the first of their padding.
        reader.skip(reader.position().next_multiple_of(4) - reader.position())?;
    }
    None
}

/// Who says it, and whose media it is about: RFC 4585 §6.1.
fn feedback(reader: &mut Reader<'_>) -> Option<u32> {
    reader.skip(4)?;
    reader.u32()
}

/// A number, and bits for the sixteen that follow it: RFC 4585 §6.2.1.
fn nacked(reader: &mut Reader<'_>) -> Vec<u16> {
    let mut sequences = Vec::new();
    while let (Some(first), Some(mask)) = (reader.u16(), reader.u16()) {
        sequences.push(first);
        let following = (0..16).filter(|bit| mask >> bit & 1 == 1);
        sequences.extend(following.map(|bit| first.wrapping_add(bit + 1)));
        if sequences.len() >= MAX_NACKED {
            sequences.truncate(MAX_NACKED);
            break;
        }
    }
    sequences
}

/// A source, a command's number and three reserved bytes each: RFC 5104 §4.3.1.1.
fn full_intra(reader: &mut Reader<'_>) -> Vec<u32> {
    let mut sources = Vec::new();
    while let (Some(ssrc), Some(_), true) = (reader.u32(), reader.u32(), sources.len() < MAX_NACKED) {
        sources.push(ssrc);
    }
    sources
}
