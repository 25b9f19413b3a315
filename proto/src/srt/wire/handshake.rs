//! Handshakes: the 48 bytes that all of them have.
//!
//! Spec: draft-sharabayko-srt §3.2.1.

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};
use rtmpd_core::Error;

use super::{Extensions, SPEC};
use crate::bytes::Reader;
use crate::srt::seq::Seq;

/// How long a handshake without extensions is, in bytes.
pub const HANDSHAKE: usize = 48;

/// Where in the dance a handshake stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Rendezvous: somebody may be there.
    WaveAhand,
    /// The caller's first, and the answer with a cookie.
    Induction,
    /// The caller's second, and the answer to it.
    Conclusion,
    /// Rendezvous: agreed.
    Agreement,
    /// The other side says no: the code on the wire, 1000 and more.
    Rejection(u32),
    /// None of these.
    Other(u32),
}

/// A handshake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// 4 or 5.
    pub version: u32,
    /// Length of the key in units of 8 bytes; 0 when nothing is said about it.
    pub encryption: u16,
    /// Version 4: the kind of socket (2). Version 5: which extensions there are, or [`Self::MAGIC`].
    pub extension: u16,
    /// The number of the first packet that the sender of this will send.
    pub first: Seq,
    /// The largest IP packet, bytes.
    pub mtu: u32,
    /// How many packets may be on their way.
    pub window: u32,
    /// Where in the dance this stands.
    pub stage: Stage,
    /// Socket id of the sender of this.
    pub id: u32,
    /// What the listener has handed out.
    pub cookie: u32,
    /// The address of whom this is sent to, as libsrt writes it.
    pub address: [u8; 16],
}

impl Handshake {
    /// What a listener of version 5 puts into [`Self::extension`] of its first answer.
    pub const MAGIC: u16 = 0x4A17;
    /// The kind of socket that version 4 asks for.
    pub const DATAGRAM: u16 = 2;

    /// Takes a handshake apart; what follows the 48 bytes are extensions when `version` is 5 and it concludes.
    ///
    /// # Errors
    /// When it is too short, or an extension says more than there is.
    pub fn parse(body: &[u8]) -> Result<(Self, Extensions), Error> {
        let mut reader = Reader::new(body);
        let handshake = Self::read(&mut reader)
            .ok_or_else(|| Error::malformed("handshake is shorter than 48 bytes", SPEC))?;
        let extended = handshake.version == 5 && handshake.stage == Stage::Conclusion;
        let extensions = if extended { Extensions::parse(reader.rest())? } else { Extensions::default() };
        Ok((handshake, extensions))
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            version: reader.u32()?,
            encryption: reader.u16()?,
            extension: reader.u16()?,
            first: Seq::new(reader.u32()?),
            mtu: reader.u32()?,
            window: reader.u32()?,
            stage: Stage::from_word(reader.u32()?),
            id: reader.u32()?,
            cookie: reader.u32()?,
            address: reader.array()?,
        })
    }

    /// As on the wire, with its extensions. Which of them there are is written into [`Self::extension`] when there are any.
    pub fn write(&self, extensions: &Extensions) -> BytesMut {
        let mut out = BytesMut::with_capacity(256);
        out.put_u32(self.version);
        out.put_u16(self.encryption);
        out.put_u16(self.extension | extensions.flags());
        out.put_u32(self.first.value());
        out.put_u32(self.mtu);
        out.put_u32(self.window);
        out.put_u32(self.stage.word());
        out.put_u32(self.id);
        out.put_u32(self.cookie);
        out.put_slice(&self.address);
        extensions.write(&mut out);
        out
    }
}

/// An address as it stands in a handshake: its words in little-endian order.
pub(in crate::srt) fn address_field(address: IpAddr) -> [u8; 16] {
    let mut field = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(address) => address.octets(),
    };
    field.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    field
}

impl Stage {
    fn from_word(word: u32) -> Self {
        match word {
            0 => Self::WaveAhand,
            1 => Self::Induction,
            0xFFFF_FFFF => Self::Conclusion,
            0xFFFF_FFFE => Self::Agreement,
            1000..=9999 => Self::Rejection(word),
            other => Self::Other(other),
        }
    }

    fn word(self) -> u32 {
        match self {
            Self::WaveAhand => 0,
            Self::Induction => 1,
            Self::Conclusion => 0xFFFF_FFFF,
            Self::Agreement => 0xFFFF_FFFE,
            Self::Rejection(word) | Self::Other(word) => word,
        }
    }
}
