//! Key material: one or two stream keys, wrapped.
//!
//! Spec: draft-sharabayko-srt §3.2.2.

use bytes::BufMut;
use rtmpd_core::Error;

use super::SPEC;
use crate::bytes::Reader;

/// Version 1, packet type 2 (key material).
const VERSION_AND_TYPE: u8 = 0x12;
/// `HAI` in the letters of a PnP vendor id.
const SIGN: u16 = 0x2029;
/// Stream encapsulation: MPEG-TS in SRT.
const IN_SRT: u8 = 2;
/// What wrapping adds: RFC 3394.
const WRAPPING: usize = 8;

/// Length of a salt, bytes.
pub const SALT: usize = 16;

/// How payloads are encrypted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Cipher {
    /// AES in counter mode.
    Ctr,
    /// AES in Galois counter mode: a tag of 16 bytes behind each payload.
    Gcm,
}

/// Why the peer has no key.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It wants none.
    Unsecured,
    /// It is still about to get one.
    Securing,
    /// It has one.
    Secured,
    /// It knows no passphrase.
    NoSecret,
    /// It knows another passphrase.
    BadSecret,
    /// It wants another cipher.
    BadCipher,
}

/// Wrapped keys and how to unwrap them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyMaterial {
    /// The even key is in it.
    pub even: bool,
    /// The odd key is in it, behind the even one.
    pub odd: bool,
    /// What the keys are for.
    pub cipher: Cipher,
    /// Seasons the passphrase and the counter.
    pub salt: [u8; SALT],
    /// Length of each key: 16, 24 or 32 bytes.
    pub key_length: usize,
    /// The keys, wrapped together.
    pub wrapped: Vec<u8>,
}

impl KeyMaterial {
    /// Takes key material apart.
    ///
    /// # Errors
    /// When it is too short, has lengths or ciphers that do not exist, or holds no key.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let bad = |what| Error::malformed(what, SPEC);
        let short = || bad("key material is too short");
        let kind = (reader.u8().ok_or_else(short)?, reader.u16().ok_or_else(short)?);
        if kind != (VERSION_AND_TYPE, SIGN) {
            return Err(bad("key material begins with another signature than 12 20 29"));
        }
        let keys = reader.u8().ok_or_else(short)?;
        reader.skip(4).ok_or_else(short)?;
        let [cipher, auth, ..] = reader.array::<4>().ok_or_else(short)?;
        reader.skip(2).ok_or_else(short)?;
        let [salt_words, key_words] = reader.array::<2>().ok_or_else(short)?;
        let (even, odd) = (keys & 1 != 0, keys & 2 != 0);
        let cipher = match (cipher, auth) {
            (2, 0) => Cipher::Ctr,
            (4, 1) => Cipher::Gcm,
            _ => return Err(bad("key material is for another cipher than AES-CTR (2) or AES-GCM (4)")),
        };
        let key_length = usize::from(key_words) * 4;
        if !matches!(key_length, 16 | 24 | 32) || usize::from(salt_words) * 4 != SALT || !(even || odd) {
            return Err(bad(
                "key material has a key of another length than 16, 24 or 32 bytes, no key, or no salt",
            ));
        }
        let salt = reader.array().ok_or_else(short)?;
        let wrapped = (usize::from(even) + usize::from(odd)) * key_length + WRAPPING;
        let wrapped = reader.take(wrapped).ok_or_else(short)?.to_vec();
        Ok(Self { even, odd, cipher, salt, key_length, wrapped })
    }

    /// As on the wire.
    pub fn write(&self) -> Vec<u8> {
        let (cipher, auth) = match self.cipher {
            Cipher::Ctr => (2, 0),
            Cipher::Gcm => (4, 1),
        };
        let mut out = Vec::with_capacity(16 + SALT + self.wrapped.len());
        out.put_u8(VERSION_AND_TYPE);
        out.put_u16(SIGN);
        out.put_u8(u8::from(self.even) | u8::from(self.odd) << 1);
        out.put_u32(0);
        out.put_slice(&[cipher, auth, IN_SRT, 0, 0, 0]);
        out.put_u8(u8::try_from(SALT / 4).unwrap_or_default());
        out.put_u8(u8::try_from(self.key_length / 4).unwrap_or_default());
        out.put_slice(&self.salt);
        out.put_slice(&self.wrapped);
        out
    }
}

impl KeyState {
    /// From a response of one word; `None` when it is no such response.
    pub fn parse(body: &[u8]) -> Option<Self> {
        Some(match u32::from_be_bytes(body.try_into().ok()?) {
            0 => Self::Unsecured,
            1 => Self::Securing,
            2 => Self::Secured,
            3 => Self::NoSecret,
            5 => Self::BadCipher,
            _ => Self::BadSecret,
        })
    }

    /// As a response of one word.
    pub fn write(self) -> [u8; 4] {
        let word: u32 = match self {
            Self::Unsecured => 0,
            Self::Securing => 1,
            Self::Secured => 2,
            Self::NoSecret => 3,
            Self::BadSecret => 4,
            Self::BadCipher => 5,
        };
        word.to_be_bytes()
    }
}
