//! Encryption: from a passphrase to encrypted payloads and back. The ciphers are crates; how SRT uses them is here.
//!
//! Specs: draft-sharabayko-srt §6 (passphrase, keys, counter, refresh), RFC 8018 (PBKDF2), RFC 3394 (key wrap); libsrt
//! 1.5 for AES-GCM.
//!
//! - [`Secret`]: where keys and cookies come from · [`Passphrase`]: what both sides know
//! - [`Wrapper`]: the key that wraps keys; making one takes a millisecond
//! - [`StreamKey`]: encrypts payloads · [`Sealer`]: the sender's keys · [`Opener`]: the receiver's

mod opener;
mod sealer;
mod secret;
mod stream_key;
mod wrapper;

pub use opener::Opener;
pub use sealer::{Refresh, Sealer};
pub use secret::{Passphrase, Secret};
pub use stream_key::{Form, StreamKey, TAG};
pub use wrapper::Wrapper;

/// The rule that is cited by default.
const SPEC: &str = "draft-sharabayko-srt §6";

/// Keys, salt and the key that wraps them, as a handshake has agreed on them.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// Wraps what is to come.
    pub wrapper: Wrapper,
    /// The even key.
    pub even: Option<Vec<u8>>,
    /// The odd key.
    pub odd: Option<Vec<u8>>,
    /// How payloads are encrypted.
    pub form: Form,
}
