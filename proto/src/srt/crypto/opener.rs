//! The receiver's keys: decrypts payloads, and takes new keys whenever they come.
//!
//! Spec: draft-sharabayko-srt §6.1.6, §6.3.

use rtmpd_core::{Error, Instant};
use std::time::Duration;

use super::{Agreed, Form, SPEC, StreamKey, Wrapper};
use crate::srt::wire::{DataHead, HEADER, KeyMaterial, KeySlot};

/// Another salt means another key from the passphrase: not more often than this, as it takes a millisecond.
const RESALTING: Duration = Duration::from_secs(1);

/// See the module's text.
#[derive(Debug)]
pub struct Opener {
    wrapper: Wrapper,
    form: Form,
    even: Option<StreamKey>,
    odd: Option<StreamKey>,
    resalted: Instant,
}

impl Opener {
    /// Opens with the keys of a handshake.
    pub fn new(agreed: &Agreed) -> Self {
        let salt = agreed.wrapper.salt();
        let key = |raw: &Option<Vec<u8>>| StreamKey::new(raw.as_ref()?, salt, agreed.form);
        Self {
            even: key(&agreed.even),
            odd: key(&agreed.odd),
            wrapper: agreed.wrapper.clone(),
            form: agreed.form,
            resalted: Instant::ZERO,
        }
    }

    /// Decrypts a payload in its place: how long it is, or `None` when the key is unknown or the payload forged.
    pub fn open(&self, head: &DataHead, payload: &mut [u8]) -> Option<usize> {
        let key = match head.key {
            KeySlot::Clear => return None,
            KeySlot::Even => self.even.as_ref()?,
            KeySlot::Odd => self.odd.as_ref()?,
        };
        let wire: [u8; HEADER] = DataHead { retransmitted: false, ..*head }.write();
        key.open(head.seq, &wire, payload)
    }

    /// Takes keys that the sender has announced.
    ///
    /// # Errors
    /// When they are malformed, for another cipher or length, wrapped with another passphrase, or come with a new salt
    /// too soon.
    pub fn announce(&mut self, now: Instant, body: &[u8]) -> Result<(), Error> {
        let material = KeyMaterial::parse(body)?;
        if material.cipher != self.form.cipher() || material.key_length != self.wrapper.length() {
            return Err(Error::violation("new keys are for another cipher or of another length", SPEC));
        }
        if material.salt != self.wrapper.salt() {
            if now.since(self.resalted) < RESALTING && self.resalted != Instant::ZERO {
                return Err(Error::limit("new keys have a new salt within a second", SPEC));
            }
            self.resalted = now;
        }
        let wrapper = self.wrapper.resalted(material.salt);
        let (even, odd) = unwrap(&wrapper, &material)
            .ok_or_else(|| Error::violation("new keys are wrapped with another passphrase", SPEC))?;
        let key = |raw: Vec<u8>| StreamKey::new(&raw, material.salt, self.form);
        self.even = even.and_then(key).or(self.even.take());
        self.odd = odd.and_then(key).or(self.odd.take());
        self.wrapper = wrapper;
        Ok(())
    }
}

/// An even and an odd key.
type Pair = (Option<Vec<u8>>, Option<Vec<u8>>);

/// The keys; `None` when the passphrase is another one.
fn unwrap(wrapper: &Wrapper, material: &KeyMaterial) -> Option<Pair> {
    let keys = wrapper.unwrap(&material.wrapped)?;
    let (first, second) = keys.split_at_checked(material.key_length)?;
    let second = (!second.is_empty()).then(|| second.to_vec());
    Some(if material.even { (Some(first.to_vec()), second) } else { (None, Some(first.to_vec())) })
}

impl Agreed {
    /// Unwraps what a caller sent; `None` when it used another passphrase.
    pub fn from_material(wrapper: Wrapper, material: &KeyMaterial, form: Form) -> Option<Self> {
        let (even, odd) = unwrap(&wrapper, material)?;
        Some(Self { wrapper, even, odd, form })
    }
}
