//! The sender's keys: encrypts payloads, and brings a new key before the old one is worn out.
//!
//! Spec: draft-sharabayko-srt §6.1.6.

use bytes::{Bytes, BytesMut};

use super::{Agreed, Form, Secret, StreamKey, TAG, Wrapper};
use crate::srt::seq::Seq;
use crate::srt::wire::{DataHead, HEADER, KeyMaterial, KeySlot};

/// Encrypted payloads are cut from pieces of this many bytes.
const PIECE: usize = 16 << 10;

/// When keys are changed, in packets sent with one key.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Refresh {
    /// After so many packets the other key is used.
    pub after: u32,
    /// So many packets before that it is announced, and so many after it the old one is given up.
    pub announce: u32,
}

impl Default for Refresh {
    fn default() -> Self {
        Self { after: 1 << 24, announce: 1 << 12 }
    }
}

/// See the module's text.
#[derive(Debug)]
pub struct Sealer {
    wrapper: Wrapper,
    form: Form,
    secret: Secret,
    refresh: Refresh,
    active: KeySlot,
    key: StreamKey,
    raw: Vec<u8>,
    /// Announced, not yet in use.
    coming: Option<(StreamKey, Vec<u8>)>,
    /// How many packets were sealed with the active key.
    sealed: u32,
    /// How many keys were made.
    made: u64,
    piece: BytesMut,
}

impl Sealer {
    /// Seals with the key of a handshake: the even one where there are both. `None` when there is no usable key.
    pub fn new(agreed: &Agreed, secret: Secret, refresh: Refresh) -> Option<Self> {
        let (active, raw) = match (&agreed.even, &agreed.odd) {
            (Some(even), _) => (KeySlot::Even, even),
            (None, Some(odd)) => (KeySlot::Odd, odd),
            (None, None) => return None,
        };
        Some(Self {
            key: StreamKey::new(raw, agreed.wrapper.salt(), agreed.form)?,
            raw: raw.clone(),
            wrapper: agreed.wrapper.clone(),
            form: agreed.form,
            secret,
            refresh,
            active,
            coming: None,
            sealed: 0,
            made: 0,
            piece: BytesMut::new(),
        })
    }

    /// How many bytes longer a payload becomes.
    pub fn overhead(&self) -> usize {
        self.form.overhead()
    }

    /// Encrypts a payload and notes its key in `head`.
    pub fn seal(&mut self, head: &mut DataHead, payload: &[u8]) -> Bytes {
        head.key = self.active;
        let wanted = payload.len() + TAG;
        if self.piece.capacity() - self.piece.len() < wanted {
            self.piece = BytesMut::with_capacity(PIECE.max(wanted));
        }
        self.piece.extend_from_slice(payload);
        let wire: [u8; HEADER] = head.write();
        if let Some(tag) = self.key.seal(head.seq, &wire, &mut self.piece) {
            self.piece.extend_from_slice(&tag);
        }
        self.sealed += 1;
        self.piece.split().freeze()
    }

    /// Whether the next packet would need a key that is still to be announced or switched to; then [`Self::turn`].
    pub fn is_due(&self) -> bool {
        self.sealed >= self.refresh.after
            || (self.coming.is_none()
                && self.sealed >= self.refresh.after.saturating_sub(self.refresh.announce))
    }

    /// Makes the next key, and gives what announces it; or goes over to the key that was announced.
    pub fn turn(&mut self, next: Seq) -> Option<Vec<u8>> {
        if let Some((key, raw)) = self.coming.take_if(|_| self.sealed >= self.refresh.after) {
            (self.key, self.raw) = (key, raw);
            self.active = self.active.other();
            self.sealed = 0;
            return None;
        }
        if self.coming.is_some() {
            return None;
        }
        self.made += 1;
        let purpose = format!("stream key before {}", next.value());
        let raw = self.secret.bytes(&purpose, self.made, self.wrapper.length());
        self.coming = Some((StreamKey::new(&raw, self.wrapper.salt(), self.form)?, raw));
        Some(self.announcement())
    }

    /// The active key and the one to come, wrapped.
    fn announcement(&self) -> Vec<u8> {
        let mut keys = Vec::with_capacity(2 * self.raw.len());
        let coming = self.coming.as_ref().map(|(_, raw)| raw.as_slice()).unwrap_or_default();
        let (even, odd) = match self.active {
            KeySlot::Odd => (coming, self.raw.as_slice()),
            KeySlot::Even | KeySlot::Clear => (self.raw.as_slice(), coming),
        };
        keys.extend_from_slice(even);
        keys.extend_from_slice(odd);
        let material = KeyMaterial {
            even: !even.is_empty(),
            odd: !odd.is_empty(),
            cipher: self.form.cipher(),
            salt: self.wrapper.salt(),
            key_length: self.wrapper.length(),
            wrapped: self.wrapper.wrap(&keys),
        };
        material.write()
    }
}
