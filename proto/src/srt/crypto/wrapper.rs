//! The key that wraps stream keys, made from the passphrase.
//!
//! Specs: draft-sharabayko-srt §6.1.4, §6.1.5; RFC 8018 §5.2, RFC 3394.

use std::fmt;

use aes_kw::{KeyInit, KwAes128, KwAes192, KwAes256};
use sha1::Sha1;

use super::Passphrase;
use crate::srt::wire::SALT;

/// Rounds of PBKDF2.
const ROUNDS: u32 = 2048;

/// The key encryption key. Making one takes about a millisecond: never do it for one whose address is not proved.
#[derive(Clone)]
pub struct Wrapper {
    key: Vec<u8>,
    passphrase: Passphrase,
    salt: [u8; SALT],
}

impl Wrapper {
    /// The key that follows from `passphrase` and the last 8 bytes of `salt`: 16, 24 or 32 bytes long.
    pub fn new(passphrase: &Passphrase, salt: [u8; SALT], length: usize) -> Self {
        let mut key = vec![0; length.min(32)];
        let seasoning = salt.last_chunk::<8>().copied().unwrap_or_default();
        pbkdf2::pbkdf2_hmac::<Sha1>(passphrase.as_bytes(), &seasoning, ROUNDS, &mut key);
        Self { key, passphrase: passphrase.clone(), salt }
    }

    /// The salt that it was made with.
    pub fn salt(&self) -> [u8; SALT] {
        self.salt
    }

    /// Length of it and of what it wraps, bytes.
    pub fn length(&self) -> usize {
        self.key.len()
    }

    /// One for the same passphrase and another salt, made only when it is another one.
    #[must_use]
    pub fn resalted(&self, salt: [u8; SALT]) -> Self {
        if salt == self.salt { self.clone() } else { Self::new(&self.passphrase, salt, self.key.len()) }
    }

    /// Wraps one key, or two behind each other.
    pub fn wrap(&self, keys: &[u8]) -> Vec<u8> {
        let mut out = vec![0; keys.len() + 8];
        let done = match self.key.len() {
            16 => KwAes128::new_from_slice(&self.key).map(|kw| kw.wrap_key(keys, &mut out).is_ok()),
            24 => KwAes192::new_from_slice(&self.key).map(|kw| kw.wrap_key(keys, &mut out).is_ok()),
            _ => KwAes256::new_from_slice(&self.key).map(|kw| kw.wrap_key(keys, &mut out).is_ok()),
        };
        debug_assert_eq!(done, Ok(true), "keys of 16, 24 or 32 bytes can be wrapped");
        out
    }

    /// Unwraps what [`Self::wrap`] has made; `None` when the passphrase was another one.
    pub fn unwrap(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; wrapped.len().checked_sub(8)?];
        let result = match self.key.len() {
            16 => KwAes128::new_from_slice(&self.key).ok()?.unwrap_key(wrapped, &mut out).map(|_| ()),
            24 => KwAes192::new_from_slice(&self.key).ok()?.unwrap_key(wrapped, &mut out).map(|_| ()),
            _ => KwAes256::new_from_slice(&self.key).ok()?.unwrap_key(wrapped, &mut out).map(|_| ()),
        };
        result.ok().map(|()| out)
    }
}

impl fmt::Debug for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wrapper of {} bytes", self.key.len())
    }
}
