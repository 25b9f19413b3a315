//! A key that encrypts payloads.
//!
//! Specs: draft-sharabayko-srt §6.2.2 (AES-CTR); libsrt 1.5.3 and 1.5.4 for the two ways of AES-GCM.

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, KeyInit};
use ctr::cipher::consts::U16;
use ctr::cipher::{BlockCipherEncrypt, InnerIvInit, StreamCipherCore};
use ctr::{CtrCore, flavors};

use crate::srt::seq::Seq;
use crate::srt::wire::{Cipher, HEADER, SALT};

/// What AES-GCM puts behind each payload, bytes.
pub const TAG: usize = 16;

/// How payloads are encrypted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// AES-CTR.
    Ctr,
    /// AES-GCM as libsrt 1.5.4 and later do it.
    Gcm,
    /// AES-GCM as libsrt up to 1.5.3 did it: with the counter's place of CTR, and headers in the byte order of its
    /// processor, which is taken to be little-endian.
    OldGcm,
}

impl Form {
    /// What a peer of this version means by `cipher`.
    pub fn of(cipher: Cipher, peer_version: u32) -> Self {
        match cipher {
            Cipher::Ctr => Self::Ctr,
            Cipher::Gcm if peer_version <= 0x01_0503 => Self::OldGcm,
            Cipher::Gcm => Self::Gcm,
        }
    }

    /// Its name in key material.
    pub fn cipher(self) -> Cipher {
        match self {
            Self::Ctr => Cipher::Ctr,
            Self::Gcm | Self::OldGcm => Cipher::Gcm,
        }
    }

    /// How many bytes longer a payload becomes.
    pub fn overhead(self) -> usize {
        match self {
            Self::Ctr => 0,
            Self::Gcm | Self::OldGcm => TAG,
        }
    }
}

/// One stream key with its salt.
#[derive(Clone)]
pub struct StreamKey {
    engine: Engine,
    salt: [u8; SALT],
    form: Form,
}

/// The ciphers, ready to use.
#[derive(Clone)]
enum Engine {
    Ctr128(Box<Aes128>),
    Ctr192(Box<Aes192>),
    Ctr256(Box<Aes256>),
    Gcm128(Box<Aes128Gcm>),
    Gcm192(Box<AesGcm<Aes192, U12>>),
    Gcm256(Box<Aes256Gcm>),
}

impl StreamKey {
    /// A key of 16, 24 or 32 bytes; `None` for any other length.
    pub fn new(key: &[u8], salt: [u8; SALT], form: Form) -> Option<Self> {
        let engine = match (form.cipher(), key.len()) {
            (Cipher::Ctr, 16) => Engine::Ctr128(Box::new(Aes128::new_from_slice(key).ok()?)),
            (Cipher::Ctr, 24) => Engine::Ctr192(Box::new(Aes192::new_from_slice(key).ok()?)),
            (Cipher::Ctr, _) => Engine::Ctr256(Box::new(Aes256::new_from_slice(key).ok()?)),
            (Cipher::Gcm, 16) => Engine::Gcm128(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Cipher::Gcm, 24) => Engine::Gcm192(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Cipher::Gcm, _) => Engine::Gcm256(Box::new(KeyInit::new_from_slice(key).ok()?)),
        };
        Some(Self { engine, salt, form })
    }

    /// Encrypts `payload` in its place. With AES-GCM there is a tag to put behind it. `head` is the packet's header as
    /// on the wire, without the mark of retransmission.
    pub fn seal(&self, seq: Seq, head: &[u8; HEADER], payload: &mut [u8]) -> Option<[u8; TAG]> {
        let (nonce, extra) = (self.nonce(seq), self.extra(head));
        let nonce = &nonce.into();
        let tag = match &self.engine {
            Engine::Gcm128(gcm) => gcm.encrypt_inout_detached(nonce, &extra, payload.into()),
            Engine::Gcm192(gcm) => gcm.encrypt_inout_detached(nonce, &extra, payload.into()),
            Engine::Gcm256(gcm) => gcm.encrypt_inout_detached(nonce, &extra, payload.into()),
            Engine::Ctr128(_) | Engine::Ctr192(_) | Engine::Ctr256(_) => {
                self.count(seq, payload);
                return None;
            }
        };
        tag.ok().map(Into::into)
    }

    /// Decrypts what [`Self::seal`] has made, in its place: how long the payload is, or `None` when somebody has
    /// changed it, which only AES-GCM can tell.
    pub fn open(&self, seq: Seq, head: &[u8; HEADER], payload: &mut [u8]) -> Option<usize> {
        if self.form == Form::Ctr {
            self.count(seq, payload);
            return Some(payload.len());
        }
        let (nonce, extra) = (self.nonce(seq), self.extra(head));
        let nonce = &nonce.into();
        let (payload, tag) = payload.split_last_chunk_mut::<TAG>()?;
        let length = payload.len();
        let tag = &(*tag).into();
        let opened = match &self.engine {
            Engine::Gcm128(gcm) => gcm.decrypt_inout_detached(nonce, &extra, payload.into(), tag),
            Engine::Gcm192(gcm) => gcm.decrypt_inout_detached(nonce, &extra, payload.into(), tag),
            Engine::Gcm256(gcm) => gcm.decrypt_inout_detached(nonce, &extra, payload.into(), tag),
            Engine::Ctr128(_) | Engine::Ctr192(_) | Engine::Ctr256(_) => return None,
        };
        opened.ok().map(|()| length)
    }

    /// Counter mode, which is its own inverse. The last two bytes of the counter count blocks.
    fn count(&self, seq: Seq, payload: &mut [u8]) {
        let counter = self.counter(seq);
        match &self.engine {
            Engine::Ctr128(aes) => count(aes.as_ref(), counter, payload),
            Engine::Ctr192(aes) => count(aes.as_ref(), counter, payload),
            Engine::Ctr256(aes) => count(aes.as_ref(), counter, payload),
            Engine::Gcm128(_) | Engine::Gcm192(_) | Engine::Gcm256(_) => {}
        }
    }

    /// The first 14 bytes of the salt, with the packet's number added bitwise to their last four.
    fn counter(&self, seq: Seq) -> [u8; 16] {
        let number = u128::from(seq.value()) << 16;
        ((u128::from_be_bytes(self.salt) & !0xFFFF) ^ number).to_be_bytes()
    }

    fn nonce(&self, seq: Seq) -> [u8; 12] {
        let mut nonce = [0; 12];
        let source = match self.form {
            Form::Gcm => (u128::from_be_bytes(self.salt) ^ (u128::from(seq.value()) << 32)).to_be_bytes(),
            Form::Ctr | Form::OldGcm => self.counter(seq),
        };
        nonce.iter_mut().zip(source).for_each(|(to, from)| *to = from);
        nonce
    }

    /// What is authenticated besides.
    fn extra(&self, head: &[u8; HEADER]) -> [u8; HEADER] {
        let mut extra = *head;
        if self.form == Form::OldGcm {
            extra.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        }
        extra
    }
}

/// Adds the keystream that begins at `counter`, of which the last four bytes count up.
fn count<C: BlockCipherEncrypt<BlockSize = U16>>(aes: &C, counter: [u8; 16], payload: &mut [u8]) {
    let core = CtrCore::<&C, flavors::Ctr32BE>::inner_iv_init(aes, &counter.into());
    core.apply_keystream_partial(payload.into());
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamKey for {:?}", self.form)
    }
}
