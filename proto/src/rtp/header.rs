//! The RTP header.
//!
//! Spec: RFC 3550 §5.1 (fixed header), §5.3.1 (extension), §5.1 P (padding).

use rtmpd_core::Error;

use crate::bytes::Reader;

/// Bytes of a header without contributing sources and extension: what we write.
pub const HEADER_LEN: usize = 12;

const SPEC: &str = "RFC 3550 §5.1";
const VERSION: u8 = 2;

/// What a header says that is of use here.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// What the marker means is the payload format's: the end of an access unit, the begin of a talk spurt.
    pub marker: bool,
    /// Which payload format, 0–127.
    pub payload_type: u8,
    /// Grows by one with each packet, and wraps.
    pub sequence: u16,
    /// Sampling instant in ticks of the payload's clock, which wraps.
    pub timestamp: u32,
    /// The synchronization source.
    pub ssrc: u32,
}

/// A packet, taken apart.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// What it carries, without padding. Empty in packets that only keep a way open.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Takes a packet apart.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is cut short, has another version, or more padding than payload.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(data);
        let parsed = read(&mut reader);
        parsed.ok_or_else(|| {
            Error::malformed(format!("RTP packet of {} bytes is cut short", data.len()), SPEC)
        })?
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Option<Result<Packet<'a>, Error>> {
    let first = reader.u8()?;
    if first >> 6 != VERSION {
        let what = format!("RTP version is {}, expected {VERSION}", first >> 6);
        return Some(Err(Error::malformed(what, SPEC)));
    }
    let second = reader.u8()?;
    let header = Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: reader.u16()?,
        timestamp: reader.u32()?,
        ssrc: reader.u32()?,
    };
    reader.skip(usize::from(first & 0x0f) * 4)?;
    if first & 0x10 != 0 {
        reader.skip(2)?;
        let words = reader.u16()?;
        reader.skip(usize::from(words) * 4)?;
    }
    let mut payload = reader.rest();
    if first & 0x20 != 0 {
        let padding = usize::from(payload.last().copied()?);
        if padding == 0 || padding > payload.len() {
            let what = format!("RTP padding is {padding} bytes, the packet has {} to pad", payload.len());
            return Some(Err(Error::malformed(what, SPEC)));
        }
        payload = payload.get(..payload.len() - padding)?;
    }
    Some(Ok(Packet { header, payload }))
}

impl Header {
    /// The header as bytes, with neither contributing sources nor extension nor padding.
    pub fn write(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        let [sequence, timestamp, ssrc] =
            [u32::from(self.sequence), self.timestamp, self.ssrc].map(u32::to_be_bytes);
        let fields = [VERSION << 6, u8::from(self.marker) << 7 | self.payload_type & 0x7f].into_iter();
        let fields = fields.chain(sequence.into_iter().skip(2)).chain(timestamp).chain(ssrc);
        out.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        out
    }
}
