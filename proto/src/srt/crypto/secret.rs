//! What nobody else may know.
//!
//! Spec: draft-sharabayko-srt §6.1.4; libsrt's limits on passphrases.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rtmpd_core::Error;
use sha2::Sha256;

use super::SPEC;

/// Shortest and longest passphrase, bytes.
const PASSPHRASE: std::ops::RangeInclusive<usize> = 10..=80;

/// Random bytes from the operating system, handed in when the server starts. All keys, salts and cookies follow from
/// them, so that the same secret and the same input give the same output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// These bytes, which must have been drawn by a generator that is fit for keys.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A secret for one purpose, from which this one does not follow.
    #[must_use]
    pub fn child(&self, purpose: &str, number: u64) -> Self {
        Self(self.digest(&[purpose.as_bytes(), &number.to_be_bytes()]))
    }

    /// A keyed digest of `parts`.
    pub(in crate::srt) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return self.0 };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// 32 bits for `purpose`.
    pub(in crate::srt) fn word(&self, purpose: &str) -> u32 {
        let [a, b, c, d, ..] = self.child(purpose, 0).0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Up to 32 bytes for `purpose`.
    pub(in crate::srt) fn bytes(&self, purpose: &str, number: u64, length: usize) -> Vec<u8> {
        let mut bytes = self.child(purpose, number).0.to_vec();
        bytes.truncate(length);
        bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What both sides know.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(String);

impl Passphrase {
    /// A passphrase of 10 to 80 bytes.
    ///
    /// # Errors
    /// When it is shorter or longer.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if PASSPHRASE.contains(&text.len()) {
            return Ok(Self(text));
        }
        let what = format!("passphrase is {} bytes long, expected 10 to 80", text.len());
        Err(Error::limit(what, SPEC))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}
